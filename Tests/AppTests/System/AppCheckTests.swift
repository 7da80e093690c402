// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Publishing
import TestSupport
import Testing

@testable import App

@Suite("checking an app", .postgresSchema)
struct AppCheckTests {
    private static let secret = "fb-app-secret-31d0"
    private static let publicURL = ["POSTHORN_PUBLIC_URL": "https://posthorn.example"]

    /// Runs the check; its rows by what was looked at.
    private static func check(
        _ agency: SimulatedAgency, _ words: String..., environment: [String: String] = publicURL
    ) async throws -> (code: Int32, rows: [String: [String: Any]], said: String) {
        let answer = try await agency.answer(["app", "check"] + words + ["-o", "json"], environment: environment)
        let data = Data((answer.data.isEmpty ? "[]" : answer.data).utf8)
        let rows = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
        return (
            answer.code, Dictionary(rows.map { ($0["check"] as? String ?? "", $0) }) { $1 },
            answer.data + answer.messages
        )
    }

    /// Adds the app 4711 to Facebook, and here with a secret.
    private static func add(_ agency: SimulatedAgency, secret: String = secret) async throws {
        try await agency.admin.add(app: "facebook", clientID: "4711", secret: Self.secret)
        try await agency.run(
            "app", "add", "fb", "--platform", "facebook", "--client-id", "4711", "--secret-file",
            try agency.file("secret.txt", "\(secret)\n"))
    }

    @Test("an app that Meta knows is said to be accepted, with what to register; its secret is said nowhere")
    func accepted() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.add(agency)
            let check = try await Self.check(agency, "fb")
            #expect(check.code == 0, "\(check.said)")
            #expect(
                check.rows.values.allSatisfy {
                    Set($0.keys) == ["app", "platform", "check", "state", "finding", "remedy"]
                })
            let states = check.rows.mapValues { $0["state"] as? String }
            for name in ["client id", "secret", "public address", "webhooks", "work", "accounts", "tokens", "platform"]
            {
                #expect(states[name] == "ok", "\(name)")
            }
            // Nobody said whether it is approved.
            #expect(states["audit"] == "warning")
            #expect(check.rows["redirect URI"]?["finding"] as? String == "https://posthorn.example/oauth/facebook")
            #expect((check.rows["scopes"]?["finding"] as? String)?.contains("pages_manage_posts") == true)
            #expect((check.rows["platform"]?["finding"] as? String)?.contains("accepts") == true)
            #expect(!check.said.contains(Self.secret))
            #expect(try await !agency.everything().contains(Self.secret))
            let help = try await agency.answer(["app", "check", "--help"])
            for key in check.rows["platform"]?.keys.map({ $0 }) ?? [] {
                #expect(help.data.contains("\n  \(key) "), "\(key)")
            }
        }
    }

    @Test("a wrong secret is a failure with what to do, and what to do mends it")
    func wrongSecret() async throws {
        try await SimulatedAgency.with { agency in
            let wrong = "another-apps-secret-77"
            try await Self.add(agency, secret: wrong)
            let check = try await Self.check(agency, "facebook/fb")
            #expect(check.code == 1)
            #expect(check.rows["platform"]?["state"] as? String == "failed")
            #expect((check.rows["platform"]?["finding"] as? String)?.contains("4711") == true)
            #expect(
                (check.rows["platform"]?["remedy"] as? String)?.contains(
                    "posthorn app set facebook/fb --secret-file FILE") == true)
            #expect(!check.said.contains(wrong) && !check.said.contains(Self.secret))
            try await agency.run(
                "app", "set", "facebook/fb", "--secret-file", try agency.file("right.txt", Self.secret), "--audit",
                "approved")
            let again = try await Self.check(agency, "fb")
            #expect(again.code == 0 && again.rows["audit"]?["state"] as? String == "ok", "\(again.said)")
        }
    }

    @Test("a platform that cannot be reached is said to be so, beside everything else, and nothing is blamed")
    func unreachable() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.add(agency)
            let check = try await Self.check(
                agency, environment: Self.publicURL.merging(["POSTHORN_PLATFORM_ORIGIN": "http://127.0.0.1:9"]) { $1 })
            #expect(check.code == 69)
            #expect((check.rows["platform"]?["finding"] as? String)?.contains("unreachable") == true)
            #expect(check.rows["secret"]?["state"] as? String == "ok" && check.rows["redirect URI"] != nil)
            #expect(!check.said.contains(Self.secret))
        }
    }

    @Test("pauses, accounts and tokens that end are told with what to do; without a public address there is a warning")
    func standing() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.add(agency)
            let soon = Date().addingTimeInterval(3 * 86_400).ISO8601Format()
            try await agency.connect("facebook", expiresAt: soon, app: "4711")
            try await agency.run("app", "pause", "fb", "--reason", "review on Monday")
            let check = try await Self.check(agency, "fb", environment: [:])
            #expect(check.code == 0, "\(check.said)")
            let work = try #require(check.rows["work"])
            #expect(work["state"] as? String == "warning")
            #expect((work["finding"] as? String)?.contains("review on Monday") == true)
            #expect((work["remedy"] as? String)?.contains("posthorn app resume facebook/fb") == true)
            #expect(check.rows["accounts"]?["finding"] as? String == "1 connected")
            #expect((check.rows["tokens"]?["finding"] as? String)?.contains("1 of 1") == true)
            #expect(check.rows["public address"]?["state"] as? String == "warning")
            #expect((check.rows["public address"]?["remedy"] as? String)?.contains("POSTHORN_PUBLIC_URL") == true)

            try await agency.execute("UPDATE account SET state = 'needs-reconnect'")
            try await agency.execute(
                "UPDATE access_grant SET renewal_failed_at = world_now() - interval '2 hours', renewal_failure = 'no way'"
            )
            let worse = try await Self.check(agency, "fb")
            #expect(worse.rows["accounts"]?["finding"] as? String == "1 connected, 1 to be connected again")
            #expect((worse.rows["tokens"]?["finding"] as? String)?.contains("no way") == true)
            try await agency.run("account", "disconnect", "acme/facebook", "--yes")
            let gone = try await Self.check(agency, "fb")
            #expect(gone.rows["accounts"]?["finding"] as? String == "0 connected, 1 disconnected")
        }
    }

    @Test("where no document names a call, that is said, and the platform is not asked")
    func undocumented() async throws {
        try await SimulatedAgency.with { agency in
            for (name, words) in [("web", ["x"]), ("own", ["instagram", "--login", "instagram"])] {
                let secret = try agency.file("secret.txt", "s3cret\n")
                let added = try await agency.answer(
                    ["app", "add", name, "--client-id", name, "--secret-file", secret, "--platform"] + words)
                #expect(added.code == 0, "\(added.messages)")
                let check = try await Self.check(agency, name)
                #expect(check.code == 0, "\(check.said)")
                #expect(check.rows["platform"]?["state"] as? String == "skipped")
                #expect((check.rows["platform"]?["finding"] as? String)?.contains("account check") == true)
            }
            try await agency.run("app", "add", "tok", "--platform", "tiktok", "--client-id", "t1")
            let lacking = try await Self.check(agency, "tok")
            #expect(lacking.code == 1 && lacking.rows["secret"]?["state"] as? String == "failed")
        }
    }

    @Test(
        "an app is named as for a pause; one of the configuration by its platform, and one that is nowhere is not found"
    )
    func reference() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.add(agency)
            #expect(try await Self.check(agency, "fbb").code == 66)
            let missing = try await Self.check(agency, "facebook")
            #expect(missing.code == 66 && missing.said.contains("facebook/fb"))
            let given = [
                "POSTHORN_PLATFORM_FACEBOOK_CLIENT_ID": "4711",
                "POSTHORN_PLATFORM_FACEBOOK_CLIENT_SECRET": "not-it-either-00",
            ]
            let configured = try await Self.check(agency, "facebook", environment: given)
            #expect(configured.code == 1 && !configured.said.contains("not-it-either-00"))
            #expect(
                (configured.rows["platform"]?["remedy"] as? String)?.contains(
                    "POSTHORN_PLATFORM_FACEBOOK_CLIENT_SECRET") == true)
            #expect(
                try await agency.answer(["app", "set", "facebook", "--audit", "approved"], environment: given).code
                    == 73)
            let all = try await agency.answer(["app", "check", "-o", "json"], environment: given)
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(all.data.utf8)) as? [[String: Any]])
            #expect(all.code == 1 && Set(rows.map { $0["app"] as? String }) == ["fb", "facebook"])
            let sealed = try await Self.check(
                agency, "fb", environment: ["POSTHORN_SECRET_KEY": "other:\(SecretKeys.generate())"])
            #expect(sealed.code == 1 && sealed.rows["secret"]?["state"] as? String == "failed")
            #expect(sealed.rows["platform"]?["state"] as? String == "skipped")
        }
    }
}
