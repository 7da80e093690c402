// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import InstagramPlugin
import JobQueue
import MockPlugin
import PQClient
import PluginHost
import PluginKit
import PluginTestKit
import TestSupport
import Testing

@testable import App

@Suite("Facebook and Instagram through a worker", .postgresSchema)
struct MetaFormatTests {
    private static let instagram = "17841400000000001"

    /// The beginning of a JPEG of 1080 × 1080, which is all that the simulator looks at.
    private static func picture(_ words: String) -> Data {
        let head: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 4, 56, 4, 56, 1, 1, 0x11, 0,
        ]
        return Data(head) + Data(words.utf8)
    }
    private static func film(_ words: String, _ count: Int = 100_000) -> Data {
        Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8) + Data(String(repeating: words, count: count).utf8)
    }

    /// A Page and an Instagram account of acme, with files to publish.
    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "facebook", externalID: "101", handle: "acme", name: "Acme", accessToken: "EAApage1",
                followers: 5000, timeZone: "Europe/Berlin"),
            SimulatorAdmin.Account(
                platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme",
                accessToken: "EAAinsta1", followers: 5000, timeZone: "Europe/Berlin"),
        ])
        for (platform, token) in [("facebook", "EAApage1"), ("instagram", "EAAinsta1")] {
            let file = try agency.file("\(platform).json", #"{"access_token":"\#(token)"}"#)
            try await agency.run(
                "account", "connect", "--client", "acme", "--platform", platform, "--credential-file", file)
        }
        for (name, content) in [
            ("a.jpg", Self.picture("a")), ("b.jpg", Self.picture("b")), ("c.jpg", Self.picture("c")),
            ("f.mp4", Self.film("f")), ("g.mp4", Self.film("g")), ("h.mp4", Self.film("h")),
        ] {
            try content.write(to: agency.folder.appendingPathComponent(name))
        }
    }

    private static func plan(_ agency: SimulatedAgency, _ account: String, _ words: [String]) async throws {
        let answer = try await agency.answer(
            ["post", "create", "--client", "acme", "--account", account, "--now"] + words)
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

    /// How often each kind of effect took effect.
    private static func effects(_ agency: SimulatedAgency) async throws -> [String: Int] {
        try await agency.ledger().reduce(into: [:]) { counts, entry in
            guard entry["took_effect"] as? Bool == true else { return }
            counts["\(entry["platform"] as? String ?? "") \(entry["endpoint"] as? String ?? "")", default: 0] += 1
        }
    }

    @Test("every format is published once, as the ledger shows, with the address of its post")
    func formats() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.setRate(60)
            let page: [[String]] = [
                ["--text", "Words"], ["--text", "Read", "--link", "https://example.com/a"],
                ["--text", "One photo", "--media", "a.jpg", "--alt", "A", "--first-comment", "C"],
                ["--text", "Two photos", "--media", "a.jpg", "--media", "b.jpg"],
                ["--text", "Film", "--media", "f.mp4"], ["--text", "Reel", "--media", "g.mp4", "--format", "reel"],
                ["--text", "", "--media", "c.jpg", "--format", "story"],
                ["--text", "", "--media", "h.mp4", "--format", "story"],
            ]
            for words in page { try await Self.plan(agency, "facebook", words) }
            try await Self.plan(agency, "instagram", ["--text", "Reel", "--media", "g.mp4", "--first-comment", "C"])
            try await Self.plan(agency, "instagram", ["--text", "", "--media", "h.mp4", "--format", "story"])
            try await Self.publish(agency)
            let effects = try await Self.effects(agency)
            #expect(effects.values.reduce(0, +) == 12, "\(effects)")
            // Of a photo's story Facebook gives no address.
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE url IS NULL") == 1)
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE remote_id LIKE '101\\_%'") == 6)
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
        }
    }

    @Test("what is published although its answer is lost is found again and never published twice")
    func lostAnswers() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.setRate(60)
            let lost = [
                ("facebook", "/v25.0/*/feed", 0),
                // The piece, and the visible end: between them the same piece is refused, and Facebook says that it has it.
                ("facebook", "/v25.0/*/videos", 1), ("facebook", "/v25.0/*/videos", 3),
                ("facebook", "/v25.0/*/video_reels", 1), ("facebook", "/v25.0/*/photo_stories", 0),
                ("instagram", "/v25.0/*/media_publish", 0), ("facebook", "/v25.0/*/comments", 0),
            ].enumerated().map { number, rule in
                #"{"id":"\#(number)","match":{"platform":"\#(rule.0)","method":"POST","endpoint":"\#(rule.1)","after":\#(rule.2),"times":1},"action":{"reset":{"when":"after"}}}"#
            }
            let broken =
                #"{"id":"up","match":{"method":"POST","endpoint":"/video-upload/*","times":1},"action":{"reset":{"when":"before"}}}"#
            try await agency.admin.add(faults: "[\((lost + [broken]).joined(separator: ","))]")
            try await Self.plan(
                agency, "facebook", ["--text", "Photo", "--media", "a.jpg", "--first-comment", "First"])
            try await Self.plan(agency, "facebook", ["--text", "Film", "--media", "f.mp4"])
            try await Self.plan(agency, "facebook", ["--text", "Reel", "--media", "g.mp4", "--format", "reel"])
            try await Self.plan(agency, "facebook", ["--text", "", "--media", "c.jpg", "--format", "story"])
            try await Self.plan(agency, "instagram", ["--text", "Reel", "--media", "g.mp4"])
            try await Self.publish(agency)
            let effects = try await Self.effects(agency)
            #expect(effects.values.reduce(0, +) == 6, "\(effects)")
            #expect(effects["facebook POST /{page}/videos"] == 1, "\(effects)")
            // The end of the film was found in the Page's list.
            let calls = try await PlatformCall.all(agency.admin).filter { $0.platform == "facebook" }
            #expect(calls.contains { $0.endpoint == "GET /{page}/videos" })
            #expect(calls.count { $0.endpoint == "POST /{page}/videos" } == 4)
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            #expect(try await agency.count("SELECT count(*) FROM publication") == 5)
            // A film has numbers under its post's identity alone.
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE remote_id LIKE '101\\_%'") == 3)
        }
    }

    @Test("Instagram fetches pictures, alone and in a mixed carousel, from the addresses that it is given")
    func pictures() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.pretend("mock")
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            var addresses: [String: String] = [:]
            for name in ["a", "b"] { addresses[name] = try await Self.hand(out: Self.picture(name), agency, host) }
            let known = addresses
            let clock = WorldClock.system
            let plugin = InstagramPlugin(
                context: PluginContext(
                    http: host.transport(for: InstagramPlugin.manifest), clock: clock,
                    publicMedia: PublicMedia { item, _ in known[item.hash] }))
            func item(_ name: String) -> MediaItem {
                MediaItem(hash: name, type: "image/jpeg", byteCount: 22, altText: "A picture")
            }
            let film = MediaItem(
                hash: "f", type: "video/mp4", byteCount: Int64(Self.film("f").count),
                path: agency.folder.appendingPathComponent("f.mp4").path)
            for (format, media) in [(PostFormat.image, [item("a")]), (.carousel, [item("a"), film, item("b")])] {
                let request = PublishRequest(
                    access: AccountAccess(
                        account: AccountID(), externalID: Self.instagram,
                        tokens: TokenSet(accessToken: Secret("EAAinsta1"))),
                    content: PostContent(format: format, parts: [PostPart(text: "\(format)", media: media)]),
                    operation: "op-\(format)")
                let context = ScriptedEffectContext()
                var outcome = try await plugin.publish(request, context)
                try await agency.until {
                    guard case .pending(let state, _) = outcome else { return true }
                    outcome = try await plugin.resume(state, request, context)
                    return false
                }
                guard case .published(let post) = outcome else { continue }
                #expect(post.url?.hasPrefix("https://www.instagram.com/p/") == true)
            }
            let effects = try await Self.effects(agency)
            #expect(effects == ["instagram POST /{ig-user}/media_publish": 2])
            try await host.shutdown()
        }
    }

    /// Gives the simulator a file that its platforms can fetch.
    private static func hand(
        out content: Data, _ agency: SimulatedAgency, _ host: PlatformHTTPClient
    ) async throws -> String {
        var head = HTTPRequest(.post, host: "mock.posthorn.test", path: "/v1/media", bearer: Secret("mock-1"))
        head.headerFields[.contentType] = "image/jpeg"
        let reply = try await host.transport(for: MockPlugin.manifest).send(
            HTTPCall(head, body: .bytes(content), endpoint: "media"))
        struct Made: Decodable { var id: String }
        let made = try JSONDecoder().decode(Made.self, from: reply.body)
        return "\(agency.origin)/_media/\(made.id)"
    }
}
