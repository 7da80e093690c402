// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import Foundation
import InstagramPlugin
import PluginKit
import PluginTestKit
import Testing
import TikTokPlugin
import XPlugin

/// Deliveries of the platforms with signatures made by Python's hmac, over the exact bytes.
struct WebhookSignatureTests {
    static let now = Date(timeIntervalSince1970: 1_772_524_800)
    static let app = AppCredential(id: "agency", secret: Secret("app-secret"))

    /// A delivery as the platform makes it, and what it tells.
    struct Sample: Sendable, CustomTestStringConvertible {
        var platform: String
        var header: (name: String, value: String)
        var body: String
        var events: [WebhookEvent]

        var testDescription: String { "\(self.platform) \(self.events)" }

        func delivery(body: String? = nil, header: String? = nil, at time: Date = WebhookSignatureTests.now)
            -> WebhookDelivery
        {
            WebhookDelivery(
                isQuestion: false, headers: [self.header.name: header ?? self.header.value],
                body: Array((body ?? self.body).utf8), receivedAt: time)
        }
    }

    static let samples: [Sample] = [
        Sample(
            platform: "facebook",
            header: (
                "x-hub-signature-256", "sha256=94b4bddb68ffb0f42e0f5b8d6641073ef38fa0bdd6db268f6abf4f059e4ac3a8"
            ),
            body:
                #"{"object":"page","entry":[{"id":"1","time":1772524790,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","post_id":"1_22","comment_id":"22_9","message":"sch\u00f6n"}}]}]}"#,
            events: [WebhookEvent(account: "1", .comment("22_9", post: "1_22"))]),
        Sample(
            platform: "instagram",
            header: (
                "x-hub-signature-256", "sha256=6eaa1cfd27f5d1d2bd7c8b30c954f430760f9fbade92af04bd936be63496a6a2"
            ),
            body:
                #"{"object":"instagram","entry":[{"id":"1","time":1772524790,"changes":[{"field":"comments","value":{"id":"c9","text":"hi","media":{"id":"m1"}}}]}]}"#,
            events: [WebhookEvent(account: "1", .comment("c9", post: "m1"))]),
        Sample(
            platform: "x",
            header: ("x-twitter-webhooks-signature", "sha256=Li1fcFxNMe0B/ww/sH35x4cVhgkf1nuEBahjfpDVuf4="),
            body: #"{"data":{"event_type":"post.delete","filter":{"user_id":"1"}}}"#,
            events: [WebhookEvent(account: "1", .account)]),
        Sample(
            platform: "tiktok",
            header: (
                "tiktok-signature",
                "t=1772524790,s=bc627e5f7c7c25dfa16fdc36cf0df89fe3cdad04e66bc034541d04ddc548a6bc"
            ),
            body:
                #"{"client_key":"agency","event":"post.publish.complete","create_time":1772524790,"user_openid":"1","content":"{\"publish_id\":\"v_pub~1\",\"post_id\":\"77\"}"}"#,
            events: [WebhookEvent(account: "1", .publishing("v_pub~1")), WebhookEvent(account: "1", .post("77"))]),
        Sample(
            platform: "tiktok",
            header: (
                "tiktok-signature",
                "t=1772524790,s=158d9a2e93746d0f02f2755d108823c0a0e4000d17d6ce6b0711b5456d5bf282"
            ),
            body:
                #"{"client_key":"agency","event":"authorization.removed","create_time":1772524790,"user_openid":"1","content":"{\"reason\":1}"}"#,
            events: [
                WebhookEvent(
                    account: "1",
                    .authorizationRemoved(
                        reason: "the owner or TikTok took the permission away (reason 1)",
                        at: Date(timeIntervalSince1970: 1_772_524_790)))
            ]),
    ]

    static func plugin(_ platform: String) -> any PlatformPlugin & WebhookReceiving {
        let context = PluginContext(http: ScriptedTransport([]), clock: WorldClock { Self.now })
        switch platform {
        case "facebook": return FacebookPlugin(context: context)
        case "instagram": return InstagramPlugin(context: context)
        case "tiktok": return TikTokPlugin(context: context)
        default: return XPlugin(context: context)
        }
    }

    @Test("a delivery that the platform signed is read", arguments: samples)
    func signed(_ sample: Sample) throws {
        let events = try Self.plugin(sample.platform).events(in: sample.delivery(), app: Self.app)
        #expect(events == sample.events)
    }

    @Test(
        "whatever is changed of the bytes or the signature, or signed with another secret, is forged",
        arguments: samples)
    func forged(_ sample: Sample) {
        let plugin = Self.plugin(sample.platform)
        let other = AppCredential(id: "agency", secret: Secret("other"))
        func refusal(_ delivery: WebhookDelivery, _ app: AppCredential) -> WebhookRefusal? {
            do {
                _ = try plugin.events(in: delivery, app: app)
                return nil
            } catch { return error }
        }
        for position in sample.body.indices.enumerated() where position.offset.isMultiple(of: 7) {
            var body = sample.body
            body.replaceSubrange(position.element...position.element, with: "~")
            #expect(refusal(sample.delivery(body: body), Self.app) == .forged)
        }
        let header = sample.header.value
        let last = header.last == "0" ? "1" : "0"
        for wrong in ["", "sha256=", String(header.dropLast()), header.dropLast() + last, "sha1=\(header)"] {
            #expect(refusal(sample.delivery(header: wrong), Self.app) == .forged, "\(wrong)")
        }
        #expect(refusal(sample.delivery(), other) == .forged)
        #expect(refusal(sample.delivery(), AppCredential(id: "agency")) == .forged)
    }

    @Test("what is too old to be delivered now is stale, though its signature is right")
    func stale() {
        let limits: [(Int, TimeInterval)] = [(0, 41 * 3_600), (3, 311)]
        for (index, age) in limits {
            let sample = Self.samples[index]
            let late = sample.delivery(at: Self.now.addingTimeInterval(age))
            #expect(throws: WebhookRefusal.stale) {
                try Self.plugin(sample.platform).events(in: late, app: Self.app)
            }
        }
    }

    @Test("Meta's question is answered to the owner's word alone, X's with the code of its token, TikTok asks nothing")
    func questions() throws {
        func ask(_ query: [String: String]) -> WebhookDelivery {
            WebhookDelivery(isQuestion: true, query: query, receivedAt: Self.now)
        }
        let meta = ["hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "word"]
        let facebook = Self.plugin("facebook")
        #expect(try facebook.reply(to: ask(meta), app: Self.app, verifyToken: "word").body == "1158201444")
        #expect(throws: WebhookRefusal.forged) {
            try facebook.reply(to: ask(meta), app: Self.app, verifyToken: "another")
        }
        let reply = try Self.plugin("x").reply(to: ask(["crc_token": "tok"]), app: Self.app, verifyToken: "")
        #expect(reply.body == #"{"response_token":"sha256=DHmV6N1riK/79YmnRHCeED+5h4g5HDnoMlI5GkqTtbs="}"#)
        #expect(throws: WebhookRefusal.forged) {
            try Self.plugin("tiktok").reply(to: ask([:]), app: Self.app, verifyToken: "")
        }
    }

    @Test("X's question has what tokens are made of, so that nobody can have a delivery signed")
    func tokens() throws {
        let plugin = Self.plugin("x")
        func answer(_ token: String) -> String? {
            let question = WebhookDelivery(isQuestion: true, query: ["crc_token": token], receivedAt: Self.now)
            return (try? plugin.reply(to: question, app: Self.app, verifyToken: ""))?.body
        }
        let forged = #"{"filter":{"user_id":"1"}}"#
        for text in [forged, "[1]", "a b", "\"", "ä", "", String(repeating: "a", count: 129)] {
            #expect(answer(text) == nil, "\(text)")
        }
        for token in ["9b4507b3-9040-4669-9ca3-6b94edb50553", "OTk1+/_A.==", String(repeating: "a", count: 128)] {
            #expect(answer(token) != nil, "\(token)")
        }
    }

    @Test("what X signs and is no object is malformed", arguments: ["123", "[]", "null"])
    func noObject(_ body: String) {
        let code = Data(WebhookSignature.sign(Array(body.utf8), secret: Secret("app-secret"))).base64EncodedString()
        let delivery = WebhookDelivery(
            isQuestion: false, headers: ["x-twitter-webhooks-signature": "sha256=\(code)"], body: Array(body.utf8),
            receivedAt: Self.now)
        #expect(throws: WebhookRefusal.malformed) { try Self.plugin("x").events(in: delivery, app: Self.app) }
    }
}
