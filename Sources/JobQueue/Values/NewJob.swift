// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// A job to be enqueued.
package struct NewJob: Sendable {
    /// The job's identity; kept when it is retried.
    package var id: JobID
    /// Who owns it.
    package var client: ClientID
    /// The account it works for: with queue and client, its lane.
    package var account: AccountID?
    /// Which slots it waits for.
    package var queue: QueueName
    /// What it does.
    package var kind: JobKind
    /// The outside system it works with, opaque to the queue; lateness is measured by it, and a worker claims only the
    /// pairs of kind and
    /// provider that it can run.
    package var provider: String
    /// What it acts on.
    package var subject: UUID?
    /// Small parameters; large content belongs into the owner's tables.
    package var payload: JSONText
    /// Low first, within a lane: never across accounts or clients.
    package var priority: Int16
    /// When it is due, in world time; nil is now.
    package var dueAt: Date?
    /// How many attempts may fail before it fails for good.
    package var maximumAttempts: Int
    /// What happens when its worker dies.
    package var recovery: Recovery
    /// The idempotency key: a second job of the same client, kind and key is not made, the first one's identity is
    /// answered instead.
    package var key: String?
    /// How long the key is remembered, in world time.
    package var keyLifetime: Duration

    /// How long a key is remembered unless told otherwise.
    package static let usualKeyLifetime = Duration.seconds(90 * 86_400)

    /// Makes a job; by default it is due now, has priority 100 and eight attempts.
    package init(
        id: JobID = JobID(), client: ClientID, account: AccountID? = nil, queue: QueueName, kind: JobKind,
        provider: String = "",
        subject: UUID? = nil, payload: JSONText = "{}", priority: Int16 = 100, dueAt: Date? = nil,
        maximumAttempts: Int = 8,
        recovery: Recovery = .requeue, key: String? = nil, keyLifetime: Duration = Self.usualKeyLifetime
    ) {
        self.id = id
        self.client = client
        self.account = account
        self.queue = queue
        self.kind = kind
        self.provider = provider
        self.subject = subject
        self.payload = payload
        self.priority = priority
        self.dueAt = dueAt
        self.maximumAttempts = maximumAttempts
        self.recovery = recovery
        self.key = key
        self.keyLifetime = keyLifetime
    }
}

/// What became of a job that was enqueued.
package struct Enqueued: Sendable, Hashable {
    /// The identity of the job that now stands for it: its own, or the first one's with the same key.
    package var id: JobID
    /// Whether this call made it.
    package var isNew: Bool

    /// Makes an answer.
    package init(id: JobID, isNew: Bool) {
        self.id = id
        self.isNew = isNew
    }
}
