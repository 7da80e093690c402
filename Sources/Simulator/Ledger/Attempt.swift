// SPDX-License-Identifier: MIT

/// One attempt at a visible effect, refused or not.
struct Attempt: Sendable, Codable {
    /// What became of the answer.
    enum Answer: String, Sendable, Codable {
        /// Sent whole; the client may have it.
        case delivered
        /// Held back by a latency rule; nothing was sent yet.
        case pending
        /// The connection was closed before the request was looked at.
        case resetBeforeEffect = "reset_before_effect"
        /// The connection was closed after the request was carried out.
        case resetAfterEffect = "reset_after_effect"
        /// An injected answer, sent instead of carrying the request out.
        case errorBeforeEffect = "error_before_effect"
        /// An injected answer, sent instead of the platform's own.
        case errorAfterEffect = "error_after_effect"
        /// The client had closed the connection before the answer was out.
        case clientGone = "client_gone"
    }

    /// Counts from 1 in the order of arrival.
    var sequence: Int
    var kind: EffectKind
    var platform: String
    /// External id of the account; empty when the token named none.
    var account: String
    var endpoint: String
    var marker: Marker
    /// Hash of everything that was asked for, as hexadecimal digits.
    var fingerprint: String
    var requestID: String
    var worldTime: WorldTime
    /// Real seconds since 1970.
    var realTime: Double
    /// Where the account's list stood: the serial that the next post would get.
    var position: Int
    /// Number of the ledger's event that this arrival was.
    var arrivedAt: Int
    /// Whether it answers another post; some lists leave replies out.
    var isReply = false
    /// What the platform carries out once however often it is asked: an upload, a container.
    var handle: String?
    /// The list in which it will be, where a platform has several.
    var listing: String?
    /// What the thing is called, where lists can be asked by name.
    var name: String?
    var tookEffect = false
    /// The same idempotency key again, or an activation of what runs already: by contract no new effect.
    var isHarmlessRepeat = false
    var status: Int?
    var answer = Answer.pending
    /// Number of the event at which the answer started to leave; nothing was known to the client before it.
    var answeredAt: Int?
    var remoteID: String?
    /// Reads of the account's own list that covered this attempt and did not show it.
    var absenceReads: [Int] = []

    /// Whether the client waits for an answer that has not begun to leave.
    var isHeldBack: Bool { self.answeredAt == nil && self.answer != .clientGone }

    /// Whether the answer, if it arrived, says that nothing happened.
    var isRefusal: Bool {
        guard !self.tookEffect, let status = self.status, (400..<500).contains(status) else { return false }
        return self.answer == .delivered || self.answer == .errorBeforeEffect
    }

    /// Whether the client was told of the effect.
    var isConfirmed: Bool {
        guard self.tookEffect, let status = self.status, (200..<300).contains(status) else { return false }
        return self.answer == .delivered
    }

    struct Key: Hashable {
        var platform: String
        var account: String
        var kind: EffectKind
        var marker: Marker
    }

    var key: Key { Key(platform: self.platform, account: self.account, kind: self.kind, marker: self.marker) }
}
