// SPDX-License-Identifier: MIT

package import PQClient

/// What a handler answers: how the run ended, and what is to be written with it.
package struct JobResult: Sendable {
    /// How the run ended.
    package var outcome: JobOutcome
    /// Written in the same transaction as the outcome, only when the lease is still ours.
    ///
    /// It may run again after a lost connection; it must touch nothing outside the transaction. When it throws, the run
    /// counts as failed and is retried.
    package var record: Record?
    /// Written instead when the lease was lost: evidence only.
    package var recordIfStale: Record?
    /// The outside system's identity of the request that the run stood or fell with, kept with the attempt.
    package var requestID: String?

    /// Makes a result.
    package init(_ outcome: JobOutcome, record: Record? = nil, recordIfStale: Record? = nil) {
        self.outcome = outcome
        self.record = record
        self.recordIfStale = recordIfStale
    }

    /// Makes a result with something to write.
    package init(_ outcome: JobOutcome, record: @escaping @Sendable (inout Transaction) async throws -> Void) {
        self.init(outcome, record: Record(record))
    }

    /// Done, with nothing to write.
    package static var succeeded: JobResult { JobResult(.succeeded) }
}

/// The end of one run, on its way into the database.
package struct Finish: Sendable {
    /// The job and the lease it ran under.
    package var job: ClaimedJob
    /// How it ended.
    package var outcome: JobOutcome
    /// How long it ran, in real time.
    package var duration: Duration
    /// The outside system's identity of the request that the run stood or fell with; that of the outcome's failure comes first.
    package var requestID: String?
    /// Whether a send may have begun under the lease; only then it is looked whether one is still under way.
    var mayHaveSent = true

    /// Makes a finish.
    package init(
        _ job: ClaimedJob, _ outcome: JobOutcome, duration: Duration = .zero, requestID: String? = nil
    ) {
        self.job = job
        self.outcome = outcome
        self.duration = duration
        self.requestID = requestID
    }
}

/// What became of a finish.
package enum FinishResult: Sendable, Hashable {
    /// The job went where the outcome says.
    case applied
    /// The same finish was applied before: its answer had been lost.
    case alreadyApplied
    /// The lease was lost; nothing changed, an attempt of outcome `stale` tells of it.
    case stale
}
