// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import FacebookPlugin

@Suite("The Facebook plugin")
struct FacebookPluginTests {
    @Test("the plugin keeps the contract")
    func conformance() async {
        let failures = await PluginConformance.run(FacebookPlugin.self, FacebookFixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("a post is sent as a form to the version that is set, with the token in the header alone")
    func head() async throws {
        let exchange = ScriptedExchange(
            .post, "/v26.0/\(FacebookFixtures.page)/feed", .json(200, #"{"id":"1_2"}"#), isVisible: true)
        let (plugin, transport) = FacebookFixtures.plugin([exchange], version: "v26.0")
        let post = try await FacebookFixtures.publish(FacebookFixtures.text.content, plugin)
        let call = try #require(transport.calls.first)
        #expect(call.host == "graph.facebook.com" && call.call.request.path == "/v26.0/102030405060708/feed")
        #expect(call.call.request.headerFields[.authorization] == "Bearer EAApage-5f1c9e01aa")
        #expect(call.call.request.headerFields[.contentType] == "application/x-www-form-urlencoded")
        #expect(call.text == "message=Tom%20%26%20Jerry&fields=id%2Cpermalink_url")
        #expect(post == RemotePost(id: "1_2", url: "https://www.facebook.com/1_2", publishedAt: FacebookFixtures.now))
    }

    @Test("a film becomes the post that shows it, not its own identity")
    func filmPost() async throws {
        for fixture in [FacebookFixtures.video, FacebookFixtures.reel] {
            let (plugin, _) = FacebookFixtures.plugin(fixture.exchanges)
            let post = try await FacebookFixtures.publish(fixture.content, plugin)
            #expect(post.id == "\(FacebookFixtures.page)_555")
            #expect(post.url == "https://www.facebook.com/reel/700/")
            #expect(post.publishedAt == Date(timeIntervalSince1970: 1_795_255_230))
        }
    }

    @Test("a film that Facebook names no post for is published under its own identity, after some patience")
    func noPost() async throws {
        let exchanges =
            FacebookFixtures.reel.exchanges.dropLast() + [
                FacebookFixtures.status("700", FacebookFixtures.published, post: nil)
            ]
        let (plugin, transport) = FacebookFixtures.plugin(Array(exchanges))
        let post = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin)
        #expect(post.id == "700")
        #expect(transport.calls.count { $0.method == .get } == 6)
    }

    @Test("a film that Facebook cannot process is permanent, with Facebook's words")
    func failedFilm() async throws {
        let failed =
            #"{"video_status":"processing","uploading_phase":{"status":"complete"},"processing_phase":{"status":"not_started","error":{"message":"Resolution too low."}}}"#
        let (plugin, _) = FacebookFixtures.plugin(
            FacebookFixtures.reel.exchanges.dropLast() + [FacebookFixtures.status("700", failed)])
        let error = await #expect(throws: PluginError.self) {
            _ = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin)
        }
        #expect(error?.code == .permanent && error?.message == "Resolution too low." && error?.field == "media[0]")
    }

    @Test("an upload that broke off goes on with the byte that Facebook lacks")
    func brokenUpload() async throws {
        var broken = FacebookFixtures.bytes()
        broken.outcome = .lost
        let uploading =
            #"{"video_status":"uploading","uploading_phase":{"status":"in_progress","bytes_transfered":50002}}"#
        let (plugin, transport) = FacebookFixtures.plugin(
            [
                FacebookFixtures.opened("video_reels"), broken,
                FacebookFixtures.status("700", uploading, isRepeatable: false), FacebookFixtures.bytes(from: 50_002),
            ] + FacebookFixtures.reel.exchanges.suffix(2))
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) {
            _ = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin, context)
        }
        #expect(error?.code == .retryAfter)
        _ = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("an upload that Facebook has forgotten is begun anew", arguments: [true, false])
    func deadUpload(isGone: Bool) async throws {
        let dead = ScriptedExchange(
            .get, "/v25.0/600",
            isGone
                ? .reply(FacebookFixtures.error(100, 33))
                : .json(200, #"{"status":{"video_status":"expired"},"id":"600"}"#))
        let (plugin, transport) = FacebookFixtures.plugin([dead] + FacebookFixtures.reel.exchanges)
        let saved = Data(
            #"{"photos":[],"looks":0,"film":{"id":"600","at":\#(FacebookFixtures.now.timeIntervalSinceReferenceDate - 60),"address":"https://rupload.facebook.com/x/600","start":0,"end":0,"isUploaded":false}}"#
                .utf8)
        let context = ScriptedEffectContext(checkpoint: PluginState(version: 1, data: saved))
        _ = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("the upload host's own word decides whether another try helps", arguments: [true, false])
    func retriable(isRetriable: Bool) async throws {
        var refused = FacebookFixtures.bytes()
        refused.outcome = .json(
            400, #"{"debug_info":{"retriable":\#(isRetriable),"type":"OffsetInvalidError","message":"no"}}"#)
        let (plugin, _) = FacebookFixtures.plugin([FacebookFixtures.opened("video_reels"), refused])
        let error = await #expect(throws: PluginError.self) {
            _ = try await FacebookFixtures.publish(FacebookFixtures.reel.content, plugin)
        }
        #expect(error?.code == (isRetriable ? .retryAfter : .permanent) && error?.platformCode == "OffsetInvalidError")
    }

    @Test("pieces go on after the last one that arrived, and a session that has ended is begun anew")
    func pieces() async throws {
        var lost = FacebookFixtures.piece(1_048_576, 1_500_000, 1_500_000)
        lost.outcome = .lost
        var ended = lost
        ended.outcome = .reply(FacebookFixtures.error(6000))
        let expired = FacebookFixtures.status("700", #"{"video_status":"expired"}"#, isRepeatable: false)
        let first = [FacebookFixtures.session, FacebookFixtures.piece(0, 1_048_576, 1_500_000), lost, ended, expired]
        let (plugin, transport) = FacebookFixtures.plugin(first + FacebookFixtures.video.exchanges)
        let context = ScriptedEffectContext()
        for _ in 1...2 {
            let error = await #expect(throws: PluginError.self) {
                _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
            }
            #expect(error?.code == .retryAfter)
        }
        _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty && transport.visibleCalls.count == 2)
    }

    @Test("a piece whose answer was lost is not sent again: the upload goes on where Facebook says that it is")
    func lostPiece() async throws {
        var lost = FacebookFixtures.piece(0, 1_048_576, 1_500_000)
        lost.outcome = .lost
        var refused = lost
        refused.outcome = .reply(FacebookFixtures.error(6001))
        let arrived = FacebookFixtures.status(
            "700", #"{"video_status":"uploading","uploading_phase":{"bytes_transfered":1048576}}"#, isRepeatable: false)
        let (plugin, transport) = FacebookFixtures.plugin(
            [
                FacebookFixtures.session, lost, refused, arrived,
                FacebookFixtures.piece(1_048_576, 1_500_000, 1_500_000),
            ] + FacebookFixtures.video.exchanges.suffix(from: 3))
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) {
            _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
        }
        #expect(error?.code == .retryAfter)
        _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        #expect(transport.calls.count { $0.form["upload_phase"] == "start" } == 1)
    }

    @Test("an upload that is refused where Facebook says that it is begins anew, and does not fail the post")
    func refusedGoingOn() async throws {
        var lost = FacebookFixtures.piece(0, 1_048_576, 1_500_000)
        lost.outcome = .lost
        var refused = lost
        refused.outcome = .reply(FacebookFixtures.error(6001))
        let arrived = FacebookFixtures.status(
            "700", #"{"video_status":"uploading","uploading_phase":{"bytes_transfered":1048576}}"#, isRepeatable: false)
        var ended = FacebookFixtures.piece(1_048_576, 1_500_000, 1_500_000)
        ended.outcome = .reply(FacebookFixtures.error(6000))
        let first = [FacebookFixtures.session, lost, refused, arrived, ended]
        let (plugin, transport) = FacebookFixtures.plugin(first + FacebookFixtures.video.exchanges)
        let context = ScriptedEffectContext()
        for _ in 1...2 {
            let error = await #expect(throws: PluginError.self) {
                _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
            }
            #expect(error?.code == .retryAfter)
        }
        _ = try await FacebookFixtures.publish(FacebookFixtures.video.content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty && transport.visibleCalls.count == 2)
        #expect(transport.calls.count { $0.form["upload_phase"] == "start" } == 2)
    }

    @Test("a film that Facebook works on for more than a day is told of and not asked for any more")
    func stuckFilm() async throws {
        func outcome(askedFor age: TimeInterval) async throws -> PluginError? {
            let now = FacebookFixtures.now.timeIntervalSinceReferenceDate
            let saved =
                #"{"photos":[],"looks":30,"askedSince":\#(now - age),"film":{"id":"700","at":\#(now - age),"start":0,"end":0,"isUploaded":true}}"#
            let (plugin, _) = FacebookFixtures.plugin([
                FacebookFixtures.status("700", FacebookFixtures.processing)
            ])
            let context = ScriptedEffectContext(
                checkpoint: PluginState(version: 1, data: Data(saved.utf8)), confirmed: [0: RemotePost(id: "700")])
            let request = PublishRequest(
                access: FacebookFixtures.access, content: FacebookFixtures.reel.content, operation: "op-1")
            do {
                _ = try await plugin.publish(request, context)
                return nil
            } catch {
                return error
            }
        }
        #expect(try await outcome(askedFor: 86_399) == nil)
        let error = try await outcome(askedFor: 86_400)
        #expect(error?.code == .permanent && error?.nextAction?.contains("Look at the Page") == true)
    }

    @Test("a photo that Facebook is about to delete is uploaded anew")
    func oldPhoto() async throws {
        let old = FacebookFixtures.now.timeIntervalSinceReferenceDate - 23 * 3600 - 1
        let saved = Data(#"{"photos":[{"index":0,"id":"70","at":\#(old)}],"looks":0}"#.utf8)
        let context = ScriptedEffectContext(checkpoint: PluginState(version: 1, data: saved))
        let (plugin, transport) = FacebookFixtures.plugin([
            FacebookFixtures.upload("71"),
            FacebookFixtures.feed { $0.form["attached_media"] == #"[{"media_fbid":"71"}]"# },
        ])
        let content = FacebookFixtures.content(.image, "One", [FacebookFixtures.photo])
        _ = try await FacebookFixtures.publish(content, plugin, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("a person's token is turned into the Page's, once")
    func personal() async throws {
        let (plugin, transport) = FacebookFixtures.plugin(
            FacebookFixtures.pageTokens + [FacebookFixtures.feed(), FacebookFixtures.feed()])
        for _ in 1...2 {
            _ = try await FacebookFixtures.publish(
                FacebookFixtures.text.content, plugin, as: FacebookFixtures.personal)
        }
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        let sent = transport.visibleCalls.map { $0.call.request.headerFields[.authorization] }
        #expect(sent == ["Bearer EAAown-1", "Bearer EAAown-1"])
    }

    @Test("a Page without a token for the person says whom to ask")
    func noRole() async throws {
        let token = ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(200, #"{"data":[{"id":"\#(FacebookFixtures.page)"},{"id":"5","access_token":"x"}]}"#))
        let (plugin, _) = FacebookFixtures.plugin([token])
        let error = await #expect(throws: PluginError.self) {
            _ = try await FacebookFixtures.publish(
                FacebookFixtures.text.content, plugin, as: FacebookFixtures.personal)
        }
        #expect(error?.code == .reauthorize && error?.sparesGrant == true && error?.nextAction != nil)
    }

    @Test(
        "drafts that Facebook would refuse are refused",
        arguments: [
            (FacebookFixtures.content(.text, ""), "text"),
            (FacebookFixtures.content(.text, String(repeating: "a", count: 63_207)), "text"),
            (FacebookFixtures.content(.text, "a", link: "ftp://example.com"), "link"),
            (FacebookFixtures.content(.text, "a", link: "https://m.facebook.com/x"), "link"),
            (FacebookFixtures.content(.story, "words", [FacebookFixtures.photo]), "text"),
            (FacebookFixtures.content(.story, "", [FacebookFixtures.photo], comment: "c"), "first_comment"),
            (FacebookFixtures.content(.story, "", [FacebookFixtures.photo], link: "https://a.de"), "link"),
            (FacebookFixtures.content(.reel, "a", [FacebookFixtures.photo]), "media[0]"),
            (FacebookFixtures.content(.carousel, "a", [FacebookFixtures.photo]), "media"),
            (
                FacebookFixtures.content(
                    .image, "a", [MediaItem(hash: "h", type: "image/jpeg", byteCount: 4_194_305)]), "media[0]"
            ),
            (
                PostContent(format: .text, parts: [PostPart(text: "a")], settings: ["title": "t"]), "settings.title"
            ),
        ])
    func validation(content: PostContent, field: String) {
        let (plugin, _) = FacebookFixtures.plugin([])
        #expect(plugin.validate(content).contains { $0.severity == .error && $0.field == field })
    }

    @Test("a post is deleted once, and one that is gone is deleted")
    func delete() async throws {
        let (plugin, transport) = FacebookFixtures.plugin([
            ScriptedExchange(.delete, "/v25.0/1_2", .json(200, #"{"success":true}"#)),
            ScriptedExchange(.delete, "/v25.0/1_3", .reply(FacebookFixtures.error(100, 33))),
        ])
        try await plugin.delete(RemotePost(id: "1_2"), FacebookFixtures.access)
        try await plugin.delete(RemotePost(id: "1_3"), FacebookFixtures.access)
        #expect(transport.left.isEmpty)
    }
}
