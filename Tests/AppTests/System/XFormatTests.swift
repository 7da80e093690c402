// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import PluginHost
import PluginKit
import Simulator
import TestSupport
import Testing
import XPlugin

@testable import App

@Suite("X through a worker", .postgresSchema)
struct XFormatTests {
    private static let account = "2244994945"

    /// The first bytes of a PNG, which is all that the simulator looks at.
    private static func picture(_ words: String, _ count: Int = 1) -> Data {
        Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) + Data(String(repeating: words, count: count).utf8)
    }
    private static func film(_ words: String, _ count: Int) -> Data {
        Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8) + Data(String(repeating: words, count: count).utf8)
    }

    /// An account of acme, with files to publish: pictures, one of them of three segments, a GIF, and a film of four.
    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "x", externalID: Self.account, handle: "acme", name: "Acme", accessToken: "x-acme",
                refreshToken: "x-acme-r", followers: 5000, timeZone: "Europe/Berlin"),
            SimulatorAdmin.Account(
                platform: "x", externalID: "12", handle: "bolt", name: "Bolt", accessToken: "x-bolt", followers: 10,
                timeZone: "Europe/Berlin"),
        ])
        let file = try agency.file("x.json", #"{"access_token":"x-acme","refresh_token":"x-acme-r"}"#)
        try await agency.run("account", "connect", "--client", "acme", "--platform", "x", "--credential-file", file)
        for (name, content) in [
            ("a.png", Self.picture("a")), ("b.png", Self.picture("b")), ("c.png", Self.picture("c")),
            ("big.png", Self.picture("0123456789", 250_000)), ("g.gif", Data("GIF89a, moving".utf8)),
            ("f.mp4", Self.film("0123456789", 350_000)),
        ] {
            try content.write(to: agency.folder.appendingPathComponent(name))
        }
    }

    private static func plan(_ agency: SimulatedAgency, _ words: String...) async throws {
        let answer = try await agency.answer(
            ["post", "create", "--client", "acme", "--account", "x", "--now"] + words)
        try #require(answer.code == 0, "\(words): \(answer.messages)")
    }

    /// Works until every publish job has ended well.
    private static func publish(_ agency: SimulatedAgency) async throws {
        try await agency.until {
            try await agency.work()
            return try await agency.count("SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
        }
        #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'failed'") == 0)
    }

    /// One post as the platform has it.
    private struct Shown: Decodable {
        var id: String
        var text: String
        var reply_to: String?
        var media: [String]
        var alt_texts: [String]
        var poll: [String]?
        var poll_minutes: Int?
        var media_types: [String]
        var settings: [String: String]
    }

    /// What the platform has, oldest first.
    private static func shown(_ agency: SimulatedAgency) async throws -> [Shown] {
        struct Page: Decodable { var posts: [Shown] }
        return try JSONDecoder().decode(Page.self, from: await agency.admin.posts(limit: 50)).posts.reversed()
    }

    private static func effects(_ agency: SimulatedAgency) async throws -> Int {
        try await agency.ledger().count { $0["took_effect"] as? Bool == true }
    }

    @Test("every format is published once, as the ledger shows")
    func formats() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.setRate(60)
            try await Self.plan(agency, "--text", "Words & more", "--link", "https://example.com/a")
            try await Self.plan(
                agency, "--text", "Picture", "--media", "a.png", "--alt", "A horn", "--set",
                "x.reply_settings=following", "--set", "x.made_with_ai=true", "--set", "x.paid_partnership=true")
            try await Self.plan(
                agency, "--text", "Four", "--media", "a.png", "--media", "b.png", "--media", "c.png", "--media",
                "big.png")
            try await Self.plan(agency, "--text", "Moving", "--media", "g.gif")
            try await Self.plan(agency, "--text", "Film", "--media", "f.mp4", "--first-comment", "Comment")
            try await Self.plan(agency, "--text", "Brass?", "--set", "x.poll=Yes|No", "--set", "x.poll_minutes=60")
            try await Self.plan(agency, "--text", "One\n---\nTwo\n---\nThree")
            try await Self.publish(agency)
            let root = try #require(try await Self.shown(agency).first { $0.text == "Picture" })
            try await Self.plan(agency, "--text", "Answer", "--set", "x.reply_to=https://x.com/acme/status/\(root.id)")
            try await Self.publish(agency)

            let posts = try await Self.shown(agency)
            let known = Dictionary(uniqueKeysWithValues: posts.map { ($0.text, $0) })
            #expect(posts.count == 11 && known["Words & more\nhttps://example.com/a"] != nil)
            #expect(known["Picture"]?.alt_texts == ["A horn"] && known["Picture"]?.media_types == ["image/png"])
            #expect(
                known["Picture"]?.settings
                    == ["reply_settings": "following", "made_with_ai": "true", "paid_partnership": "true"])
            #expect(known["Four"]?.media_types == Array(repeating: "image/png", count: 4))
            #expect(known["Moving"]?.media_types == ["image/gif"] && known["Film"]?.media_types == ["video/mp4"])
            #expect(known["Words & more\nhttps://example.com/a"]?.media_types == [])
            #expect(known["Comment"]?.reply_to == known["Film"]?.id)
            #expect(known["Brass?"]?.poll == ["Yes", "No"] && known["Brass?"]?.poll_minutes == 60)
            #expect(known["Two"]?.reply_to == known["One"]?.id && known["Three"]?.reply_to == known["Two"]?.id)
            #expect(known["Answer"]?.reply_to == root.id && known["One"]?.reply_to == nil)
            #expect(try await Self.effects(agency) == 11)
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE url LIKE 'https://x.com/%'") == 8)
            try await agency.expectSound()
        }
    }

    @Test(
        "what is published although its answer is lost is found again; a thread goes on from its last confirmed post",
        arguments: [false, true])
    func lostAnswers(postFields: Bool) async throws {
        var simulator = SimulatorConfiguration()
        simulator.postFields = postFields
        try await SimulatedAgency.with(simulator: simulator) { agency in
            try await Self.open(agency)
            try await agency.setRate(60)
            // Of the posts: the second of the thread, then the third before it takes effect, then the film, then its comment.
            let rules = [
                ("/2/tweets", 1, "after"), ("/2/tweets", 2, "before"), ("/2/tweets", 4, "after"),
                ("/2/tweets", 5, "after"), ("/2/media/upload/*/append", 1, "after"),
                ("/2/media/upload/*/finalize", 0, "after"),
            ].enumerated().map { number, rule in
                #"{"id":"\#(number)","match":{"platform":"x","method":"POST","endpoint":"\#(rule.0)","after":\#(rule.1),"times":1},"action":{"reset":{"when":"\#(rule.2)"}}}"#
            }
            try await agency.admin.add(faults: "[\(rules.joined(separator: ","))]")
            try await Self.plan(agency, "--text", "One\n---\nTwo & two https://example.com\n---\nThree")
            try await Self.publish(agency)
            try await Self.plan(agency, "--text", "Film", "--media", "f.mp4", "--first-comment", "Comment")
            try await Self.publish(agency)

            let posts = try await Self.shown(agency)
            #expect(posts.map(\.text) == ["One", "Two & two https://example.com", "Three", "Film", "Comment"])
            #expect(posts[1].reply_to == posts[0].id && posts[2].reply_to == posts[1].id)
            #expect(posts[4].reply_to == posts[3].id && posts[3].media.count == 1)
            #expect(try await Self.effects(agency) == 5)
            let lost = try await agency.ledger().count { $0["answer"] as? String != "delivered" }
            #expect(lost > 0)
            try await agency.expectSound()
        }
    }

    @Test(
        "a worker that dies in the middle of a thread or an upload leaves it to the next, which doubles nothing",
        arguments: ["after-checkpoint:3", "after-fence:2", "after-send:2", "after-confirm:2", "before-finish"])
    func deaths(point: String) async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await Self.plan(
                agency, "--text", "One\n---\nTwo\n---\nThree", "--media", "f.mp4", "--alt", "A horn")
            let short = ["POSTHORN_WORKER_HEARTBEAT": "500ms", "POSTHORN_WORKER_DEAD_AFTER": "3s"]
            try await agency.setRate(60)
            try await agency.until {
                try await agency.work(environment: short.merging(["POSTHORN_CRASH_AT": point]) { $1 }).code == -1
            }
            #expect(try await agency.count("SELECT count(*) FROM publication") == 0)
            try await agency.until {
                try await agency.work(environment: short)
                return try await agency.count("SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')")
                    == 0
            }
            let posts = try await Self.shown(agency)
            #expect(posts.map(\.text) == ["One", "Two", "Three"])
            #expect(posts.map { $0.reply_to } == [nil, posts.first?.id, posts.dropFirst().first?.id])
            #expect(posts.first?.alt_texts == ["A horn"] && posts.first?.media.count == 1)
            #expect(try await Self.effects(agency) == 3)
            try await agency.expectSound()
        }
    }

    @Test("a worker reads what is due of an account in one call; each publication has its numbers")
    func dueTogether() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            for text in ["One", "Two", "Three"] { try await Self.plan(agency, "--text", text) }
            try await Self.publish(agency)
            try await agency.advance(1200)
            try await agency.until {
                try await agency.work()
                return try await agency.count("SELECT count(*) FROM attempt WHERE kind = 'fetch-metrics' AND final")
                    == 3
            }
            #expect(
                try await agency.count("SELECT count(DISTINCT publication_id) FROM sample WHERE likes IS NOT NULL") == 3
            )
            #expect(try await agency.count("SELECT count(*) FROM sample") == 3)
            struct Log: Decodable {
                struct Call: Decodable { var endpoint: String }
                var entries: [Call]
            }
            let calls = try JSONDecoder().decode(Log.self, from: await agency.admin.calls(query: "platform=x"))
            #expect(calls.entries.count { $0.endpoint == "GET /2/tweets" } == 1)
            try await agency.expectSound()
        }
    }

    @Test("drafts that X would refuse are refused when they are planned, and say why")
    func refused() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            for (words, reason) in [
                (["--text", "x", "--media", "g.gif", "--media", "a.png"], "one GIF"),
                (["--text", "x", "--media", "f.mp4", "--media", "a.png"], "one film"),
                (["--text", "x", "--media", "a.png", "--set", "x.poll=Yes|No"], "a poll or files"),
                (["--text", "x", "--set", "x.poll=Yes"], "2 to 4 answers"),
                (["--text", "x", "--set", "x.reply_to=nobody"], "https://x.com/NAME/status/NUMBER"),
                (["--text", String(repeating: "日", count: 141)], "shorten it by 2"),
                (["--text", "Buy $AAPL and $TSLA"], "one cashtag"),
            ] {
                let answer = try await agency.answer(
                    ["post", "create", "--client", "acme", "--account", "x", "--now"] + words)
                #expect(answer.code != 0 && answer.messages.contains(reason), "\(words): \(answer.messages)")
            }
            #expect(try await agency.count("SELECT count(*) FROM target") == 0)
        }
    }

    @Test("metrics of many posts come in one call: what is gone is said, and what is not given stays away")
    func metrics() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            for text in ["One", "Two"] { try await Self.plan(agency, "--text", text) }
            try await Self.publish(agency)
            let posts = try await Self.shown(agency).map { RemotePost(id: $0.id) }
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            let plugin = XPlugin(context: PluginContext(http: host.transport(for: XPlugin.manifest)))
            let access = AccountAccess(
                account: AccountID(), externalID: Self.account, tokens: TokenSet(accessToken: Secret("x-acme")))
            try await plugin.delete(posts[1], access)
            let readings = try await plugin.metrics(
                MetricsRequest(access: access, posts: posts + [RemotePost(id: "1000")]))
            #expect(readings.map(\.postID) == [posts[0].id, posts[1].id, "1000"])
            #expect(readings.map(\.isGone) == [false, true, true])
            #expect(readings[0].values[.views] != nil && readings[0].values[.reach] == nil)
            #expect(readings[0].values[.clicks] == nil && readings[0].values[.videoViews] == nil)
            let other = AccountAccess(
                account: AccountID(), externalID: "12", tokens: TokenSet(accessToken: Secret("x-bolt")))
            let foreign = try await plugin.metrics(MetricsRequest(access: other, posts: [posts[0]]))
            #expect(foreign[0].values[.likes] != nil && foreign[0].values[.engagements] == nil)
            try await host.shutdown()
        }
    }
}
