// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

/// Meta's webhooks: what Facebook and Instagram have in common (`facebook.md` 7, `instagram.md` 6).
public enum GraphWebhooks {
    /// How long Meta delivers again what was not taken: 36 hours, and some for its clock.
    private static let longest: TimeInterval = 40 * 3_600

    /// How long after it was sent a delivery is still taken.
    public static var deliveryLife: Duration { .seconds(Self.longest) }

    /// One change of one object.
    public struct Change: Sendable {
        /// The Page or Instagram account.
        public var account: String
        /// Its kind, say `feed` or `comments`.
        public var field: String
        /// Its words by name, flat; objects inside stand by `outer.inner`.
        public var value: [String: String]
    }

    /// Answers `hub.mode=subscribe` with the bare challenge.
    ///
    /// - Throws: `forged` unless the verify token is the owner's.
    public static func reply(to question: WebhookDelivery, verifyToken: String) throws(WebhookRefusal) -> WebhookReply {
        guard question.query["hub.mode"] == "subscribe", let challenge = question.query["hub.challenge"],
            let token = question.query["hub.verify_token"], token == verifyToken
        else { throw .forged }
        return WebhookReply(contentType: "text/plain", body: challenge)
    }

    /// Checks `X-Hub-Signature-256` over the raw bytes and reads the changes of one kind of object.
    ///
    /// - Throws: `forged`, `stale` when every entry is older than Meta delivers anything, `malformed`.
    public static func changes(
        in delivery: WebhookDelivery, of object: String, app: AppCredential
    ) throws(WebhookRefusal) -> [Change] {
        guard let secret = app.secret, let field = delivery.headers["x-hub-signature-256"], field.hasPrefix("sha256="),
            WebhookSignature.isValid(hex: String(field.dropFirst(7)), of: delivery.body, secret: secret)
        else { throw .forged }
        guard let payload = try? JSONSerialization.jsonObject(with: Data(delivery.body)) as? [String: Any],
            let kind = payload["object"] as? String, let entries = payload["entry"] as? [[String: Any]]
        else { throw .malformed }
        guard kind == object else { return [] }
        let oldest = delivery.receivedAt.addingTimeInterval(-Self.longest)
        let times = entries.compactMap { ($0["time"] as? NSNumber)?.doubleValue }.map(Self.date)
        // Without its time it could be sent again when it is forgotten.
        guard times.count == entries.count else { throw .malformed }
        if times.allSatisfy({ $0 < oldest }) { throw .stale }
        var changes: [Change] = []
        for entry in entries {
            guard let account = entry["id"].map({ "\($0)" }) else { throw .malformed }
            for change in entry["changes"] as? [[String: Any]] ?? [] {
                guard let field = change["field"] as? String else { throw .malformed }
                changes.append(Change(account: account, field: field, value: Self.flat(change["value"])))
            }
        }
        return changes
    }

    /// Seconds or, in some products, milliseconds since 1970.
    private static func date(_ time: Double) -> Date {
        Date(timeIntervalSince1970: time > 100_000_000_000 ? time / 1_000 : time)
    }

    private static func flat(_ value: Any?, under name: String = "") -> [String: String] {
        switch value {
        case let object as [String: Any]:
            return object.reduce(into: [:]) { words, entry in
                words.merge(Self.flat(entry.value, under: name.isEmpty ? entry.key : "\(name).\(entry.key)")) { $1 }
            }
        case let text as String: return [name: text]
        case let number as NSNumber: return [name: number.stringValue]
        default: return [:]
        }
    }
}
