// SPDX-License-Identifier: MIT

import Logging
import PQClient
import TestSupport
import Testing

@Suite
struct RestartTests {
    @Test(
        "a server restart in the middle of work loses nothing that was confirmed and needs no restart of ours",
        .timeLimit(.minutes(10)), arguments: [PrivateCluster.StopMode.fast, .immediate])
    func restart(_ mode: PrivateCluster.StopMode) async throws {
        try await withPrivateCluster { cluster in
            let configuration = try PQConfiguration(url: cluster.url, schema: "s", maximumConnections: 4)
            let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            try await Migrator(
                component: "t",
                migrations: [Migration(number: 1, name: "t", sql: "CREATE TABLE t (id bigint PRIMARY KEY)")]
            ).up(pool)
            let stopped = Counter()
            let work = Work()
            try await withThrowingTaskGroup { group in
                for worker in 0..<4 {
                    group.addTask { try await work.insert(worker, into: pool, until: stopped) }
                }
                group.addTask {
                    for _ in 0..<2 {
                        await work.confirmed.reaches(work.confirmed.value + 50)
                        try await cluster.restart(mode)
                    }
                    await work.confirmed.reaches(work.confirmed.value + 50)
                    stopped.increase()
                }
                try await group.waitForAll()
            }
            let stored = try await pool.query("SELECT count(*) FROM t").single(Int.self)
            #expect(stored >= work.confirmed.value)
            #expect(stored <= work.confirmed.value + work.unknown.value)
            #expect(work.failed.value > 0, "the restart was noticed")
            await pool.close()
        }
    }

    /// Inserts numbers and notes what is known of each.
    private struct Work: Sendable {
        let confirmed = Counter()
        let unknown = Counter()
        let failed = Counter()

        func insert(_ worker: Int, into pool: ConnectionPool, until stopped: Counter) async throws {
            var number = worker
            while stopped.value == 0 {
                do {
                    try await pool.withTransaction { db in
                        try await db.execute("INSERT INTO t VALUES (\(number))")
                    }
                    self.confirmed.increase()
                } catch let error as PQError
                    where error.code == .connectionLost || error.code == .connectFailed
                    || error.sqlState?.category == "57"
                {
                    self.failed.increase()
                    if error.outcomeUnknown { self.unknown.increase() }
                }
                number += 4
            }
        }
    }

    @Test("a pool made before its server starts works once it has")
    func lateServer() async throws {
        try await withPrivateCluster { cluster in
            try await cluster.stop()
            let configuration = try PQConfiguration(url: cluster.socketURL, schema: "s")
            let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            let error = await #expect(throws: PQError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .connectFailed)
            #expect(error?.isRetryable == true)
            try await cluster.start()
            #expect(try await pool.query("SELECT 1").single(Int.self) == 1)
            await pool.close()
        }
    }
}
