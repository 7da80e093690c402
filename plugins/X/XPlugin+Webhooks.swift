// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension XPlugin: WebhookReceiving {
    /// X delivers without a time, so a delivery is never too old.
    public var deliveryLife: Duration? { nil }

    /// Answers a challenge-response check: the HMAC-SHA256 of the token under the app's consumer secret.
    ///
    /// Deliveries are signed the same way under the same secret, so whoever could have any text signed here could forge a delivery. Nothing
    /// is signed that could be one: a delivery is a JSON object, and a token has no brace.
    ///
    /// Source: the sheet's section 7, docs.x.com x-api/webhooks.
    public func reply(
        to question: WebhookDelivery, app: AppCredential, verifyToken: String
    ) throws(WebhookRefusal) -> WebhookReply {
        guard let token = question.query["crc_token"], Self.isToken(token), let secret = app.secret else {
            throw .forged
        }
        let code = Data(WebhookSignature.sign(Array(token.utf8), secret: secret)).base64EncodedString()
        return WebhookReply(contentType: "application/json", body: #"{"response_token":"sha256=\#(code)"}"#)
    }

    /// Checks `x-twitter-webhooks-signature` over the raw bytes and reads whom the delivery is about.
    ///
    /// The form of deliveries is not in the sheet and not in the specification; only the name of a subscription's filter is (`filter.user_id`).
    /// What is found by that name, anywhere in the body, is taken as the account: a hint to look at it, no more.
    public func events(
        in delivery: WebhookDelivery, app: AppCredential
    ) throws(WebhookRefusal) -> [WebhookEvent] {
        guard let secret = app.secret, let field = delivery.headers["x-twitter-webhooks-signature"],
            field.hasPrefix("sha256="),
            WebhookSignature.isValid(base64: String(field.dropFirst(7)), of: delivery.body, secret: secret)
        else { throw .forged }
        guard let payload = try? JSONSerialization.jsonObject(with: Data(delivery.body)) as? [String: Any] else {
            throw .malformed
        }
        return Set(Self.users(in: payload)).sorted().map { WebhookEvent(account: $0, .account) }
    }

    /// Whether it is made of what tokens are made of: letters, digits and the signs of base 64 and of identities.
    private static func isToken(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                    UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func users(in value: Any) -> [String] {
        switch value {
        case let object as [String: Any]:
            let own = (object["filter"] as? [String: Any])?["user_id"].map { ["\($0)"] } ?? []
            return own + object.values.flatMap(Self.users)
        case let list as [Any]: return list.flatMap(Self.users)
        default: return []
        }
    }
}
