// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("The X plugin")
struct XPluginTests {
    @Test("the plugin keeps the contract")
    func conformance() async {
        let failures = await PluginConformance.run(XPlugin.self, XFixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("a post is sent as X's document wants it")
    func body() async throws {
        let (plugin, transport) = XFixtures.plugin([
            XFixtures.oneShot("71"), XFixtures.describe("71"), XFixtures.post("1"),
        ])
        let content = PostContent(
            format: .image, parts: [PostPart(text: "Hi", media: [XFixtures.small])], link: "https://example.com/a",
            settings: ["reply_settings": "following", "made_with_ai": "true", "paid_partnership": "false"])
        let outcome = try await plugin.publish(
            PublishRequest(access: XFixtures.access, content: content, operation: "op-1"), ScriptedEffectContext())
        let call = try #require(transport.visibleCalls.first)
        #expect(
            call.text
                == #"{"made_with_ai":true,"media":{"media_ids":["71"]},"reply_settings":"following","text":"Hi\nhttps://example.com/a"}"#
        )
        guard case .published(let post) = outcome else {
            Issue.record("not published")
            return
        }
        #expect(post.id == "1" && post.url == "https://x.com/i/status/1")
        let upload = transport.calls[0]
        let head = String(decoding: upload.body.prefix(300), as: UTF8.self)
        #expect(
            head.contains("name=\"media_category\"\r\n\r\ntweet_image\r\n") && head.contains("Content-Type: image/png"))
    }

    @Test("a file that X is to forget soon is uploaded anew")
    func expiredUpload() async throws {
        let (plugin, transport) = XFixtures.plugin([
            XFixtures.oneShot("72"), XFixtures.describe("72"), XFixtures.post("1"),
        ])
        let old = #"{"uploads":[{"part":0,"index":0,"id":"71","expiresAt":0,"isProcessing":false,"isDescribed":true}]}"#
        let context = ScriptedEffectContext(checkpoint: PluginState(version: 1, data: Data(old.utf8)))
        let content = PostContent(format: .image, parts: [PostPart(text: "Hi", media: [XFixtures.small])])
        _ = try await plugin.publish(
            PublishRequest(access: XFixtures.access, content: content, operation: "op-1"), context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("a film that X cannot process is permanent")
    func failedFilm() async throws {
        let failed =
            #","processing_info":{"state":"failed","error":{"code":1,"name":"InvalidMedia","message":"Unsupported codec"}}"#
        let (plugin, _) = XFixtures.plugin(XFixtures.segments("73", 2, finalize: failed))
        let request = PublishRequest(access: XFixtures.access, content: XFixtures.film202.content, operation: "op-1")
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.publish(request, ScriptedEffectContext())
        }
        #expect(error?.code == .permanent && error?.message == "Unsupported codec" && error?.field == "media[0]")
    }

    @Test(
        "drafts that X would refuse are refused",
        arguments: [
            (PostContent(format: .text, parts: [PostPart(text: "Buy $AAPL and $TSLA")]), "text"),
            (PostContent(format: .text, parts: [PostPart(text: "")]), "text"),
            (
                PostContent(
                    format: .thread, parts: [PostPart(text: "a"), PostPart(text: String(repeating: "é", count: 281))]),
                "parts[1].text"
            ),
            (
                PostContent(
                    format: .text, parts: [PostPart(text: "a")], firstComment: String(repeating: "b", count: 281)),
                "first_comment"
            ),
            (
                PostContent(format: .text, parts: [PostPart(text: "a")], settings: ["reply_settings": "nobody"]),
                "settings.reply_settings"
            ),
            (
                PostContent(
                    format: .image,
                    parts: [
                        PostPart(
                            text: "a", media: [XFixtures.small, MediaItem(hash: "g", type: "image/gif", byteCount: 9)])
                    ]), "media"
            ),
            (
                PostContent(
                    format: .text, parts: [PostPart(text: String(repeating: "a", count: 270))],
                    link: "https://example.com"), "text"
            ),
        ])
    func validation(content: PostContent, field: String) {
        let (plugin, _) = XFixtures.plugin([])
        #expect(plugin.validate(content).contains { $0.severity == .error && $0.field == field })
    }
}
