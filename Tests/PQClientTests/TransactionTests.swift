// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct TransactionTests {
    private struct Stop: Error {}

    init() async throws {
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0)")
    }

    private func ids() async throws -> [Int] { try await pool.query("SELECT id FROM t ORDER BY id").column() }

    @Test("a transaction whose body returns is committed")
    func commit() async throws {
        let answer = try await pool.withTransaction { db async throws in
            try await db.execute("INSERT INTO t (id) VALUES (\(1))")
            return 42
        }
        #expect(answer == 42)
        #expect(try await self.ids() == [1])
    }

    @Test("a transaction whose body throws leaves nothing behind, and its connection is reused")
    func rollback() async throws {
        await #expect(throws: Stop.self) {
            try await pool.withTransaction { db async throws in
                try await db.execute("INSERT INTO t (id) VALUES (\(1))")
                throw Stop()
            }
        }
        #expect(try await self.ids() == [])
        #expect(pool.statistics.idle == 1)
    }

    @Test("a failure the body ignored is not committed silently")
    func swallowed() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.withTransaction { db async throws in
                try await db.execute("INSERT INTO t (id) VALUES (\(1))")
                _ = try? await db.execute("INSERT INTO nowhere VALUES (1)")
            }
        }
        #expect(error?.code == .transactionAborted)
        #expect(try await self.ids() == [])
    }

    @Test("a savepoint undoes its own part only")
    func savepoint() async throws {
        try await pool.withTransaction { db async throws in
            try await db.execute("INSERT INTO t (id) VALUES (\(1))")
            await #expect(throws: PQError.self) {
                try await db.savepoint { part in
                    try await part.execute("INSERT INTO t (id) VALUES (\(2))")
                    try await part.execute("INSERT INTO t (id) VALUES (\(1))")
                }
            }
            try await db.savepoint { part in _ = try await part.execute("INSERT INTO t (id) VALUES (\(3))") }
        }
        #expect(try await self.ids() == [1, 3])
    }

    @Test("a constraint that is checked at the commit fails the transaction")
    func deferred() async throws {
        try await pool.execute(
            "CREATE TABLE child (id bigint REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: PQError.self) {
            try await pool.withTransaction { db in try await db.execute("INSERT INTO child VALUES (9)") }
        }
        #expect(error?.sqlState == .foreignKeyViolation)
        #expect(error?.outcomeUnknown == false)
        #expect(error?.constraint == "child_id_fkey")
    }

    @Test("repositories take a connection or a transaction")
    func generic() async throws {
        func count(_ db: inout some SQLSession & ~Copyable) async throws -> Int {
            try await db.query("SELECT count(*) FROM t").single()
        }
        #expect(try await pool.withConnection { try await count(&$0) } == 0)
        #expect(try await pool.withTransaction { try await count(&$0) } == 0)
    }

    @Test("of serializable transactions in conflict, the refused one runs again and all succeed")
    func retries() async throws {
        try await pool.execute("INSERT INTO t (id, n) VALUES (1, 0)")
        let runs = Counter()
        let pool = pool
        try await pool.withTransaction(isolation: .serializable, retrying: 3) { db async throws in
            let isFirstRun = runs.increase() == 1
            let n = try await db.query("SELECT n FROM t WHERE id = 1").single(Int.self)
            // Another session writes between this transaction's read and its write: the conflict is certain, once.
            if isFirstRun { try await pool.execute("UPDATE t SET n = n + 1 WHERE id = 1") }
            try await db.execute("UPDATE t SET n = \(n + 1) WHERE id = 1")
        }
        #expect(try await pool.query("SELECT n FROM t WHERE id = 1").single(Int.self) == 2)
        #expect(runs.value == 2)
    }

    @Test("many serializable transactions on one row lose no update")
    func manyRetries() async throws {
        try await pool.execute("INSERT INTO t (id, n) VALUES (1, 0)")
        let pool = pool
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    try await pool.withTransaction(isolation: .serializable, retrying: 100) { db async throws in
                        let n = try await db.query("SELECT n FROM t WHERE id = 1").single(Int.self)
                        try await db.execute("UPDATE t SET n = \(n + 1) WHERE id = 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await pool.query("SELECT n FROM t WHERE id = 1").single(Int.self) == 8)
    }

    @Test("without retrying, a serialization failure reaches the caller")
    func noRetry() async throws {
        try await pool.execute("INSERT INTO t (id, n) VALUES (1, 0)")
        let pool = pool
        let error = await #expect(throws: PQError.self) {
            try await pool.withTransaction(isolation: .repeatableRead) { db async throws in
                _ = try await db.query("SELECT n FROM t")
                try await pool.execute("UPDATE t SET n = 5 WHERE id = 1")
                try await db.execute("UPDATE t SET n = 6 WHERE id = 1")
            }
        }
        #expect(error?.sqlState == .serializationFailure)
        #expect(error?.isRetryable == true)
    }

    @Test("a connection given back in the middle of a transaction is rolled back")
    func strayBegin() async throws {
        try await pool.withConnection { db async throws in
            try await db.execute("BEGIN")
            try await db.execute("INSERT INTO t (id) VALUES (1)")
        }
        #expect(try await self.ids() == [])
    }

    @Test("a statement limit set in a transaction ends with it")
    func statementLimit() async throws {
        let pool = makePool { $0.maximumConnections = 1 }
        let inside = try await pool.withTransaction { db async throws in
            try await db.setStatementTimeout(.milliseconds(1_234))
            return try await db.query("SHOW statement_timeout").single(String.self)
        }
        #expect(inside == "1234ms")
        #expect(try await pool.query("SHOW statement_timeout").single(String.self) == "30s")
    }
}
