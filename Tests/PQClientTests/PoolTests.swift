// SPDX-License-Identifier: MIT

import Logging
import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct PoolTests {
    @Test("more tasks than connections all get their turn")
    func sharing() async throws {
        let worker = makePool {
            $0.maximumConnections = 3
            // The rest of the suite runs beside this and keeps both cores busy, above all under a sanitizer.
            $0.acquireTimeout = .seconds(60)
        }
        let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<200 {
                group.addTask { try await worker.query("SELECT pg_backend_pid()").single(Int32.self) }
            }
            return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
        }
        #expect(processes.count <= 3)
        #expect(worker.statistics.idle == processes.count)
    }

    @Test("a caller that gets no connection in time is told so")
    func exhausted() async throws {
        let worker = makePool {
            $0.maximumConnections = 1
            $0.acquireTimeout = .milliseconds(50)
        }
        // The limit holds for opening the only connection too, which a busy machine may need longer for.
        var error: PQError?
        while error == nil {
            do {
                error = try await worker.withConnection { db in
                    let error = try await #require(throws: PQError.self) { try await worker.query("SELECT 1") }
                    _ = try await db.query("SELECT 1")
                    return error
                }
            } catch let early as PQError where early.code == .poolExhausted {
                continue
            }
        }
        #expect(error?.code == .poolExhausted)
        #expect(error?.isRetryable == true)
    }

    @Test("a connection the server ended while idle is replaced before it is lent")
    func killedIdle() async throws {
        let worker = makePool { $0.maximumConnections = 1 }
        let process = try await worker.query("SELECT pg_backend_pid()").single(Int32.self)
        _ = try await pool.query("SELECT pg_terminate_backend(\(process), 10000)")
        #expect(try await worker.query("SELECT pg_backend_pid()").single(Int32.self) != process)
    }

    @Test("a session ended in the middle of a transaction is a lost connection with a known outcome")
    func killedBusy() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let pool = pool
        let error = await #expect(throws: PQError.self) {
            try await pool.withTransaction { db in
                try await db.execute("INSERT INTO t VALUES (1)")
                let process = db.serverProcess
                _ = try await pool.query("SELECT pg_terminate_backend(\(process), 10000)")
                try await db.execute("INSERT INTO t VALUES (2)")
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.outcomeUnknown == false)
        #expect(error?.isRetryable == true)
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 0)
    }

    @Test("when the server is gone at the commit, the outcome is unknown")
    func killedAtCommit() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let pool = pool
        let error = await #expect(throws: PQError.self) {
            try await pool.withTransaction { db in
                try await db.execute("INSERT INTO t VALUES (1)")
                let process = db.serverProcess
                _ = try await pool.query("SELECT pg_terminate_backend(\(process), 10000)")
            }
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.outcomeUnknown == true)
        #expect(error?.isRetryable == false)
    }

    @Test("a statement that ends its own session in the middle leaves a known outcome: the server undid it")
    func suicide() async throws {
        let error = await #expect(throws: PQError.self) {
            try await pool.query("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.sqlState == .adminShutdown)
        #expect(error?.outcomeUnknown == false)
    }

    @Test("a closed pool says so")
    func closed() async throws {
        let worker = makePool { _ in }
        _ = try await worker.query("SELECT 1")
        await worker.close()
        let error = await #expect(throws: PQError.self) { try await worker.query("SELECT 1") }
        #expect(error?.code == .closed)
    }

    @Test("closing waits for what is lent")
    func closingWaits() async throws {
        let worker = makePool { _ in }
        let closing = try await worker.withConnection { db in
            let closing = Task { await worker.close() }
            try await eventually("the pool refuses callers") {
                do {
                    _ = try await worker.query("SELECT 1")
                    return false
                } catch let error as PQError {
                    return error.code == .closed
                }
            }
            #expect(try await db.query("SELECT 1").single(Int.self) == 1)
            #expect(worker.statistics.leased == 1)
            return closing
        }
        await closing.value
        #expect(worker.statistics.leased == 0)
        #expect(worker.statistics.idle == 0)
    }

    @Test("the pool's service ends with its task and closes the pool")
    func running() async throws {
        let worker = makePool { _ in }
        let service = Task { await worker.run() }
        _ = try await worker.query("SELECT 1")
        service.cancel()
        await service.value
        #expect(worker.statistics == .init(idle: 0, leased: 0, opening: 0, waiting: 0))
    }

    @Test("an unreachable server is one clear error, at once, without the password")
    func unreachable() async throws {
        let configuration = try PQConfiguration(url: "postgresql://me:hunter2@127.0.0.1:1/none", schema: "s")
        let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        let start = ContinuousClock.now
        let error = await #expect(throws: PQError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .connectFailed)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(!String(reflecting: error).contains("hunter2"))
        #expect(ContinuousClock.now - start < configuration.acquireTimeout)
    }
}
