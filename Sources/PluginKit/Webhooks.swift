// SPDX-License-Identifier: MIT

public import Foundation

/// One request that a platform, or somebody who pretends to be one, made to us.
public struct WebhookDelivery: Sendable {
    /// Whether it asks (GET) or tells (POST).
    public var isQuestion: Bool
    /// What stands behind the question mark of the address, decoded.
    public var query: [String: String]
    /// The header fields, names in lower case.
    public var headers: [String: String]
    /// What it carries, byte for byte: signatures are over these.
    public var body: [UInt8]
    /// When it came, by the world's clock.
    public var receivedAt: Date

    /// Makes a delivery.
    public init(
        isQuestion: Bool, query: [String: String] = [:], headers: [String: String] = [:], body: [UInt8] = [],
        receivedAt: Date
    ) {
        self.isQuestion = isQuestion
        self.query = query
        self.headers = headers
        self.body = body
        self.receivedAt = receivedAt
    }
}

/// What a delivery tells; always a hint, so that the object itself is read before anything is believed.
public struct WebhookEvent: Sendable, Hashable {
    /// What it is about.
    public enum Subject: Sendable, Hashable {
        /// The account as a whole.
        case account
        /// A post: something about it changed, or it is gone.
        case post(String)
        /// A comment under a post.
        case comment(String, post: String)
        /// What the platform was working on when we published, by the platform's handle of it.
        case publishing(String)
        /// The owner took the permission away, at the instant that the platform says; a delivery can be late or come again.
        case authorizationRemoved(reason: String, at: Date)
    }

    /// The platform's identity of the account.
    public var account: String
    /// What it is about.
    public var subject: Subject

    /// Makes an event.
    public init(account: String, _ subject: Subject) {
        self.account = account
        self.subject = subject
    }
}

/// What is answered to a question.
public struct WebhookReply: Sendable, Hashable {
    /// The media type.
    public var contentType: String
    /// The words.
    public var body: String

    /// Makes a reply.
    public init(contentType: String, body: String) {
        self.contentType = contentType
        self.body = body
    }
}

/// Why a delivery is not taken.
public enum WebhookRefusal: String, Error, Sendable, Hashable {
    /// The signature is missing, or not the platform's.
    case forged
    /// It is too old to be a delivery of now.
    case stale
    /// It is signed, and cannot be read.
    case malformed
}

/// A plugin whose platform tells us when something happens.
///
/// Pure: nothing is asked of the platform, and nothing is stored.
public protocol WebhookReceiving: PlatformPlugin {
    /// How long after it was sent a delivery is still taken; `nil` where a delivery does not say when it was sent.
    ///
    /// What was taken is remembered for longer than that, so that a repeat does nothing.
    var deliveryLife: Duration? { get }

    /// Answers the question by which a platform finds out whether we are who the app's owner says.
    ///
    /// - Parameters:
    ///   - question: The request.
    ///   - app: The app.
    ///   - verifyToken: The word that the app's owner typed at the platform, for platforms that want one.
    /// - Returns: The answer.
    /// - Throws: `forged` when the question does not carry what the platform would send.
    func reply(
        to question: WebhookDelivery, app: AppCredential, verifyToken: String
    ) throws(WebhookRefusal) -> WebhookReply

    /// Checks who sent a delivery and reads what it tells.
    ///
    /// - Throws: `forged` before anything of the body is read; `stale`, `malformed`.
    func events(in delivery: WebhookDelivery, app: AppCredential) throws(WebhookRefusal) -> [WebhookEvent]
}
