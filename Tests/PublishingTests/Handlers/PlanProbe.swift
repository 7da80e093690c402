// SPDX-License-Identifier: MIT

import JobQueue
import Logging
import PQClient
import TestSupport

/// How the server goes about statements: the plan of one, and how many a session has run.
struct PlanProbe {
    /// One connection, so that what is asked of the session is about the work before.
    let pool: ConnectionPool

    init() throws {
        var configuration = try TestDatabase.required.direct
        configuration.maximumConnections = 1
        self.pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
    }

    /// The plan of a statement in a transaction of the queue's own, one node a line.
    func plan(_ statement: Statement) async throws -> String {
        let lines: [String] = try await self.pool.pipeline([JobStore.planOnIndexes, "EXPLAIN " + statement])[1].column()
        return lines.joined(separator: "\n")
    }

    /// How many statements the body runs on the connection.
    func statements(_ body: () async throws -> Void) async throws -> Int {
        let count: Statement = "SELECT sum(generic_plans + custom_plans)::bigint FROM pg_prepared_statements"
        // A statement is planned before it counts: each look is counted in itself.
        let before: Int64 = try await self.pool.query(count).single()
        try await body()
        let after: Int64 = try await self.pool.query(count).single()
        return Int(after - before) - 1
    }
}
