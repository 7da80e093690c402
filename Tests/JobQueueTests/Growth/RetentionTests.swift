// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Retention", .postgresSchema)
struct RetentionTests {
    private func stop(_ queue: QueueFixture, at text: String) async throws { try await queue.stop(at: text) }

    private func partitions(_ queue: QueueFixture) async throws -> [String] {
        try await queue.pool.query(
            """
            SELECT c.relname
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'attempt'::regclass
            ORDER BY c.relname
            """
        ).column()
    }

    private func count(_ queue: QueueFixture, _ table: StaticString) async throws -> Int64 {
        try await queue.pool.query("SELECT count(*) FROM \(unescaped: table)").single()
    }

    /// Claims one job and ends it.
    private func finished(_ queue: QueueFixture, key: String) async throws -> JobID {
        let job = try await queue.claimedJob(queue.job(key: key))
        _ = try await queue.store.finish([Finish(job, .succeeded)])
        return job.id
    }

    @Test("whole months that are older than is kept are dropped, the present and the coming ones stay")
    func months() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-03-15T00:00:00Z")
        try await queue.store.makePartitions()
        let old = try await self.finished(queue, key: "old")
        try await queue.stop(at: "2026-05-01T00:00:00Z")
        try await queue.store.makePartitions()
        let young = try await self.finished(queue, key: "young")
        let retention = RetentionStore(pool: queue.pool)
        var policy = RetentionPolicy(months: ["attempt": 4])

        try await queue.stop(at: "2026-07-31T23:59:59Z")
        #expect(try await retention.round(policy).partitions.isEmpty)
        try await queue.stop(at: "2026-08-01T00:00:00Z")
        #expect(try await retention.round(policy).partitions == ["attempt_2026_03"])
        #expect(try await retention.round(policy).partitions.isEmpty)
        #expect(try await queue.store.job(old) == nil)
        #expect(try await queue.store.job(young)?.state == .succeeded)
        policy.months["attempt"] = 13
        #expect(try await retention.duePartitions(of: "attempt", keeping: 13).isEmpty)
        #expect(try await self.partitions(queue).contains("attempt_2026_05"))
        #expect(try await self.partitions(queue).contains("attempt_default"))
    }

    @Test("a partition that is read meanwhile is left for another round, and nothing waits for it")
    func busy() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-03-15T00:00:00Z")
        try await queue.store.makePartitions()
        try await queue.stop(at: "2027-03-15T00:00:00Z")
        let retention = RetentionStore(pool: queue.pool)
        let policy = RetentionPolicy(months: ["attempt": 4])
        try await queue.pool.withTransaction { db in
            _ = try await db.query("SELECT count(*) FROM attempt_2026_03")
            #expect(try await retention.round(policy).partitions.isEmpty)
        }
        #expect(try await retention.round(policy).partitions.first == "attempt_2026_03")
    }

    @Test("keys that have expired go, in small batches; keys that stand stay")
    func keys() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-03-01T00:00:00Z")
        try await queue.store.enqueue((0..<25).map { queue.job(key: "\($0)") })
        try await queue.stop(at: "2026-05-01T00:00:00Z")
        try await queue.store.enqueue([queue.job(key: "young")])
        let retention = RetentionStore(pool: queue.pool)
        var policy = RetentionPolicy()
        policy.batch = 10
        #expect(try await retention.round(policy).isEmpty)
        try await queue.stop(at: "2026-06-01T00:00:00Z")
        var removed: [Int] = []
        var isMore = true
        while isMore {
            let report = try await retention.round(policy)
            removed.append(report.rows["job_key"] ?? 0)
            isMore = report.isMore
        }
        #expect(removed == [10, 10, 5])
        #expect(try await self.count(queue, "job_key") == 1)
    }

    @Test("workers that ended are forgotten after a week, unless leases of theirs wait for the rescue")
    func workers() async throws {
        let queue = try await QueueFixture()
        let (gone, owing, fresh, alive) = (
            try await queue.worker(), try await queue.worker(), try await queue.worker(), try await queue.worker()
        )
        try await queue.store.enqueue([queue.job()])
        #expect(try await queue.claim(owing).count == 1)
        for worker in [gone, owing, fresh] { try await queue.store.deregister(worker) }
        try await queue.pool.execute(
            """
            UPDATE worker
            SET ended_at = clock_timestamp() - interval '8 days'
            WHERE worker_id IN (\(gone), \(owing))
            """)
        let retention = RetentionStore(pool: queue.pool)
        #expect(try await retention.round(RetentionPolicy()).rows == ["worker": 1])
        #expect(Set(try await queue.store.workers(includingEnded: true).map(\.id)) == [owing, fresh, alive])
        #expect(try await queue.store.rescue().rescued == 1)
        #expect(try await retention.round(RetentionPolicy()).rows == ["worker": 1])
        try await queue.expectSound()
    }

    @Test("settled effects go with their sends once their job is over; what is live or unknown stays, however old")
    func effects() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-01-10T00:00:00Z")
        let live = try await queue.claimedJob()
        func effect(_ name: String, _ state: String, job: JobID) async throws {
            try await queue.pool.execute(
                """
                INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, prepared_at, resolved_at)
                VALUES (\(queue.client), \(name), 0, \(job), 'publish', gen_random_uuid(), 'p', \(state), world_now(),
                        CASE WHEN \(state) IN ('confirmed', 'rejected') THEN world_now() END)
                """)
            try await queue.pool.execute(
                """
                INSERT INTO effect_send (client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no,
                                         worker_id, sent_at, sent_real)
                VALUES (\(queue.client), \(name), 0, 1, gen_random_uuid(), \(job), gen_random_uuid(), 'p', 1,
                        gen_random_uuid(), world_now(), now())
                """)
        }
        for state in ["confirmed", "rejected", "prepared", "unknown"] {
            try await effect(state, state, job: JobID())
        }
        try await effect("live", "confirmed", job: live.id)
        let retention = RetentionStore(pool: queue.pool)
        try await queue.stop(at: "2027-02-28T00:00:00Z")
        #expect(try await retention.round(RetentionPolicy()).rows["effect"] == nil)
        try await queue.stop(at: "2027-03-01T00:00:00Z")
        #expect(try await retention.round(RetentionPolicy()).rows["effect"] == 3)
        let left: [String] = try await queue.pool.query("SELECT op_key FROM effect ORDER BY op_key").column()
        #expect(left == ["live", "unknown"])
        let sends: [String] = try await queue.pool.query("SELECT op_key FROM effect_send ORDER BY op_key").column()
        #expect(sends == left)
    }

    @Test("decided slots of schedules are kept as long as the history")
    func slots() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-01-10T00:00:00Z")
        try await queue.schedule("FREQ=MONTHLY;BYMONTHDAY=11") { $0.catchUp = .upTo(100) }
        try await queue.stop(at: "2027-03-01T00:00:00Z")
        #expect(try await queue.schedules.fire().fired == 14)
        let retention = RetentionStore(pool: queue.pool)
        #expect(try await retention.round(RetentionPolicy()).rows["schedule_slot"] == nil)
        try await queue.stop(at: "2028-05-01T00:00:00Z")
        #expect(try await retention.round(RetentionPolicy()).rows["schedule_slot"] == 14)
    }

    @Test("rounds of several workers at once remove each thing once, and a running worker does it by itself")
    func race() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-03-01T00:00:00Z")
        try await queue.store.makePartitions()
        try await queue.store.enqueue((0..<50).map { queue.job(key: "\($0)") })
        try await queue.stop(at: "2028-03-01T00:00:00Z")
        let retention = RetentionStore(pool: queue.pool)
        let reports = try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await retention.round(RetentionPolicy()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reports.map { $0.rows["job_key"] ?? 0 }.reduce(0, +) <= 50)
        #expect(Set(reports.flatMap(\.partitions)).count == reports.flatMap(\.partitions).count)
        try await queue.store.enqueue([queue.job(key: "again")])
        try await queue.stop(at: "2029-03-01T00:00:00Z")
        let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }
        try await queue.withWorker(handlers: [noop]) { _, log in await log.wait(for: "retained") }
    }
}
