// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// Histories that cannot be, planted with plain SQL: the audit must say so.
@Suite("Audit", .postgresSchema)
struct AuditTests {
    private func broken(_ queue: QueueFixture) async throws -> Set<String> {
        Set(try await queue.store.audit().violations.map(\.rule))
    }

    /// A job that was tried twice and succeeded, with one send.
    private func finished(_ queue: QueueFixture) async throws -> JobID {
        let first = try await queue.claimedJob()
        try await queue.store.finish([Finish(first, .released)])
        let worker = try await queue.worker()
        let second = try #require(try await queue.claim(worker).first)
        let effects = queue.effects(of: second)
        try await effects.prepare("op")
        let grant = try #require(try await effects.fence("op"))
        try await effects.confirm("op", send: grant.sendNumber, evidence: "{}")
        try await queue.store.finish([Finish(second, .succeeded)])
        #expect(try await self.broken(queue).isEmpty)
        return first.id
    }

    @Test("runs of a job that overlap by the database's clock are found")
    func overlap() async throws {
        let queue = try await QueueFixture()
        let job = try await self.finished(queue)
        try await queue.pool.execute(
            """
            UPDATE attempt
            SET recorded_at = recorded_at + interval '1 hour'
            WHERE job_id = \(job) AND outcome = 'released'
            """)
        #expect(try await self.broken(queue) == [LeaseHistory.oneAtATime])
    }

    @Test("a late end without an end before it, and a run after the job's end, are found")
    func order() async throws {
        let queue = try await QueueFixture()
        let job = try await self.finished(queue)
        try await queue.pool.execute(
            "UPDATE attempt SET outcome = 'stale' WHERE job_id = \(job) AND outcome = 'released'")
        #expect(try await self.broken(queue) == [LeaseHistory.lateChangesNothing])
        try await queue.pool.execute(
            """
            UPDATE attempt
            SET outcome = 'released', event_no = event_no + 1000, lease_no = lease_no + 1000,
                started_real = recorded_at + interval '1 hour', recorded_at = recorded_at + interval '2 hours'
            WHERE job_id = \(job) AND outcome = 'stale'
            """)
        #expect(try await self.broken(queue) == [LeaseHistory.endIsLast])
    }

    @Test("a lease number that two jobs had is found")
    func sharedNumber() async throws {
        let queue = try await QueueFixture()
        let job = try await self.finished(queue)
        let other = try await queue.claimedJob()
        try await queue.store.finish([Finish(other, .released)])
        try await queue.pool.execute(
            """
            UPDATE attempt
            SET lease_no = (SELECT lease_no FROM attempt WHERE job_id = \(job) AND outcome = 'released')
            WHERE job_id = \(other.id)
            """)
        #expect(try await self.broken(queue).contains("a lease number belongs to one job"))
    }

    @Test("a send outside its lease's time, or by another worker, is found")
    func sendWithoutLease() async throws {
        let rule = "a send leaves while its job's lease is held, by the worker that holds it"
        let queue = try await QueueFixture()
        _ = try await self.finished(queue)
        try await queue.pool.execute("UPDATE effect_send SET sent_real = sent_real + interval '1 hour'")
        #expect(try await self.broken(queue) == [rule])
        try await queue.pool.execute("UPDATE effect_send SET sent_real = sent_real - interval '1 hour'")
        #expect(try await self.broken(queue).isEmpty)
        try await queue.pool.execute("UPDATE effect_send SET worker_id = gen_random_uuid()")
        #expect(try await self.broken(queue) == [rule])
    }
}
