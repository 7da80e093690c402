// SPDX-License-Identifier: MIT

import Glibc
import Logging
package import PQClient

/// A schema of its own in the test server, with a pool in it.
package struct TestDatabase: Sendable {
    /// Connections whose search path is the schema; through the pooler of `POSTHORN_TEST_POOLER_URL` if that is set.
    package let pool: ConnectionPool
    /// What the pool was made from; for further pools and listeners in the same schema.
    package let configuration: PQConfiguration
    /// The same schema without a pooler in between, for those who listen.
    package var direct: PQConfiguration {
        get throws { try PQConfiguration(url: self.url, schema: self.schema, applicationName: "posthorn-test") }
    }
    /// The server's URL, as in `POSTHORN_TEST_DATABASE_URL`.
    package let url: String
    /// The schema's name.
    package var schema: String { self.configuration.schema }
    /// What tells the built program of this database: through the pooler, if there is one, and past it for who listens.
    package var environment: [String: String] {
        guard let pooler = Self.poolerURL else {
            return ["POSTHORN_DATABASE_URL": self.url, "POSTHORN_DATABASE_SCHEMA": self.schema]
        }
        return [
            "POSTHORN_DATABASE_URL": pooler, "POSTHORN_DATABASE_POOLER": "transaction",
            "POSTHORN_LISTEN_DATABASE_URL": self.url, "POSTHORN_DATABASE_SCHEMA": self.schema,
        ]
    }

    private static var poolerURL: String? { getenv("POSTHORN_TEST_POOLER_URL").map { String(cString: $0) } }

    /// The database of the test that runs, set by the trait `.postgresSchema`.
    @TaskLocal package static var current: TestDatabase?

    /// The database of the running test; traps with an explanation when the suite has no `.postgresSchema`.
    package static var required: TestDatabase {
        guard let current else { preconditionFailure("give the suite or test the trait .postgresSchema") }
        return current
    }

    /// The server for tests.
    ///
    /// - Throws: ``MissingTestServer`` when the variable is not set.
    package static func serverURL() throws -> String {
        guard let value = getenv("POSTHORN_TEST_DATABASE_URL") else { throw MissingTestServer() }
        return String(cString: value)
    }

    /// Makes a schema, lends it, and drops it whether the body returns or throws.
    ///
    /// - Parameters:
    ///   - prefix: the start of the schema's name, for a person who looks at the server.
    ///   - maximumConnections: the size of the pool.
    ///   - body: the test.
    /// - Returns: what the body returned.
    /// - Throws: ``MissingTestServer``, the server's error, or what the body throws.
    package static func with<R>(
        prefix: String = "test", maximumConnections: Int = 8, _ body: (TestDatabase) async throws -> R
    ) async throws -> R {
        try await Turnstile.shared.withTurn {
            try await self.withoutTurn(prefix: prefix, maximumConnections: maximumConnections, body)
        }
    }

    private static func withoutTurn<R>(
        prefix: String, maximumConnections: Int, _ body: (TestDatabase) async throws -> R
    ) async throws -> R {
        let url = try self.serverURL()
        let schema = "\(prefix)_\(UInt64.random(in: 0 ... .max))"
        let pooler = self.poolerURL
        var configuration = try PQConfiguration(
            url: pooler ?? url, schema: schema, applicationName: "posthorn-test",
            maximumConnections: maximumConnections)
        if pooler != nil { configuration.pooling = .transaction }
        let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        try await pool.withTransaction { db in
            _ = try await db.execute(Statement(sql: "CREATE SCHEMA \(schema)"))
        }
        let database = TestDatabase(pool: pool, configuration: configuration, url: url)
        do {
            let value = try await body(database)
            try await database.drop()
            return value
        } catch {
            // The test's own error matters more than a schema left behind.
            try? await database.drop()
            throw error
        }
    }

    private func drop() async throws {
        await self.pool.close()
        var configuration = try PQConfiguration(url: self.url, schema: self.schema, maximumConnections: 1)
        configuration.lockTimeout = .seconds(30)
        let cleaner = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        let schema = self.schema
        // A test that was cancelled is cleaned up all the same; the caller awaits it.
        try await Task {
            // A session that was cut off may still end a statement in the server, and hold what this waits for.
            try await cleaner.withTransaction(retrying: 3) { db in
                _ = try await db.execute(Statement(sql: "DROP SCHEMA IF EXISTS \(schema) CASCADE"))
            }
            await cleaner.close()
        }.value
    }
}

/// The test server was not named.
package struct MissingTestServer: Error, CustomStringConvertible {
    /// What to do.
    package var description: String {
        """
        POSTHORN_TEST_DATABASE_URL is not set: database tests need a PostgreSQL server, for example \
        postgresql://postgres@127.0.0.1:5432/postgres. `make test` starts one.
        """
    }
}

/// Lends a pool in a schema of its own; see ``TestDatabase/with(prefix:maximumConnections:_:)``.
package func withTestPool<R>(
    _ prefix: String = "test", maximumConnections: Int = 8, _ body: (ConnectionPool, PQConfiguration) async throws -> R
) async throws -> R {
    try await TestDatabase.with(prefix: prefix, maximumConnections: maximumConnections) { database in
        try await body(database.pool, database.configuration)
    }
}
