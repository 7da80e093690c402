// SPDX-License-Identifier: MIT

package import Domain

/// What a worker did, for logs and metrics.
package enum WorkerEvent: Sendable {
    /// It is registered and takes work.
    case started(WorkerID)
    /// It took jobs from a queue, in a call to the database that lasted so long.
    case claimed(QueueName, count: Int, took: Duration)
    /// A handler begins.
    case running(ClaimedJob)
    /// A handler ended and the result is on its way into the database.
    case ran(ClaimedJob, JobOutcome, Duration)
    /// A result was written, was written before, or came too late.
    case finished(ClaimedJob, JobOutcome, FinishResult)
    /// A job was cancelled from outside: on request, by a lost lease, by a drain.
    case cancelling(ClaimedJob, CancelCause)
    /// A call to the database failed and will be repeated; the step names it.
    case setback(step: String, any Error)
    /// It could not beat for too long: it sends nothing until it can.
    case fenced
    /// The fleet took it for dead; it starts over under a new identity.
    case died(WorkerID)
    /// The database requires a newer program, as named; it drains.
    case outdated(String)
    /// Jobs of dead workers were taken back.
    case rescued(RescueReport)
    /// Slots of schedules were decided.
    case scheduled(FireReport)
    /// What was old enough was removed.
    case retained(RetentionReport)
    /// A module's housekeeping, as named, had something to do.
    case kept(String, HousekeepingReport)
    /// A snapshot is held for too long, or no longer.
    case snapshot(SnapshotAlarm)
    /// It hears of new work from now on.
    case listening
    /// It takes no more work.
    case draining
    /// Everything is written and it is deregistered.
    case stopped(WorkerID)
}

/// Why a running job was cancelled.
package enum CancelCause: String, Sendable, Hashable {
    /// Somebody asked.
    case requested
    /// The lease is no longer ours.
    case lost
    /// The worker could not beat.
    case fenced
    /// The worker stops.
    case drained
    /// It waited for a slot of this worker for so long that another worker should have it.
    case crowded
    /// The run lasted longer than its deadline.
    case overdue
}
