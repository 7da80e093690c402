// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

/// A migrated queue in the schema of the running test, in a simulated world.
struct QueueFixture: Sendable {
    let pool: ConnectionPool
    let store: JobStore
    let world: WorldStore
    let ledger: EffectLedger
    let client = ClientID()

    init(kind: WorldKind = .simulated) async throws {
        try await self.init(pool: TestDatabase.required.pool, kind: kind)
    }

    init(pool: ConnectionPool, kind: WorldKind = .simulated) async throws {
        self.pool = pool
        self.store = JobStore(pool: self.pool)
        self.world = WorldStore(pool: self.pool)
        self.ledger = EffectLedger(pool: self.pool)
        try await QueueMigrations.up(self.pool, world: kind)
    }

    func job(_ kind: JobKind = "noop", client: ClientID? = nil, dueAt: Date? = nil, key: String? = nil) -> NewJob {
        NewJob(
            client: client ?? self.client, account: AccountID(), queue: "work", kind: kind, provider: "p", dueAt: dueAt,
            key: key)
    }

    /// Registers a worker that is never dead by itself.
    func worker(
        slots: [QueueName: Int] = ["work": 10], deadAfter: Duration = .seconds(3_600)
    ) async throws -> WorkerID {
        let record = WorkerRecord(
            host: "test", processID: 1, version: "0", slots: slots,
            abilities: [JobAbility(kind: "noop")],
            deadAfter: deadAfter)
        try await self.store.register(record)
        return record.id
    }

    func claim(
        _ worker: WorkerID, queue: QueueName = "work", limit: Int = 10, kinds: [JobKind] = ["noop"]
    ) async throws -> [ClaimedJob] {
        try await self.store.claim(
            ClaimRequest(queue: queue, limit: limit, worker: worker, abilities: kinds.map { JobAbility(kind: $0) }))
    }

    /// Enqueues one job and claims it.
    func claimedJob(_ new: NewJob? = nil) async throws -> ClaimedJob {
        let job = new ?? self.job()
        try await self.store.enqueue([job])
        let worker = try await self.worker()
        return try #require(try await self.claim(worker).first { $0.id == job.id })
    }

    func effects(of job: ClaimedJob, gate: SendGate = SendGate()) -> EffectStore {
        EffectStore(pool: self.pool, job: job, gate: gate)
    }

    /// Makes a worker look as if it had stopped beating.
    func kill(_ worker: WorkerID) async throws {
        try await self.pool.execute(
            """
            UPDATE worker
            SET dead_after_ms = 1, beat_at = clock_timestamp() - interval '1 hour'
            WHERE worker_id = \(worker)
            """)
    }

    func state(of job: JobID, client: ClientID? = nil) async throws -> JobState? {
        try await self.store.job(job, client: client ?? self.client)?.state
    }

    func outcomes(of job: JobID) async throws -> [String] {
        try await self.store.attempts(of: job, client: self.client).map(\.outcome)
    }

    /// The queue keeps its promises.
    func expectSound(_ location: SourceLocation = #_sourceLocation) async throws {
        let report = try await self.store.audit()
        #expect(report.violations.isEmpty, sourceLocation: location)
    }
}
