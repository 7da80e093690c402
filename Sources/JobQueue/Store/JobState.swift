// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// Where a job is.
package enum JobState: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// Waits for its time.
    case scheduled
    /// Waits for a slot.
    case ready
    /// A worker runs it.
    case leased
    /// Waits for a person or a condition.
    case held
    /// Ended well.
    case succeeded
    /// Failed for good.
    case failed
    /// Ended on request.
    case cancelled

    /// Whether it has ended.
    package var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// A job wherever it is.
package struct JobSummary: Sendable {
    /// What it is; for a finished job as it was at its end.
    package var spec: JobSpec
    /// Where it is.
    package var state: JobState
    /// The lease it runs under.
    package var lease: Lease?
    /// When it was claimed, held or finished, in world time.
    package var since: Date?
    /// Why it is held, was cancelled, or is asked to cancel.
    package var reason: String?
    /// What went wrong last, for held and failed jobs.
    package var failure: JobFailure?
}

/// One run or ending of a job.
package struct AttemptSummary: Sendable {
    /// The order of what happened.
    package var event: Int64
    /// How it ended: succeeded, retry, failed, deferred, released, crashed, cancelled, stale, held.
    package var outcome: String
    /// Whether the job ended with it.
    package var isFinal: Bool
    /// The number of the attempt, from 1.
    package var attempt: Int
    /// The lease it ran under; nil for an ending without a run.
    package var leaseNumber: Int64?
    /// Who ran it.
    package var worker: WorkerID?
    /// When it was due, in world time.
    package var dueAt: Date
    /// When it started, in world time.
    package var startedAt: Date?
    /// When it ended, in world time.
    package var finishedAt: Date
    /// How long it ran, in real time.
    package var duration: Duration?
    /// When the job is due again, in world time.
    package var nextDueAt: Date?
    /// Why: of a deferral, hold or cancellation.
    package var reason: String?
    /// What went wrong.
    package var failure: JobFailure?
    /// The outside system's identity of the request that it stood or fell with.
    package var requestID: String?
}

/// Which jobs to list.
package struct JobFilter: Sendable {
    /// In any of these states; empty is every state.
    package var states: Set<JobState>
    /// Of this client.
    package var client: ClientID?
    /// Of this account.
    package var account: AccountID?
    /// In this queue.
    package var queue: QueueName?
    /// Of this kind.
    package var kind: JobKind?
    /// With this outside system.
    package var provider: String?
    /// Acting on this.
    package var subject: UUID?
    /// Due before this world time.
    package var dueBefore: Date?
    /// Older than this job: the last one of the page before.
    package var before: JobID?
    /// At most so many.
    package var limit: Int

    /// Makes a filter; by default everything, a hundred at a time.
    package init(
        states: Set<JobState> = [], client: ClientID? = nil, account: AccountID? = nil, queue: QueueName? = nil,
        kind: JobKind? = nil,
        provider: String? = nil, subject: UUID? = nil, dueBefore: Date? = nil, before: JobID? = nil, limit: Int = 100
    ) {
        self.states = states
        self.client = client
        self.account = account
        self.queue = queue
        self.kind = kind
        self.provider = provider
        self.subject = subject
        self.dueBefore = dueBefore
        self.before = before
        self.limit = limit
    }
}
