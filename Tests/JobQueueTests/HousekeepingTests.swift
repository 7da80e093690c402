// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

/// Work of a module above the queue, which fails the first time.
private final class Tidying: Housekeeping {
    struct Broken: Error {}

    let name: String
    let rounds = Mutex(0)

    init(_ name: String) { self.name = name }

    func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let round = self.rounds.withLock { rounds in
            rounds += 1
            return rounds
        }
        guard round > 1 else { throw Broken() }
        var report = HousekeepingReport()
        report.add(round == 2 ? 3 : 0)
        return report
    }
}

@Suite("Housekeeping of modules above the queue", .postgresSchema)
struct HousekeepingTests {
    private static let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }

    @Test("a worker does it again and again, also after it failed, and tells what there was to do")
    func rounds() async throws {
        let queue = try await QueueFixture()
        var configuration = QueueFixture.configuration
        configuration.retain = .milliseconds(1)
        configuration.housekeeping = [Tidying("tidy")]
        try await queue.withWorker(configuration, handlers: [Self.noop]) { _, log in
            await log.wait(for: "setback tidy")
            await log.wait(for: "kept tidy 3")
        }
    }

    @Test("a worker leaves it to another one that is at it")
    func alone() async throws {
        let queue = try await QueueFixture()
        let tidying = Tidying("tidy")
        var configuration = QueueFixture.configuration
        configuration.retain = .milliseconds(1)
        configuration.housekeeping = [tidying, Tidying("other")]
        try await queue.pool.withTransaction { [configuration] db in
            try await db.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('posthorn.tidy.' || current_schema(), 0))")
            // What comes after it had its second round.
            try await queue.withWorker(configuration, handlers: [Self.noop]) { _, log in
                await log.wait(for: "kept other 3")
                #expect(log.count("setback tidy") == 0)
            }
        }
        #expect(tidying.rounds.withLock { $0 } == 0)
    }
}
