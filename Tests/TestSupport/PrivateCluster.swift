// SPDX-License-Identifier: MIT

import Foundation
import Glibc

/// A PostgreSQL server of the test's own, in a temporary folder, to be stopped, restarted and killed.
///
/// As root the server runs as the user `postgres`, since it refuses to run as root. It keeps nothing: `fsync` is off.
package final class PrivateCluster: Sendable {
    /// How a server stops.
    package enum StopMode: String, Sendable {
        /// Ends sessions with 57P01 and writes everything.
        case fast
        /// Ends at once; the next start recovers.
        case immediate
    }

    /// The folder of the data, the socket and the log.
    package let folder: String
    /// The TCP port on loopback.
    package let port: UInt16
    private let binaries: String
    private let owner: ServerOwner?

    /// The server's URL over loopback TCP, as its superuser `posthorn`.
    package var url: String { "postgresql://posthorn@127.0.0.1:\(self.port)/postgres" }
    /// The server's URL over its Unix socket.
    package var socketURL: String {
        "postgresql://posthorn@/postgres?host=\(self.folder)&port=\(self.port)"
    }

    private var data: String { self.folder + "/data" }

    private init() throws {
        self.binaries = try Self.findBinaries()
        self.port = try TestPort.next()
        self.folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("posthorn-cluster-\(UInt64.random(in: 0 ... .max))", isDirectory: true).path
        self.owner = try ServerOwner.ifRoot()
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        try self.owner?.take(self.folder)
    }

    /// Makes and starts a server, lends it, and removes it whether the body returns or throws.
    ///
    /// - Parameters:
    ///   - tls: whether the server has a certificate of its own making for the name `localhost`, found as
    ///     `root.crt` in the folder.
    ///   - settings: lines for `postgresql.conf`.
    ///   - body: the test.
    /// - Returns: what the body returned.
    /// - Throws: ``ClusterError`` or what the body throws.
    package static func with<R>(
        tls: Bool = false, settings: [String] = [], _ body: (PrivateCluster) async throws -> R
    ) async throws -> R {
        let cluster = try PrivateCluster()
        do {
            try await cluster.prepare(tls: tls, settings: settings)
            try await cluster.start()
            let value = try await body(cluster)
            await cluster.remove()
            return value
        } catch {
            await cluster.remove()
            throw error
        }
    }

    private func prepare(tls: Bool, settings: [String]) async throws {
        try await self.run(
            "initdb", ["-D", self.data, "-U", "posthorn", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"])
        var lines = [
            "listen_addresses = '127.0.0.1'", "port = \(self.port)", "unix_socket_directories = '\(self.folder)'",
            "fsync = off", "full_page_writes = off", "max_connections = 60", "shared_buffers = 16MB",
            // It counts what it inherits: hundreds of tests have connections open in this process.
            "max_files_per_process = 10000",
        ]
        if tls {
            try await self.makeCertificate()
            lines += ["ssl = on", "ssl_cert_file = '\(self.folder)/server.crt'"]
            lines += ["ssl_key_file = '\(self.folder)/server.key'"]
        }
        let file = self.data + "/postgresql.conf"
        let text = try String(contentsOfFile: file, encoding: .utf8) + (lines + settings).joined(separator: "\n") + "\n"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
    }

    private func makeCertificate() async throws {
        let folder = self.folder
        try await self.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(folder)/server.key",
                "-out", "\(folder)/server.crt",
            ])
        try FileManager.default.copyItem(atPath: "\(folder)/server.crt", toPath: "\(folder)/root.crt")
        chmod("\(folder)/server.key", 0o600)
        chmod("\(folder)/root.crt", 0o644)
    }

    /// Starts the server and waits until it takes connections.
    package func start() async throws {
        try await self.run("pg_ctl", ["-D", self.data, "-l", self.folder + "/log", "-w", "-t", "600", "start"])
    }

    /// Stops the server and waits until it has.
    package func stop(_ mode: StopMode = .fast) async throws {
        try await self.run("pg_ctl", ["-D", self.data, "-m", mode.rawValue, "-w", "-t", "600", "stop"])
    }

    /// Stops and starts the server.
    package func restart(_ mode: StopMode = .fast) async throws {
        try await self.stop(mode)
        try await self.start()
    }

    private func remove() async {
        // A server that is down already, or never was up, is what we want.
        try? await self.run("pg_ctl", ["-D", self.data, "-m", "immediate", "-w", "-t", "600", "stop"])
        // What is left in the temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    // MARK: Programs

    private func run(_ program: String, _ arguments: [String]) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(with: Result { try self.runBlocking(program, arguments) })
            }
        }
    }

    private func runBlocking(_ program: String, _ arguments: [String]) throws {
        let path = program.hasPrefix("/") ? program : "\(self.binaries)/\(program)"
        let command = (self.owner?.command ?? []) + [path] + arguments
        let status = try Self.spawn(command, in: self.folder)
        guard status == 0 else {
            // Losing the log is no loss when there is none.
            let log = (try? String(contentsOfFile: self.folder + "/log", encoding: .utf8)) ?? ""
            throw ClusterError("\(program) ended with wait status \(status)\n\(log.suffix(2_000))")
        }
    }

    /// Runs a program and waits for it alone.
    ///
    /// Foundation's `Process` also waits for the server that `pg_ctl` leaves
    /// behind, since that inherits the socket by which it notices the end.
    private static func spawn(_ command: [String], in folder: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        let command = ["/usr/bin/env", "-C", folder] + command
        var arguments = command.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var process = pid_t()
        let result = posix_spawn(&process, command[0], &actions, nil, arguments, environ)
        guard result == 0 else {
            throw ClusterError("\(command[0]) cannot be started: \(String(cString: strerror(result)))")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    private static func findBinaries() throws -> String {
        var candidates: [String] = []
        if let named = getenv("POSTHORN_POSTGRES_BIN") { candidates.append(String(cString: named)) }
        // No such folder means no such installation.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        candidates += versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        candidates += (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        for candidate in candidates
        where access(candidate + "/initdb", X_OK) == 0 && access(candidate + "/pg_ctl", X_OK) == 0 {
            return candidate
        }
        throw ClusterError("no PostgreSQL server programs found: install postgresql or set POSTHORN_POSTGRES_BIN")
    }
}

/// Why a private server could not be had.
package struct ClusterError: Error, CustomStringConvertible {
    /// What happened.
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Lends a server of the test's own; see ``PrivateCluster/with(tls:settings:_:)``.
package func withPrivateCluster<R>(
    tls: Bool = false, settings: [String] = [], _ body: (PrivateCluster) async throws -> R
) async throws -> R {
    try await PrivateCluster.with(tls: tls, settings: settings, body)
}
