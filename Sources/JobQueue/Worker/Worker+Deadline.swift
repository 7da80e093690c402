// SPDX-License-Identifier: MIT

import Domain
import Synchronization

extension Worker {
    /// Ends runs that last too long: first the handler is cancelled, then nobody waits for it any more.
    ///
    /// What such a run was sending is unknown from then on, and its slot is free.
    func deadlineLoop() async {
        while !Task.isCancelled {
            await self.pause(self.configuration.heartbeat / 4)
            let now = ContinuousClock.now
            self.clearLines(at: now)
            let grace = self.configuration.sendGrace
            let (overdue, hopeless) = self.table.withLock {
                ($0.cancelOverdue(at: now), $0.hopeless(at: now, grace: grace))
            }
            self.carry(overdue)
            for run in hopeless {
                let outcome = self.outcome(after: run.cause ?? .overdue, run.job)
                let record = self.handlers[run.job.kind]?.record(of: outcome, run.job)
                self.conclude(run.job, JobResult(outcome, record: record))
            }
        }
    }

    /// Ends what waits for a slot in vain: with a permit that is over, or before its first slot while calls take longer than was thought
    /// when the job was claimed.
    func clearLines(at now: ContinuousClock.Instant) {
        self.carry(self.table.withLock { $0.cancelStuck(at: now) })
        for slots in self.slots.values {
            slots.endLate(at: now)
            let stuck = slots.stuck(at: now)
            if !stuck.isEmpty { self.cancelRuns(.crowded) { stuck.contains($0) && !self.gate.isInside($0) } }
        }
    }

    /// When a run that begins now must have ended.
    func deadline(of job: ClaimedJob, from start: ContinuousClock.Instant) -> ContinuousClock.Instant {
        start + (self.handlers[job.kind].map(self.configuration.deadline(of:)) ?? self.configuration.deadAfter)
    }

    /// How a run ends whose handler did not decide it because it was cancelled.
    func outcome(after cause: CancelCause, _ job: ClaimedJob) -> JobOutcome {
        switch cause {
        case .requested: return .cancelled(reason: "cancelled on request")
        case .lost, .fenced, .drained, .crowded: return .released
        case .overdue:
            let failure = JobFailure(code: "deadline", message: "the run lasted longer than it may")
            return self.retryOutcome(job, failure)
        }
    }
}
