// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

@Suite("bench at small size", .postgresSchema)
struct BenchCommandTests {
    private func record(_ answer: (code: Int32, data: String, messages: String)) throws -> [String: Any] {
        #expect(answer.code == 0, "\(answer.messages)")
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])
    }

    @Test("work is measured beside work that is due, work of later and history, and leaves nothing behind")
    func work() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let said = try self.record(
            try await world.answer([
                "bench", "work", "--jobs", "300", "--ready", "200", "--scheduled", "100", "--finished", "100",
                "--clients", "7", "--accounts", "2", "--concurrency", "16", "-o", "json",
            ]))
        #expect(said["jobs"] as? Int == 300 && said["ready"] as? Int == 200 && said["history"] as? Int == 100)
        #expect(try #require(said["jobs_per_second"] as? Double) > 0)
        for table in ["job_ready", "job_scheduled", "job_lease", "attempt"] {
            let left: Int64 = try await world.database.pool.query(Statement(sql: "SELECT count(*) FROM \(table)"))
                .single()
            #expect(left == 0, "\(table)")
        }
    }

    @Test("limits of others stand in every table that a claim asks while work is measured, and are gone afterwards")
    func limits() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let tables: [StaticString] = ["running_limit", "lane_gate", "queue_control"]
        func counts() async throws -> [Int64] {
            var counts: [Int64] = []
            for table in tables { counts.append(try await world.count(table)) }
            return counts
        }
        try await ForeignLimits.set(in: world.database.pool)
        #expect(try await counts() == [2, 1, 1])
        // As after a run that was killed: the next one finds them and removes them.
        let said = try self.record(
            try await world.answer([
                "bench", "work", "--jobs", "300", "--clients", "7", "--accounts", "2", "--concurrency", "16",
                "--limits",
                "-o", "json",
            ]))
        #expect(said["limits"] as? Bool == true && said["jobs"] as? Int == 300)
        #expect(try await counts() == [0, 0, 0])
    }

    @Test(
        "behind a pooler every benchmark of the queue works",
        arguments: [
            ["enqueue", "--mode", "copy", "--jobs", "50"], ["work", "--jobs", "50", "--concurrency", "4"],
            ["latency", "--jobs", "2"], ["fairness", "--jobs", "20", "--lone", "2", "--concurrency", "4"],
            ["growth", "--jobs", "20", "--rounds", "1", "--ready", "9", "--scheduled", "9", "--finished", "9"],
            ["snapshot", "--seconds", "1", "--rate", "20", "--concurrency", "4"],
        ])
    func pooled(words: [String]) async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        try await withPgBouncer(poolSize: 6) { pooler in
            _ = try self.record(
                try await world.answer(
                    ["bench"] + words + ["--clients", "5", "--accounts", "2", "-o", "json"],
                    environment: [
                        "POSTHORN_DATABASE_URL": pooler.url, "POSTHORN_DATABASE_POOLER": "transaction",
                        "POSTHORN_LISTEN_DATABASE_URL": world.database.url,
                    ]))
        }
    }

    @Test(
        "what a benchmark prints is what its help says",
        arguments: [
            ["enqueue", "--jobs", "20"], ["work", "--jobs", "20", "--concurrency", "4"], ["latency", "--jobs", "2"],
            ["fairness", "--jobs", "20", "--lone", "2", "--concurrency", "4"],
            ["growth", "--jobs", "20", "--rounds", "1", "--ready", "9", "--scheduled", "9", "--finished", "9"],
            ["snapshot", "--seconds", "1", "--rate", "20", "--concurrency", "4"],
        ])
    func declared(words: [String]) async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let said = try self.record(
            try await world.answer(["bench"] + words + ["--clients", "5", "--accounts", "2", "-o", "json"]))
        #expect(try DeclaredKeys(["bench", words[0]]).keys == Set(said.keys))
    }

    @Test("growth measures every round in both tables, and drops its own schemas, but none that is somebody else's")
    func growth() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let (pool, schema) = (world.database.pool, world.database.schema)
        let words = [
            "bench", "growth", "--jobs", "300", "--rounds", "2", "--ready", "100", "--scheduled", "100", "--finished",
            "100",
            "--clients", "7", "--accounts", "2", "--concurrency", "16", "-o", "json",
        ]
        let named: Statement = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE \(schema + "\\_bench\\_%")"
        try await pool.execute(Statement(sql: "CREATE SCHEMA \(schema)_bench_full"))
        let refused = try await world.answer(words)
        #expect(refused.code == 73 && refused.messages.contains("\(schema)_bench_full is there"), "\(refused.messages)")
        #expect(try await pool.query(named).single() as Int64 == 1)

        // Now it is as a run that was killed leaves it.
        try await pool.execute(Statement(sql: "CREATE TABLE \(schema)_bench_full.job_ready (nothing integer)"))
        try await pool.execute(
            Statement(sql: "COMMENT ON SCHEMA \(schema)_bench_full IS 'made and dropped by posthorn bench growth'"))
        let said = try self.record(try await world.answer(words))
        #expect(said["jobs"] as? Int == 1_200)
        let full = try #require(said["full_rounds"] as? [Double])
        let small = try #require(said["small_rounds"] as? [Double])
        #expect(full.count == 2 && small.count == 2 && (full + small).allSatisfy { $0 > 0 })
        let slowest = try #require(full.min()) / (try #require(small.max()))
        let quickest = try #require(full.max()) / (try #require(small.min()))
        let ratio = try #require(said["ratio"] as? Double)
        #expect(ratio > slowest * 0.99 && ratio < quickest * 1.01)
        #expect(try await pool.query(named).single() as Int64 == 0)
        #expect(try await world.answer(["bench", "growth", "--rounds", "0"]).code == 64)
    }

    @Test(
        "what fills the tables beforehand has identities of version 7 in the order of time, and a year of history lies in its months"
    )
    func identities() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let pool = world.database.pool
        try await BenchFleet(pool: pool, listener: nil, clients: 3, accounts: 2).fill(scheduled: 40, finished: 40)
        let rows = try await pool.query(
            """
            (SELECT 1 AS place, job_id::text FROM job_scheduled ORDER BY due_at)
            UNION ALL (SELECT 2, job_id::text FROM attempt ORDER BY event_no)
            """)
        for place in [1, 2] as [Int32] {
            let ids = try rows.filter { try $0.get("place", as: Int32.self) == place }.map {
                try $0.get("job_id", as: String.self)
            }
            #expect(ids.count == 40 && ids == ids.sorted() && Set(ids).count == 40)
            #expect(ids.allSatisfy { id in Array(id)[14] == "7" && "89ab".contains(Array(id)[19]) })
        }
        #expect(try await world.count("attempt_default") == 0)
        let months: Int64 = try await pool.query("SELECT count(DISTINCT tableoid) FROM attempt").single()
        #expect(months >= 12)
    }
}
