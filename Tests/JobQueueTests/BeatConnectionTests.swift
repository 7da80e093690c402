// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Beats on a connection of their own", .postgresSchema, .timeLimit(.minutes(5)))
struct BeatConnectionTests {
    @Test("a worker whose handlers hold all of its connections beats on, and nobody takes its jobs")
    func heldConnections() async throws {
        let queue = try await QueueFixture()
        var settings = TestDatabase.required.configuration
        settings.maximumConnections = 2
        let pool = ConnectionPool(configuration: settings, logger: Logger(label: "test"))
        let behind = try await QueueFixture(pool: pool)
        let deadAfter = Duration.seconds(4)
        var configuration = QueueFixture.configuration
        configuration.deadAfter = deadAfter
        configuration.fenceMargin = .milliseconds(500)
        let release = EventLog()
        defer { release.add("go") }
        let handler = ClosureHandler(kind: "noop") { _, _ in
            try await pool.withConnection { db in
                _ = try await db.query("SELECT 1")
                release.add("held")
                await release.wait(for: "go")
            }
            return .succeeded
        }
        let jobs = [queue.job(), queue.job()]
        try await queue.store.enqueue(jobs)
        try await behind.withWorker(configuration, handlers: [handler]) { worker, log in
            await release.wait(for: "held", count: 2)
            let first = try await Self.beat(of: worker, queue)
            // By the database's clock, so long after a beat with the connections held that without another it were dead.
            let late = first.addingTimeInterval(deadAfter.seconds)
            try await eventually("the worker beats") { try await Self.beat(of: worker, queue) > late }
            #expect(try await queue.store.rescue() == RescueReport())
            for job in jobs { #expect(try await queue.state(of: job.id) == .leased) }
            #expect(worker.gate.canSend)
            release.add("go")
            await log.wait(for: "succeeded applied", count: jobs.count)
            #expect(log.count("died") == 0 && log.count("fenced") == 0 && log.count("started") == 1)
        }
        try await queue.expectSound()
        await pool.close()
    }

    private static func beat(of worker: Worker, _ queue: QueueFixture) async throws -> Date {
        try await queue.pool.query("SELECT beat_at FROM worker WHERE worker_id = \(worker.id)").single()
    }
}
