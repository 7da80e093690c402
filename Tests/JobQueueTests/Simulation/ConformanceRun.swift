// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Testing

@testable import JobQueue

/// The same operations on PostgreSQL and on the model, one after the other, each drawn from the seed.
struct ConformanceRun {
    /// One lease on both sides.
    private struct Claim {
        var number: Int
        var real: ClaimedJob
        var model: ClaimedJob
    }

    private static let client = ClientID.numbered(1)
    private static let distance = 300
    private static let limit = (calls: 2, window: Duration.seconds(2))

    private let queue: QueueFixture
    private var model: ModelDatabase
    private var dice: SeededGenerator
    private var now = 1_000
    private var workers: [Int: WorkerID] = [:]
    private var claims: [Claim] = []
    /// The jobs that look, by their numbers in the model: PostgreSQL draws their identities.
    private var lookers: [Int: JobID] = [:]

    /// Makes six jobs of two accounts on both sides.
    init(seed: UInt64, leaving left: LeftOut = []) async throws {
        self.queue = try await QueueFixture()
        self.model = ModelDatabase(
            leaving: left, rate: 0, deadAfter: 1 << 40, runLimit: 1 << 40, slots: 2, limit: Self.limit)
        self.dice = SeededGenerator(seed: seed)
        try await self.queue.world.set(epoch: ModelDatabase.date(self.now), rate: 0)
        for name: QueueName in ["work", .reconcile] {
            try await self.queue.store.setConcurrency(.queue(name), self.model.slots)
        }
        for _ in 0..<6 { try await self.enqueue() }
        for _ in 0..<2 { try await self.register() }
    }

    /// Does so many operations, and stops at the first difference.
    ///
    /// The answer is what was done, and the difference if there is one.
    mutating func run(steps: Int) async throws -> (trace: [String], isSame: Bool) {
        var trace: [String] = []
        for _ in 0..<steps {
            let (what, real, model) = try await self.step()
            trace.append("\(what): \(real)")
            try await self.meetLookers()
            let (rows, modelled) = (try await self.snapshot(), self.modelSnapshot())
            guard real == model, rows == modelled else {
                trace.append("the model says \(model)")
                trace += zip(rows, modelled).filter { $0 != $1 }.map { "PostgreSQL: \($0)\nmodel: \($1)" }
                if rows.count != modelled.count { trace.append("\(rows) against \(modelled)") }
                return (trace, false)
            }
            if self.model.left.isEmpty, let broken = self.model.broken { return (trace + ["\(broken)"], false) }
        }
        return (trace, true)
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.dice) }

    /// One operation: its name, and what came of it on each side.
    private mutating func step() async throws -> (String, String, String) {
        let live = self.model.jobs.indices.count { self.model.ended[$0] == nil && self.model.held[$0] == nil }
        if live < 5 { try await self.enqueue() }
        // Mostly runs that are under way, sometimes what is left of old ones.
        let current = self.draw(0...3) > 0 ? self.claims.filter(self.isCurrent) : self.claims
        guard let claim = current.suffix(12).randomElement(using: &self.dice) else { return try await self.claim() }
        switch self.draw(0...39) {
        case ..<8: return try await self.claim()
        case ..<14: return try await self.pass()
        case ..<18: return try await self.finish(claim)
        case ..<20: return try await self.rescue()
        case 20: return try await self.beat()
        case 21: return try await self.resolve()
        default: return try await self.effect(claim)
        }
    }

    // MARK: Jobs and workers

    /// Mostly a job that publishes; its operation has the job's number.
    private mutating func enqueue() async throws {
        let number = self.model.jobs.count
        let recovery = [Recovery.reconcile, .reconcile, .reconcile, .requeue, .hold][self.draw(0...4)]
        let new = NewJob(
            id: .numbered(number), client: Self.client, account: .numbered(number % 2), queue: "work", kind: "noop",
            provider: "p", dueAt: ModelDatabase.date(self.now - 500 + number), maximumAttempts: 2, recovery: recovery)
        try await self.queue.store.enqueue([new])
        self.model.enqueue(new, operation: number, at: self.now)
    }

    private func isSender(_ number: Int) -> Bool { self.model.jobs[number].spec.kind == "noop" }
    private func isCurrent(_ claim: Claim) -> Bool {
        self.model.leases[claim.number]?.number == claim.model.lease.number
    }

    private mutating func register() async throws {
        let number = self.workers.count
        self.workers[number] = try await self.queue.worker()
        self.model.register(number, at: self.now, clock: self.now)
    }

    private mutating func claim() async throws -> (String, String, String) {
        let worker = self.draw(0...(self.workers.count - 1))
        let name: QueueName = self.draw(0...2) == 0 ? .reconcile : "work"
        let lanes = [0, 1].shuffled(using: &self.dice).prefix(self.draw(1...2))
        let shares = lanes.map {
            LaneShare(lane: Lane(client: Self.client, account: .numbered($0)), count: self.draw(1...2))
        }
        let request = LaneClaim(
            queue: name, worker: self.workers[worker] ?? WorkerID(),
            abilities: [JobAbility(kind: "noop"), JobAbility(kind: .reconcile)], shares: shares)
        let real = try await self.queue.store.claim(request).claimed
        let model = self.model.claim(shares, of: name, worker: worker, at: self.now)
        let numbers = Dictionary(uniqueKeysWithValues: self.lookers.map { ($1, $0) })
        for job in real.jobs {
            let number = numbers[job.id] ?? self.model.numbers[job.id] ?? -1
            guard let other = model.jobs.first(where: { self.model.numbers[$0.id] == number }) else { continue }
            self.claims.append(Claim(number: number, real: job, model: other))
        }
        return ("worker \(worker) claims of \(name)", Self.told(real), Self.told(model))
    }

    private static func told(_ answer: LaneClaimAnswer) -> String {
        answer.answers.map { "\($0.share.lane.account) \($0.taken) \($0.report?.reason.rawValue ?? "")" }.sorted()
            .joined(separator: ", ")
    }

    private mutating func pass() async throws -> (String, String, String) {
        self.now += self.draw(1...1_500)
        try await self.queue.world.set(epoch: ModelDatabase.date(self.now), rate: 0)
        try await self.queue.store.promote()
        self.model.promote(at: self.now)
        return ("\(self.now) ms", "", "")
    }

    private mutating func finish(_ claim: Claim) async throws -> (String, String, String) {
        var runs = [claim]
        if let other = self.claims.randomElement(using: &self.dice),
            other.real.lease.number != claim.real.lease.number
        {
            runs.append(other)
        }
        let failure = JobFailure(code: "c", message: "m")
        let outcomes = runs.map { _ -> JobOutcome in
            switch self.draw(0...9) {
            case 0: .succeeded
            case 1: .failed(failure)
            case 2, 3: .retry(after: .milliseconds(400), failure)
            case 4, 5: .deferredFor(.milliseconds(700), reason: "later")
            case 6: .deferred(until: ModelDatabase.date(self.now + 300), reason: "until")
            case 7: .keptBack(for: .milliseconds(500), reason: "closed")
            case 8: self.draw(0...2) == 0 ? .held(reason: "why", nil) : .released
            default: .released
            }
        }
        let real = try await self.queue.store.finish(zip(runs, outcomes).map { Finish($0.real, $1) })
        let model = self.model.finish(zip(runs, outcomes).map { Finish($0.model, $1) }, at: self.now)
        let what = zip(runs, outcomes).map { "job \($0.number) of lease \($0.model.lease.number) ends as \($1.word)" }
        return (what.joined(separator: ", "), "\(real)", "\(model)")
    }

    private mutating func rescue() async throws -> (String, String, String) {
        let worker = self.draw(0...(self.workers.count - 1))
        if let id = self.workers[worker], self.draw(0...2) > 0 {
            try await self.queue.kill(id)
            self.model.workers[worker]?.beatAt = -(1 << 50)
            self.model.workers[worker]?.heardAt = -(1 << 50)
            try await self.register()
        } else if let id = self.workers[worker] {
            try await self.queue.store.deregister(id)
            self.model.deregister(worker)
            try await self.register()
        }
        let report = try await self.queue.store.rescue()
        let before = self.model.endings.count
        self.model.rescue(at: self.now, clock: self.now)
        return ("rescue", "\(report.rescued)", "\(self.model.endings.count - before)")
    }

    private mutating func beat() async throws -> (String, String, String) {
        let worker = self.draw(0...(self.workers.count - 1))
        let real = try await self.queue.store.beat(self.workers[worker] ?? WorkerID(), state: .active, running: 0)
        let model = self.model.beat(worker, at: self.now, clock: self.now)
        return (
            "worker \(worker) beats", "\(real.isAlive) \(real.leases?.count ?? -1)",
            "\(model.isAlive) \(model.leases?.count ?? -1)"
        )
    }

    // MARK: Effects

    private mutating func effect(_ claim: Claim) async throws -> (String, String, String) {
        guard let operation = self.model.jobs[claim.number].operation else { return ("", "", "") }
        let key = OperationKey("op\(operation)")
        let effects = self.queue.effects(of: claim.real)
        let lease = claim.model.lease.number
        let who = "lease \(lease) of job \(claim.number)"
        guard let known = self.model.effects[operation] else {
            guard self.isSender(claim.number) else { return ("", "", "") }
            let real = try await effects.prepare(key).first?.state.rawValue ?? ""
            return ("\(who) prepares", real, self.model.prepare(operation, job: claim.number).state.rawValue)
        }
        switch self.likely(known.state) {
        case .prepares:
            guard self.isSender(claim.number) else { return ("", "", "") }
            let real = try await effects.prepare(key).first?.state.rawValue ?? ""
            return ("\(who) prepares", real, self.model.prepare(operation, job: claim.number).state.rawValue)
        case .fences:
            let real = try await self.fence(key, effects)
            let model = self.model.fence(operation, job: claim.number, lease: lease, token: 0, at: self.now)
            return ("\(who) fences", "\(real)", "\(model)")
        case .reads:
            let send = self.draw(0...3) > 0 ? known.sendNumber : self.draw(1...max(1, known.sendNumber))
            let readAt = self.now - self.draw(0...400)
            let real = try await self.read(key, effects, send, readAt)?.rawValue ?? ""
            let model = self.model.recordAbsentRead(
                operation, job: claim.number, lease: lease, send: send, distance: Self.distance, readAt: readAt,
                at: self.now)
            return ("\(who) does not find send \(send) of operation \(operation)", real, model?.rawValue ?? "")
        case .settles:
            guard known.sendNumber > 0 else { return ("", "", "") }
            return try await self.settle(operation, key, effects, self.draw(1...known.sendNumber), who)
        }
    }

    private enum Step: CaseIterable { case prepares, fences, reads, settles }

    /// Mostly what makes sense now, sometimes anything.
    private mutating func likely(_ state: EffectState) -> Step {
        guard self.draw(0...9) < 7 else { return Step.allCases[self.draw(0...3)] }
        return switch state {
        case .prepared: .fences
        case .unknown: .reads
        case .sending: .settles
        case .rejected, .confirmed: .prepares
        }
    }

    private func fence(_ key: OperationKey, _ effects: EffectStore) async throws -> ModelDatabase.Fencing {
        let scope = LimitScope.account(effects.job.account ?? .none)
        let usual = UsualLimit(
            LimitKey(scope: scope, endpoint: "post", window: Self.limit.window), calls: Self.limit.calls)
        let call = LimitedCall(endpoint: "post", scopes: [scope], usual: [usual])
        do {
            let grant = try await effects.fence(FenceRequest(key, call: call))
            return grant.map { .granted(send: $0.sendNumber, at: self.now) } ?? .none
        } catch let refusal as LimitRefusal {
            return .refused(pause: Int((refusal.pause.seconds * 1_000).rounded()))
        }
    }

    private func read(
        _ key: OperationKey, _ effects: EffectStore, _ send: Int, _ readAt: Int
    ) async throws -> EffectState? {
        do {
            return try await effects.recordAbsentRead(
                key, send: send, minimumDistance: .milliseconds(Self.distance), readAt: ModelDatabase.date(readAt)
            ).state
        } catch let error as JobQueueError where error.code == .leaseLost {
            return nil
        }
    }

    private mutating func settle(
        _ operation: Int, _ key: OperationKey, _ effects: EffectStore, _ send: Int, _ who: String
    ) async throws -> (String, String, String) {
        let outcome = ["confirmed", "rejected", "not-sent", "unknown"][[0, 1, 2, 2, 3, 3, 3][self.draw(0...6)]]
        let real =
            switch outcome {
            case "confirmed": try await effects.confirm(key, send: send, evidence: "{}")
            case "rejected": try await effects.reject(key, send: send, evidence: "{}")
            case "not-sent": try await effects.notSent(key, send: send)
            default: try await effects.markUnknown(key, send: send)
            }
        self.model.settle(operation, send: send, outcome: outcome, at: self.now)
        return (
            "\(who) settles send \(send) of operation \(operation) as \(outcome)", real.state.rawValue,
            self.model.effects[operation]?.state.rawValue ?? ""
        )
    }

    private mutating func resolve() async throws -> (String, String, String) {
        let operation = self.model.effects.keys.sorted().randomElement(using: &self.dice) ?? 0
        let state = [EffectState.confirmed, .prepared, .prepared, .rejected][self.draw(0...3)]
        let (pool, ledger) = (self.queue.pool, self.queue.ledger)
        var isDone = true
        do {
            try await pool.withTransaction { db in
                try await ledger.resolve(
                    OperationKey("op\(operation)"), part: 0, client: Self.client, as: state, evidence: "{}",
                    by: "ann", on: &db)
            }
        } catch is JobQueueError {
            isDone = false
        }
        let model = self.model.resolve(operation, as: state, at: self.now)
        return ("a person says operation \(operation) is \(state.rawValue)", "\(isDone)", "\(model)")
    }

    // MARK: What both hold

    /// Learns which of PostgreSQL's jobs that look is which of the model's.
    private mutating func meetLookers() async throws {
        for operation in self.model.effects.keys.sorted() {
            guard let number = self.model.effects[operation]?.reconcileJob, self.lookers[number] == nil else {
                continue
            }
            let key = OperationKey("op\(operation)")
            self.lookers[number] = try await self.queue.ledger.load(key, client: Self.client).first?.reconcileJob
        }
    }

    private func modelSnapshot() -> [String] {
        var lines: [String] = []
        func row(_ row: ModelDatabase.Row) -> String {
            "\(row.dueAt) \(row.failures) \(row.crashes) \(row.deferrals)"
        }
        for number in self.model.jobs.indices {
            if let found = self.model.scheduled[number] { lines.append("job \(number) scheduled \(row(found))") }
            if let found = self.model.ready[number] { lines.append("job \(number) ready \(row(found))") }
            if let found = self.model.leases[number] {
                lines.append("job \(number) leased \(row(found.row)) worker \(found.worker)")
            }
            if let found = self.model.held[number] {
                lines.append("job \(number) held \(row(found.row)) \(found.reason)")
            }
            if let found = self.model.ended[number] { lines.append("job \(number) \(found)") }
        }
        for (operation, effect) in self.model.effects.sorted(by: { $0.key < $1.key }) {
            let outcomes = (self.model.sends[operation] ?? []).map { $0.outcome ?? "-" }.joined(separator: " ")
            let closed = self.claims.filter { $0.number == effect.job && $0.model.lease.number < effect.minimumLease }
            let sender = self.claims.firstIndex { $0.model.lease.number == effect.lease } ?? -1
            lines.append(
                "effect \(operation) \(effect.state.rawValue) \(effect.absentReads) by \(sender) "
                    + "closed \(closed.count) looker \(effect.reconcileJob ?? -1): \(outcomes)")
        }
        return lines
    }

    private func snapshot() async throws -> [String] {
        let numbers = Dictionary(uniqueKeysWithValues: self.lookers.map { ($1, $0) })
        func number(_ id: JobID) -> Int { numbers[id] ?? self.model.numbers[id] ?? -1 }
        var jobs: [(Int, String)] = []
        for found in try await self.queue.pool.query(Self.places) {
            let job = number(try found.get("job_id"))
            let place: String = try found.get("place")
            let due = ModelDatabase.time(try found.get("due_at"))
            let counts: String = try found.get("counts")
            let worker: WorkerID? = try found.get("worker_id")
            let whose = self.workers.first { $0.value == worker }.map { " worker \($0.key)" } ?? ""
            let reason: String? = try found.get("reason")
            jobs.append((job, "job \(job) \(place) \(due) \(counts)\(whose)\(reason.map { " \($0)" } ?? "")"))
        }
        for found in try await self.queue.pool.query("SELECT job_id, outcome FROM attempt WHERE final") {
            let job = number(try found.get("job_id"))
            jobs.append((job, "job \(job) \(try found.get("outcome", as: String.self))"))
        }
        return jobs.sorted { $0 < $1 }.map(\.1) + (try await self.effectLines(number))
    }

    private func effectLines(_ number: (JobID) -> Int) async throws -> [String] {
        try await self.queue.pool.query(Self.effects).map { found in
            let job = number(try found.get("job_id"))
            let lease: Int64? = try found.get("lease_no")
            let minimum: Int64 = try found.get("min_lease_no")
            let closed = self.claims.filter { $0.number == job && $0.real.lease.number < minimum }
            let sender = self.claims.firstIndex { $0.real.lease.number == lease } ?? -1
            let looker: JobID? = try found.get("reconcile_job")
            return "effect \(try found.get("op", as: String.self)) by \(sender) closed \(closed.count) looker "
                + "\(looker.map(number) ?? -1): \(try found.get("outcomes", as: String.self))"
        }
    }

    private static let places: Statement = """
        SELECT job_id, 'scheduled' AS place, due_at, concat_ws(' ', attempt, crash_count, defer_count) AS counts,
               NULL::uuid AS worker_id, NULL AS reason
        FROM job_scheduled
        UNION ALL
        SELECT job_id, 'ready', due_at, concat_ws(' ', attempt, crash_count, defer_count), NULL, NULL FROM job_ready
        UNION ALL
        SELECT job_id, 'leased', due_at, concat_ws(' ', attempt, crash_count, defer_count), worker_id, NULL FROM job_lease
        UNION ALL
        SELECT job_id, 'held', due_at, concat_ws(' ', attempt, crash_count, defer_count), NULL, reason FROM job_hold
        """

    private static let effects: Statement = """
        SELECT e.job_id, e.lease_no, e.min_lease_no, e.reconcile_job,
               concat_ws(' ', substring(e.op_key FROM 3), e.state, e.absent_reads) AS op,
               coalesce((
                   SELECT string_agg(coalesce(s.outcome, '-'), ' ' ORDER BY s.send_no)
                   FROM effect_send s
                   WHERE s.client_id = e.client_id AND s.op_key = e.op_key), '') AS outcomes
        FROM effect e
        ORDER BY substring(e.op_key FROM 3)::integer
        """
}
