// SPDX-License-Identifier: MIT

import PQClient
import Synchronization

extension Worker {
    /// Removes what is older than it is kept, until cancelled; every worker tries, one at a time does it.
    func retainLoop() async {
        let retention = RetentionStore(pool: self.store.pool)
        while !Task.isCancelled {
            var isMore = false
            if !self.isDraining {
                do {
                    let report = try await retention.round(self.configuration.retention)
                    if !report.isEmpty { self.onEvent(.retained(report)) }
                    isMore = report.isMore
                } catch {
                    self.setback("retain", error)
                }
            }
            // Small steps with a breath between them: nothing waits for this.
            await self.pause(isMore ? .milliseconds(200) : self.configuration.retain)
        }
    }

    /// Watches for snapshots that are held too long, leaves dead rows behind and slows the queues that can wait while one is;
    /// until cancelled.
    func watchLoop() async {
        var watcher = SnapshotGuard(self.configuration.snapshots)
        while !Task.isCancelled {
            do {
                let (holder, time) = try await SnapshotHolder.oldest(self.store.pool)
                let alarm = watcher.look(holder, databaseTime: time, now: .now)
                let slots = self.configuration.slots.filter { self.configuration.patient.contains($0.key) }
                self.table.withLock { table in
                    for (queue, count) in slots {
                        table.withhold(SnapshotGuard.withheld(of: count, at: watcher.level), of: queue)
                    }
                }
                if watcher.held > .zero {
                    _ = try await ReadyEra.begin(self.store.pool)
                    _ = try await LeaseEra.begin(self.store.pool)
                }
                if let alarm {
                    self.onEvent(.snapshot(alarm))
                    self.wake.signal()
                }
            } catch {
                // What was decided stays: without the database nothing is claimed anyway.
                self.setback("watch", error)
            }
            await self.pause(self.configuration.watch)
        }
    }
}
