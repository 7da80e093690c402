// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import JobQueue
import MockPlugin
import PQClient
import PluginHost
import PluginKit
import PluginTestKit
import TestSupport
import Testing
import TikTokPlugin

@testable import App

@Suite("TikTok through a worker", .postgresSchema)
struct TikTokFormatTests {
    private static let account = "tt-open-id-1"
    private static let token = "act.acme1"

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

    /// An account of acme, with films to publish: a short one, and one of three chunks.
    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "tiktok", externalID: Self.account, handle: "acme", name: "Acme", accessToken: Self.token,
                refreshToken: "rft.acme1", followers: 5000, timeZone: "Europe/Berlin")
        ])
        for (name, content) in [("f.mp4", Self.film("f")), ("long.mp4", Self.film("0123456789", 3_100_000))] {
            try content.write(to: agency.folder.appendingPathComponent(name))
        }
    }

    private static func connect(_ agency: SimulatedAgency) async throws {
        let file = try agency.file("tiktok.json", #"{"access_token":"\#(Self.token)","refresh_token":"rft.acme1"}"#)
        try await agency.run(
            "account", "connect", "--client", "acme", "--platform", "tiktok", "--credential-file", file)
    }

    private static func plan(
        _ agency: SimulatedAgency, _ text: String, _ file: String, privacy: String = "PUBLIC_TO_EVERYONE"
    ) async throws {
        let answer = try await agency.answer([
            "post", "create", "--client", "acme", "--account", "tiktok", "--now", "--text", text, "--media", file,
            "--set", "tiktok.privacy_level=\(privacy)",
        ])
        try #require(answer.code == 0, "\(answer.messages)")
    }

    /// Works until every publish job has ended well.
    private static func publish(_ agency: SimulatedAgency) async throws {
        try await agency.until {
            try await agency.work()
            return try await agency.count("SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
        }
        #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'failed'") == 0)
    }

    /// How many effects the platform's ledger holds.
    private static func effects(_ agency: SimulatedAgency) async throws -> Int {
        try await agency.ledger().count { $0["took_effect"] as? Bool == true }
    }

    @Test("films of one chunk and of several are published once, with the identity that TikTok gives a public one")
    func films() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await Self.connect(agency)
            try await agency.setRate(60)
            try await Self.plan(agency, "Short", "f.mp4")
            try await Self.plan(agency, "Three chunks", "long.mp4")
            try await Self.plan(agency, "For me", "f.mp4", privacy: "SELF_ONLY")
            try await Self.publish(agency)
            #expect(try await Self.effects(agency) == 3)
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            let known = try await agency.count(
                "SELECT count(*) FROM publication WHERE remote_id ~ '^[0-9]+$' AND url LIKE 'https://www.tiktok.com/@acme/%'"
            )
            #expect(known == 2)
            #expect(try await agency.count("SELECT count(*) FROM publication WHERE url IS NULL") == 1)
        }
    }

    @Test("a post without a privacy level is refused when it is planned")
    func undecided() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await Self.connect(agency)
            let answer = try await agency.answer([
                "post", "create", "--client", "acme", "--account", "tiktok", "--now", "--text", "x", "--media", "f.mp4",
            ])
            #expect(answer.code != 0 && answer.messages.contains("privacy_level"))
        }
    }

    @Test("a film whose chunks and answers are lost is found again and never published twice")
    func lostAnswers() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await Self.connect(agency)
            try await agency.setRate(60)
            // The answers of opening, of the first chunk and of the last one.
            let rules = [
                ("POST", "/v2/post/publish/video/init/", 0, "after"), ("PUT", "/video/*", 0, "after"),
                ("PUT", "/video/*", 3, "after"),
            ].enumerated().map { number, rule in
                #"{"id":"\#(number)","match":{"platform":"tiktok","method":"\#(rule.0)","endpoint":"\#(rule.1)","after":\#(rule.2),"times":1},"action":{"reset":{"when":"\#(rule.3)"}}}"#
            }
            try await agency.admin.add(faults: "[\(rules.joined(separator: ","))]")
            try await Self.plan(agency, "Three chunks", "long.mp4")
            try await Self.publish(agency)
            #expect(try await Self.effects(agency) == 1)
            #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
            try await agency.expectSound()
        }
    }

    @Test("a token that ends is renewed with the app's secret, and the rotated refresh token renews the next")
    func rotation() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let http = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            let plugin = TikTokPlugin(context: PluginContext(http: http.transport(for: TikTokPlugin.manifest)))
            try await agency.admin.add(app: "tiktok", clientID: "tiktok-app", secret: "hush-hush")
            let app = AppCredential(id: "tiktok-app", secret: Secret("hush-hush"))
            let old = TokenSet(accessToken: Secret(Self.token), refreshToken: Secret("rft.acme1"))
            let first = try await plugin.refresh(old, app: app)
            let second = try await plugin.refresh(first, app: app)
            #expect(first.refreshToken != old.refreshToken && second.refreshToken != first.refreshToken)
            #expect(try await plugin.identify(second).externalID == Self.account)
            let used = await #expect(throws: PluginError.self) { _ = try await plugin.refresh(old, app: app) }
            #expect(used?.code == .reauthorize)
            try await http.shutdown()
        }
    }

    @Test("TikTok fetches photos and films from the addresses that it is given; their numbers are read")
    func addresses() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.pretend("mock")
            // A minute after it is complete a public post has its identity: between two looks pass three.
            try await agency.setRate(3600)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            var addresses: [String: String] = [:]
            for (name, type, content) in [
                ("a", "image/jpeg", Self.picture("a")), ("b", "image/jpeg", Self.picture("b")),
                ("f", "video/mp4", Self.film("f")),
            ] { addresses[name] = try await Self.hand(out: content, type, agency, host) }
            let known = addresses
            let plugin = TikTokPlugin(
                context: PluginContext(
                    http: host.transport(for: TikTokPlugin.manifest),
                    publicMedia: PublicMedia { item, _ in known[item.hash] }))
            let access = AccountAccess(
                account: AccountID(), externalID: Self.account, tokens: TokenSet(accessToken: Secret(Self.token)))
            func item(_ name: String, _ type: String = "image/jpeg") -> MediaItem {
                MediaItem(hash: name, type: type, byteCount: 22)
            }
            var posts: [RemotePost] = []
            for (format, media) in [
                (PostFormat.image, [item("a")]), (.carousel, [item("a"), item("b")]),
                (.video, [item("f", "video/mp4")]),
            ] {
                let content = PostContent(
                    format: format, parts: [PostPart(text: "\(format)", media: media)],
                    settings: format == .video
                        ? ["privacy_level": "PUBLIC_TO_EVERYONE", "transfer": "pull"]
                        : ["privacy_level": "PUBLIC_TO_EVERYONE"])
                let request = PublishRequest(access: access, content: content, operation: "op-\(format)")
                let context = ScriptedEffectContext()
                var outcome = try await plugin.publish(request, context)
                try await agency.until {
                    guard case .pending(let state, _) = outcome else { return true }
                    outcome = try await plugin.resume(state, request, context)
                    return false
                }
                guard case .published(let post) = outcome else { continue }
                posts.append(post)
                #expect(post.url?.hasPrefix("https://www.tiktok.com/@acme/") == true, "\(post)")
                let send = UnknownSend(
                    access: access, content: content, part: 0, confirmed: [:], checkpoint: nil,
                    sentAfter: (post.publishedAt ?? .distantPast).addingTimeInterval(-86_400), key: "k")
                guard case .found(let found) = try await plugin.find(send) else {
                    Issue.record("\(format) is not found by its words")
                    continue
                }
                #expect(found.id == post.id)
            }
            #expect(try await Self.effects(agency) == 3)
            let film = try #require(posts.last)
            let readings = try await plugin.metrics(MetricsRequest(access: access, posts: [film]))
            #expect(readings.first?.postID == film.id && readings.first?.values[.views] != nil)
            let own = try await plugin.metrics(MetricsRequest(access: access, posts: []))
            #expect((own.first?.values[.followers] ?? 0) >= 5000)
            try await host.shutdown()
        }
    }

    /// Gives the simulator a file that its platforms can fetch.
    private static func hand(
        out content: Data, _ type: String, _ agency: SimulatedAgency, _ host: PlatformHTTPClient
    ) async throws -> String {
        var head = HTTPRequest(.post, host: "mock.posthorn.test", path: "/v1/media", bearer: Secret("mock-1"))
        head.headerFields[.contentType] = type
        let reply = try await host.transport(for: MockPlugin.manifest).send(
            HTTPCall(head, body: .bytes(content), endpoint: "media"))
        struct Made: Decodable { var id: String }
        let made = try JSONDecoder().decode(Made.self, from: reply.body)
        return "\(agency.origin)/_media/\(made.id)"
    }
}
