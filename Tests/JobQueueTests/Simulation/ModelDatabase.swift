// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// The queue's tables in memory, with the rules of its statements: each method is one transaction.
///
/// It answers in the queue's own types. `ConformanceTests` drive it and PostgreSQL through the same operations and
/// compare what both hold after each. Times are milliseconds, of the world and of the machine at once.
struct ModelDatabase: Sendable {
    /// What does not change while a job lives.
    struct Job: Sendable {
        var spec: JobSpec
        /// The operation that it sends, or looks for.
        var operation: Int?
        var lane: Lane
    }

    /// What every place of a live job knows of it.
    struct Row: Sendable, Hashable {
        var job: Int
        var dueAt: Int
        var failures = 0
        var crashes = 0
        var deferrals = 0
    }

    struct LeaseRow: Sendable {
        var row: Row
        var number: Int64
        var worker: Int
        var claimedAt: Int
        var slot: Int
    }

    struct HeldRow: Sendable {
        var row: Row
        var reason: String
    }

    struct WorkerRow: Sendable {
        var state = WorkerState.active
        /// As it was written.
        var beatAt: Int
        /// By the database's clock, whatever was written.
        var heardAt: Int
    }

    struct EffectRow: Sendable {
        var job: Int
        var recovery: Recovery
        var state = EffectState.prepared
        var sendNumber = 0
        var lease: Int64?
        var minimumLease: Int64 = 0
        var sentAt = 0
        var absentReads = 0
        var lastReadAt: Int?
        var reconcileJob: Int?
        /// For the simulation: a policy let it be sent without proof.
        var isResent = false
    }

    struct SendRow: Sendable {
        var token: Int
        var lease: Int64
        var outcome: String?
    }

    /// How a lease ended.
    struct Ending: Sendable {
        var outcome: String
        var isRescue: Bool
    }

    static let start = Date(timeIntervalSince1970: 1_772_524_800)
    static func date(_ time: Int) -> Date { Self.start.addingTimeInterval(Double(time) / 1_000) }
    static func time(_ date: Date) -> Int { Int((date.timeIntervalSince(Self.start) * 1_000).rounded()) }

    let left: LeftOut
    /// World seconds per real second, for the allowance of the limits.
    let rate: Double
    let deadAfter: Int
    let runLimit: Int
    let slots: Int
    let crashLimit: Int
    var limit: (calls: Int, window: Duration)?

    var jobs: [Job] = []
    var numbers: [JobID: Int] = [:]
    var scheduled: [Int: Row] = [:]
    var ready: [Int: Row] = [:]
    var leases: [Int: LeaseRow] = [:]
    var held: [Int: HeldRow] = [:]
    var ended: [Int: String] = [:]
    var endings: [Int64: Ending] = [:]
    var workers: [Int: WorkerRow] = [:]
    var effects: [Int: EffectRow] = [:]
    var sends: [Int: [SendRow]] = [:]
    var gates: [Lane: Int] = [:]
    var slices: [Lane: [TokenWindow.Slice]] = [:]
    var lastLease: Int64 = 0
    /// What was seen to be broken.
    var broken: BrokenPromise?

    init(
        leaving left: LeftOut = [], rate: Double = 1, deadAfter: Int = 5_000, runLimit: Int = 20_000, slots: Int = 1,
        crashLimit: Int = 3, limit: (calls: Int, window: Duration)? = nil
    ) {
        self.left = left
        self.rate = rate
        self.deadAfter = deadAfter
        self.runLimit = runLimit
        self.slots = slots
        self.crashLimit = crashLimit
        self.limit = limit
    }

    /// Makes a job ready; answers its number.
    @discardableResult
    mutating func enqueue(_ new: NewJob, operation: Int?, at now: Int) -> Int {
        let spec = JobSpec(new, dueAt: Self.date(now))
        let number = self.jobs.count
        let lane = Lane(client: spec.client, account: spec.account ?? .none)
        self.jobs.append(Job(spec: spec, operation: operation, lane: lane))
        self.numbers[spec.id] = number
        self.ready[number] = Row(job: number, dueAt: Self.time(spec.dueAt))
        return number
    }

    mutating func fail(_ promise: Promise, _ detail: @autoclosure () -> String) {
        guard self.broken == nil else { return }
        self.broken = BrokenPromise(promise: promise, detail: detail())
    }

    /// The job that looks for an unknown send; mirrors `ReconcileJob.insert(from:)`.
    mutating func makeReconcileJob(_ operation: Int, at now: Int) {
        guard let effect = self.effects[operation], effect.recovery == .reconcile else { return }
        let sender = self.jobs[effect.job].spec
        let new = NewJob(
            id: .numbered(self.jobs.count), client: sender.client, account: sender.account, queue: .reconcile,
            kind: .reconcile, provider: sender.provider, subject: sender.id.uuid, maximumAttempts: .max)
        let looker = self.enqueue(new, operation: operation, at: now)
        self.effects[operation]?.reconcileJob = looker
    }

    /// Mirrors `ReconcileJob.isUnsettled(_:)`.
    func isUnsettled(_ job: Int, lease: Int64) -> Bool {
        guard self.jobs[job].spec.recovery == .reconcile, let effect = self.effect(of: job) else { return false }
        return effect.state == .unknown || (effect.state == .sending && effect.lease == lease)
    }

    /// What a job has sent, not what it looks for.
    func effect(of job: Int) -> EffectRow? {
        guard let operation = self.jobs[job].operation, let effect = self.effects[operation], effect.job == job else {
            return nil
        }
        return effect
    }

    /// What of a lease was being sent becomes unknown.
    mutating func makeUnknown(_ job: Int, lease: Int64, at now: Int) {
        guard let operation = self.jobs[job].operation, let effect = self.effect(of: job), effect.state == .sending,
            effect.lease == lease
        else { return }
        self.effects[operation]?.state = .unknown
        self.effects[operation]?.reconcileJob = nil
        self.sends[operation]?[effect.sendNumber - 1].outcome = "unknown"
        self.makeReconcileJob(operation, at: now)
    }

    /// Checks what must hold in every snapshot.
    mutating func check() {
        var running: [Lane: Int] = [:]
        for (number, job) in self.jobs.enumerated() {
            let isLeased = self.leases[number] != nil
            let places =
                (self.scheduled[number] == nil ? 0 : 1) + (self.ready[number] == nil ? 0 : 1) + (isLeased ? 1 : 0)
                + (self.held[number] == nil ? 0 : 1) + (self.ended[number] == nil ? 0 : 1)
            if places != 1 { self.fail(.onePlace, "job \(number) is in \(places)") }
            guard isLeased, job.spec.queue != .reconcile else { continue }
            running[job.lane, default: 0] += 1
            if running[job.lane, default: 0] > self.slots { self.fail(.freeSlots, "job \(number) is one too many") }
        }
        for (operation, effect) in self.effects where effect.state == .sending {
            if self.leases[effect.job]?.number != effect.lease {
                self.fail(.leasedSend, "operation \(operation), lease \(effect.lease ?? 0)")
            }
        }
    }
}

extension Identifier {
    /// An identity that is the same in every run.
    static func numbered(_ number: Int) -> Self {
        func byte(_ shift: Int) -> UInt8 { UInt8(truncatingIfNeeded: number >> shift) }
        return Self(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, byte(24), byte(16), byte(8), byte(0))))
    }
}
