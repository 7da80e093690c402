// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct PipelineTests {
    init() async throws {
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
    }

    private func count() async throws -> Int { try await pool.query("SELECT count(*) FROM t").single() }

    @Test("a pipeline returns the rows of each statement in order")
    func order() async throws {
        for _ in 0..<2 {
            let rows = try await pool.withConnection { db async throws in
                try await db.pipeline(["SELECT \(1)", "SELECT \("two")", "SELECT \(3) WHERE false"])
            }
            #expect(try rows[0].single(Int.self) == 1)
            #expect(try rows[1].single(String.self) == "two")
            #expect(rows[2].isEmpty)
        }
    }

    @Test("a pipeline outside a transaction is all or nothing")
    func atomic() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.withConnection { db async throws in
                _ = try await db.pipeline([
                    "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))",
                ])
            }
        }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(error?.constraint == "t_pkey")
        #expect(try await self.count() == 0)
    }

    @Test("a failed pipeline leaves the connection usable, and its unprepared statements are prepared later")
    func afterFailure() async throws {
        try await pool.withConnection { db async throws in
            await #expect(throws: PQError.self) {
                _ = try await db.pipeline(["SELECT \(1) / \(0)", "INSERT INTO t VALUES (\(1))"])
            }
            _ = try await db.pipeline(["INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))"])
        }
        #expect(try await self.count() == 2)
    }

    @Test("a pipeline inside a transaction rolls back with it")
    func inTransaction() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await pool.withTransaction { db async throws in
                _ = try await db.pipeline(["INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))"])
                throw Stop()
            }
        }
        #expect(try await self.count() == 0)
    }

    @Test("a pipeline larger than all buffers does not lock up")
    func large() async throws {
        let text = String(repeating: "x", count: 20_000)
        let statements = (0..<600).map { _ in "SELECT \(text), repeat('y', 20000)" as Statement }
        let rows = try await pool.withConnection { db in try await db.pipeline(statements) }
        #expect(rows.count == 600)
        #expect(try rows[599][0].get(1, as: String.self).count == 20_000)
    }

    @Test("an empty pipeline does nothing")
    func empty() async throws {
        let rows = try await pool.withConnection { db in try await db.pipeline([]) }
        #expect(rows.isEmpty)
    }
}
