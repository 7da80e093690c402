// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization

extension Worker {
    /// Claims as many jobs as there are free slots, whenever there may be some, until drained.
    func claimLoop(_ jobs: inout DiscardingTaskGroup) async {
        var cursors: [QueueName: ClientID] = [:]
        var pause = Duration.milliseconds(50)
        while !self.isDraining {
            // A fenced worker takes nothing it may have to give back.
            guard self.gate.canSend else {
                await self.wake.wait(until: .now + self.configuration.poll)
                continue
            }
            do {
                let isHungry = try await self.claimRound(&cursors, &jobs)
                pause = .milliseconds(50)
                if isHungry { continue }
                if self.configuration.untilEmpty, try await self.isDone(&cursors, &jobs) {
                    self.drain()
                    continue
                }
                await self.wake.wait(until: self.nextLook())
            } catch {
                self.setback("claim", error)
                await self.wake.wait(until: .now + pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// One claim for each queue with free slots.
    ///
    /// - Returns: Whether there may be more for slots that are free now.
    private func claimRound(_ cursors: inout [QueueName: ClientID], _ jobs: inout DiscardingTaskGroup) async throws
        -> Bool
    {
        var isHungry = false
        for queue in self.configuration.slots.keys.sorted() where !self.isDraining {
            let limit = min(self.table.withLock { $0.freeSlots(queue) }, 500)
            guard limit > 0 else { continue }
            let claimed = try await self.claim(queue, limit: limit, after: cursors[queue])
            if let last = claimed.max(by: { $0.lease.number < $1.lease.number }) { cursors[queue] = last.client }
            for job in claimed { self.start(job, in: &jobs) }
            if claimed.count == limit { isHungry = isHungry || self.table.withLock { $0.freeSlots(queue) } > 0 }
        }
        return isHungry
    }

    private func claim(_ queue: QueueName, limit: Int, after: ClientID?) async throws -> [ClaimedJob] {
        let request = ClaimRequest(
            queue: queue, limit: limit, worker: self.id, abilities: self.abilities, after: after ?? .none)
        self.table.withLock { $0.claimBegins() }
        do {
            let claimed = try await self.store.claim(request)
            self.table.withLock { $0.claimEnds(claimed) }
            if !claimed.isEmpty {
                self.onEvent(.claimed(queue, count: claimed.count))
                self.configuration.crash.reached(.afterClaim)
            }
            return claimed
        } catch {
            self.table.withLock { $0.claimEnds([]) }
            throw error
        }
    }

    /// When to look again without a signal: at the next poll, or when something that is ready falls due.
    private func nextLook() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        return self.control.withLock { control in
            control.alarms.removeAll { $0 <= now }
            return min(control.alarms.min() ?? now + self.configuration.poll, now + self.configuration.poll)
        }
    }

    /// Looks again after a pause, besides the polls.
    func setAlarms(_ pauses: [Duration]) {
        let now = ContinuousClock.now
        self.control.withLock { control in
            let alarms = pauses.map { now + $0 }
            control.alarms = Array((control.alarms + alarms).sorted().prefix(200))
        }
        self.wake.signal()
    }

    /// Whether nothing runs here and nothing is due in the queues of this worker.
    private func isDone(_ cursors: inout [QueueName: ClientID], _ jobs: inout DiscardingTaskGroup) async throws -> Bool
    {
        guard self.table.withLock({ $0.isEmpty }) else { return false }
        _ = try await self.store.promote()
        _ = try await self.claimRound(&cursors, &jobs)
        return self.table.withLock { $0.isEmpty }
    }
}
