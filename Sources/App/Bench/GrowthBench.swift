// SPDX-License-Identifier: MIT

import JobQueue
import Logging
import PQClient

/// The same work in the tables of an old installation and in tables that hold little else, in turn on one server.
///
/// A server that has just been filled with millions of rows writes to its disk for minutes, and what is measured then is the fill. So the
/// fill is vacuumed and written out by a checkpoint first; and because PostgreSQL logs each page whole that is touched for the first time
/// after one, one round of each is not counted.
struct GrowthBench: Sendable {
    /// The counted rounds in one of the two.
    struct Side: Sendable {
        /// What each round took.
        var seconds: [Double] = []
        /// What all of them cost the database.
        var cost = DatabaseCost.none

        /// Jobs a second over all rounds of so many.
        func rate(_ jobs: Int) -> Double { Double(jobs * self.seconds.count) / self.seconds.reduce(0, +) }
    }

    /// The database, with the schema that the benchmark's own stand beside, and how many clients and accounts there are.
    let fleet: BenchFleet
    let logger: Logger
    /// Jobs a round.
    let jobs: Int
    let concurrency: Int
    let rounds: Int
    /// Further jobs that are due, in the full tables.
    let ready: Int
    /// Jobs that are due later, there.
    let scheduled: Int
    /// Jobs that ended before, there.
    let finished: Int

    /// What is due besides in the small tables: so neither of the two runs dry while it is measured.
    private static let surplus = 10_000

    /// Measures.
    ///
    /// - Throws: `PQError`; ``CommandError`` when a schema of that name is somebody else's.
    /// - Returns: The small tables, and those of the old installation.
    func run() async throws -> (small: Side, full: Side) {
        // Whoever may not do it hears so before the tables are filled.
        try await self.fleet.pool.execute("CHECKPOINT")
        return try await self.withSchema("small") { small in
            try await self.withSchema("full") { full in try await self.measure(small, full) }
        }
    }

    private func measure(_ small: BenchFleet, _ full: BenchFleet) async throws -> (small: Side, full: Side) {
        try await full.fill(scheduled: self.scheduled, finished: self.finished)
        try await full.settle()
        try await full.pool.execute("CHECKPOINT")
        // What is due came since.
        try await full.enqueueMany(self.ready)
        var sides = (small: Side(), full: Side())
        for number in 0...self.rounds {
            // They go first in turn.
            if number.isMultiple(of: 2) { try await self.workOffSmall(small, &sides.small) }
            try await self.workOff(full, &sides.full)
            if !number.isMultiple(of: 2) { try await self.workOffSmall(small, &sides.small) }
            if number == 0 { sides = (Side(), Side()) }
        }
        try await self.bench(full).requireEnded(self.jobs * (self.rounds + 1))
        return sides
    }

    /// One round.
    private func workOff(_ fleet: BenchFleet, _ side: inout Side, surplus: Int = 0) async throws {
        try await fleet.enqueueMany(self.jobs + surplus)
        let start = try await DatabaseCost.read(fleet.pool)
        side.seconds.append(try await self.bench(fleet).run(self.jobs, untilEmpty: false))
        side.cost += try await DatabaseCost.read(fleet.pool) - start
    }

    /// One round in the small tables.
    private func workOffSmall(_ fleet: BenchFleet, _ side: inout Side) async throws {
        // Its history grows at the end, as every history does, and not into the room that deleted rows leave.
        try await fleet.pool.execute("TRUNCATE attempt, job_ready")
        try await self.workOff(fleet, &side, surplus: Self.surplus)
        try await self.bench(fleet).requireEnded(self.jobs)
    }

    private func bench(_ fleet: BenchFleet) -> WorkBench {
        WorkBench(fleet: fleet, concurrency: self.concurrency, logger: self.logger)
    }

    /// Gives a schema of the benchmark's own to a body, beside the configured one.
    ///
    /// It is dropped afterwards, and before when a run left it; the mark tells whose it is.
    private func withSchema<R: Sendable>(_ name: String, _ body: (BenchFleet) async throws -> R) async throws -> R {
        let schema = self.fleet.pool.configuration.schema + "_bench_" + name
        var configuration = try self.fleet.pool.configuration.inSchema(schema)
        // Vacuuming and dropping millions of rows takes as long as it takes.
        configuration.statementTimeout = .zero
        let pool = ConnectionPool(configuration: configuration, logger: self.logger)
        do {
            try await self.make(schema, pool)
            let result = try await body(
                BenchFleet(
                    pool: pool, listener: try self.fleet.listener?.inSchema(schema), clients: self.fleet.clients.count,
                    accounts: self.fleet.accountsPerClient.first?.count ?? 1))
            await self.tidy(schema, pool)
            return result
        } catch {
            await self.tidy(schema, pool)
            throw error
        }
    }

    private static let mark = "made and dropped by posthorn bench growth"

    /// Whether a schema is of this benchmark's making; nil when there is none of that name.
    private func isOurs(_ schema: String, _ pool: ConnectionPool) async throws -> Bool? {
        try await pool.query(
            "SELECT obj_description(oid, 'pg_namespace') IS NOT DISTINCT FROM \(Self.mark) FROM pg_namespace WHERE nspname = \(schema)"
        ).first?.get(0)
    }

    private func make(_ schema: String, _ pool: ConnectionPool) async throws {
        guard try await self.isOurs(schema, pool) != false else {
            throw CommandError(
                .conflict, "the schema \(schema) is there and not of this benchmark's making",
                remedy: "configure another schema for the benchmark: its own are called after that one")
        }
        try await pool.withTransaction { db in
            try await db.execute(Statement(sql: "DROP SCHEMA IF EXISTS \(schema) CASCADE"))
            try await db.execute(Statement(sql: "CREATE SCHEMA \(schema)"))
            try await db.execute(Statement(sql: "COMMENT ON SCHEMA \(schema) IS '\(Self.mark)'"))
        }
        _ = try await Schema(pool: pool).up(world: .simulated)
    }

    /// Drops what this benchmark made, also when the command was told to stop; what was measured counts even if that fails.
    private func tidy(_ schema: String, _ pool: ConnectionPool) async {
        await pool.close()
        await Task {
            var configuration = pool.configuration
            // A server that was told to stop as well does not come back.
            configuration.acquireTimeout = .seconds(2)
            let last = ConnectionPool(configuration: configuration, logger: self.logger)
            do {
                if try await self.isOurs(schema, last) == true {
                    try await last.execute(Statement(sql: "DROP SCHEMA \(schema) CASCADE"))
                }
            } catch let error as PQError where error.code == .connectFailed {
                // The server is gone, as one of our own is after ^C; otherwise the command says what is wrong.
            } catch {
                self.logger.warning("the schema \(schema) could not be dropped; the next run does it: \(error)")
            }
            await last.close()
        }.value
    }
}
