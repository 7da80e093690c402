// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// One job's way from claim to end through a proxy, with a fault in one step; somebody else ends what that leaves.
struct WireRun: Sendable {
    /// A step whose messages are counted and broken.
    enum Step: String, Sendable, CaseIterable {
        case claim, claimUnderLimits, prepare, fence, fenceWithMore, fenceUnderLimits, confirm, finish, finishWithRecord
    }

    /// How statements reach the server: the messages differ.
    enum Statements: String, Sendable, CaseIterable {
        /// Prepared in the step, then run.
        case prepared
        /// Sent whole each time.
        case unprepared
    }

    let queue: QueueFixture
    let pool: ConnectionPool
    let proxy: WireProxy
    let platform = PretendPlatform()
    let configuration: PQConfiguration

    init(proxy: WireProxy, statements: Statements, patience: Duration? = nil) async throws {
        self.proxy = proxy
        self.queue = try await QueueFixture()
        try await self.queue.pool.execute("CREATE TABLE record (job_id uuid NOT NULL)")
        var configuration = try PQConfiguration(
            url: proxy.url, schema: TestDatabase.required.schema, maximumConnections: 1)
        configuration.usesPreparedStatements = statements != .unprepared
        if let patience {
            configuration.statementTimeout = patience
            configuration.answerGrace = .zero
        }
        self.configuration = configuration
        self.pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
    }

    /// Runs one job and checks what became of it.
    ///
    /// - Returns: the messages of the step.
    func once(step: Step, fault: WireProxy.Fault?) async throws -> [WireMessage] {
        // A pool of its own each time: the same messages each time.
        let pool = ConnectionPool(configuration: self.configuration, logger: Logger(label: "test"))
        _ = try await pool.query("SELECT 1")
        let messages = try await self.way(pool, step: step, fault: fault)
        await pool.close()
        return messages
    }

    /// From claim to end; after an error of the connection another worker takes over.
    private func way(
        _ pool: ConnectionPool, step: Step, fault: WireProxy.Fault?
    ) async throws -> [WireMessage] {
        var new = self.queue.job()
        new.recovery = .reconcile
        try await self.queue.store.enqueue([new])
        let worker = try await self.queue.worker()
        if step == .claimUnderLimits { try await self.limitRunning() }
        var messages: [WireMessage] = []
        func at<T>(_ place: Step, _ body: () async throws -> T) async throws -> T {
            guard place == step else { return try await body() }
            self.proxy.arm(fault)
            do {
                let value = try await body()
                messages = self.proxy.trace
                return value
            } catch {
                messages = self.proxy.trace
                throw error
            }
        }
        do {
            try await self.walk(pool, worker: worker, step, at)
        } catch let error as PQError {
            try #require(fault != nil, "\(error)")
            try await self.check(new, step: step, error)
        }
        try await self.takeOver(new, from: worker)
        try await self.prove(new, recorded: step == .finishWithRecord)
        if step == .fenceUnderLimits { try await self.proveDebits(new, worker: worker) }
        return messages
    }

    /// Lets the client run one job at once: whoever lost a slot could never run another.
    private func limitRunning() async throws {
        try await self.queue.store.setConcurrency(.client(self.queue.client, nil), 1)
    }

    private func walk(
        _ pool: ConnectionPool, worker: WorkerID, _ step: Step,
        _ at: (Step, () async throws -> Void) async throws -> Void
    ) async throws {
        let store = JobStore(pool: pool)
        let abilities = [JobAbility(kind: "noop")]
        var claimed: ClaimedJob?
        if step == .claimUnderLimits {
            let lanes: [AccountID] = try await self.queue.pool.query("SELECT account_id FROM job_ready").column()
            let shares = lanes.map { LaneShare(lane: Lane(client: self.queue.client, account: $0), count: 1) }
            try await at(.claimUnderLimits) {
                claimed = try await store.claimUnderLimits(
                    LaneClaim(queue: "work", worker: worker, abilities: abilities, shares: shares)
                ).jobs.first
            }
        } else {
            try await at(.claim) {
                claimed = try await store.claim(
                    ClaimRequest(queue: "work", limit: 1, worker: worker, abilities: abilities)
                ).first
            }
        }
        let job = try #require(claimed)
        let operation = job.id.description
        let effects = EffectStore(pool: pool, job: job)
        try await at(.prepare) { try await effects.prepare(operation) }
        var grant: FenceGrant?
        switch step {
        case .fenceWithMore:
            try await at(.fenceWithMore) {
                grant = try await effects.fence(operation) { db in try await db.execute("SELECT pg_sleep(0)") }
            }
        case .fenceUnderLimits:
            let request = FenceRequest(
                operation, endpoint: "post", call: Self.call(job.client, try #require(job.account)))
            try await at(.fenceUnderLimits) { grant = try await effects.fence(request) }
        default:
            try await at(.fence) { grant = try await effects.fence(operation) }
        }
        guard let grant else {
            try await store.finish([Finish(job, .released)])
            return
        }
        let effect = try #require(try await self.queue.ledger.load(operation, client: job.client).first)
        #expect(effect.state == .sending && effect.sendNumber == grant.sendNumber)
        self.platform.post(operation)
        try await at(.confirm) { try await effects.confirm(operation, send: grant.sendNumber, evidence: "{}") }
        let finish = Finish(job, .succeeded)
        if step == .finishWithRecord {
            try await at(.finishWithRecord) {
                try await store.finish(finish) { db in
                    try await db.execute("INSERT INTO record (job_id) VALUES (\(job.id))")
                }
            }
        } else {
            try await at(.finish) { try await store.finish([finish]) }
        }
    }

    /// An error that leaves no doubt tells the truth: nothing of the step took effect.
    private func check(_ job: NewJob, step: Step, _ error: PQError) async throws {
        let state = try await self.queue.state(of: job.id)
        let effect = try await self.queue.ledger.load(job.id.description, client: job.client).first
        switch step {
        case .claim, .claimUnderLimits: #expect(state == .leased ? error.outcomeUnknown : state == .ready)
        case .prepare: #expect(effect == nil || error.outcomeUnknown)
        case .fence, .fenceWithMore, .fenceUnderLimits: #expect(effect?.state == .prepared && !error.outcomeUnknown)
        case .confirm: Issue.record("what was learned about a send is written until it is written: \(error)")
        case .finish, .finishWithRecord: #expect(state == .succeeded ? error.outcomeUnknown : state == .leased)
        }
    }

    /// A call that counts in two limits of its account that nobody has met yet, one of calls and one of posts.
    private static func call(_ client: ClientID, _ account: AccountID) -> LimitedCall {
        let scope = LimitScope.account(account)
        let usual = LimitCounts.allCases.map { counts in
            UsualLimit(LimitKey(scope: scope, endpoint: "post", window: .seconds(900), counts: counts), calls: 100)
        }
        return LimitedCall(
            endpoint: "post", scopes: [scope], usual: usual, sender: .init(client: client, account: account))
    }

    /// A send is debited if it is on record, and not otherwise; whoever took over did without limits.
    private func proveDebits(_ job: NewJob, worker: WorkerID) async throws {
        let scope = LimitScope.account(try #require(job.account))
        let used = try await LimitStore(pool: self.queue.pool).limits(of: [scope]).filter { $0.key.counts == .calls }
        let sends: Int64 = try await self.queue.pool.query(
            "SELECT count(*) FROM effect_send WHERE job_id = \(job.id) AND worker_id = \(worker)"
        ).single()
        #expect(used.reduce(0) { $0 + $1.used } == Int(sends))
    }

    /// The worker is dead: another one ends the job.
    func takeOver(_ new: NewJob, from worker: WorkerID) async throws {
        guard try await self.queue.state(of: new.id) != .succeeded else { return }
        try await self.queue.kill(worker)
        let other = try await self.queue.worker()
        try await eventually("job \(new.id) ends") {
            // A server that has not noticed the end of its client yet still holds its locks.
            _ = try await self.queue.store.rescue(crashLimit: 1_000)
            for job in try await self.queue.claim(other) { try await self.end(job) }
            for job in try await self.queue.claim(other, queue: .reconcile, kinds: [.reconcile]) {
                try await self.look(job)
            }
            return try await self.queue.state(of: new.id) == .succeeded
        }
    }

    /// Sends what is not sent; waits while that is not known.
    private func end(_ job: ClaimedJob) async throws {
        let operation = job.id.description
        let effects = self.queue.effects(of: job)
        let effect = try #require(try await effects.prepare(operation).first)
        if effect.state != .confirmed {
            guard let grant = try await effects.fence(operation) else {
                try await self.queue.store.finish([Finish(job, .held(reason: HoldReason.unknownOutcome, nil))])
                return
            }
            self.platform.post(operation)
            try await effects.confirm(operation, send: grant.sendNumber, evidence: "{}")
        }
        try await self.queue.store.finish(Finish(job, .succeeded)) { db in
            try await db.execute("INSERT INTO record (job_id) VALUES (\(job.id))")
        }
    }

    /// Looks what became of a send until that is known.
    private func look(_ job: ClaimedJob) async throws {
        let operation = try ReconcileTask(job.payload).operation
        let effects = self.queue.effects(of: job)
        while let effect = try await effects.load(operation).first, effect.state == .unknown,
            effect.reconcileJob == job.id
        {
            if self.platform.has(operation) {
                try await effects.confirm(operation, send: effect.sendNumber, evidence: "{}")
            } else {
                _ = try await effects.recordAbsentRead(operation, send: effect.sendNumber, minimumDistance: .zero)
            }
        }
        try await self.queue.store.finish([Finish(job, .succeeded)])
    }

    /// Sent once, under a fence; ended once; recorded once, if the end has a record.
    func prove(_ job: NewJob, recorded: Bool) async throws {
        let operation = job.id.description
        #expect(self.platform.counts[operation] == 1)
        let sends = try await self.queue.ledger.sends(of: operation, client: job.client)
        #expect(sends.count { $0.outcome == "confirmed" } == 1)
        #expect(sends.allSatisfy { $0.outcome == "confirmed" || $0.outcome == "absent" })
        #expect(try await self.queue.outcomes(of: job.id).count { $0 == "succeeded" } == 1)
        let records: Int64 = try await self.queue.pool.query(
            "SELECT count(*) FROM record WHERE job_id = \(job.id)"
        ).single()
        if recorded { #expect(records == 1) } else { #expect(records <= 1) }
        // Ended runs leave no slot taken.
        #expect(try await self.queue.pool.query("SELECT FROM lease_slot").isEmpty)
    }
}
