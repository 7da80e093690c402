// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization

extension Worker {
    // MARK: Liveness

    /// Beats, and does what the answers say, until cancelled.
    func beatLoop(_ beats: JobStore) async {
        while !Task.isCancelled {
            await self.beat(beats)
            await self.pause(self.configuration.heartbeat)
        }
    }

    private func beat(_ beats: JobStore) async {
        let id = self.id
        let (mark, running) = self.table.withLock { ($0.mark(), $0.runningCount) }
        let start = ContinuousClock.now
        do {
            let answer = try await beats.beat(
                id, state: self.isDraining ? .draining : .active, running: running,
                known: self.configuration.known)
            if let lack = answer.lack { self.retire(lacking: lack) }
            guard answer.isAlive else { return try await self.startOver(after: id) }
            self.gate.open(until: self.gateTime(from: start))
            let actions = self.table.withLock { $0.apply(answer, since: mark, worker: id) }
            self.carry(actions.cancellations)
            if answer.isDrainRequested, !self.isDraining { self.drain() }
            if !actions.orphans.isEmpty { try await self.giveBack(actions.orphans, of: id) }
        } catch {
            self.setback("beat", error)
        }
    }

    /// The database was changed for newer programs: what runs may end, nothing more is begun.
    private func retire(lacking lack: String) {
        let isNews = self.control.withLock { control in
            defer { control.lack = lack }
            return control.lack == nil
        }
        guard isNews else { return }
        self.onEvent(.outdated(lack))
        self.drain()
    }

    /// The fleet took this worker for dead: its leases are lost, and it goes on as a new one.
    private func startOver(after id: WorkerID) async throws {
        self.gate.shut()
        self.cancelRuns(.lost)
        self.onEvent(.died(id))
        guard !self.isDraining else { return }
        self.control.withLock { $0.id = WorkerID() }
        try await self.register()
        self.onEvent(.started(self.id))
        self.lookEverywhere()
    }

    /// Leases whose claim's answer was lost: nothing has run under them.
    private func giveBack(_ leases: [Int64], of id: WorkerID) async throws {
        let jobs = try await self.store.leases(leases, of: id)
        _ = try await self.store.finish(jobs.map { Finish($0, .released) })
        self.lookEverywhere()
    }

    /// Cancels what runs when the worker could not beat for too long.
    func gateLoop() async {
        while !Task.isCancelled {
            await self.pause(self.configuration.heartbeat / 4)
            guard !Task.isCancelled, !self.gate.canSend, self.table.withLock({ $0.openCount }) > 0 else { continue }
            self.onEvent(.fenced)
            self.cancelRuns(.fenced) { !self.gate.isInside($0) }
        }
    }

    // MARK: Housekeeping

    /// Moves due work to ready until nothing is due, then pauses.
    func promoteLoop() async {
        while !Task.isCancelled {
            var isDone = self.isDraining
            while !isDone, !Task.isCancelled {
                do {
                    let promotion = try await self.store.promote()
                    if promotion.count > 0 { self.configuration.crash.reached(.afterPromote) }
                    self.joinPromoted(promotion)
                    isDone = promotion.isComplete
                } catch {
                    self.setback("promote", error)
                    isDone = true
                }
            }
            await self.pause(self.configuration.promote)
        }
    }

    /// What was promoted takes its turn without being looked for.
    func joinPromoted(_ promotion: Promotion) {
        guard promotion.count > 0 else { return }
        for (queue, lanes) in promotion.lanes { self.join(lanes, of: queue) }
        self.wake.signal()
    }

    /// Takes back what dead workers had, and makes the history's partitions.
    func maintainLoop() async {
        while !Task.isCancelled {
            do {
                let report = try await self.store.rescue(crashLimit: self.configuration.crashLimit) {
                    [handlers = self.handlers] outcome, job in handlers[job.kind]?.record(of: outcome, job)
                }
                if report != RescueReport() {
                    self.onEvent(.rescued(report))
                    self.configuration.crash.reached(.afterRescue)
                    self.lookEverywhere()
                }
                try await self.store.makePartitions()
            } catch {
                self.setback("maintain", error)
            }
            await self.pause(self.configuration.maintain)
        }
    }

    /// Hears of work that is due now; polling finds what it misses.
    func listenLoop() async {
        guard self.configuration.listens else { return }
        while !Task.isCancelled {
            do {
                let channel: String = try await self.store.pool.query("SELECT \(JobStore.channel)").single()
                let listener = Listener(
                    configuration: self.configuration.listenAddress ?? self.store.pool.configuration,
                    channels: [channel],
                    logger: self.logger)
                try await listener.run { event in
                    switch event {
                    case .reconnected:
                        self.onEvent(.listening)
                        self.lookEverywhere()
                    case .notification(_, let payload): self.heard(payload)
                    }
                    // The throttle may have held a notification back just after this one.
                    self.setAlarm(NotifyThrottle.pause + .milliseconds(5))
                }
            } catch {
                self.setback("listen", error)
                await self.pause(.seconds(1))
            }
        }
    }
}
