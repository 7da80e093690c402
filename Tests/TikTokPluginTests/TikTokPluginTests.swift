// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("The TikTok plugin")
struct TikTokPluginTests {
    @Test("questions to the creator stay within TikTok's 20 a minute, whichever bucket they are debited to")
    func creatorBuckets() {
        let asking = TikTokPlugin.manifest.rateBuckets.filter {
            [TikTokEndpoint.creator, TikTokEndpoint.open].contains($0.endpoint)
        }
        #expect(asking.count == 2 && asking.reduce(0) { $0 + $1.calls } == 20)
        #expect(asking.allSatisfy { $0.window == .seconds(60) && $0.scope == .account })
    }

    @Test("the plugin keeps the contract")
    func conformance() async {
        let failures = await PluginConformance.run(TikTokPlugin.self, TikTokFixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("what everybody may see carries its own identity, to the last digit, and its address")
    func identity() async throws {
        let (plugin, _) = TikTokFixtures.plugin(TikTokFixtures.video.exchanges)
        let film = try await TikTokFixtures.publish(TikTokFixtures.video.content, plugin)
        #expect(film.id == "7380000000000000123")
        #expect(film.url == "https://www.tiktok.com/@acme.shoes/video/7380000000000000123")
        #expect(film.publishedAt == TikTokFixtures.now)
        let (other, _) = TikTokFixtures.plugin(TikTokFixtures.photos.exchanges)
        let photos = try await TikTokFixtures.publish(TikTokFixtures.photos.content, other)
        #expect(photos.url == "https://www.tiktok.com/@acme.shoes/photo/7380000000000000123")
    }

    @Test("what not everybody may see has no identity of its own, and is published all the same")
    func notPublic() async throws {
        let (plugin, transport) = TikTokFixtures.plugin(TikTokFixtures.onePhoto.exchanges)
        let post = try await TikTokFixtures.publish(TikTokFixtures.onePhoto.content, plugin)
        #expect(post.id == "p_pub_url~v2.4" && post.url == nil)
        #expect(transport.calls.count { $0.path.hasSuffix("status/fetch/") } == 1)
    }

    @Test("a public post is asked for its identity after 1, 5, 15 and 60 minutes, and never fails for it")
    func moderation() async throws {
        let (plugin, _) = TikTokFixtures.plugin(
            TikTokFixtures.video.exchanges.prefix(4) + [TikTokFixtures.complete(nil)])
        let request = PublishRequest(
            access: TikTokFixtures.access, content: TikTokFixtures.video.content, operation: "op-1")
        let context = ScriptedEffectContext()
        var outcome = try await plugin.publish(request, context)
        var pauses: [Duration] = []
        while case .pending(let state, let pause) = outcome {
            pauses.append(pause)
            outcome = try await plugin.resume(state, request, context)
        }
        #expect(pauses == [.seconds(60), .seconds(300), .seconds(900), .seconds(3600)])
        guard case .published(let post) = outcome else { return }
        #expect(post.id == "v_pub_file~v2.1")
    }

    @Test(
        "a status is asked for every few seconds at first, then now and then",
        arguments: [(0.0, 8), (119, 8), (121, 30), (899, 30), (901, 300)])
    func pace(age: Double, seconds: Int) async throws {
        let since = TikTokFixtures.now.timeIntervalSinceReferenceDate - age
        let saved = #"{"attempt":0,"publishID":"v_pub_url~v2.2","followedSince":\#(since),"looks":0}"#
        let (plugin, _) = TikTokFixtures.plugin([TikTokFixtures.status("PROCESSING_DOWNLOAD", id: "v_pub_url~v2.2")])
        let request = PublishRequest(
            access: TikTokFixtures.access, content: TikTokFixtures.pulledVideo.content, operation: "op-1")
        let outcome = try await plugin.resume(
            PluginState(version: 1, data: Data(saved.utf8)), request, ScriptedEffectContext())
        guard case .pending(_, let pause) = outcome else {
            Issue.record("not pending")
            return
        }
        #expect(pause == .seconds(seconds))
    }

    @Test("a privacy level that the creator may not choose is refused before anything is sent")
    func privacy() async {
        let (plugin, transport) = TikTokFixtures.plugin([TikTokFixtures.creator(#""SELF_ONLY""#)])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.video.content, plugin)
        }
        #expect(error?.code == .permanent && error?.field == "settings.privacy_level")
        #expect(error?.nextAction?.contains("SELF_ONLY") == true && transport.calls.count == 1)
    }

    @Test("a film that is longer than the creator may post is refused before anything is sent", arguments: [301, 300])
    func length(seconds: Int) async {
        var film = TikTokFixtures.clip
        film.facts = MediaFacts(duration: .seconds(seconds))
        let (plugin, transport) = TikTokFixtures.plugin([TikTokFixtures.creator()])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.content(.video, "x", [film]), plugin)
        }
        let isRefused = error?.platformCode == "duration_check_failed"
        #expect(isRefused == (seconds == 301) && transport.calls.count == (isRefused ? 1 : 2))
        if isRefused { #expect(error?.code == .permanent && error?.nextAction?.contains("300 seconds") == true) }
    }

    @Test("a post that TikTok works on for more than a day is told of and not asked for any more")
    func stuck() async throws {
        let since = TikTokFixtures.now.timeIntervalSinceReferenceDate - 86_400
        let saved = #"{"attempt":0,"publishID":"v_pub_url~v2.2","followedSince":\#(since),"looks":0}"#
        let (plugin, _) = TikTokFixtures.plugin([TikTokFixtures.status("PROCESSING_DOWNLOAD", id: "v_pub_url~v2.2")])
        let request = PublishRequest(
            access: TikTokFixtures.access, content: TikTokFixtures.pulledVideo.content, operation: "op-1")
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.resume(
                PluginState(version: 1, data: Data(saved.utf8)), request, ScriptedEffectContext())
        }
        #expect(error?.code == .permanent && error?.nextAction?.contains("Look in the TikTok app") == true)
    }

    @Test("acts of publishing share one limit, whether TikTok fetches or is sent the film; a last chunk is none")
    func actsOfPublishing() async throws {
        let buckets = TikTokPlugin.manifest.rateBuckets.filter { $0.counts == .calls && $0.calls == 6 }
        #expect(buckets.map(\.endpoint) == [TikTokEndpoint.open])
        for fixture in [TikTokFixtures.video, TikTokFixtures.pulledVideo, TikTokFixtures.photos] {
            let (plugin, transport) = TikTokFixtures.plugin(fixture.exchanges)
            _ = try await TikTokFixtures.publish(fixture.content, plugin)
            #expect(transport.calls.count { $0.call.endpoint == TikTokEndpoint.open } == 1)
        }
    }

    @Test("what the creator has switched off stays off")
    func switchedOff() async throws {
        var creator = TikTokFixtures.creator()
        creator.outcome = TikTokFixtures.ok(
            #"{"privacy_level_options":["SELF_ONLY"],"comment_disabled":true,"duet_disabled":true,"stitch_disabled":true}"#
        )
        let (plugin, transport) = TikTokFixtures.plugin([creator])
        _ = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(
                TikTokFixtures.content(.video, "x", [TikTokFixtures.clip], privacy: "SELF_ONLY"), plugin)
        }
        let body = transport.calls.last?.text ?? ""
        for name in ["comment", "duet", "stitch"] { #expect(body.contains(#""disable_\#(name)":true"#)) }
    }

    @Test("a creator's cap is told before a post, and nothing is sent")
    func cap() async {
        let capped = ScriptedExchange(
            .post, "/v2/post/publish/creator_info/query/",
            .reply(TikTokFixtures.error(403, "spam_risk_too_many_posts")))
        let (plugin, transport) = TikTokFixtures.plugin([capped])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin)
        }
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3600) && error?.scope == .endpoint)
        #expect(transport.calls.count == 1)
    }

    @Test("after a refusal the creator is asked again; after a lost answer that was found nobody is asked anything")
    func askedAgain() async throws {
        var refused = TikTokFixtures.photos.exchanges[1]
        refused.outcome = .reply(TikTokFixtures.error(429, "rate_limit_exceeded"))
        let (plugin, transport) = TikTokFixtures.plugin([TikTokFixtures.creator(), refused])
        let context = ScriptedEffectContext()
        _ = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin, context)
        }
        let (again, second) = TikTokFixtures.plugin(TikTokFixtures.photos.exchanges)
        _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, again, context)
        #expect(transport.calls.count == 2 && second.calls.first?.path.contains("creator_info") == true)

        let (found, none) = TikTokFixtures.plugin([])
        let settled = ScriptedEffectContext(
            checkpoint: PluginState(
                version: 1,
                data: Data(
                    #"{"attempt":0,"creator":{"hasComments":true,"hasDuets":true,"hasStitches":true},"looks":0}"#.utf8)),
            confirmed: [0: RemotePost(id: "7380000000000000123", url: "https://www.tiktok.com/@a/photo/7")])
        let post = try await TikTokFixtures.publish(TikTokFixtures.photos.content, found, settled)
        #expect(post.id == "7380000000000000123" && post.url?.hasSuffix("/photo/7") == true && none.calls.isEmpty)
    }

    @Test("without a public address photos are refused when they are planned and before they are sent; a film is not")
    func noPublicAddress() async {
        let (plugin, transport) = TikTokFixtures.plugin([], media: nil)
        let issues = plugin.validate(TikTokFixtures.photos.content).filter { $0.severity == .error }
        #expect(issues.map(\.field) == ["media[0]", "media[1]"])
        #expect(issues.allSatisfy { $0.message.contains("POSTHORN_PUBLIC_URL") })
        #expect(plugin.validate(TikTokFixtures.video.content).isEmpty)
        #expect(plugin.validate(TikTokFixtures.pulledVideo.content).map(\.field) == ["media[0]"])
        let error = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.photos.content, plugin)
        }
        #expect(error?.code == .permanent && error?.field == "media[0]" && error?.nextAction != nil)
        #expect(transport.calls.isEmpty)
    }

    @Test("the version that the operator chose is in every path")
    func version() async throws {
        let (plugin, transport) = TikTokFixtures.plugin([], version: "v3")
        _ = await #expect(throws: PluginError.self) {
            _ = try await TikTokFixtures.publish(TikTokFixtures.video.content, plugin)
        }
        #expect(transport.calls.map(\.path) == ["/v3/post/publish/creator_info/query/"])
    }
}
