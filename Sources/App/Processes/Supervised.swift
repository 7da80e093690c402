// SPDX-License-Identifier: MIT

import Logging
import Synchronization

/// Keeps a program running: starts it again when it dies, less and less eagerly, until it is told to stop.
package final class Supervised: Sendable {
    private struct State {
        var processID: Int32?
        var starts = 0
        var processIDs: [Int32] = []
    }

    private let process: ChildProcess
    private let mayDie: Bool
    private let changes: @Sendable (Int) -> [String: String]
    private let state = Mutex(State())
    private let onEnd: @Sendable (String) -> Void

    /// Supervises a program; starts nothing yet.
    ///
    /// - Parameters:
    ///   - process: the program.
    ///   - mayDie: whether it is started again at once and however often it dies.
    ///   - onEnd: called with a sentence whenever it died and is started again.
    ///   - changes: further variables of its n-th start, from 0.
    package init(
        _ process: ChildProcess, mayDie: Bool = false, onEnd: @escaping @Sendable (String) -> Void = { _ in },
        changes: @escaping @Sendable (Int) -> [String: String] = { _ in [:] }
    ) {
        self.process = process
        self.mayDie = mayDie
        self.changes = changes
        self.onEnd = onEnd
    }

    /// The process id while it runs.
    package var processID: Int32? { self.state.withLock { $0.processID } }
    /// How often it was started.
    package var starts: Int { self.state.withLock { $0.starts } }

    /// Every process that it was so far.
    package var processIDs: [Int32] { self.state.withLock { $0.processIDs } }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter started: called at each start with the process id.
    /// - Throws: ``CommandError`` with exit code 1 when the program cannot stay up for two seconds five times in a row.
    package func run(started: @escaping @Sendable (Int32) async throws -> Void = { _ in }) async throws {
        var failures = 0
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            var process = self.process
            process.environment.merge(self.changes(self.starts)) { $1 }
            let status = try await process.run { processID in
                self.state.withLock {
                    $0.processID = processID
                    $0.processIDs.append(processID)
                    $0.starts += 1
                }
                try await started(processID)
            }
            self.state.withLock { $0.processID = nil }
            guard !Task.isCancelled else { return }
            failures = self.mayDie ? 0 : ContinuousClock.now - begin < .seconds(2) ? failures + 1 : 0
            guard failures < 5 else {
                throw CommandError(
                    .failed, "\(self.process.name) does not stay up: it \(status.words)",
                    details: self.process.logFile.map { ["its last words are in \($0)"] } ?? [])
            }
            self.onEnd("\(self.process.name) \(status.words); starting it again")
            try await Task.sleep(for: .milliseconds(100 * (1 << failures)))
        }
    }
}
