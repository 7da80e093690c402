// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// Claims, beats, ends and rescues.
extension ModelDatabase {
    /// What is written in the transaction that ends a run.
    enum Record: Sendable {
        /// The lane takes nothing until then; as `LaneClosing` does.
        case closing(Lane, until: Int)
        /// The client would rather have it twice; as `EffectLedger.resolve` does.
        case resending(Int)
    }

    /// The free slots of a lane, as the claim's `lanes(_:)` computes them.
    func freeSlots(_ lane: Lane, _ queue: QueueName) -> [Int] {
        let taken = self.leases.values.filter {
            self.jobs[$0.row.job].lane == lane && self.jobs[$0.row.job].spec.queue == queue
        }.map(\.slot)
        return (1...self.slots).filter { !taken.contains($0) }
    }

    /// Mirrors `JobStore.claim(_:)` in `JobStore+ClaimLanes.swift`.
    ///
    /// `counted` is what the lanes had free when the caller counted it, for the broken variant.
    mutating func claim(
        _ shares: [LaneShare], of queue: QueueName, worker: Int, at now: Int, counted: [Lane: [Int]] = [:]
    ) -> LaneClaimAnswer {
        var answer = LaneClaimAnswer()
        for share in shares {
            guard self.workers[worker]?.state == .active else {
                answer.answers.append(LaneAnswer(share: share, taken: 0, report: nil))
                continue
            }
            let free = counted[share.lane] ?? self.freeSlots(share.lane, queue)
            var taken = 0
            var report: LaneReport?
            if let until = self.gates[share.lane], until > now, queue != .reconcile {
                report = LaneReport(reason: .closed, wait: .milliseconds(until - now))
            } else if free.isEmpty {
                report = LaneReport(reason: .full)
            } else {
                let waiting = self.ready.values.filter {
                    self.jobs[$0.job].lane == share.lane && self.jobs[$0.job].spec.queue == queue
                }.sorted { ($0.dueAt, $0.job) < ($1.dueAt, $1.job) }
                for row in waiting.filter({ $0.dueAt <= now }).prefix(min(share.count, free.count)) {
                    answer.jobs.append(self.lease(row, worker: worker, slot: free[taken], at: now))
                    taken += 1
                }
                if taken == 0 {
                    report =
                        waiting.first.map { LaneReport(reason: .waiting, wait: .milliseconds($0.dueAt - now)) }
                        ?? LaneReport(reason: .empty)
                }
            }
            answer.answers.append(LaneAnswer(share: share, taken: taken, report: report))
        }
        return answer
    }

    private mutating func lease(_ row: Row, worker: Int, slot: Int, at now: Int) -> ClaimedJob {
        self.ready[row.job] = nil
        self.lastLease += 1
        if self.leases[row.job] != nil { self.fail(.onePlace, "job \(row.job) is claimed twice") }
        let lease = LeaseRow(row: row, number: self.lastLease, worker: worker, claimedAt: now, slot: slot)
        self.leases[row.job] = lease
        return self.claimed(lease)
    }

    func claimed(_ lease: LeaseRow) -> ClaimedJob {
        var spec = self.jobs[lease.row.job].spec
        spec.dueAt = Self.date(lease.row.dueAt)
        spec.failures = lease.row.failures
        spec.crashes = lease.row.crashes
        spec.deferrals = lease.row.deferrals
        return ClaimedJob(
            spec: spec, lease: Lease(number: lease.number, worker: .numbered(lease.worker)),
            claimedAt: Self.date(lease.claimedAt))
    }

    /// Mirrors `JobStore.scout`: the lanes of a queue that have ready work.
    func sighted(_ queue: QueueName) -> [SightedLane] {
        var lanes: [Lane] = []
        for number in self.ready.keys.sorted() where self.jobs[number].spec.queue == queue {
            if !lanes.contains(self.jobs[number].lane) { lanes.append(self.jobs[number].lane) }
        }
        return lanes.map { SightedLane(lane: $0, weight: 1) }
    }

    /// Mirrors `JobStore.promote`, without the second that it is ahead.
    mutating func promote(at now: Int) {
        for row in self.scheduled.values where row.dueAt <= now {
            self.scheduled[row.job] = nil
            self.ready[row.job] = row
        }
    }

    // MARK: Workers

    /// Mirrors `JobStore.register`.
    ///
    /// `clock` is the worker's own time, for the broken variant.
    mutating func register(_ worker: Int, at now: Int, clock: Int) {
        guard self.workers[worker] == nil else { return }
        self.workers[worker] = WorkerRow(beatAt: self.left.contains(.clockOfDatabase) ? clock : now, heardAt: now)
    }

    /// Mirrors `JobStore.beat`.
    ///
    /// `clock` is the worker's own time, for the broken variant.
    mutating func beat(_ worker: Int, at now: Int, clock: Int) -> BeatAnswer {
        let isAlive = self.workers[worker]?.state == .active
        if isAlive {
            self.workers[worker]?.beatAt = self.left.contains(.clockOfDatabase) ? clock : now
            self.workers[worker]?.heardAt = now
        }
        return BeatAnswer(
            isAlive: isAlive, isDrainRequested: false,
            leases: Set(self.leases.values.filter { $0.worker == worker }.map(\.number)), cancelled: [])
    }

    mutating func deregister(_ worker: Int) {
        if self.workers[worker]?.state == .active { self.workers[worker]?.state = .stopped }
    }

    /// Mirrors `JobStore.leases(_:of:)`.
    func leases(_ numbers: [Int64], of worker: Int) -> [ClaimedJob] {
        self.leases.values.filter { $0.worker == worker && numbers.contains($0.number) }
            .sorted { $0.number < $1.number }.map(self.claimed)
    }

    // MARK: Ends

    /// Mirrors `JobStore.finish(_:)` and, for runs whose lease is gone, `JobStore.stale(_:)`.
    mutating func finish(_ runs: [Finish], at now: Int, record: Record? = nil) -> [FinishResult] {
        runs.map { self.finish($0, at: now, record: record) }
    }

    private mutating func finish(_ run: Finish, at now: Int, record: Record?) -> FinishResult {
        guard let job = self.numbers[run.job.id] else { return .stale }
        let number = run.job.lease.number
        let isLoose = self.left.contains(.leaseOfCompletion)
        guard let lease = self.leases[job], isLoose || lease.number == number else {
            guard let ending = self.endings[number] else { return .stale }
            return ending.isRescue ? .stale : .alreadyApplied
        }
        if lease.number != number { self.fail(.currentLease, "\(number) ended job \(job) of lease \(lease.number)") }
        if let record { self.write(record, at: now) }
        self.leases[job] = nil

        let words = OutcomeColumns(run)
        let isUnsettled = self.isUnsettled(job, lease: lease.number)
        var outcome = words.outcome
        if isUnsettled, ["retry", "deferred", "released", "held"].contains(outcome) {
            outcome = "held"
        } else if outcome == "retry", lease.row.failures + 1 >= self.jobs[job].spec.maximumAttempts {
            outcome = "failed"
        }
        self.makeUnknown(job, lease: lease.number, at: now)

        var row = lease.row
        if outcome == "retry" { row.failures += 1 }
        if outcome == "deferred" { row.deferrals += 1 }
        switch outcome {
        case "retry", "deferred":
            if words.keepsPlace {
                self.ready[job] = row
            } else {
                row.dueAt = words.until.map(Self.time) ?? now + Int(((words.pause ?? 0) * 1_000).rounded())
                self.scheduled[job] = row
            }
        case "released": self.ready[job] = row
        case "held":
            let reason = isUnsettled ? HoldReason.unknownOutcome : words.reason ?? "held"
            self.held[job] = HeldRow(row: row, reason: reason)
        default: self.ended[job] = outcome
        }
        self.end(lease, outcome, isRescue: false)
        return .applied
    }

    private mutating func end(_ lease: LeaseRow, _ outcome: String, isRescue: Bool) {
        if self.endings[lease.number] != nil { self.fail(.growingLease, "lease \(lease.number) ended twice") }
        self.endings[lease.number] = Ending(outcome: outcome, isRescue: isRescue)
    }

    private mutating func write(_ record: Record, at now: Int) {
        switch record {
        case .closing(let lane, let until): self.gates[lane] = max(until, self.gates[lane] ?? 0)
        case .resending(let operation): self.resolve(operation, as: .prepared, at: now)
        }
    }

    // MARK: Rescue

    /// Mirrors `JobStore.rescue`: `declareDead`, `overdueLeases`, `takeBack`, `unleasedSends`, `ReconcileJob.replaceLost`,
    /// `ReconcileJob.wakeForgotten`.
    ///
    /// `clock` is the caller's own time, for the broken variant.
    mutating func rescue(at now: Int, clock: Int) {
        let time = self.left.contains(.clockOfDatabase) ? clock : now
        for (worker, row) in self.workers where row.state == .active && row.beatAt < time - self.deadAfter {
            self.workers[worker]?.state = .dead
            if row.heardAt >= now - self.deadAfter {
                self.fail(.livingWorker, "worker \(worker) is declared dead \(now - row.heardAt) ms after a beat")
            }
        }
        for lease in self.leases.values.sorted(by: { $0.row.job < $1.row.job }) {
            let isLost = self.workers[lease.worker]?.state != .active
            guard isLost || lease.claimedAt < now - self.runLimit else { continue }
            self.takeBack(lease, at: now)
        }
        self.keepHouse(at: now)
    }

    private mutating func takeBack(_ lease: LeaseRow, at now: Int) {
        let job = lease.row.job
        let crash = self.workers[lease.worker]?.state == .stopped ? 0 : 1
        let recovery = self.jobs[job].spec.recovery
        let isUnsettled = !self.left.contains(.sendsInRescue) && self.isUnsettled(job, lease: lease.number)
        var reason: String?
        if crash == 1, lease.row.crashes + 1 >= self.crashLimit {
            reason = "poison"
        } else if isUnsettled {
            reason = HoldReason.unknownOutcome
        } else if crash == 1, recovery == .hold {
            reason = "crashed"
        }
        self.leases[job] = nil
        if !self.left.contains(.sendsInRescue) { self.makeUnknown(job, lease: lease.number, at: now) }
        if let operation = self.jobs[job].operation, let effect = self.effect(of: job), effect.state == .prepared {
            self.effects[operation]?.minimumLease = max(effect.minimumLease, lease.number + 1)
        }
        var row = lease.row
        row.crashes += crash
        if let reason { self.held[job] = HeldRow(row: row, reason: reason) } else { self.ready[job] = row }
        self.end(lease, crash == 1 ? "crashed" : "released", isRescue: true)
    }

    private mutating func keepHouse(at now: Int) {
        for operation in self.effects.keys.sorted() {
            guard let effect = self.effects[operation] else { continue }
            if effect.state == .sending, self.leases[effect.job]?.number != effect.lease, let lease = effect.lease,
                !self.left.contains(.sendsInRescue)
            {
                self.makeUnknown(effect.job, lease: lease, at: now)
            } else if effect.state == .unknown, effect.recovery == .reconcile,
                effect.reconcileJob.map({ self.ended[$0] != nil }) ?? true
            {
                self.makeReconcileJob(operation, at: now)
            }
        }
        for row in self.held.values where row.reason == HoldReason.unknownOutcome {
            guard self.jobs[row.row.job].spec.recovery == .reconcile,
                ![.unknown, .sending].contains(self.effect(of: row.row.job)?.state)
            else { continue }
            self.held[row.row.job] = nil
            self.ready[row.row.job] = row.row
        }
    }
}
