// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// The queue through a real PgBouncer in transaction mode, whose four sessions everything shares.
@Suite("the queue behind a pooler", .postgresSchema, .timeLimit(.minutes(5)))
struct PoolerTests {
    /// A queue that was migrated through a pooler and works through it.
    private func withQueue(_ body: (QueueFixture) async throws -> Void) async throws {
        try await withPgBouncer { pooler in
            let pool = ConnectionPool(
                configuration: try pooler.configuration(schema: TestDatabase.required.schema),
                logger: Logger(label: "test"))
            let queue = try await QueueFixture(pool: pool)
            try await body(queue)
            try await queue.expectSound()
            await pool.close()
        }
    }

    @Test("jobs come in singly, together and by COPY, and leave claimed, fenced, sent and ended with their record")
    func way() async throws {
        try await self.withQueue { queue in
            try await queue.pool.execute("CREATE TABLE record (job_id uuid PRIMARY KEY)")
            try await queue.store.enqueue([queue.job()])
            try await queue.store.enqueue((0..<20).map { _ in queue.job(client: ClientID()) })
            let imported = try await queue.pool.withTransaction { db in
                try await queue.store.importJobs((0..<200).map { queue.job(key: "k\($0 % 150)") }, on: &db)
            }
            #expect(imported.count { $0.isNew } == 150)
            let worker = try await queue.worker()
            var ended = 0
            while true {
                let claimed = try await queue.claim(worker, limit: 25)
                guard !claimed.isEmpty else { break }
                #expect(try await queue.store.beat(worker, state: .active, running: claimed.count).isAlive)
                for job in claimed {
                    let effects = queue.effects(of: job)
                    let operation = job.id.description
                    try await effects.prepare(operation)
                    let grant = try #require(try await effects.fence(operation))
                    try await effects.confirm(operation, send: grant.sendNumber, evidence: "{}")
                    try await queue.store.finish(Finish(job, .succeeded)) { db in
                        try await db.execute("INSERT INTO record (job_id) VALUES (\(job.id))")
                    }
                }
                ended += claimed.count
            }
            #expect(ended == 171)
            #expect(try await queue.ledger.counts() == [.confirmed: 171])
            #expect(try await queue.pool.query("SELECT count(*) FROM record").single(Int.self) == 171)
        }
    }

    @Test("the jobs of a dead worker are taken back, and its lease can send and end nothing more")
    func rescue() async throws {
        try await self.withQueue { queue in
            var new = queue.job()
            new.recovery = .reconcile
            let job = try await queue.claimedJob(new)
            let effects = queue.effects(of: job)
            try await effects.prepare("send")
            _ = try #require(try await effects.fence("send"))
            try await queue.kill(job.lease.worker)
            let report = try await queue.store.rescue()
            #expect(report.rescued == 1 && report.unknownEffects == 1)
            #expect(try await effects.fence("send") == nil)
            try await queue.store.finish([Finish(job, .succeeded)])
            #expect(try await queue.state(of: job.id) != .succeeded)
            #expect(try await queue.ledger.counts() == [.unknown: 1])
        }
    }

    @Test("schedules make each job once, and months that are old enough go")
    func upkeep() async throws {
        try await self.withQueue { queue in
            try await queue.stop(at: "2026-03-15T00:00:00Z")
            try await queue.store.makePartitions()
            let schedule = try await queue.schedule("FREQ=HOURLY")
            try await queue.stop(at: "2026-03-15T01:30:00Z")
            let fired = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await queue.schedules.fire().fired } }
                return try await group.reduce(0, +)
            }
            #expect(fired == 1)
            #expect(try await queue.slots(schedule).count { $0.isFired } == 1)
            for job in try await queue.claim(try await queue.worker()) {
                try await queue.store.finish([Finish(job, .succeeded)])
            }
            try await queue.stop(at: "2026-08-01T00:00:00Z")
            let report = try await RetentionStore(pool: queue.pool).round(RetentionPolicy(months: ["attempt": 4]))
            #expect(report.partitions == ["attempt_2026_03"])
        }
    }

    @Test("two workers that listen past it run the jobs of many clients once each, and are woken by what comes later")
    func workers() async throws {
        let direct = try TestDatabase.required.direct
        try await self.withQueue { queue in
            let platform = PretendPlatform()
            let handler = ClosureHandler(kind: "noop") { job, context in
                let operation = job.id.description
                try await context.effects.prepare(operation)
                guard let grant = try await context.effects.fence(operation) else { return JobResult(.released) }
                platform.post(operation)
                try await context.effects.confirm(operation, send: grant.sendNumber, evidence: "{}")
                return .succeeded
            }
            var configuration = QueueFixture.configuration
            configuration.poll = .seconds(3_600)
            configuration.listens = true
            configuration.listenAddress = direct
            let shared = configuration
            let jobs = (0..<120).map { _ in queue.job(client: ClientID()) }
            try await queue.store.enqueue(Array(jobs[..<60]))
            try await queue.withWorker(shared, handlers: [handler]) { _, first in
                try await queue.withWorker(shared, handlers: [handler]) { _, second in
                    for log in [first, second] { await log.wait(for: "listening") }
                    try await queue.store.enqueue(Array(jobs[60...]))
                    try await eventually("every job ends") {
                        first.count("succeeded applied") + second.count("succeeded applied") == jobs.count
                    }
                    for log in [first, second] { #expect(log.count("setback listen") == 0) }
                }
            }
            #expect(platform.counts.count == jobs.count && platform.counts.values.allSatisfy { $0 == 1 })
            #expect(try await queue.ledger.counts() == [.confirmed: jobs.count])
        }
    }
}
