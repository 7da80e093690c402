// SPDX-License-Identifier: MIT

import Foundation
package import Logging
import PQClient
import Subprocess
import SystemPackage

/// PostgreSQL in a folder of ours, for `up` and `demo`.
///
/// It listens on a Unix socket in a folder that only its user can enter (trusted there) and on a free loopback port with a generated
/// password. It stops with us: on a clean end by a fast shutdown, and when we are killed by a guard that notices.
package struct EmbeddedPostgres: Sendable {
    /// A server that runs.
    package struct Running: Sendable, Hashable {
        /// The address over the Unix socket; holds no secret.
        package var url: String
        /// The port on 127.0.0.1.
        package var port: Int
        /// The file with the password of the loopback listener.
        package var passwordFile: String
        /// The socket's folder.
        package var socket: String
    }

    private let binaries: ServerBinaries
    private let user: ServerUser
    private let state: StateFolder
    private let isDurable: Bool
    private let settings: [String]
    private let logger: Logger

    /// Describes a server; starts nothing.
    ///
    /// - Parameters:
    ///   - binaries: the server's programs.
    ///   - user: who runs it.
    ///   - state: the state folder.
    ///   - isDurable: whether commits survive a power cut; off for a demo.
    ///   - settings: further settings of the server, as `name=value`; the last one of a name counts.
    ///   - logger: where troubles are told.
    package init(
        binaries: ServerBinaries, user: ServerUser, state: StateFolder, isDurable: Bool, settings: [String] = [],
        logger: Logger
    ) {
        self.binaries = binaries
        self.user = user
        self.state = state
        self.isDurable = isDurable
        self.settings = settings
        self.logger = logger
    }

    /// Starts the server, runs the body, stops the server; a server that dies meanwhile is started again.
    ///
    /// Only the holder of the state folder's lock may call it.
    ///
    /// - Parameter body: what needs the database.
    /// - Returns: the body's result.
    /// - Throws: ``CommandError`` when the cluster cannot be made or started, and what the body throws.
    package func withServer<Result: Sendable>(
        _ body: @Sendable @escaping (Running) async throws -> Result
    ) async throws -> Result {
        let folder = try ClusterFolder.prepare(in: self.state, for: self.user)
        if try await LeftoverServer(data: folder.data).clear() {
            self.logger.notice("stopped a PostgreSQL that an earlier run left behind")
        }
        try await self.initialise(folder)
        let socket = try folder.socket(for: self.user)
        let port = try Self.choosePort(folder)
        let running = Running(
            url: Self.url(database: "posthorn", socket: socket, port: port), port: port, passwordFile: folder.password,
            socket: socket)
        let log = self.state.logs + "/postgres.log"
        let supervised = Supervised(self.server(folder, socket: socket, port: port, log: log)) { [logger] sentence in
            logger.warning("\(sentence)")
        }
        let pidFile = folder.data + "/postmaster.pid"
        return try await withBackground {
            try await Self.guardServer(pidFile)
        } _: {
            try await withBackground {
                try await supervised.run()
            } _: {
                try await Self.waitUntilReady(pidFile, supervised: supervised, log: log)
                try await self.createDatabase(socket: socket, port: port)
                return try await body(running)
            }
        }
    }

    private func server(_ folder: ClusterFolder, socket: String, port: Int, log: String) -> ChildProcess {
        var settings = [
            "port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=\(socket)",
            "unix_socket_permissions=0700", "logging_collector=off", "log_destination=stderr", "max_connections=200",
            "shared_buffers=128MB", "max_wal_size=1GB", "timezone=UTC", "log_timezone=UTC", "log_min_messages=warning",
        ]
        if !self.isDurable { settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] }
        settings += self.settings
        return ChildProcess(
            name: "PostgreSQL", executable: self.binaries.path("postgres"),
            arguments: ["-D", folder.data] + settings.flatMap { ["-c", $0] }, environment: Self.cleanEnvironment,
            workingFolder: "/", user: self.user, logFile: log, stopSignal: .interrupt, stopGrace: .seconds(30))
    }

    private func initialise(_ folder: ClusterFolder) async throws {
        guard !FileManager.default.fileExists(atPath: folder.data + "/PG_VERSION") else {
            return try await self.checkVersion(folder)
        }
        // A folder without PG_VERSION is what an interrupted initdb left.
        try? FileManager.default.removeItem(atPath: folder.data)
        try Self.write(Self.randomPassword(), to: folder.password)
        try self.user.own(folder.password)
        let log = self.state.logs + "/initdb.log"
        let process = ChildProcess(
            name: "initdb", executable: self.binaries.path("initdb"),
            arguments: [
                "--pgdata", folder.data, "--username", "posthorn", "--pwfile", folder.password, "--auth-local", "trust",
                "--auth-host", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions",
            ],
            environment: Self.cleanEnvironment, workingFolder: "/", user: self.user, logFile: log)
        let status = try await process.run()
        guard case .exited(0) = status else {
            throw CommandError(
                .unreachable, "PostgreSQL's initdb \(status.words)", details: Self.lastLines(of: log),
                remedy: "see \(log)")
        }
    }

    /// A cluster belongs to one major version of the server.
    private func checkVersion(_ folder: ClusterFolder) async throws {
        let version =
            FileManager.default.contents(atPath: folder.data + "/PG_VERSION")
            .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        let answer = try await Subprocess.run(
            .path(FilePath(self.binaries.path("postgres"))), arguments: ["--version"], output: .string(limit: 4_096),
            error: .discarded)
        let words = answer.standardOutput.split { $0 == " " || $0 == "\n" }.map(String.init)
        guard words.contains(where: { $0 == version || $0.hasPrefix(version + ".") }) else {
            throw CommandError(
                .configuration, "the database in \(folder.path) was made by PostgreSQL \(version)",
                details: ["the programs in \(self.binaries.folder) are \(words.joined(separator: " "))"],
                remedy:
                    "set POSTHORN_PG_BIN to the programs of version \(version), or remove the folder to start from nothing"
            )
        }
    }

    private func createDatabase(socket: String, port: Int) async throws {
        let url = Self.url(database: "postgres", socket: socket, port: port)
        let pool = ConnectionPool(
            configuration: try PQConfiguration(url: url, schema: "public", maximumConnections: 1), logger: self.logger)
        do {
            let name = "posthorn"
            if try await pool.query("SELECT 1 FROM pg_database WHERE datname = \(name)").isEmpty {
                try await pool.execute("CREATE DATABASE posthorn")
            }
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Stops a server when we are killed: the guard's standard input ends with us, and it then stops whom the pid file names.
    static func guardServer(_ pidFile: String) async throws {
        var options = PlatformOptions()
        options.createSession = true
        let script = "read -r _; kill -INT \"$(head -n 1 \"$1\")\""
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", script, "sh", pidFile], platformOptions: options, input: .inputWriter,
            output: .discarded, error: .discarded
        ) { _ in
            // Ends by cancellation only; the guard is then killed and does nothing.
            while true { try await Task.sleep(for: .seconds(3_600)) }
        }
    }

    private static func waitUntilReady(_ pidFile: String, supervised: Supervised, log: String) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            // The eighth line is the server's state; PostgreSQL's own pg_ctl waits for it the same way.
            if let data = FileManager.default.contents(atPath: pidFile) {
                let lines = String(decoding: data, as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false)
                if lines.count >= 8, lines[7].hasPrefix("ready"), Int32(lines[0]) == supervised.processID { return }
            }
            guard ContinuousClock.now < end else {
                throw CommandError(
                    .unreachable, "PostgreSQL did not become ready within a minute", details: Self.lastLines(of: log),
                    remedy: "see \(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func choosePort(_ folder: ClusterFolder) throws -> Int {
        let last = FileManager.default.contents(atPath: folder.port)
            .flatMap { Int(String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) }
        let port = try last.flatMap { FreePort.isFree($0) ? $0 : nil } ?? FreePort.any()
        try Self.write("\(port)\n", to: folder.port)
        return port
    }

    private static func url(database: String, socket: String, port: Int) -> String {
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
        return "postgresql:///\(database)?host=\(host)&port=\(port)&user=posthorn"
    }

    private static func randomPassword() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(generator.next(), radix: 36) }.joined()
    }

    private static func write(_ text: String, to path: String) throws {
        // The old file may have another owner or mode.
        try? FileManager.default.removeItem(atPath: path)
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandError(.notPermitted, "cannot write \(path)") }
    }

    private static func lastLines(of path: String) -> [String] {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(3).map(String.init)
    }

    /// The server must not take its settings from a developer's environment.
    private static let cleanEnvironment: [String: String?] = [
        "PGDATA": nil, "PGPORT": nil, "PGHOST": nil, "PGOPTIONS": nil, "PGUSER": nil, "PGDATABASE": nil, "LC_ALL": "C",
        "POSTHORN_SECRET_KEY": nil, "POSTHORN_DATABASE_URL": nil,
    ]
}
