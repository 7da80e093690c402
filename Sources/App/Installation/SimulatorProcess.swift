// SPDX-License-Identifier: MIT

import Foundation

/// The simulator of a local installation.
struct SimulatorProcess: Sendable {
    /// Its address.
    let origin: String
    private let port: Int
    private let supervised: Supervised
    private let log: String

    /// Chooses the port; starts nothing.
    ///
    /// - Throws: ``CommandError`` with exit code 73 when the wanted port is taken and must not be moved.
    init(options: InstallationOptions, state: StateFolder) async throws {
        let port = try await Self.choosePort(options)
        self.port = port
        self.origin = "http://127.0.0.1:\(port)"
        self.log = "\(state.logs)/simulator.log"
        try FileManager.default.createDirectory(atPath: state.simulator, withIntermediateDirectories: true)
        self.supervised = Supervised(
            ChildProcess(
                name: "the simulator", executable: OwnBinary.path,
                arguments: [
                    "simulator", "--port", String(port), "--seed", String(options.simulatorSeed), "--rate-scale",
                    String(options.rateScale), "--state-file", "\(state.simulator)/journal.jsonl", "--with-parent",
                    String(getpid()),
                ],
                environment: ["POSTHORN_LOG_FORMAT": "json"], logFile: self.log, stopGrace: .seconds(10)))
    }

    /// A simulator whose parent was killed needs a moment to notice, and its journal must not have two writers.
    private static func choosePort(_ options: InstallationOptions) async throws -> Int {
        guard let wanted = options.simulatorPort else { return try FreePort.any() }
        let end = ContinuousClock.now + .seconds(2)
        while !FreePort.isFree(wanted), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        if FreePort.isFree(wanted) { return wanted }
        guard options.mayMovePort else {
            throw CommandError(
                .conflict, "port \(wanted) on 127.0.0.1 is taken",
                remedy: "stop what uses it, or choose another with --simulator-port")
        }
        return try FreePort.any()
    }

    func run() async throws { try await self.supervised.run() }

    /// Returns when it answers.
    ///
    /// - Throws: ``CommandError`` with exit code 69 when it does not within 30 seconds.
    func waitUntilListening() async throws {
        let end = ContinuousClock.now + .seconds(30)
        while FreePort.isFree(self.port) {
            guard ContinuousClock.now < end else {
                throw CommandError(
                    .unreachable, "the simulator did not start within 30 seconds", details: ["see \(self.log)"])
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// This program's own file, to start further processes of it.
enum OwnBinary {
    static let path: String = {
        // Without /proc the name it was called by must do.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }()
}
