// SPDX-License-Identifier: MIT

import FoundationEssentials
import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct CopyTests {
    @Test("rows go in through binary COPY and out as CSV")
    func roundTrip() async throws {
        try await pool.execute(
            "CREATE TABLE t (id bigint PRIMARY KEY, name text, at timestamptz, tags text[], n integer)")
        let at = Date(timeIntervalSinceReferenceDate: 0)
        let stored = try await pool.withConnection { db async throws in
            try await db.copyIn(
                "COPY t (id, name, at, tags, n) FROM STDIN (FORMAT binary)",
                rows: (0..<50_000).lazy.map { n in
                    [n, n % 2 == 0 ? "even" : String?.none, at, ["a", "b"], Int32(n)]
                })
        }
        #expect(stored == 50_000)
        var text: [UInt8] = []
        var chunks = 0
        try await pool.withConnection { db async throws in
            try await db.copyOut("COPY (SELECT * FROM t ORDER BY id) TO STDOUT (FORMAT csv)") { chunk in
                #expect(chunk.last == UInt8(ascii: "\n"))
                text += chunk
                chunks += 1
            }
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 50_000)
        #expect(lines.first == #"0,even,2001-01-01 00:00:00+00,"{a,b}",0"#)
        #expect(lines.last == #"49999,,2001-01-01 00:00:00+00,"{a,b}",49999"#)
        #expect(chunks > 1 && chunks < 100)
    }

    @Test("a row that breaks a constraint stores none and keeps the connection")
    func constraint() async throws {
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
        try await pool.withConnection { db async throws in
            let error = await #expect(throws: PQError.self) {
                try await db.copyIn(
                    "COPY t FROM STDIN (FORMAT binary)", rows: (0..<20_000).lazy.map { [$0 % 19_999] as BindRow })
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(try await db.query("SELECT count(*) FROM t").single(Int.self) == 0)
        }
    }

    @Test("a COPY of no rows stores none")
    func empty() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let stored = try await pool.withConnection { db async throws in
            try await db.copyIn("COPY t FROM STDIN (FORMAT binary)", rows: [BindRow]())
        }
        #expect(stored == 0)
    }

    @Test("a caller that stops in the middle of a COPY gets its own error, and the pool goes on")
    func stopped() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await pool.withConnection { db async throws in
                try await db.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT") { _ in
                    throw Stop()
                }
            }
        }
        #expect(try await pool.query("SELECT 1").single(Int.self) == 1)
    }

    @Test(
        "a COPY given to the wrong call is an error, not a hang",
        arguments: ["COPY t FROM STDIN", "COPY t TO STDOUT"])
    func wrongCall(_ sql: String) async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let error = await #expect(throws: PQError.self) { try await pool.query(Statement(sql: sql)) }
        #expect(error?.code == .misuse)
        let wrongWay = await #expect(throws: PQError.self) {
            try await pool.withConnection { db async throws in
                try await db.copyIn("COPY t TO STDOUT", rows: [BindRow]())
            }
        }
        #expect(wrongWay?.code == .misuse)
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 0)
    }

    @Test("a COPY with a server error keeps the connection")
    func serverError() async throws {
        try await pool.withConnection { db async throws in
            let error = await #expect(throws: PQError.self) { try await db.copyOut("COPY nowhere TO STDOUT") { _ in } }
            #expect(error?.sqlState == .undefinedTable)
            #expect(try await db.query("SELECT 1").single(Int.self) == 1)
        }
    }
}
