// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Polls and replies on X")
struct XSettingsTests {
    private static func content(
        _ settings: [String: String], text: String = "Brass?", media: [MediaItem] = []
    ) -> PostContent {
        PostContent(
            format: media.isEmpty ? .text : .image, parts: [PostPart(text: text, media: media)], settings: settings)
    }

    private static func refused(_ content: PostContent) -> [String] {
        XFixtures.plugin([]).0.validate(content).filter { $0.severity == .error }.map(\.field)
    }

    @Test("a poll goes out with its answers and its duration, a day unless set")
    func poll() async throws {
        for (settings, minutes) in [
            (["poll": "Yes | No|Perhaps", "poll_minutes": "60"], 60), (["poll": "Yes|No|Perhaps"], 1440),
        ] {
            let (plugin, transport) = XFixtures.plugin([XFixtures.post("1")])
            _ = try await plugin.publish(
                PublishRequest(access: XFixtures.access, content: Self.content(settings), operation: "op-1"),
                ScriptedEffectContext())
            #expect(
                transport.visibleCalls.first?.text
                    == #"{"poll":{"duration_minutes":\#(minutes),"options":["Yes","No","Perhaps"]},"text":"Brass?"}"#)
        }
    }

    @Test(
        "a poll that X would refuse is refused",
        arguments: [
            (["poll": "Yes"], "settings.poll"), (["poll": "a|b|c|d|e"], "settings.poll"),
            (["poll": "Yes| "], "settings.poll"),
            (["poll": "Yes|\(String(repeating: "a", count: 26))"], "settings.poll"),
            (["poll": "Yes|No", "poll_minutes": "4"], "settings.poll_minutes"),
            (["poll": "Yes|No", "poll_minutes": "10081"], "settings.poll_minutes"),
            (["poll": "Yes|No", "poll_minutes": "long"], "settings.poll_minutes"),
            (["poll_minutes": "60"], "settings.poll_minutes"),
        ])
    func refusedPolls(settings: [String: String], field: String) {
        #expect(Self.refused(Self.content(settings)) == [field])
    }

    @Test("a poll beside files, or without words, is refused")
    func mixtures() {
        #expect(Self.refused(Self.content(["poll": "Yes|No"], media: [XFixtures.small])) == ["settings.poll"])
        #expect(Self.refused(Self.content(["poll": "Yes|No"], text: "")) == ["text", "settings.poll"])
        #expect(Self.refused(Self.content(["poll": "Yes|No"])) == [])
        #expect(
            Self.refused(
                PostContent(
                    format: .thread,
                    parts: [PostPart(text: "Brass?"), PostPart(text: "Look", media: [XFixtures.small])],
                    settings: ["poll": "Yes|No"])) == [])
    }

    @Test(
        "a reply names its post by number or address",
        arguments: [
            ("900", "900"), ("https://x.com/acme/status/900", "900"),
            ("https://twitter.com/acme/status/900?s=20", "900"),
            ("https://x.com/i/web/status/900", "900"), ("https://www.x.com/acme/status/900/photo/1", "900"),
            ("https://x.com/acme", nil), ("https://example.com/acme/status/900", nil), ("9x", nil), ("", nil),
            ("12345678901234567890", nil),
        ] as [(String, String?)])
    func parents(given: String, id: String?) {
        let content = Self.content(["reply_to": given])
        #expect(XSettings.parent(content) == id)
        #expect(Self.refused(content) == (id == nil ? ["settings.reply_to"] : []))
    }

    @Test(
        "who may reply, and what was made with AI or paid for, goes out with the first post",
        arguments: ["following", "mentionedUsers", "subscribers", "verified"])
    func marks(replies: String) async throws {
        let content = PostContent(
            format: .thread, parts: [PostPart(text: "One", media: [XFixtures.small]), PostPart(text: "Two")],
            settings: ["reply_settings": replies, "made_with_ai": "true", "paid_partnership": "true"])
        #expect(Self.refused(content) == [])
        let (plugin, transport) = XFixtures.plugin([
            XFixtures.oneShot("71"), XFixtures.describe("71"), XFixtures.post("1"),
            XFixtures.post("2", replyTo: "1"),
        ])
        _ = try await plugin.publish(
            PublishRequest(access: XFixtures.access, content: content, operation: "op-1"), ScriptedEffectContext())
        #expect(transport.left.isEmpty)
        #expect(
            transport.visibleCalls.map(\.text) == [
                #"{"made_with_ai":true,"media":{"media_ids":["71"]},"paid_partnership":true,"reply_settings":"\#(replies)","text":"One"}"#,
                #"{"reply":{"in_reply_to_tweet_id":"1"},"text":"Two"}"#,
            ])
        try transport.record(as: "x-settings-\(replies)")
    }

    @Test("leading mentions of a reply do not count, and those that X adds do not hide it")
    func mentions() async throws {
        let words = String(repeating: "a", count: 280)
        #expect(Self.refused(Self.content(["reply_to": "900"], text: "@acme \(words)")) == [])
        #expect(Self.refused(Self.content([:], text: "@acme \(words)")) == ["text"])
        for (listed, parent, isOurs) in [
            ("@acme @bolt Thanks", "900", true), ("Thanks", "900", true), ("@acme Thanks", "901", false),
            ("@acme No thanks", "900", false),
        ] {
            let time = XFixtures.now.addingTimeInterval(-1).formatted(.iso8601)
            let body =
                #"{"data":[{"id":"9","text":"\#(listed)","created_at":"\#(time)","referenced_tweets":[{"type":"replied_to","id":"\#(parent)"}]}],"meta":{}}"#
            let (plugin, _) = XFixtures.plugin([
                ScriptedExchange(.get, "/2/users/2244994945/tweets", .json(200, body))
            ])
            let finding = try await plugin.find(
                UnknownSend(
                    access: XFixtures.access, content: Self.content(["reply_to": "900"], text: "Thanks"), part: 0,
                    confirmed: [:], checkpoint: nil, sentAfter: XFixtures.now.addingTimeInterval(-100), key: "k"))
            if case .found(let post) = finding {
                #expect(isOurs && post.id == "9")
            } else {
                #expect(!isOurs, "\(listed)")
            }
        }
    }
}
