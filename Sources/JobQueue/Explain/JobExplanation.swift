// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// Why a job is not running now: everything that stands in its way, in the order in which it has to go.
package struct JobExplanation: Sendable {
    /// The job, where it is.
    package var job: JobSummary
    /// What stands in its way; empty for a job that any worker may take at once.
    package var hindrances: [JobHindrance]
    /// Where it stands among the work that waits; nil when it is not ready.
    package var turn: Turn?
    /// When it starts, as far as that can be known.
    package var start: StartEstimate
    /// The world's time of this reading.
    package var at: Date

    /// Where a ready job stands: clients take turns, then the accounts of each.
    package struct Turn: Sendable, Hashable {
        /// How many ready jobs of its account and queue come before it.
        package var ahead: Int
        /// How many of other accounts of its client go before it, about: as if the workers were one; nil when there is too much to count.
        package var aheadOfClient: Int?
        /// How many of other clients go before it, about: as if the workers were one; nil when there is too much to count.
        package var aheadOfOthers: Int?
        /// How many accounts have ready work in the queue, its own included; nil when there are too many to count.
        package var lanes: Int?
        /// Of how many clients they are; nil when there are too many to count.
        package var clients: Int?

        /// How many jobs go before it in all, about; nil when there is too much to count.
        package var before: Int? {
            guard let aheadOfClient, let aheadOfOthers else { return nil }
            return self.ahead + aheadOfClient + aheadOfOthers
        }
    }
}

/// One thing that keeps a job from running.
package enum JobHindrance: Sendable {
    /// It runs: under a lease, at a worker that beat last at a moment in real time.
    case running(Lease, since: Date?, worker: WorkerSummary?)
    /// It has ended.
    case ended(JobState, at: Date?)
    /// It waits for a person or a condition.
    case held(reason: String, failure: JobFailure?)
    /// A send of it may have taken effect, and nobody knows.
    case unknownEffect(OperationKey, part: Int, since: Date?)
    /// Its time has not come; the last thing that was done about it says why, when it was that which chose the time.
    case notDue(until: Date, after: AttemptSummary?)
    /// Somebody paused its queue, client or account.
    case paused(Pause)
    /// A scope it belongs to takes no work for a while.
    case closed(GateView)
    /// As many of its account's jobs run in its queue as may.
    case accountSlots(limit: Int, holders: [SlotHolder])
    /// As many jobs of its client or app run as may.
    case runningLimit(scope: LimitScope, queue: QueueName?, limit: Int, holders: [SlotHolder])
    /// No living worker serves its queue, or none runs this kind of job on its platform.
    case noWorker(serving: Int)
    /// Every worker that could run it has all slots of its queue taken.
    case workersBusy(PoolView)
    /// It can start, but an endpoint that it calls is closed: it comes back without having sent.
    case endpointClosed(GateView, EndpointUse)
    /// It can start, but a limit of its calls or sends is used up: it comes back without having sent.
    case spent(LimitView, EndpointUse)

    /// Until when it lasts, in world time, when that is known.
    package var until: Date? {
        switch self {
        case .notDue(let until, _): until
        case .closed(let gate), .endpointClosed(let gate, _): gate.until
        case .spent(let limit, _): limit.nextAt
        default: nil
        }
    }

    /// Whether it keeps the job from starting, and not only what the job sends.
    package var delaysStart: Bool {
        switch self {
        case .endpointClosed, .spent: false
        default: true
        }
    }

    /// Whether it goes away with time or with the work of others, without a person.
    package var passes: Bool {
        switch self {
        case .running, .notDue, .closed, .accountSlots, .runningLimit, .workersBusy, .endpointClosed, .spent: true
        case .ended, .held, .unknownEffect, .paused, .noWorker: false
        }
    }
}

/// A job that has one of the slots another one waits for.
package struct SlotHolder: Sendable, Hashable {
    /// The job.
    package var job: JobID
    /// The worker that runs it.
    package var worker: WorkerID
    /// Since when, in world time.
    package var since: Date
}
