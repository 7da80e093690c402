// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension TikTokPlugin: WebhookReceiving {
    /// How old a delivery may be; the sheet's section 7.
    private static let longest: TimeInterval = 300

    /// Five minutes.
    public var deliveryLife: Duration? { .seconds(Self.longest) }

    /// TikTok asks nothing.
    public func reply(
        to question: WebhookDelivery, app: AppCredential, verifyToken: String
    ) throws(WebhookRefusal) -> WebhookReply { throw .forged }

    /// Checks `TikTok-Signature` over time and raw bytes, and reads what became of a post or a permission.
    public func events(
        in delivery: WebhookDelivery, app: AppCredential
    ) throws(WebhookRefusal) -> [WebhookEvent] {
        let parts = (delivery.headers["tiktok-signature"] ?? "").split(separator: ",").reduce(
            into: [String: String]()
        ) { parts, part in
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        guard let secret = app.secret, let time = parts["t"], let signature = parts["s"], let seconds = Double(time),
            WebhookSignature.isValid(hex: signature, of: Array("\(time).".utf8) + delivery.body, secret: secret)
        else { throw .forged }
        guard abs(delivery.receivedAt.timeIntervalSince1970 - seconds) <= Self.longest else { throw .stale }
        guard let payload = try? JSONDecoder().decode(Payload.self, from: Data(delivery.body)) else { throw .malformed }
        guard payload.client_key == app.id else { throw .forged }
        // What is inside is JSON text of its own.
        let content = (try? JSONDecoder().decode(Content.self, from: Data(payload.content.utf8))) ?? Content()
        var events: [WebhookEvent] = []
        switch payload.event {
        case "authorization.removed":
            let reason = content.reason.map { "the owner or TikTok took the permission away (reason \($0))" }
            events.append(
                WebhookEvent(
                    account: payload.user_openid,
                    .authorizationRemoved(
                        reason: reason ?? "the owner or TikTok took the permission away",
                        at: Date(saidSeconds: payload.create_time) ?? delivery.receivedAt)))
        case let name where name.hasPrefix("post.publish."):
            if let handle = content.publish_id {
                events.append(WebhookEvent(account: payload.user_openid, .publishing(handle)))
            }
            if let post = content.post_id { events.append(WebhookEvent(account: payload.user_openid, .post(post))) }
        default: break
        }
        return events
    }

    private struct Payload: Decodable {
        var client_key: String
        var event: String
        /// Seconds since 1970.
        var create_time: Double
        var user_openid: String
        var content: String
    }

    private struct Content: Decodable {
        var reason: Int?
        var publish_id: String?
        var post_id: String?

        init() {}

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            self.reason = try? container.decode(Int.self, forKey: .reason)
            self.publish_id = try? container.decode(String.self, forKey: .publish_id)
            // The sheet does not say whether it is text or a number.
            let number = try? container.decode(Int64.self, forKey: .post_id)
            self.post_id = (try? container.decode(String.self, forKey: .post_id)) ?? number.map { String($0) }
        }

        private enum Key: String, CodingKey { case reason, publish_id, post_id }
    }
}
