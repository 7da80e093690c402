// SPDX-License-Identifier: MIT

import FoundationEssentials
import Logging
import PQClient
import TestSupport
import Testing

/// Through a real PgBouncer in transaction mode, whose few sessions all clients share.
@Suite("behind a pooler", .postgresSchema)
struct PoolerTests {
    /// A pool behind a pooler, in the schema of the running test.
    private func withPooled(
        poolSize: Int = 4, change: (inout PQConfiguration) -> Void = { _ in },
        _ body: (ConnectionPool, PgBouncer) async throws -> Void
    ) async throws {
        try await withPgBouncer(poolSize: poolSize) { pooler in
            var configuration = try pooler.configuration(schema: TestDatabase.required.schema)
            change(&configuration)
            let pooled = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            try await body(pooled, pooler)
            await pooled.close()
        }
    }

    @Test("clients of two schemas share the sessions of the server, and every statement runs in its own schema")
    func shares() async throws {
        try await self.withPooled(poolSize: 2) { mine, pooler async throws in
            let other = "\(TestDatabase.required.schema)_b"
            try await pool.execute(Statement(sql: "CREATE SCHEMA \(other)"))
            let theirs = ConnectionPool(
                configuration: try pooler.configuration(schema: other), logger: Logger(label: "test"))
            for pool in [mine, theirs] { try await pool.execute("CREATE TABLE t (process integer)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for pool in [mine, theirs] {
                    for _ in 0..<20 { group.addTask { try await self.useInEveryWay(pool) } }
                }
                try await group.waitForAll()
            }
            // Five rows of each of twenty tasks: every one went into the table of its own schema.
            for pool in [mine, theirs] {
                #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 100)
            }
            let processes = try await pool.query(
                Statement(
                    sql:
                        "SELECT process FROM t WHERE process > 0 UNION SELECT process FROM \(other).t WHERE process > 0"
                )
            ).column(Int32.self)
            #expect((1...2).contains(processes.count))
            await theirs.close()
            try await pool.execute(Statement(sql: "DROP SCHEMA \(other) CASCADE"))
        }
    }

    private func useInEveryWay(_ pool: ConnectionPool) async throws {
        let schema = pool.configuration.schema
        #expect(try await pool.query("SELECT current_schema()").single(String.self) == schema)
        try await pool.execute("INSERT INTO t SELECT pg_backend_pid()")
        try await pool.withConnection { db async throws in
            let rows = try await db.pipeline(["SELECT \(1)", "INSERT INTO t SELECT pg_backend_pid()", "SELECT \("x")"])
            #expect(try rows[0].single(Int.self) == 1)
            #expect(try rows[2].single(String.self) == "x")
            try await db.copyIn("COPY t (process) FROM STDIN (FORMAT binary)", rows: [[Int32?.none]])
        }
        try await pool.withTransaction(isolation: .serializable, retrying: 20) { db async throws in
            try await db.execute("CREATE TEMPORARY TABLE stage (process integer) ON COMMIT DROP")
            try await db.copyIn(
                "COPY stage (process) FROM STDIN (FORMAT binary)", rows: [[Int32?.none], [Int32?.none]])
            try await db.savepoint { db in
                try await db.execute("INSERT INTO t SELECT pg_backend_pid() FROM stage")
            }
        }
    }

    @Test("limits and time zone hold for a lone statement, a pipeline and a transaction, and end with each")
    func settings() async throws {
        let given = """
            SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
                             current_setting('idle_in_transaction_session_timeout'), current_setting('TimeZone'))
            """
        try await self.withPooled(poolSize: 1) { pooled, pooler async throws in
            #expect(try await pooled.query(Statement(sql: given)).single(String.self) == "30s 10s 1min UTC")
            try await pooled.withTransaction { db async throws in
                try await db.setStatementTimeout(.seconds(7))
                #expect(try await db.query(Statement(sql: given)).single(String.self) == "7s 10s 1min UTC")
            }
            var configuration = pooled.configuration
            configuration.lockTimeout = .seconds(3)
            let other = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            try await other.withConnection { db async throws in
                let rows = try await db.pipeline([Statement(sql: given), Statement(sql: given)])
                #expect(try rows[1].single(String.self) == "30s 3s 1min UTC")
            }
            #expect(try await pooled.query(Statement(sql: given)).single(String.self) == "30s 10s 1min UTC")
            await other.close()
        }
    }

    @Test("the limit of a statement ends it, alone and in a transaction, and its connection goes on")
    func statementTimeout() async throws {
        try await self.withPooled(change: { $0.statementTimeout = .milliseconds(50) }) { pooled, _ async throws in
            let alone = await #expect(throws: PQError.self) { try await pooled.query("SELECT pg_sleep(60)") }
            #expect(alone?.sqlState == .queryCanceled)
            let inTransaction = await #expect(throws: PQError.self) {
                try await pooled.withTransaction { db in _ = try await db.query("SELECT pg_sleep(60)") }
            }
            #expect(inTransaction?.sqlState == .queryCanceled)
            #expect(
                try await pooled.query("SELECT current_schema()").single(String.self) == pooled.configuration.schema)
        }
    }

    @Test("what fails outside a transaction leaves nothing, and the next statement works")
    func failures() async throws {
        try await self.withPooled { pooled, _ async throws in
            try await pooled.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
            try await pooled.withConnection { db async throws in
                let double = await #expect(throws: PQError.self) {
                    try await db.pipeline(["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"])
                }
                #expect(double?.sqlState == .uniqueViolation)
                let copied = await #expect(throws: PQError.self) {
                    try await db.copyIn("COPY t (id) FROM STDIN (FORMAT binary)", rows: [[2], [2]])
                }
                #expect(copied?.sqlState == .uniqueViolation)
                let missing = await #expect(throws: PQError.self) {
                    try await db.copyOut("COPY nowhere TO STDOUT") { _ in }
                }
                #expect(missing?.sqlState == .undefinedTable)
                var text: [UInt8] = []
                try await db.execute("INSERT INTO t VALUES (3)")
                try await db.copyOut("COPY t TO STDOUT") { text += $0 }
                #expect(String(decoding: text, as: UTF8.self) == "3\n")
            }
        }
    }

    @Test("a cancelled task lets go of its statement at once and asks nothing of the pooler, which could die of it")
    func cancelled() async throws {
        try await self.withPooled { pooled, _ async throws in
            let word = uniqueWord()
            let task = Task { try await pooled.query(Statement(sql: "SELECT pg_sleep(120) /* \(word) */")) }
            try await eventually("the statement runs") { try await isRunning(word, seenBy: pool) }
            task.cancel()
            let result = await task.result
            let error = #expect(throws: PQError.self) { try result.get() }
            #expect(error?.code == .cancelled)
            // Nobody stopped it: the server does when its time is up.
            #expect(try await isRunning(word, seenBy: pool))
            #expect(try await pooled.query("SELECT \(1)").single(Int.self) == 1)
            try await pool.execute(
                Statement(
                    sql: """
                        SELECT pg_terminate_backend(pid)
                        FROM pg_stat_activity
                        WHERE query LIKE '%\(word)%' AND pid <> pg_backend_pid()
                        """))
        }
    }

    @Test("migrations run through it, many at once")
    func migrations() async throws {
        try await self.withPooled { pooled, _ async throws in
            let migrator = Migrator(
                component: "c",
                migrations: [
                    Migration(number: 1, name: "a", sql: "CREATE TABLE a (n integer); CREATE TABLE b (n integer)"),
                    Migration(number: 2, name: "b", sql: "ALTER TABLE a ADD COLUMN m integer"),
                ])
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await migrator.up(pooled).count } }
                return try await group.reduce(0, +)
            }
            #expect(applied == 2)
            #expect(try await migrator.status(pooled).allSatisfy { $0.state == .applied })
            #expect(try await pool.query("SELECT count(*) FROM a").single(Int.self) == 0)
        }
    }

    @Test(
        "a pooler that nobody told of is refused before any statement, whether it takes our options or not",
        arguments: [[], ["ignore_startup_parameters = options"]])
    func unexpected(settings: [String]) async throws {
        try await withPgBouncer(settings: settings) { pooler in
            let configuration = try PQConfiguration(url: pooler.url, schema: TestDatabase.required.schema)
            let pooled = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            let error = await #expect(throws: PQError.self) { try await pooled.query("SELECT \(1)") }
            #expect(error?.code == .pooler && error?.isRetryable == false && error?.outcomeUnknown == false)
            #expect(error?.message.contains(configuration.location) == true)
            await pooled.close()
        }
    }

    @Test("a listener says that it cannot listen there instead of trying for ever")
    func listener() async throws {
        try await withPgBouncer { pooler in
            let listener = Listener(
                configuration: try pooler.configuration(schema: TestDatabase.required.schema), channels: ["c"],
                logger: Logger(label: "test"))
            let error = await #expect(throws: PQError.self) { try await listener.run { _ in } }
            #expect(error?.code == .pooler)
        }
    }

    @Test("without a pooler the same settings work too")
    func direct() async throws {
        let worker = makePool { $0.pooling = .transaction }
        try await worker.execute("CREATE TABLE t (process integer)")
        try await self.useInEveryWay(worker)
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 5)
        await worker.close()
    }
}
