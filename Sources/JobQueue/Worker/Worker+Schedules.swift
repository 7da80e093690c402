// SPDX-License-Identifier: MIT

extension Worker {
    /// Decides the slots of schedules as they fall due, until cancelled.
    ///
    /// Every worker does so; a slot that two of them see is decided by the one that locks its schedule first.
    func scheduleLoop() async {
        let schedules = ScheduleStore(jobs: self.store)
        let batch = 50
        var isDerived = false
        while !Task.isCancelled {
            var isDone = self.isDraining
            while !isDone, !Task.isCancelled {
                do {
                    if !isDerived {
                        try await schedules.deriveAgain()
                        isDerived = true
                    }
                    // Twice the pause: a round that comes late is still early enough.
                    let report = try await schedules.fire(
                        every: self.configuration.schedule * 2, limit: batch, crash: self.configuration.crash)
                    if report.fired + report.missed + report.refused > 0 { self.onEvent(.scheduled(report)) }
                    if report.fired > 0 { self.wake.signal() }
                    isDone = report.schedules < batch
                } catch {
                    self.setback("schedule", error)
                    isDone = true
                }
            }
            await self.pause(self.configuration.schedule)
        }
    }
}
