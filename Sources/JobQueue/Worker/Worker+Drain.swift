// SPDX-License-Identifier: MIT

import Domain
import Synchronization

extension Worker {
    /// Waits for running jobs: first in peace, then cancelled unless in the middle of a send, then not at all.
    ///
    /// Whatever is given up goes back with its attempt refunded; what was being sent becomes unknown with it.
    func drainJobs() async {
        let start = ContinuousClock.now
        await self.waitUntilIdle { start + self.grace }
        guard !self.table.withLock({ $0.isEmpty }) else { return }

        self.gate.end()
        self.cancelRuns(.drained) { !self.gate.isInside($0) }
        let last = ContinuousClock.now + self.configuration.sendGrace
        await self.waitUntilIdle { last }
        self.control.withLock { $0.giveUpAt = .now + self.configuration.sendGrace }

        self.cancelRuns(.drained) { _ in true }
        for abandon in self.table.withLock({ $0.abandonments() }) { abandon(JobResult(.released)) }
    }

    private var grace: Duration {
        self.control.withLock { min($0.grace ?? self.configuration.grace, self.configuration.grace) }
    }

    private func waitUntilIdle(_ deadline: () -> ContinuousClock.Instant) async {
        while !self.table.withLock({ $0.isEmpty }), ContinuousClock.now < deadline() {
            await self.idle.wait(until: deadline())
        }
    }

    /// Cancels running handlers, each once.
    func cancelRuns(_ cause: CancelCause, where isWanted: (Int64) -> Bool = { _ in true }) {
        self.carry(self.table.withLock { $0.cancel(cause, where: isWanted) })
    }

    func carry(_ cancellations: [(ClaimedJob, CancelCause, (@Sendable () -> Void)?)]) {
        for (job, cause, cancel) in cancellations {
            cancel?()
            self.onEvent(.cancelling(job, cause))
        }
    }
}
