// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

/// The built program connects what a person's Meta token opens.
@Suite("accounts of a Meta token", .postgresSchema, .timeLimit(.minutes(10)))
struct ConnectSystemTests {
    private static let instagram = "17841400000000001"

    /// Ann manages two Pages, one with an Instagram account.
    private static func open(_ agency: SimulatedAgency) async throws -> String {
        try await agency.run("client", "add", "globex", "--tz", "Asia/Tokyo")
        var accounts = ["101", "102"].map { id in
            SimulatorAdmin.Account(
                platform: "facebook", externalID: id, handle: "page\(id)", name: "Page \(id)", accessToken: "f\(id)",
                followers: 5000, timeZone: "Europe/Berlin")
        }
        accounts.append(
            SimulatorAdmin.Account(
                platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme", accessToken: "i1",
                followers: 5000, timeZone: "Europe/Berlin", page: "101"))
        try await agency.admin.add(accounts: accounts)
        try await agency.admin.add(
            people: """
                [{"external_id":"900","name":"Ann","pages":["101","102"],"access_token":"u1",
                  "ad_accounts":[{"id":"act_555","name":"Main","currency":"USD","time_zone":"America/New_York"},{"id":"556"}]},
                 {"external_id":"901","name":"Bob","pages":["102"],"access_token":"u2","scopes":["pages_show_list","pages_read_engagement"]}]
                """)
        return try agency.file("token.txt", "u1\n")
    }

    @Test("a person's token is listed, mapped to clients in one go, and publishes on a Page and on Instagram")
    func map() async throws {
        try await SimulatedAgency.with { agency in
            let token = try await Self.open(agency)
            let words = ["account", "connect", "--platform", "facebook", "--token-file", token]
            let listed = try await agency.answer(words + ["-o", "csv"])
            #expect(listed.code == 0, "\(listed.messages)")
            // Two Pages, an Instagram account and two ad accounts, in one list.
            #expect(listed.data.split(whereSeparator: \.isNewline).count == 6)
            #expect(listed.data.contains(",facebook,101,Page 101,"), "\(listed.data)")
            #expect(listed.data.contains(",instagram,\(Self.instagram),Acme,"), "\(listed.data)")
            #expect(listed.data.contains(",facebook,act_555,Main,"), "\(listed.data)")
            #expect(listed.data.contains(",ad-account,USD,America/New_York,active,"), "\(listed.data)")

            let wrong = try agency.file(
                "wrong.csv", "client,external_id,platform\nacme,101,\nacmee,102,\nglobex,\(Self.instagram),facebook\n")
            let refused = try await agency.answer(words + ["--map", wrong])
            #expect(refused.code == 65)
            #expect(refused.messages.contains("line 3, column client"), "\(refused.messages)")
            #expect(refused.messages.contains("line 4, column external_id"))
            #expect(try await agency.count("SELECT count(*) FROM account") == 0)
            #expect(!refused.messages.contains("u1"))

            let map = try agency.file(
                "pages.csv",
                """
                client,external_id,platform,kind,slug,accounts
                acme,101,,,,
                globex,102,,,,
                acme,\(Self.instagram),instagram,,,
                acme,555,,ad-account,main,facebook;instagram

                """)
            let connected = try await agency.answer(words + ["--map", map, "-o", "json"])
            #expect(connected.code == 0, "\(connected.messages)")
            #expect(try await agency.count("SELECT count(*) FROM account WHERE state = 'active'") == 3)
            #expect(try await agency.count("SELECT count(*) FROM access_grant") == 2)
            #expect(
                try await agency.count(
                    "SELECT count(*) FROM ad_account JOIN access_grant USING (grant_id) WHERE currency = 'USD' AND ad_account.external_id = 'act_555' AND time_zone = 'America/New_York'"
                ) == 1)
            #expect(try await agency.count("SELECT count(*) FROM account_ad_account") == 2)
            // A person's token ends, and a person should know.
            #expect(connected.messages.contains("the token ends at"))
            let soon = try #require(
                try await agency.json("account", "list", "--ends-within", "61d") as? [[String: Any]])
            #expect(soon.count == 3 && soon.allSatisfy { $0["token_ends_at"] is String }, "\(soon)")
            let sooner = try await agency.json("account", "list", "--ends-within", "1m") as? [[String: Any]]
            #expect(sooner?.isEmpty == true)
            // What ended already needs a person first.
            try await agency.execute("UPDATE account SET state = 'needs-reconnect' WHERE external_id = '102'")
            let ended = try await agency.json("account", "list", "--ends-within", "61d") as? [[String: Any]]
            #expect(ended?.count == 3 && ended?.first?["external_id"] as? String == "102", "\(ended ?? [])")
            try await agency.execute("UPDATE account SET state = 'active' WHERE external_id = '102'")
            // A grant that nothing uses concerns nobody.
            try await agency.execute(
                """
                INSERT INTO access_grant (grant_id, platform, key_id, sealed, state)
                VALUES (gen_random_uuid(), 'facebook', '1', 'x', 'needs-reconnect')
                """)
            let checks = try await agency.answer(["doctor", "-o", "json"])
            #expect(checks.data.contains("grants") && !checks.data.contains("no longer accepted"), "\(checks.data)")
            try await agency.execute("DELETE FROM access_grant WHERE sealed = 'x'")

            _ = try await agency.publishNow("Words", on: "facebook")
            let film = Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8) + Data(String(repeating: "f", count: 9000).utf8)
            try film.write(to: agency.folder.appendingPathComponent("f.mp4"))
            try await agency.run(
                "post", "create", "--client", "acme", "--account", "instagram", "--text", "Reel", "--media", "f.mp4",
                "--now")
            try await agency.setRate(60)
            try await agency.until {
                try await agency.work()
                return try await agency.count(
                    "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
            }
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 2)

            for (account, hasQuota) in [("acme/facebook", false), ("acme/instagram", true)] {
                let check = try #require(try await agency.json("account", "check", account) as? [String: Any])
                #expect(check["problem"] is NSNull)
                #expect((check["scopes"] as? [String])?.contains("pages_show_list") == true)
                #expect(check["missing_scopes"] as? [String] == [])
                #expect(check["token_expires_at"] is String)
                #expect(hasQuota == (check["posts_left"] is NSNumber), "\(check)")
            }
        }
    }

    @Test("one Page of several is chosen by its id; a token that allows too little is refused with what it lacks")
    func one() async throws {
        try await SimulatedAgency.with { agency in
            let token = try await Self.open(agency)
            let words = ["account", "connect", "--client", "acme", "--platform", "facebook", "--token-file"]
            let vague = try await agency.answer(words + [token])
            #expect(vague.code == 73 && vague.messages.contains("--external-id"), "\(vague.messages)")
            let few = try await agency.answer(words + [try agency.file("few.txt", "u2"), "--external-id", "102"])
            #expect(few.code == 73 && few.messages.contains("pages_manage_posts"), "\(few.messages)")
            #expect(try await agency.count("SELECT count(*) FROM account") == 0)
            let chosen = try await agency.answer(words + [token, "--external-id", "102"])
            #expect(chosen.code == 0, "\(chosen.messages)")
            let dead = try await agency.answer(words + [try agency.file("dead.txt", "nobody"), "--external-id", "102"])
            #expect(dead.code == 1 && dead.messages.contains("does not accept the token"), "\(dead.messages)")
            #expect(try await agency.answer(["account", "connect", "--platform", "facebook"]).code == 64)
        }
    }
}
