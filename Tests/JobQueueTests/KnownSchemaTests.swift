// SPDX-License-Identifier: MIT

import Domain
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// A database that a newer release has migrated, and workers of this one.
@Suite("Versions side by side", .postgresSchema)
struct KnownSchemaTests {
    /// What a migration that takes something away does.
    private func require(_ component: String, _ number: Int, in queue: QueueFixture) async throws {
        try await queue.pool.execute(
            """
            INSERT INTO schema_requirement (component, least)
            VALUES (\(component), \(Int32(number)))
            ON CONFLICT (component) DO UPDATE SET least = excluded.least
            """)
    }

    @Test("what a newer release only added is nothing to a worker, while it runs and when it starts")
    func additive() async throws {
        let queue = try await QueueFixture()
        let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }
        try await queue.withWorker(handlers: [noop]) { _, log in
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "succeeded applied")
            for table in ["job_scheduled", "job_ready", "job_lease", "job_hold", "attempt", "effect", "effect_send"] {
                try await queue.pool.execute(
                    Statement(sql: "ALTER TABLE \(table) ADD COLUMN of_next_release text DEFAULT 'x' NOT NULL"))
            }
            try await self.require(QueueMigrations.component, QueueMigrations.all.count, in: queue)
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "succeeded applied", count: 2)
            #expect(log.count("outdated") == 0)
        }
        try await queue.withWorker(handlers: [noop]) { _, log in
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "succeeded applied")
        }
        try await queue.expectSound()
    }

    @Test("a worker whose database needs a newer program ends what it has, begins nothing more, and says why")
    func retires() async throws {
        let queue = try await QueueFixture()
        let gate = EventLog()
        let noop = ClosureHandler(kind: "noop") { _, _ in
            await gate.wait(for: "open")
            return .succeeded
        }
        let log = EventLog()
        let worker = try Worker(
            QueueFixture.configuration, pool: queue.pool, handlers: [noop], logger: Logger(label: "test"),
            onEvent: log.record)
        async let run: Void = worker.run()
        try await queue.store.enqueue([queue.job()])
        await log.wait(for: "running noop")
        try await self.require(QueueMigrations.component, QueueMigrations.all.count + 1, in: queue)
        await log.wait(for: "draining")
        gate.add("open")
        do {
            try await run
            Issue.record("a worker that does not fit ended as if it did")
        } catch let error as JobQueueError {
            #expect(error.code == .outdated)
            #expect(error.message.contains("queue \(QueueMigrations.all.count + 1)"))
        }
        #expect(log.count("outdated") == 1 && log.count("succeeded applied") == 1)
        try await queue.expectSound()
    }

    @Test("a program that does not know enough, or nothing of a part, does not start", arguments: ["queue", "agency"])
    func refused(component: String) async throws {
        let queue = try await QueueFixture()
        try await self.require(component, 1_000, in: queue)
        let worker = try Worker(
            QueueFixture.configuration, pool: queue.pool, handlers: [], logger: Logger(label: "test"))
        let error = await #expect(throws: JobQueueError.self) { try await worker.run() }
        #expect(error?.code == .outdated)
        #expect(try await queue.store.workers(includingEnded: true).isEmpty)
        var known = KnownSchema.queue
        #expect(try await known.lack(in: queue.pool) == "\(component) 1000")
        known.newest[component] = 1_000
        #expect(try await known.lack(in: queue.pool) == nil)
    }
}
