// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Old snapshots in the database", .postgresSchema)
struct SnapshotHolderTests {
    /// Holds a snapshot on a connection of its own while the body runs.
    private func holding<R: Sendable>(
        _ pool: ConnectionPool, _ body: (Int32) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction { db in
            // A transaction with a number keeps the horizon, and is older than all that begin later.
            let pid: Int32 = try await db.query("SELECT pg_backend_pid() FROM pg_current_xact_id()").single()
            return try await body(pid)
        }
    }

    /// A server on which nobody else holds anything.
    private func alone(_ body: (ConnectionPool) async throws -> Void) async throws {
        try await withPrivateCluster { cluster in
            let configuration = try PQConfiguration(url: cluster.url, schema: "s", maximumConnections: 6)
            let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            try await body(pool)
            await pool.close()
        }
    }

    @Test("the process that holds the oldest snapshot is named, with the time since when", .timeLimit(.minutes(10)))
    func names() async throws {
        try await self.alone { pool in
            #expect(try await SnapshotHolder.oldest(pool).holder == nil)
            try await self.holding(pool) { pid in
                try await self.holding(pool) { _ in
                    let (found, now) = try await SnapshotHolder.oldest(pool)
                    let holder = try #require(found)
                    #expect(holder.cause == .transaction)
                    #expect(holder.processID == pid)
                    #expect(try #require(holder.since) <= now)
                    #expect(holder.words.hasPrefix("process \(pid) ("))
                    #expect(holder.words.hasSuffix(", role posthorn)"))
                    #expect(holder.remedy == "SELECT pg_terminate_backend(\(pid))")
                    #expect(try #require(try await SnapshotHolder.oldest(pool).holder).isSame(as: holder))
                }
            }
        }
    }

    @Test("a prepared transaction that nobody finishes is named", .timeLimit(.minutes(10)))
    func otherCauses() async throws {
        let settings = ["max_prepared_transactions = 2"]
        try await withPrivateCluster(settings: settings) { cluster in
            let configuration = try PQConfiguration(url: cluster.url, schema: "s", maximumConnections: 2)
            let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            try await pool.withConnection { db in
                try await db.execute("BEGIN")
                try await db.execute("SELECT pg_current_xact_id()")
                try await db.execute("PREPARE TRANSACTION 'payroll'")
            }
            let holder = try #require(try await SnapshotHolder.oldest(pool).holder)
            #expect(holder.cause == .prepared)
            #expect(holder.words == "prepared transaction 'payroll', role posthorn")
            #expect(holder.since != nil)
            try await pool.withConnection { db in _ = try await db.execute("ROLLBACK PREPARED 'payroll'") }
            #expect(try await SnapshotHolder.oldest(pool).holder == nil)
            await pool.close()
        }
    }

    @Test(
        "a worker slows the work that can wait while a snapshot is held, never the other, and recovers by itself",
        .timeLimit(.minutes(10)))
    func slows() async throws {
        try await self.alone { pool in
            let queue = try await QueueFixture(pool: pool)
            var configuration = QueueFixture.configuration
            configuration.slots = ["work": 4, "patient": 4]
            configuration.patient = ["patient"]
            configuration.snapshots = SnapshotThresholds(warn: .zero, slow: .zero)
            let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }
            try await queue.withWorker(configuration, handlers: [noop]) { worker, log in
                try await self.holding(pool) { _ in
                    await log.wait(for: "snapshot slowed")
                    #expect(worker.table.withLock { $0.room("patient", at: .now) } == 1)
                    #expect(worker.table.withLock { $0.room("work", at: .now) } == 4)
                    try await queue.store.enqueue([queue.job()])
                    await log.wait(for: "succeeded applied")
                }
                await log.wait(for: "snapshot clear")
                #expect(worker.table.withLock { $0.room("patient", at: .now) } == 4)
            }
        }
    }
}
