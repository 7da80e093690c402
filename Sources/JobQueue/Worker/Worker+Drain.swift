// SPDX-License-Identifier: MIT

import Domain
import Synchronization

extension Worker {
    /// Waits for running jobs: first in peace, then cancelled unless in the middle of a send, then not at all.
    ///
    /// What waits for a slot does not begin any more.
    /// Whatever is given up goes back with its attempt refunded; what was being sent becomes unknown with it.
    func drainJobs() async {
        let start = ContinuousClock.now
        self.carry(self.table.withLock { $0.cancelWaiting() })
        await self.waitUntilIdle { start + self.grace }
        guard !self.table.withLock({ $0.isEmpty }) else { return }

        self.gate.end()
        self.cancelRuns(.drained) { !self.gate.isInside($0) }
        let last = ContinuousClock.now + self.configuration.sendGrace
        await self.waitUntilIdle { last }
        self.control.withLock { $0.giveUpAt = .now + self.configuration.sendGrace }

        self.cancelRuns(.drained) { _ in true }
        for run in self.table.withLock({ $0.working }) { self.conclude(run.job, JobResult(.released)) }
        // What is left is on its way into the database, or given up in a moment.
        while !self.table.withLock({ $0.isEmpty }) { await self.idle.wait(until: .now + .seconds(1)) }
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

    func carry(_ cancellations: [RunTable.Cancellation]) {
        for cancellation in cancellations {
            cancellation.task?.cancel()
            self.onEvent(.cancelling(cancellation.job, cancellation.cause))
            // Ends without having begun.
            if cancellation.wasWaiting { self.begin(cancellation.job) }
        }
    }
}
