// SPDX-License-Identifier: MIT

public import Foundation

/// What a plugin keeps between its steps; the core stores it unread.
public struct PluginState: Sendable, Hashable, Codable {
    /// The version of the layout; version N of a plugin reads N−1.
    public var version: Int
    /// The plugin's own encoding.
    public var data: Data

    /// Makes a state.
    public init(version: Int, data: Data) {
        self.version = version
        self.data = data
    }
}

/// Something that exists on the platform.
public struct RemotePost: Sendable, Hashable, Codable {
    /// The platform's identity of it.
    public var id: String
    /// Where a person can see it.
    public var url: String?
    /// When the platform says it appeared.
    public var publishedAt: Date?

    /// Makes a reference.
    public init(id: String, url: String? = nil, publishedAt: Date? = nil) {
        self.id = id
        self.url = url
        self.publishedAt = publishedAt
    }
}

/// A request to publish one target.
///
/// Calling again with the same operation continues; it never starts over.
public struct PublishRequest: Sendable {
    /// Who publishes.
    public var access: AccountAccess
    /// What.
    public var content: PostContent
    /// The identity of the operation: the same for every try of this target.
    public var operation: String

    /// Makes a request.
    public init(access: AccountAccess, content: PostContent, operation: String) {
        self.access = access
        self.content = content
        self.operation = operation
    }
}

/// The right to send one visible effect once, given by the fence.
public struct SendPermit: Sendable, Hashable {
    /// The operation and part that is sent; the idempotency key for platforms that take one, the same for every send of it.
    public var key: String
    /// The number of this send: 1 for the first, more after a proof that the earlier one did not take effect.
    public var number: Int
    /// The last moment at which the first byte may leave.
    public var notAfter: ContinuousClock.Instant
    /// The endpoint whose limits the send was counted in already.
    public var endpoint: String

    /// Makes a permit; only the host and test kits do.
    public init(key: String, number: Int, notAfter: ContinuousClock.Instant, endpoint: String = "") {
        self.key = key
        self.number = number
        self.notAfter = notAfter
        self.endpoint = endpoint
    }
}

/// What the core offers a plugin while it works on one outside effect.
public protocol EffectContext: Sendable {
    /// What an earlier try saved, when there was one.
    var checkpoint: PluginState? { get }

    /// Saves what must not be lost before the next step: an upload's identity, a container's.
    ///
    /// - Throws: A `retryAfter` error when this worker has lost the right to go on; let it through.
    func save(_ state: PluginState) async throws(PluginError)

    /// Runs the one step that becomes visible, at most once without proof that it did not take effect.
    ///
    /// The fence is committed before `body` runs. When an earlier try already confirmed this part, its result is returned and `body`
    /// does not run. `body` makes exactly one call with the permit; a throw of `ambiguousOutcome` makes the part *unknown*, which the
    /// core resolves before it lets anybody send it again.
    ///
    /// - Parameters:
    ///   - part: Which visible piece, from 0: the posts of a thread are parts 0, 1, 2, …; a first comment is a part of its own.
    ///   - endpoint: The endpoint of the call that `body` makes, by the name of its rate bucket: the fence counts it.
    ///   - body: Sends, and answers with what now exists.
    /// - Returns: What exists on the platform, from `body` or from an earlier try.
    /// - Throws: What `body` throws; `ambiguousOutcome` for a part that is not settled, `retryAfter` when this worker may not send,
    ///   `rateLimited` when a limit does not allow it now.
    func send(
        part: Int, endpoint: String, _ body: @Sendable (SendPermit) async throws(PluginError) -> RemotePost
    ) async throws(PluginError) -> RemotePost
}

/// How publishing ended.
public enum PublishOutcome: Sendable {
    /// It is visible. For a thread: the first post; the others are known from their parts.
    case published(RemotePost)
    /// The platform works on it; `resume` is called with the state after the pause.
    case pending(PluginState, checkAfter: Duration)
}

/// A send whose outcome is not known.
public struct UnknownSend: Sendable {
    /// Who sent.
    public var access: AccountAccess
    /// What was sent.
    public var content: PostContent
    /// Which visible piece of it.
    public var part: Int
    /// The parts that are confirmed, by number.
    public var confirmed: [Int: RemotePost]
    /// The account's posts that are known to be others': the same words do not make them this send.
    public var others: Set<String>
    /// What the plugin had saved.
    public var checkpoint: PluginState?
    /// The earliest moment at which the send can have taken effect, less a margin for clocks.
    public var sentAfter: Date
    /// The idempotency key of the send.
    public var key: String
    /// How many earlier sends of this piece were taken for absent; what was refused, or never left, is not among them.
    public var absences: Int

    /// Makes a description of a send.
    public init(
        access: AccountAccess, content: PostContent, part: Int, confirmed: [Int: RemotePost], checkpoint: PluginState?,
        sentAfter: Date, key: String, others: Set<String> = [], absences: Int = 0
    ) {
        self.absences = absences
        self.others = others
        self.access = access
        self.content = content
        self.part = part
        self.confirmed = confirmed
        self.checkpoint = checkpoint
        self.sentAfter = sentAfter
        self.key = key
    }
}

/// What a look at the platform showed.
public enum Finding: Sendable {
    /// It exists, matched by its content: ours.
    case found(RemotePost)
    /// The platform's list covers the time and does not have it.
    case absent
    /// The look proves nothing: say why (list too short, content not comparable).
    case inconclusive(String)
    /// The look proves nothing, and no later one will: a person is asked at once. Say why.
    case undecidable(String)
}
