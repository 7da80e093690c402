// SPDX-License-Identifier: MIT

package import Foundation
import Logging
import Subprocess
import Synchronization

/// Keeps a program running: starts it again when it dies, less and less eagerly, until it is told to stop.
package final class Supervised: Sendable {
    /// One process that the program was.
    ///
    /// Its id may have been another's before it, and be another's after it.
    package struct Life: Sendable, Hashable {
        /// The process id.
        package var processID: Int32
        /// The wall clock right before it was started.
        package var began: Date
        /// The wall clock right after it ended; `nil` while it runs.
        package var ended: Date?
    }

    private struct State {
        var processID: Int32?
        var lives: [Life] = []
    }

    private let process: ChildProcess
    private let mayDie: Bool
    private let changes: @Sendable (_ start: Int, _ exitCode: Int32?) -> [String: String]
    private let state = Mutex(State())
    private let onEnd: @Sendable (String) -> Void

    /// Supervises a program; starts nothing yet.
    ///
    /// - Parameters:
    ///   - process: the program.
    ///   - mayDie: whether it is started again at once and however often it dies.
    ///   - onEnd: called with a sentence whenever it died and is started again.
    ///   - changes: further variables of its n-th start, from 0, by the exit code of the process before; that has none when it was the
    ///     first or a signal ended it.
    package init(
        _ process: ChildProcess, mayDie: Bool = false, onEnd: @escaping @Sendable (String) -> Void = { _ in },
        changes: @escaping @Sendable (_ start: Int, _ exitCode: Int32?) -> [String: String] = { _, _ in [:] }
    ) {
        self.process = process
        self.mayDie = mayDie
        self.changes = changes
        self.onEnd = onEnd
    }

    /// The process id while it runs.
    package var processID: Int32? { self.state.withLock { $0.processID } }
    /// How often it was started.
    package var starts: Int { self.state.withLock { $0.lives.count } }

    /// Every process that it was so far, the first one first.
    package var lives: [Life] { self.state.withLock { $0.lives } }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter started: called at each start with the process id.
    /// - Throws: ``CommandError`` with exit code 1 when the program cannot stay up for two seconds five times in a row.
    package func run(started: @escaping @Sendable (Int32) async throws -> Void = { _ in }) async throws {
        var failures = 0
        var exitCode: Int32?
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            var process = self.process
            process.environment.merge(self.changes(self.starts, exitCode)) { $1 }
            let birth = Date()
            let status = try await process.run { processID in
                self.state.withLock {
                    $0.processID = processID
                    $0.lives.append(Life(processID: processID, began: birth))
                }
                try await started(processID)
            }
            let death = Date()
            self.state.withLock { state in
                state.processID = nil
                if let last = state.lives.indices.last { state.lives[last].ended = death }
            }
            exitCode = if case .exited(let code) = status { code } else { nil }
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
