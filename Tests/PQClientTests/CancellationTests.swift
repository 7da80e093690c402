// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct CancellationTests {
    @Test("a cancelled statement is stopped on the server, and its connection is never lent again")
    func cancelledQuery() async throws {
        let worker = makePool { $0.maximumConnections = 1 }
        let first = try await worker.query("SELECT pg_backend_pid()").single(Int32.self)
        let word = uniqueWord()
        let task = Task {
            try await worker.query(Statement(sql: "SELECT pg_sleep(120) /* \(word) */"))
        }
        try await eventually("the statement runs") { try await isRunning(word, seenBy: pool) }
        task.cancel()
        let result = await task.result
        let error = #expect(throws: PQError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(error?.outcomeUnknown == false)
        try await eventually("the server stopped") { try await !isRunning(word, seenBy: pool) }
        #expect(try await worker.query("SELECT pg_backend_pid()").single(Int32.self) != first)
    }

    @Test("a cancelled transaction leaves nothing behind")
    func cancelledTransaction() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let worker = makePool { $0.maximumConnections = 1 }
        let word = uniqueWord()
        let task = Task {
            try await worker.withTransaction { db async throws in
                try await db.execute("INSERT INTO t VALUES (1)")
                try await db.execute(Statement(sql: "SELECT pg_sleep(120) /* \(word) */"))
            }
        }
        try await eventually("the statement runs") { try await isRunning(word, seenBy: pool) }
        task.cancel()
        let result = await task.result
        let error = #expect(throws: PQError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(error?.outcomeUnknown == false)
        try await eventually("the server rolled back") {
            try await pool.query(
                "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND pid <> pg_backend_pid()"
            )
            .single(Int.self) == 0
        }
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 0)
    }

    @Test("a commit is brought to its end although the task is cancelled")
    func cancelledBeforeCommit() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let pool = pool
        let task = Task {
            try await pool.withTransaction { db async throws in
                try await db.execute("INSERT INTO t VALUES (1)")
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        try await task.value
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 1)
    }

    @Test("a task cancelled beforehand sends nothing")
    func cancelledBefore() async throws {
        let pool = pool
        try await pool.execute("CREATE TABLE t (id bigint)")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await pool.execute("INSERT INTO t VALUES (1)")
        }
        let result = await task.result
        let error = #expect(throws: PQError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(error?.outcomeUnknown == false)
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 0)
    }

    @Test("a cancelled wait for a connection ends at once and takes none")
    func cancelledWait() async throws {
        let worker = makePool { $0.maximumConnections = 1 }
        let (task, _) = try await worker.withConnection { db async throws in
            let task = Task { try await worker.query("SELECT 1") }
            try await eventually("the task waits") { worker.statistics.waiting == 1 }
            task.cancel()
            let result = await task.result
            let error = #expect(throws: PQError.self) { try result.get() }
            #expect(error?.code == .cancelled)
            return (task, try await db.query("SELECT 1"))
        }
        #expect(task.isCancelled)
        #expect(worker.statistics == .init(idle: 1, leased: 0, opening: 0, waiting: 0))
    }

    @Test("a cancelled COPY stores nothing")
    func cancelledCopy() async throws {
        try await pool.execute("CREATE TABLE t (id bigint)")
        let pool = pool
        let task = Task {
            try await pool.withConnection { db async throws in
                try await db.copyIn(
                    "COPY t FROM STDIN (FORMAT binary)",
                    rows: (0..<1_000_000).lazy.map { number in
                        if number == 100_000 { withUnsafeCurrentTask { $0?.cancel() } }
                        return [number]
                    })
            }
        }
        let result = await task.result
        let error = #expect(throws: PQError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(error?.outcomeUnknown == false)
        #expect(try await pool.query("SELECT count(*) FROM t").single(Int.self) == 0)
    }

    @Test("the server's statement limit ends a statement with its own code and keeps the connection")
    func statementTimeout() async throws {
        let worker = makePool {
            $0.maximumConnections = 1
            $0.statementTimeout = .seconds(2)
        }
        let process = try await worker.query("SELECT pg_backend_pid()").single(Int32.self)
        let error = await #expect(throws: PQError.self) { try await worker.query("SELECT pg_sleep(60)") }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .queryCanceled)
        #expect(try await worker.query("SELECT pg_backend_pid()").single(Int32.self) == process)
    }

    @Test("a server that falls silent is given up after the limit and the grace")
    func silence() async throws {
        let worker = makePool {
            $0.maximumConnections = 1
            $0.statementTimeout = .seconds(2)
            $0.answerGrace = .seconds(1)
        }
        let error = await #expect(throws: PQError.self) {
            try await worker.withConnection { db async throws in
                // The server's own limit is lifted behind the client's back, as if the network had died.
                try await db.execute("SET statement_timeout = 0")
                try await db.execute("SELECT pg_sleep(30)")
            }
        }
        #expect(error?.code == .timedOut)
        #expect(error?.outcomeUnknown == true)
        #expect(try await worker.query("SELECT 1").single(Int.self) == 1)
    }
}
