// SPDX-License-Identifier: MIT

import Foundation
package import Subprocess
import SystemPackage

/// A program that runs under us and is stopped with us.
///
/// It gets a session of its own, so that ^C on the terminal reaches it only through us, in the right order.
package struct ChildProcess: Sendable {
    /// The name in messages: `worker 1`.
    package var name: String
    /// The program's absolute path.
    package var executable: String
    /// Its arguments.
    package var arguments: [String]
    /// Changes of the environment; `nil` removes a variable.
    package var environment: [String: String?]
    /// The folder it works in; ours when `nil`.
    package var workingFolder: String?
    /// The user it runs as; ours when `nil`.
    package var user: ServerUser?
    /// Where its output goes, appended; ours (standard error) when `nil`.
    package var logFile: String?
    /// How it is told to stop.
    package var stopSignal: Signal
    /// How long it may take to stop before it is killed.
    package var stopGrace: Duration

    /// Makes a description; starts nothing.
    package init(
        name: String, executable: String, arguments: [String], environment: [String: String?] = [:],
        workingFolder: String? = nil, user: ServerUser? = nil, logFile: String? = nil, stopSignal: Signal = .terminate,
        stopGrace: Duration = .seconds(40)
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        self.user = user
        self.logFile = logFile
        self.stopSignal = stopSignal
        self.stopGrace = stopGrace
    }

    /// Runs it to its end; cancelling the task stops it with its signal, and kills it after its grace.
    ///
    /// - Parameter started: called with the process id once it runs.
    /// - Returns: how it ended.
    /// - Throws: ``CommandError`` with exit code 69 when it cannot be started.
    package func run(started: @Sendable (Int32) async throws -> Void = { _ in }) async throws -> TerminationStatus {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: self.stopSignal, allowedDurationToNextStep: self.stopGrace)]
        let changes = Dictionary(
            uniqueKeysWithValues: self.environment.compactMap { name, value in
                Subprocess.Environment.Key(rawValue: name).map { ($0, value) }
            })
        let command = self.command
        let configuration = Subprocess.Configuration(
            executable: .path(FilePath(command.executable)), arguments: Arguments(command.arguments),
            environment: .inherit.updating(changes), workingDirectory: self.workingFolder.map { FilePath($0) },
            platformOptions: options)
        do {
            guard let logFile = self.logFile else {
                return try await Subprocess.run(
                    configuration, input: .none, output: .currentStandardError, error: .currentStandardError
                ) { try await started($0.processIdentifier.value) }.terminationStatus
            }
            let log = try FileDescriptor.open(
                FilePath(logFile), .writeOnly, options: [.create, .append, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            defer { try? log.close() }  // The child has its own; ours holds nothing back.
            return try await Subprocess.run(
                configuration, input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
                error: .fileDescriptor(log, closeAfterSpawningProcess: false)
            ) { try await started($0.processIdentifier.value) }.terminationStatus
        } catch let error as SubprocessError {
            if Task.isCancelled { throw CancellationError() }
            throw CommandError(
                .unreachable, "cannot run \(self.name) (\(self.executable))", details: [String(describing: error)])
        }
    }

    /// Another user's program is started through `setpriv`, which changes the user and becomes the program.
    ///
    /// swift-subprocess could change the user itself, but it forks past the C library, whose `setgroups` and `setuid` then wait for
    /// threads that only the parent has: now and then the child stands still for ever.
    private var command: (executable: String, arguments: [String]) {
        guard let user = self.user, user.isSwitched else { return (self.executable, self.arguments) }
        let change = ["--reuid=\(user.userID)", "--regid=\(user.groupID)", "--clear-groups", "--", self.executable]
        return (ServerUser.switcher, change + self.arguments)
    }
}

extension TerminationStatus {
    /// `ended with code 1`, `was killed by signal 9`.
    var words: String {
        switch self {
        case .exited(let code): "ended with code \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }
}
