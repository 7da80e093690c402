// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct PreparedStatementTests {
    private func prepared(_ db: inout Connection) async throws -> Int {
        try await db.query(Statement(sql: "SELECT count(*) FROM pg_prepared_statements")).single()
    }

    @Test("a statement is prepared once a connection")
    func once() async throws {
        try await pool.withConnection { db async throws in
            let before = try await self.prepared(&db)
            for n in 0..<5 { #expect(try await db.query("SELECT \(n)").single(Int.self) == n) }
            #expect(try await self.prepared(&db) == before + 1)
        }
    }

    @Test("the same text with other types is another statement")
    func types() async throws {
        try await pool.withConnection { db async throws in
            #expect(try await db.query("SELECT \(1) AS v").single(Int.self) == 1)
            #expect(try await db.query("SELECT \("x") AS v").single(String.self) == "x")
        }
    }

    @Test("the least recently used statement makes room")
    func eviction() async throws {
        try await pool.withConnection { db async throws in
            for n in 0..<300 { _ = try await db.query(Statement(sql: "SELECT \(n)")) }
            #expect(try await self.prepared(&db) == 256)
            #expect(try await db.query(Statement(sql: "SELECT 7")).single(Int32.self) == 7)
        }
    }

    @Test("a change of the table's columns is met by preparing again")
    func changedPlan() async throws {
        try await pool.execute("CREATE TABLE t (a bigint)")
        try await pool.execute("INSERT INTO t VALUES (1)")
        try await pool.withConnection { db async throws in
            let statement: Statement = "SELECT * FROM t"
            #expect(try await db.query(statement).columnNames == ["a"])
            try await pool.execute("ALTER TABLE t ADD COLUMN b text")
            #expect(try await db.query(statement).columnNames == ["a", "b"])
        }
    }

    @Test("statements somebody deallocated are prepared again")
    func deallocated() async throws {
        try await pool.withConnection { db async throws in
            #expect(try await db.query("SELECT \(1)").single(Int.self) == 1)
            try await db.execute("DEALLOCATE ALL")
            #expect(try await db.query("SELECT \(2)").single(Int.self) == 2)
        }
    }

    @Test("inside a transaction a stale plan fails once and works in the next")
    func staleInTransaction() async throws {
        try await pool.execute("CREATE TABLE t (a bigint)")
        let worker = makePool { $0.maximumConnections = 1 }
        let statement: Statement = "SELECT * FROM t"
        _ = try await worker.query(statement)
        try await pool.execute("ALTER TABLE t ADD COLUMN b text")
        let error = await #expect(throws: PQError.self) {
            try await worker.withTransaction { db in _ = try await db.query(statement) }
        }
        #expect(error?.sqlState == .featureNotSupported)
        try await worker.withTransaction { db async throws in
            #expect(try await db.query(statement).columnNames == ["a", "b"])
        }
    }

    @Test("without prepared statements nothing is left on the server")
    func switchedOff() async throws {
        let worker = makePool {
            $0.usesPreparedStatements = false
            $0.maximumConnections = 1
        }
        try await worker.withConnection { db async throws in
            #expect(try await db.query("SELECT \(1)").single(Int.self) == 1)
            let rows = try await db.pipeline(["SELECT \(2)", "SELECT \("x")"])
            #expect(try rows[1].single(String.self) == "x")
            #expect(try await self.prepared(&db) == 0)
        }
    }
}
