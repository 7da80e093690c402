// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("World", .postgresSchema)
struct WorldTests {
    @Test("a database belongs to one kind of world for ever")
    func mismatch() async throws {
        let queue = try await QueueFixture(kind: .real)
        do {
            try await QueueMigrations.up(queue.pool, world: .simulated)
            Issue.record("a real world was opened as a simulated one")
        } catch let error as JobQueueError {
            #expect(error.code == .worldMismatch)
        }
        await #expect(throws: JobQueueError.self) { try await queue.world.set(epoch: nil, rate: 2) }
        await #expect(throws: PQError.self) { try await queue.pool.execute("UPDATE world SET kind = 'simulated'") }
        await #expect(throws: PQError.self) { try await queue.pool.execute("DELETE FROM world") }
        #expect(try await queue.world.require(.real).rate == 1)
    }

    @Test("a simulated world's clock runs at its rate from its epoch, across a change of local time too")
    func clock() async throws {
        let queue = try await QueueFixture()
        let epoch = Date(timeIntervalSince1970: 1_774_000_000)
        try await queue.world.set(epoch: epoch, rate: 0)
        #expect(try await queue.world.now() == epoch)

        // Ten days later by the real clock, in a session whose zone has a change of local time between.
        try await queue.pool.execute(
            "UPDATE world SET real_epoch = statement_timestamp() - interval '240 hours', rate = 2")
        let now: Date = try await queue.pool.withTransaction { db in
            try await db.execute("SET LOCAL TimeZone = 'Europe/Berlin'")
            return try await db.query("SELECT world_now()").single()
        }
        #expect(abs(now.timeIntervalSince(epoch) - 20 * 86_400) < 60)
        let world = try await queue.world.load()
        #expect(abs(world.time(atReal: Date()).timeIntervalSince(now)) < 60)
    }

    @Test("history has partitions for this month and the coming ones")
    func partitions() async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: Date(timeIntervalSince1970: 1_798_675_200), rate: 0)  // 2026-12-31
        #expect(try await queue.store.makePartitions(monthsAhead: 1) <= 2)
        #expect(try await queue.store.makePartitions(monthsAhead: 1) == 0)
        let job = try await queue.claimedJob()
        try await queue.store.finish([Finish(job, .succeeded)])
        let table: String = try await queue.pool.query("SELECT tableoid::regclass::text FROM attempt").single()
        #expect(table == "attempt_2026_12")
        let next: String? = try await queue.pool.query("SELECT to_regclass('attempt_2027_01')::text").single()
        #expect(next == "attempt_2027_01")
    }
}
