// SPDX-License-Identifier: MIT

import Foundation
import Glibc
package import PQClient
import Synchronization

/// A PgBouncer of the test's own, in transaction mode before a server, with a few sessions that many clients share.
///
/// As root it runs as the user `postgres`, since it refuses to run as root. It ends with the test, and with the test
/// process too if that dies: it lives as long as a pipe that this process holds.
package final class PgBouncer: Sendable {
    /// The TCP port on loopback.
    package let port: UInt16
    private let base: URLComponents
    private let folder: String
    private let process: pid_t
    private let lifeline: Int32
    private let words: Words

    /// What the pooler says, and whether its end is expected.
    private final class Words: Sendable {
        private let state = Mutex<(said: [UInt8], isStopping: Bool)>(([], false))

        func add(_ bytes: ArraySlice<UInt8>) { self.state.withLock { $0.said += bytes } }
        func expectEnd() { self.state.withLock { $0.isStopping = true } }

        /// A pooler that dies by itself would look like a fault of what is tested.
        func ended() {
            let (said, isStopping) = self.state.withLock { $0 }
            guard !isStopping else { return }
            let last = String(decoding: said.suffix(2_000), as: UTF8.self)
            FileHandle.standardError.write(Data("PgBouncer ended by itself. It said last: \(last)\n".utf8))
        }
    }

    /// The pooler's address: the server's with another port.
    package var url: String {
        var url = self.base
        url.host = "127.0.0.1"
        url.port = Int(self.port)
        return url.string ?? ""
    }

    /// Starts a pooler, lends it, and ends it whether the body returns or throws.
    ///
    /// - Parameters:
    ///   - url: the server's address, on loopback TCP.
    ///   - poolSize: the sessions of the server's that all clients of a database share.
    ///   - settings: lines for the section `[pgbouncer]`.
    ///   - body: the test.
    /// - Returns: what the body returned.
    /// - Throws: ``ClusterError`` or what the body throws.
    package static func with<R>(
        url: String, poolSize: Int = 4, settings: [String] = [], _ body: (PgBouncer) async throws -> R
    ) async throws -> R {
        let pooler = try await self.started(url: url, poolSize: poolSize, settings: settings)
        do {
            let value = try await body(pooler)
            await pooler.stop()
            return value
        } catch {
            await pooler.stop()
            throw error
        }
    }

    /// The configuration of a pool behind this pooler.
    package func configuration(schema: String, maximumConnections: Int = 8) throws -> PQConfiguration {
        var configuration = try PQConfiguration(
            url: self.url, schema: schema, applicationName: "posthorn-test", maximumConnections: maximumConnections)
        configuration.pooling = .transaction
        // Many wait for few sessions; a busy machine is no fault.
        configuration.acquireTimeout = .seconds(120)
        return configuration
    }

    // MARK: The process

    private init(url: String, poolSize: Int, settings: [String]) throws {
        guard let base = URLComponents(string: url), let host = base.host, ["127.0.0.1", "localhost"].contains(host)
        else {
            throw ClusterError("the pooler needs a server on loopback TCP")
        }
        self.base = base
        self.port = try TestPort.next()
        self.folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("posthorn-pgbouncer-\(UInt64.random(in: 0 ... .max))", isDirectory: true).path
        let owner = try ServerOwner.ifRoot()
        let file = self.folder + "/pgbouncer.ini"
        var server = ["host=\(host)", "port=\(base.port ?? 5432)"]
        if let user = base.user ?? getenv("USER").map({ String(cString: $0) }) { server.append("user=\(user)") }
        if let password = base.password { server.append("password=\(password)") }
        let lines =
            ["[databases]", "* = " + server.joined(separator: " "), "[pgbouncer]"]
            + [
                "listen_addr = 127.0.0.1", "listen_port = \(self.port)", "unix_socket_dir =", "auth_type = any",
                "pool_mode = transaction", "default_pool_size = \(poolSize)", "max_client_conn = 400",
                "query_wait_timeout = 30", "log_connections = 0", "log_disconnections = 0",
            ] + settings
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        try owner?.take(self.folder)
        try owner?.take(file)
        let command = (owner?.command ?? []) + [try Self.findProgram(), file]
        do {
            let words = Words()
            (self.process, self.lifeline) = try Self.spawn(command, words)
            self.words = words
        } catch {
            // What is left in the temporary folder harms nobody.
            try? FileManager.default.removeItem(atPath: self.folder)
            throw error
        }
    }

    /// A pooler that takes connections.
    private static func started(url: String, poolSize: Int, settings: [String]) async throws -> PgBouncer {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<PgBouncer, any Error>) in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try PgBouncer(url: url, poolSize: poolSize, settings: settings) })
            }
        }
    }

    private func stop() async {
        self.words.expectEnd()
        close(self.lifeline)
        let process = self.process
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                continuation.resume()
            }
        }
        // What is left in the temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    /// Starts the pooler under a shell that ends it when the pipe closes, and waits until it says that it is up.
    private static func spawn(_ command: [String], _ heard: Words) throws -> (process: pid_t, lifeline: Int32) {
        let script = #""$@" & pooler=$!; exec 2>/dev/null; read -r line; kill "$pooler"; wait "$pooler""#
        let (input, lifeline) = try self.pipe()
        let (words, output) = try self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // The threads of this process block signals; a pooler that did could not be told to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = (["/bin/sh", "-c", script, "sh"] + command).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var process = pid_t()
        let result = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environ)
        close(input)
        close(output)
        guard result == 0 else {
            close(lifeline)
            close(words)
            throw ClusterError("PgBouncer cannot be started: \(String(cString: strerror(result)))")
        }
        let said = self.read(words, until: "process up", heard)
        guard said.contains("process up") else {
            close(lifeline)
            close(words)
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            throw ClusterError("PgBouncer did not start: \(said.suffix(2_000))")
        }
        // What it says later is read, so that it never waits for a reader, until it ends.
        Thread.detachNewThread {
            _ = self.read(words, until: nil, heard)
            heard.ended()
            close(words)
        }
        return (process, lifeline)
    }

    /// Reads text until a word or the end.
    private static func read(_ descriptor: Int32, until word: String?, _ heard: Words) -> String {
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return String(decoding: said, as: UTF8.self) }
            heard.add(buffer[..<count])
            guard let word else { continue }
            said += buffer[..<count]
            let text = String(decoding: said, as: UTF8.self)
            if text.contains(word) { return text }
        }
    }

    /// The two ends of a pipe that no other program inherits.
    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        // A pair of sockets, since `pipe2` is not to be had, and `pipe` is open to a program started meanwhile.
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ClusterError("no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    private static func findProgram() throws -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        // Debian's is where an ordinary user's PATH does not look.
        for folder in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"]
        where access(folder + "/pgbouncer", X_OK) == 0 {
            return folder + "/pgbouncer"
        }
        throw ClusterError("no pgbouncer found: install the package pgbouncer")
    }
}

/// Lends a PgBouncer before the server of the tests; see ``PgBouncer/with(url:poolSize:settings:_:)``.
package func withPgBouncer<R>(
    poolSize: Int = 4, settings: [String] = [], _ body: (PgBouncer) async throws -> R
) async throws -> R {
    try await PgBouncer.with(url: TestDatabase.serverURL(), poolSize: poolSize, settings: settings, body)
}
