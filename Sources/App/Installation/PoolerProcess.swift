// SPDX-License-Identifier: MIT

import Foundation
import Logging
import PQClient

/// PgBouncer in transaction mode before the server of a local installation: workers share a few sessions of it.
///
/// It listens in the server's socket folder, which only the server's user can enter, and runs as that user.
struct PoolerProcess: Sendable {
    /// The address for clients.
    let url: String
    /// The process; killed, it is started again.
    let supervised: Supervised
    private let pidFile: String
    private let log: String
    private let logger: Logger

    /// The sessions that all workers share: fewer than they have connections.
    private static let sessions = 4
    private static let port = 6_432

    /// Writes its configuration; starts nothing.
    ///
    /// - Parameters:
    ///   - server: the address of the server, as a line of PgBouncer's section `databases` has it: `host=… port=… user=…`.
    ///   - socket: the server's socket folder.
    ///   - user: who runs the server.
    ///   - state: where its log goes.
    ///   - path: the variable `PATH`.
    ///   - logger: told when it dies.
    /// - Throws: ``CommandError`` with exit code 69 when there is no PgBouncer on this machine.
    init(server: String, socket: String, user: ServerUser, state: StateFolder, path: String, logger: Logger) throws {
        let program = try Self.locate(path)
        let file = socket + "/pgbouncer.ini"
        self.pidFile = socket + "/pgbouncer.pid"
        self.log = state.logs + "/pgbouncer.log"
        self.logger = logger
        let lines = [
            "[databases]", "* = \(server)", "[pgbouncer]", "listen_port = \(Self.port)", "unix_socket_dir = \(socket)",
            // Who can enter the folder is the server's user, whom the server trusts too.
            "auth_type = any", "pidfile = \(self.pidFile)", "pool_mode = transaction",
            "default_pool_size = \(Self.sessions)", "max_client_conn = 400", "query_wait_timeout = 30",
            "log_connections = 0", "log_disconnections = 0",
        ]
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        try user.own(file)
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
        self.url = "postgresql:///posthorn?host=\(host)&port=\(Self.port)&user=posthorn"
        self.supervised = Supervised(
            ChildProcess(
                name: "PgBouncer", executable: program, arguments: [file], workingFolder: "/", user: user,
                logFile: self.log, stopGrace: .seconds(5)),
            mayDie: true
        ) { logger.warning("\($0)") }
    }

    /// Keeps it running until the task is cancelled; it ends with us, however we end.
    func run() async throws {
        try await withBackground {
            try await EmbeddedPostgres.guardServer(self.pidFile)
        } _: {
            try await self.supervised.run()
        }
    }

    /// Returns when it answers.
    ///
    /// - Throws: ``CommandError`` with exit code 69 when it does not within 30 seconds.
    func waitUntilReady() async throws {
        var configuration = try PQConfiguration(url: self.url, schema: "public", maximumConnections: 1)
        configuration.pooling = .transaction
        let pool = ConnectionPool(configuration: configuration, logger: self.logger)
        do {
            try await self.waitForAnswer(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    private func waitForAnswer(_ pool: ConnectionPool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                try await pool.execute("SELECT 1")
                return
            } catch {
                try Task.checkCancellation()
                guard ContinuousClock.now < end else {
                    throw CommandError(
                        .unreachable, "PgBouncer did not answer within 30 seconds", details: ["\(error)"],
                        remedy: "see \(self.log)")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private static func locate(_ path: String) throws -> String {
        // Debian's is where an ordinary user's PATH does not look.
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"]
        let programs = folders.map { "\($0)/pgbouncer" }
        guard let program = programs.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw CommandError(
                .unreachable, "PgBouncer (pgbouncer) is not on this machine", details: ["looked in PATH and /usr/sbin"],
                remedy: "apt-get install pgbouncer")
        }
        return program
    }
}
