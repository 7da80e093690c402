// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import FacebookPlugin
import Foundation
import InstagramPlugin
import JobQueue
import NIOCore
import NIOHTTP1
import PluginHost
import PluginKit
import PluginTestKit
import TestSupport
import Testing

@testable import App

@Suite("Facebook and Instagram, what is read of them", .postgresSchema)
struct MetaReadingTests {
    private static let page = AccountAccess(
        account: AccountID(), externalID: "101", tokens: TokenSet(accessToken: Secret("EAApage1")))
    private static let instagram = "17841400000000001"
    private static let kept = AccountAccess(
        account: AccountID(), externalID: Self.instagram, tokens: TokenSet(accessToken: Secret("EAAinsta1")))
    private static let keptByOwnLogin = AccountAccess(
        account: AccountID(), externalID: "17841400000000002", tokens: Self.own)
    private static let own = TokenSet(accessToken: Secret("IGAinsta2"), extra: ["login": Secret("instagram")])

    /// Makes accounts exist, on both of Instagram's logins.
    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "facebook", externalID: "101", handle: "acme", name: "Acme", accessToken: "EAApage1",
                followers: 5000, timeZone: "Europe/Berlin"),
            SimulatorAdmin.Account(
                platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme",
                accessToken: "EAAinsta1", followers: 60_000, timeZone: "Europe/Berlin"),
            SimulatorAdmin.Account(
                platform: "instagram", externalID: "17841400000000002", handle: "bolt", name: "Bolt",
                accessToken: "IGAinsta2", tokenExpiresIn: 5_183_944, followers: 50_000, timeZone: "Europe/Berlin",
                login: "instagram"),
        ])
    }

    /// Puts a film where Instagram can fetch it.
    private static func offer(_ film: Data, _ agency: SimulatedAgency) async throws -> String {
        try await agency.pretend("mock")
        var request = HTTPClientRequest(url: "\(agency.origin)/mock.posthorn.test/v1/media")
        request.method = .POST
        request.headers = ["Authorization": "Bearer mock-1", "Content-Type": "video/mp4"]
        request.body = .bytes(film)
        let reply = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        struct Made: Decodable { var id: String }
        let made = try JSONDecoder().decode(
            Made.self, from: Data(try await reply.body.collect(upTo: 1 << 20).readableBytesView))
        return "\(agency.origin)/_media/\(made.id)"
    }

    /// Publishes until it is done.
    private static func publish(
        _ content: PostContent, _ access: AccountAccess, _ plugin: some DeferredPublishing, _ agency: SimulatedAgency
    ) async throws -> RemotePost {
        let request = PublishRequest(access: access, content: content, operation: "op-\(content.parts[0].text)")
        let context = ScriptedEffectContext()
        var outcome = try await plugin.publish(request, context)
        try await agency.until {
            guard case .pending(let state, _) = outcome else { return true }
            outcome = try await plugin.resume(state, request, context)
            return false
        }
        guard case .published(let post) = outcome else { throw CommandError(.failed, "\(outcome)") }
        return post
    }

    @Test("the numbers of a Page and of its posts are read one by one and together; a deleted post is gone")
    func page() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            let plugin = FacebookPlugin(context: PluginContext(http: host.transport(for: FacebookPlugin.manifest)))
            var posts: [RemotePost] = []
            for text in ["One", "Two"] {
                let content = PostContent(format: .text, parts: [PostPart(text: text)])
                posts.append(try await Self.publish(content, Self.page, plugin, agency))
            }
            let single = try await plugin.metrics(MetricsRequest(access: Self.page, posts: [posts[0]]))
            let both = try await plugin.metrics(MetricsRequest(access: Self.page, posts: posts))
            #expect(single.map(\.postID) == [posts[0].id] && both.map(\.postID) == posts.map(\.id))
            #expect((single + both).allSatisfy { $0.values[.views] != nil && $0.values[.comments] != nil })
            let page = try await plugin.metrics(MetricsRequest(access: Self.page, posts: []))
            #expect(page.first?.values[.followers] == 5000)
            try await plugin.delete(posts[1], Self.page)
            let after = try await plugin.metrics(MetricsRequest(access: Self.page, posts: posts))
            #expect(after.map(\.isGone) == [false, true])
            try await host.shutdown()
        }
    }

    @Test(
        "media of every kind have the numbers of their kind, one by one and together, by the tokens of both logins; the account has its own",
        arguments: [false, true])
    func media(isOwnLogin: Bool) async throws {
        let access = isOwnLogin ? Self.keptByOwnLogin : Self.kept
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            try await agency.setRate(60)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            do {
                let bytes = Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8) + Data(repeating: 0x2E, count: 20_000)
                let file = agency.folder.appendingPathComponent("film.mp4")
                try bytes.write(to: file)
                let film = MediaItem(hash: "f", type: "video/mp4", byteCount: Int64(bytes.count), path: file.path)
                // Instagram's own login takes no uploads: it fetches.
                let address = isOwnLogin ? try await Self.offer(bytes, agency) : ""
                let plugin = InstagramPlugin(
                    context: PluginContext(
                        http: host.transport(for: InstagramPlugin.manifest),
                        publicMedia: PublicMedia { _, _ in address }))
                let account = try await plugin.metrics(MetricsRequest(access: access, posts: []))
                #expect(account.first?.values[.followers] == (isOwnLogin ? 50_000 : 60_000))
                var posts: [RemotePost] = []
                for (format, text) in [(PostFormat.reel, "Reel"), (.story, "")] {
                    let content = PostContent(format: format, parts: [PostPart(text: text, media: [film])])
                    posts.append(try await Self.publish(content, access, plugin, agency))
                }
                // A story has numbers from its fifth viewer on, whom it finds by then at any hour.
                try await agency.advance(21_600)
                for post in posts {
                    let reading = try await plugin.metrics(MetricsRequest(access: access, posts: [post]))
                    #expect(reading.first?.values[.views] != nil, "\(post)")
                }
                let both = try await plugin.metrics(MetricsRequest(access: access, posts: posts))
                #expect(both.map(\.postID) == posts.map(\.id) && both.allSatisfy { $0.values[.views] != nil })
            } catch {
                try await host.shutdown()
                throw error
            }
            try await host.shutdown()
        }
    }

    @Test("a token of Instagram's own login names its account, and renews itself from its second day on")
    func ownLogin() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            let plugin = InstagramPlugin(context: PluginContext(http: host.transport(for: InstagramPlugin.manifest)))
            #expect(try await plugin.identify(Self.own).externalID == "17841400000000002")
            try await agency.advance(90_000)
            let renewed = try await plugin.refresh(Self.own, app: nil)
            #expect(renewed.expiresAt != nil && renewed.refreshToken == renewed.accessToken)
            #expect(try await plugin.identify(renewed).handle == "bolt")
            try await host.shutdown()
        }
    }
}
