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

    /// Where a ready job stands: accounts take turns, so only its own account's work is before it.
    package struct Turn: Sendable, Hashable {
        /// How many ready jobs of its account and queue come before it.
        package var ahead: Int
        /// How many accounts have ready work in the queue, its own included.
        package var lanes: Int
        /// Of how many clients they are.
        package var clients: Int
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
    /// Its time has not come.
    case notDue(until: Date)
    /// Somebody paused its queue, client or account.
    case paused(Pause)
    /// A scope it belongs to takes no work for a while.
    case closed(GateView)
    /// A limit is used up.
    case spent(LimitView)
    /// As many of its account's jobs run in its queue as may.
    case accountSlots(limit: Int, holders: [SlotHolder])
    /// As many jobs of its client or app run as may.
    case runningLimit(scope: LimitScope, queue: QueueName?, limit: Int, holders: [SlotHolder])
    /// No living worker serves its queue, or none runs this kind of job on its platform.
    case noWorker(serving: Int)
    /// Every worker that could run it has all hands full.
    case workersBusy(workers: Int, running: Int)

    /// Until when it lasts, in world time, when that is known.
    package var until: Date? {
        switch self {
        case .notDue(let until): until
        case .closed(let gate): gate.until
        case .spent(let limit): limit.nextAt
        default: nil
        }
    }

    /// Whether it goes away with time or with the work of others, without a person.
    package var passes: Bool {
        switch self {
        case .running, .notDue, .closed, .spent, .accountSlots, .runningLimit, .workersBusy: true
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

/// When a job starts, as far as that can be known.
package enum StartEstimate: Sendable, Hashable {
    /// It runs or has ended.
    case past
    /// Somebody has to act first, or nothing is known to judge by.
    case unknown(why: String)
    /// About then, in world time.
    case about(Date, basis: String)

    /// Judges by what is known.
    ///
    /// A wait for slots or for work of the same account is the average run of that account's last jobs, times the jobs
    /// before it, shared by the account's slots. The turns of other accounts are not counted.
    ///
    /// - Parameters:
    ///   - hindrances: What stands in the way.
    ///   - ahead: How many jobs of its account come before it.
    ///   - slots: How many of them run at once.
    ///   - averageRun: How long such a job ran lately, in world time; nil when none did.
    ///   - now: The world's time.
    init(
        _ hindrances: [JobHindrance], ahead: Int, slots: Int, averageRun: Duration?, now: Date
    ) {
        for hindrance in hindrances {
            switch hindrance {
            case .running, .ended:
                self = .past
                return
            case .held, .unknownEffect:
                self = .unknown(why: "it waits for a decision")
                return
            case .paused:
                self = .unknown(why: "it is paused until somebody resumes it")
                return
            case .noWorker:
                self = .unknown(why: "no worker can run it")
                return
            default: break
            }
        }
        let opens = hindrances.compactMap(\.until).max()
        let waitsForRuns = hindrances.contains { hindrance in
            switch hindrance {
            case .accountSlots, .runningLimit, .workersBusy: true
            default: false
            }
        }
        let begin = max(opens ?? now, now)
        guard waitsForRuns || ahead > 0 else {
            self = .about(begin, basis: opens == nil ? "the next free slot" : "when the last of it opens")
            return
        }
        guard let averageRun else {
            self = .unknown(why: "no job of its account ran in the last hour to judge by")
            return
        }
        let rounds = Double(ahead + (waitsForRuns ? 1 : 0)) / Double(max(1, slots))
        self = .about(
            begin.addingTimeInterval((rounds * averageRun.seconds).rounded(.up)),
            basis:
                "\(ahead) before it, a run takes \(averageRun.formatted(.units(allowed: [.minutes, .seconds, .milliseconds], width: .narrow))), \(slots) at once"
        )
    }
}
