// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

/// The built program makes links, and its `serve` takes people through them.
@Suite("connect links", .postgresSchema, .timeLimit(.minutes(10)))
struct ConnectLinkSystemTests {
    /// An agency with an app on each platform, an account 7 on some, and a serve that listens.
    private static func with(
        _ body: @escaping @Sendable (SimulatedAgency, Browser) async throws -> Void
    ) async throws {
        let port = Int(try TestPort.next())
        var environment = ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)/p"]
        for platform in ["X", "TIKTOK", "MOCK", "FACEBOOK", "INSTAGRAM"] {
            environment["POSTHORN_PLATFORM_\(platform)_CLIENT_ID"] = "agency"
            environment["POSTHORN_PLATFORM_\(platform)_CLIENT_SECRET"] = "app-secret"
        }
        try await SimulatedAgency.with(environment: environment) { agency in
            for platform in ["x", "tiktok", "mock", "facebook"] {
                try await agency.admin.add(app: platform, clientID: "agency", secret: "app-secret")
            }
            for platform in ["x", "tiktok", "mock"] { try await agency.pretend(platform) }
            let status = try await agency.serve(port: port) { _ in
                try await Browser.with { browser in try await body(agency, browser) }
            }
            #expect(status == .exited(0))
        }
    }

    private static func link(_ agency: SimulatedAgency, _ words: String...) async throws -> String {
        let answer = try await agency.answer(["account"] + words + ["--link", "-o", "json"])
        try #require(answer.code == 0, "\(answer.messages)")
        let record = try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any]
        return try #require(record?["url"] as? String)
    }

    @Test(
        "a link shows what it is for, leads to the platform and back, connects once, and is then used up",
        arguments: ["x", "tiktok", "mock"])
    func once(platform: String) async throws {
        try await Self.with { agency, browser in
            let link = try await Self.link(
                agency, "connect", "--client", "acme", "--platform", platform, "--expires", "2d")
            for _ in 0..<2 {
                // Who only looks, as a preview in a chat does, uses nothing up.
                let page = try await browser.open(link)
                #expect(page.status == 200 && page.text.contains("Continue to"), "\(page.text)")
            }
            let callback = try await browser.answer(link, "approve=7")
            let done = try await browser.open(callback)
            #expect(done.status == 200 && done.text.contains("Connected"), "\(done.text)")
            #expect(try await agency.count("SELECT count(*) FROM account WHERE state = 'active'") == 1)
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM connect_link WHERE used_at IS NOT NULL AND sealed IS NULL AND account_id IS NOT NULL"
                ) == 1)
            #expect(try await browser.open(callback).status == 410)
            #expect(try await browser.open(link).status == 410)
            let again = try await browser.open(link, form: [:])
            #expect(again.status == 410 && again.text.contains("used already"))
            #expect(try await agency.count("SELECT count(*) FROM access_grant") == 1)

            let check = try #require(try await agency.json("account", "check", "acme/\(platform)") as? [String: Any])
            #expect(check["problem"] is NSNull, "\(check)")
            // What the link and the run were is in no table and no log.
            let secret = try #require(link.split(separator: "/").last)
            let log = try String(contentsOf: agency.log("serve"), encoding: .utf8)
            #expect(!log.contains(secret) && !log.contains("app-secret"))
        }
    }

    @Test("who may act for several Pages says which; the choice is taken once, and from the platform's list alone")
    func choice() async throws {
        try await Self.with { agency, browser in
            try await agency.admin.add(
                accounts: ["101", "102"].map { id in
                    SimulatorAdmin.Account(
                        platform: "facebook", externalID: id, handle: "page\(id)", name: "Page \(id)",
                        accessToken: "f\(id)", followers: 5000, timeZone: "Europe/Berlin")
                })
            try await agency.admin.add(
                people: #"[{"external_id":"900","name":"Ann","pages":["101","102"],"access_token":"u1"}]"#)
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "facebook")
            let callback = try await browser.answer(link, "approve=900")
            let page = try await browser.open(callback)
            #expect(page.status == 200 && page.text.contains("Page 101") && page.text.contains("Page 102"))
            let ticket = try #require(page.field("ticket"))
            let address = try #require(callback.split(separator: "?").first.map(String.init))
            let done = try await browser.open(address, form: ["ticket": ticket, "account": "102"])
            #expect(done.status == 200 && done.text.contains("Page 102"), "\(done.text)")
            #expect(try await browser.open(address, form: ["ticket": ticket, "account": "101"]).status == 410)
            #expect(try await agency.count("SELECT count(*) FROM account WHERE external_id = '102'") == 1)
            #expect(try await agency.count("SELECT count(*) FROM account") == 1)
            _ = try await agency.publishNow("Words", on: "facebook")
            try await agency.work()
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
        }
    }

    @Test(
        "Instagram is connected through Facebook's dialog, with an app that was added; the only account is not asked about"
    )
    func instagram() async throws {
        try await Self.with { agency, browser in
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "facebook", externalID: "101", handle: "page101", name: "Page 101", accessToken: "f101",
                    followers: 5000, timeZone: "Europe/Berlin"),
                SimulatorAdmin.Account(
                    platform: "instagram", externalID: "17841400000000001", handle: "acme", name: "Acme",
                    accessToken: "i1", followers: 5000, timeZone: "Europe/Berlin", page: "101"),
            ])
            try await agency.admin.add(
                people: #"[{"external_id":"900","name":"Ann","pages":["101"],"access_token":"u1"}]"#)
            let secret = try agency.file("secret.txt", "app-secret\n")
            try await agency.run(
                "app", "add", "ig", "--platform", "instagram", "--client-id", "agency", "--secret-file", secret)
            let app = try #require(try await agency.json("app", "show", "ig") as? [String: Any])
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "instagram")
            let callback = try await browser.answer(link, "approve=900")
            // What was told to register is what the platform sends people back to.
            let redirect = try #require(app["redirect_uri"] as? String)
            #expect(callback.hasPrefix("\(redirect)?"), "\(callback)")
            let done = try await browser.open(callback)
            #expect(done.status == 200 && done.text.contains("@acme"), "\(done.text)")
            let check = try #require(try await agency.json("account", "check", "acme/instagram") as? [String: Any])
            #expect(check["problem"] is NSNull && check["token_ends_at"] is String, "\(check)")
            #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE app_id IS NOT NULL") == 1)
        }
    }

    @Test(
        "an app that is registered for Instagram's own login leads to Instagram's page and connects the account that was approved there"
    )
    func ownLogin() async throws {
        try await Self.with { agency, browser in
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "instagram", externalID: "17841400000000001", handle: "acme", name: "Acme",
                    accessToken: "i1", followers: 5000, timeZone: "Europe/Berlin")
            ])
            let secret = try agency.file("secret.txt", "app-secret\n")
            let wrong = try await agency.answer([
                "app", "add", "own", "--platform", "instagram", "--client-id", "agency", "--secret-file", secret,
                "--login", "myspace",
            ])
            #expect(wrong.code != 0 && wrong.messages.contains("facebook, instagram"), "\(wrong.messages)")
            try await agency.run(
                "app", "add", "own", "--platform", "instagram", "--client-id", "agency", "--secret-file", secret,
                "--login", "instagram")
            let app = try #require(try await agency.json("app", "show", "own") as? [String: Any])
            #expect((app["scopes"] as? [String])?.contains("instagram_business_content_publish") == true)
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "instagram")
            let declined = try await browser.open(try await browser.answer(link, "decline=1"))
            #expect(declined.status == 403, "\(declined.text)")
            let few = try await browser.open(
                try await browser.answer(
                    link, "approve=17841400000000001",
                    changed: ["%2Cinstagram_business_content_publish": "", ",instagram_business_content_publish": ""]))
            #expect(few.status == 409 && few.text.contains("instagram_business_content_publish"), "\(few.text)")
            let callback = try await browser.answer(link, "approve=17841400000000001")
            // A browser keeps to itself what stands behind the #.
            let done = try await browser.open(callback.replacing("#_", with: ""))
            #expect(done.status == 200 && done.text.contains("@acme"), "\(done.text)")
            let check = try #require(try await agency.json("account", "check", "acme/instagram") as? [String: Any])
            // It renews itself: there is no end that a person must know of.
            #expect(check["problem"] is NSNull && check["token_ends_at"] is NSNull, "\(check)")
            try Data([0, 0, 0, 0x20] + Array("ftypisom, a film".utf8)).write(
                to: agency.folder.appendingPathComponent("f.mp4"))
            try await agency.setRate(60)
            try await agency.run(
                "post", "create", "--client", "acme", "--account", "instagram", "--now", "--text", "Reel", "--media",
                "f.mp4")
            try await agency.until {
                try await agency.work()
                return try await agency.count(
                    "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
            }
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
        }
    }

    @Test("who declines, allows too little or comes with another account is told so and may try again")
    func refusals() async throws {
        try await Self.with { agency, browser in
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "x", externalID: "8", handle: "other", name: "Other", accessToken: "x-8",
                    followers: 1, timeZone: "Europe/Berlin")
            ])
            let link = try await Self.link(
                agency, "connect", "--client", "acme", "--platform", "x", "--external-id", "7")
            let wrong = try await browser.open(try await browser.answer(link, "approve=8"))
            #expect(wrong.status == 409 && wrong.text.contains("@other"), "\(wrong.text)")
            let few = try await browser.open(
                try await browser.answer(link, "approve=7", changed: ["media.write%20": ""]))
            #expect(few.status == 409 && few.text.contains("media.write"), "\(few.text)")
            let tiktok = try await Self.link(agency, "connect", "--client", "acme", "--platform", "tiktok")
            let declined = try await browser.open(try await browser.answer(tiktok, "decline=1"))
            #expect(declined.status == 403 && declined.text.contains("Try again"), "\(declined.text)")
            // Only what the platform says of the person is said of the person.
            let failed = try await browser.open(
                try await browser.answer(tiktok, "decline=1").replacing("access_denied", with: "server_error"))
            #expect(failed.status != 403 && !failed.text.contains("did not agree"), "\(failed.text)")
            let log = try String(contentsOf: agency.log("serve"), encoding: .utf8)
            #expect(log.contains("the call-back said server_error"))
            let early = try await browser.answer(link, "approve=7")
            let later = try await browser.answer(link, "approve=7")
            #expect(try await browser.open(early).status == 410)
            #expect(try await agency.count("SELECT count(*) FROM account") == 0)
            #expect(try await browser.open(later).status == 200)
            #expect(try await agency.count("SELECT count(*) FROM account WHERE external_id = '7'") == 1)
        }
    }

    @Test("of two who come back with one code at the same time, one connects the account", arguments: ["x", "mock"])
    func race(platform: String) async throws {
        try await Self.with { agency, browser in
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", platform)
            let callback = try await browser.answer(link, "approve=7")
            async let first = browser.open(callback)
            async let second = browser.open(callback)
            let pages = try await [first, second]
            #expect(pages.map(\.status).sorted() == [200, 410])
            #expect(try await agency.count("SELECT count(*) FROM account WHERE state = 'active'") == 1)
            #expect(try await agency.count("SELECT count(*) FROM access_grant") == 1)
        }
    }

    @Test("what a person never chose is sealed under the client's key, and forgotten when its time is over")
    func neverChosen() async throws {
        try await Self.with { agency, browser in
            try await agency.admin.add(
                accounts: ["101", "102"].map { id in
                    SimulatorAdmin.Account(
                        platform: "facebook", externalID: id, handle: "page\(id)", name: "Page \(id)",
                        accessToken: "f\(id)", followers: 5000, timeZone: "Europe/Berlin")
                })
            try await agency.admin.add(
                people: #"[{"external_id":"900","name":"Ann","pages":["101","102"],"access_token":"u1"}]"#)
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "facebook")
            let page = try await browser.open(try await browser.answer(link, "approve=900"))
            #expect(page.status == 200 && page.text.contains("Page 102"))
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM connect_link WHERE sealed IS NOT NULL AND key_id LIKE 'client:%'")
                    == 1)
            try await agency.execute("UPDATE connect_link SET state_ends_at = world_now()")
            // Serve looks every few seconds.
            try await agency.until {
                try await agency.count(
                    "SELECT count(*) FROM connect_link WHERE sealed IS NOT NULL OR state_hash IS NOT NULL") == 0
            }
        }
    }

    @Test("after a connect no table holds what opens the account or the link", arguments: ["x", "tiktok", "mock"])
    func secrets(platform: String) async throws {
        try await Self.with { agency, browser in
            let secretFile = try agency.file("secret.txt", "added-secret\n")
            try await agency.admin.add(app: platform, clientID: "added", secret: "added-secret")
            try await agency.run(
                "app", "add", "mine", "--platform", platform, "--client-id", "added", "--secret-file", secretFile)
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", platform)
            let callback = try await browser.answer(link, "approve=7")
            #expect(try await browser.open(callback).status == 200)
            try await agency.work()
            let query = try #require(URLComponents(string: callback)?.queryItems)
            var secrets = try ["state", "code"].map { name in
                try #require(query.first { $0.name == name }?.value)
            }
            secrets += ["added-secret", try #require(link.split(separator: "/").last.map(String.init))]
            let stored = try await agency.everything()
            #expect(stored.contains("access_grant {") && stored.contains("connect_link {"))
            for secret in secrets {
                let hex = secret.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                #expect(!stored.contains(secret) && !stored.contains(hex), "\(secret)")
            }
            // The platform's words for its tokens begin so.
            for token in ["\"at-", "\"rt-"] { #expect(!stored.contains(token)) }
        }
    }

    @Test("a link for a new account does not take over one that stands, and a form of any bytes ends nothing")
    func standing() async throws {
        try await Self.with { agency, browser in
            try await agency.connect("x")
            let link = try await Self.link(
                agency, "connect", "--client", "acme", "--platform", "x", "--slug", "x-shop", "--name", "Acme Shop")
            let callback = try await browser.answer(link, "approve=7")
            let other = try await browser.open(callback)
            #expect(other.status == 409, "\(other.text)")
            #expect(try await agency.count("SELECT count(*) FROM account WHERE name = 'Acme Shop'") == 0)
            let address = try #require(callback.split(separator: "?").first.map(String.init))
            for body in ["a=%zz", "\"", "a b#c", "%ff%fe=1"] {
                #expect(try await browser.send(address, body: body) == 410)
            }
            #expect(try await browser.open(link).status == 200)
        }
    }

    @Test("a link that is over, changed or made up leads nowhere")
    func ends() async throws {
        try await Self.with { agency, browser in
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "x")
            let callback = try await browser.answer(link, "approve=7")
            try await agency.execute("UPDATE connect_link SET expires_at = world_now()")
            #expect(try await browser.open(callback).status == 410)
            let page = try await browser.open(link)
            #expect(page.status == 410 && page.text.contains("expired"))
            #expect(try await browser.open(link, form: [:]).status == 410)
            #expect(try await browser.open(link + "x").status == 404)
            let address = try #require(callback.split(separator: "?").first.map(String.init))
            #expect(try await browser.open("\(address)?state=made-up&code=code-1").status == 410)
            #expect(try await agency.count("SELECT count(*) FROM account") == 0)
        }
    }

    @Test(
        "a link is listed without its address, and leads nowhere once it is withdrawn, from the platform's page either")
    func withdrawn() async throws {
        try await Self.with { agency, browser in
            let link = try await Self.link(agency, "connect", "--client", "acme", "--platform", "x")
            let listed = try await agency.answer(["account", "links", "-o", "json"])
            let secret = try #require(link.split(separator: "/").last)
            #expect(listed.code == 0 && listed.data.contains("\"open\"") && !listed.data.contains(secret))
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(listed.data.utf8)) as? [[String: Any]])
            let id = try #require(rows.first?["id"] as? String)
            let callback = try await browser.answer(link, "approve=7")
            try await agency.run("account", "withdraw", id)
            #expect(try await browser.open(callback).status == 410)
            #expect(try await browser.open(link).status == 410)
            #expect(try await browser.open(link, form: [:]).status == 410)
            #expect(try await agency.count("SELECT count(*) FROM account") == 0)
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM connect_link WHERE sealed IS NOT NULL OR state_hash IS NOT NULL") == 0)
            let again = try await agency.answer(["account", "withdraw", id])
            #expect(again.code == 73, "\(again.messages)")
            let open = try await agency.json("account", "links") as? [[String: Any]]
            #expect(open?.isEmpty == true)
            let all = try await agency.json("account", "links", "--all") as? [[String: Any]]
            #expect(all?.first?["state"] as? String == "withdrawn")
        }
    }

    @Test("an account is connected again by a link: the same account, its history, and what waited goes on")
    func reconnect() async throws {
        try await Self.with { agency, browser in
            try await agency.connect("x")
            let identity = "SELECT count(DISTINCT account_id) FROM account" as Statement
            _ = try await agency.publishNow("Words", on: "x")
            try await agency.run("account", "disconnect", "acme/x", "--yes")
            let link = try await Self.link(agency, "reconnect", "acme/x")
            let done = try await browser.open(try await browser.answer(link, "approve=7"))
            #expect(done.status == 200, "\(done.text)")
            #expect(try await agency.count(identity) == 1)
            #expect(try await agency.count("SELECT count(*) FROM account WHERE state = 'active' AND slug = 'x'") == 1)
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM state_change WHERE subject_kind = 'account' AND reason = 'connected again'")
                    == 1)
            try await agency.work()
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
        }
    }

    @Test(
        "without a public address a link is for this machine, and the tunnel to it is printed; without an app there is none"
    )
    func local() async throws {
        try await SimulatedAgency.with(environment: ["POSTHORN_PLATFORM_X_CLIENT_ID": "agency"]) { agency in
            let answer = try await agency.answer([
                "account", "connect", "--client", "acme", "--platform", "x", "--link", "--serve-port", "9123", "-o",
                "json",
            ])
            #expect(answer.code == 0 && answer.data.contains("http://127.0.0.1:9123/connect/"), "\(answer.messages)")
            #expect(answer.messages.contains("ssh -N -L 9123:127.0.0.1:9123"))
            let none = try await agency.answer([
                "account", "connect", "--client", "acme", "--platform", "tiktok", "--link",
            ])
            #expect(none.code == 78 && none.messages.contains("app add"), "\(none.messages)")
            let ended = try await agency.answer([
                "account", "connect", "--client", "acme", "--platform", "x", "--link", "--expires", "0s",
            ])
            #expect(ended.code == 64 && ended.messages.contains("--expires"), "\(ended.messages)")
            #expect(try await agency.count("SELECT count(*) FROM connect_link") == 1)
            try await agency.connect("x")
            for further in [["--dry-run"], []] {
                let taken = try await agency.answer(
                    ["account", "connect", "--client", "acme", "--platform", "x", "--link", "--slug", "x"] + further)
                #expect(taken.code == 73 && taken.messages.contains("'x'"), "\(taken.messages)")
            }
        }
    }
}
