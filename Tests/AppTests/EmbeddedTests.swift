// SPDX-License-Identifier: MIT

import Foundation
import Logging
import PQClient
import Testing

@testable import App

@Suite("embedded PostgreSQL")
struct EmbeddedTests {
    /// A state folder that the server's user can reach, removed afterwards.
    private func withState<Result>(_ body: (StateFolder) async throws -> Result) async throws -> Result {
        let state = StateFolder("/tmp/posthorn-app-\(UUID().uuidString.prefix(8))")
        try state.create()
        defer { try? FileManager.default.removeItem(atPath: state.path) }
        return try await body(state)
    }

    private func server(_ state: StateFolder) async throws -> EmbeddedPostgres {
        EmbeddedPostgres(
            binaries: try await .locate(configured: nil, environment: ProcessInfo.processInfo.environment),
            user: try .choose(nil), state: state, isDurable: false,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func scalar(_ sql: Statement, _ url: String) async throws -> Int {
        let pool = ConnectionPool(
            configuration: try PQConfiguration(url: url, schema: "public", maximumConnections: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let value: Int64 = try await pool.query(sql).single()
            await pool.close()
            return Int(value)
        } catch {
            await pool.close()
            throw error
        }
    }

    @Test("a second start finds the data of the first, and a stale pid file does not confuse it")
    func restart() async throws {
        try await self.withState { state in
            let server = try await self.server(state)
            try await server.withServer { running in
                _ = try await Self.scalar("WITH made AS (SELECT 1) SELECT count(*) FROM made", running.url)
                let pool = ConnectionPool(
                    configuration: try PQConfiguration(url: running.url, schema: "public", maximumConnections: 1),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                try await pool.execute("CREATE TABLE kept AS SELECT generate_series(1, 7) AS n")
                await pool.close()
            }
            let data = state.postgres + "/data"
            #expect(LeftoverServer(data: data).processes().isEmpty)
            // A living process that is no PostgreSQL: this one.
            let stale = "\(getpid())\n\(data)\n0\n5432\n\n\n\nready\n"
            try Data(stale.utf8).write(to: URL(fileURLWithPath: data + "/postmaster.pid"))
            let rows = try await server.withServer { try await Self.scalar("SELECT count(*) FROM kept", $0.url) }
            #expect(rows == 7)
            #expect(LeftoverServer(data: data).processes().isEmpty)
        }
    }

    @Test("a server that dies in the middle is started again at the same address")
    func revival() async throws {
        try await self.withState { state in
            let server = try await self.server(state)
            let answers = try await server.withServer { running -> [Int] in
                let first = try await Self.scalar("SELECT 1::bigint", running.url)
                for process in LeftoverServer(data: state.postgres + "/data").processes() { kill(process, SIGKILL) }
                // Ends when the server answers again; the test's time limit bounds it.
                while true {
                    if let second = try? await Self.scalar("SELECT 2::bigint", running.url) { return [first, second] }
                    await Task.yield()
                }
            }
            #expect(answers == [1, 2])
        }
    }

    @Test("the loopback listener wants the generated password, which only this user can read")
    func password() async throws {
        try await self.withState { state in
            let server = try await self.server(state)
            try await server.withServer { running in
                let open = "postgresql://posthorn@127.0.0.1:\(running.port)/posthorn"
                await #expect(throws: PQError.self) { try await Self.scalar("SELECT 1::bigint", open) }
                let file = try #require(FileOwnership(running.passwordFile))
                #expect(file.mode & 0o077 == 0)
                let password = try String(contentsOfFile: running.passwordFile, encoding: .utf8)
                let known = "postgresql://posthorn:\(password)@127.0.0.1:\(running.port)/posthorn"
                #expect(try await Self.scalar("SELECT 1::bigint", known) == 1)
                let socket = try #require(FileOwnership(running.socket))
                #expect(socket.mode & 0o077 == 0)
            }
        }
    }

    @Test("a deep folder gets a short socket folder elsewhere, within the 107 bytes that a socket's name may have")
    func longPaths() throws {
        let user = try ServerUser.choose(nil)
        let deep = ClusterFolder(path: "/tmp/" + String(repeating: "d", count: 90))
        let socket = try deep.socket(for: user)
        defer { try? FileManager.default.removeItem(atPath: socket) }
        #expect((socket + "/.s.PGSQL.65535.lock").utf8.count <= 107)
        #expect(socket.hasPrefix("/tmp/posthorn-\(user.userID)-"))
    }

    @Test("one process a folder: the second is refused with 73, and a lock ends with its holder")
    func lock() throws {
        let path = NSTemporaryDirectory() + "posthorn-lock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(!FolderLock.isHeld(path))
        do {
            let held = try FolderLock.acquire(path, what: "posthorn up")
            #expect(FolderLock.isHeld(path))
            let error = #expect(throws: CommandError.self) { _ = try FolderLock.acquire(path, what: "posthorn up") }
            #expect(error?.status == .conflict)
            #expect(error?.what.contains("process \(getpid())") == true)
            _ = consume held
        }
        #expect(!FolderLock.isHeld(path))
    }

    @Test("a port that is chosen is none that an outgoing connection could take meanwhile")
    func ports() throws {
        for _ in 0..<100 { #expect(try FreePort.any() < 32_768) }
    }

    @Test("PostgreSQL never runs as root")
    func user() throws {
        #expect(try ServerUser.choose(nil).userID != 0)
        guard geteuid() == 0 else { return }
        let error = try #require(throws: CommandError.self) { try ServerUser.choose("root") }
        #expect(error.status == .configuration)
    }
}
