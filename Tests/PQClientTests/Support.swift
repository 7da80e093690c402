// SPDX-License-Identifier: MIT

import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

/// The pool of the running test.
var pool: ConnectionPool { TestDatabase.required.pool }

/// Asks again until the condition holds; fails after a minute.
///
/// The question itself is what takes the time.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record(what, sourceLocation: sourceLocation)
}

/// Whether some session of the test's schema runs a statement with that text in it.
func isRunning(_ marker: String, seenBy pool: ConnectionPool) async throws -> Bool {
    try await pool.query(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE \("%" + marker + "%")
        """
    ).single(Int.self) > 0
}

/// A word no other test uses.
func uniqueWord() -> String { "w\(UInt64.random(in: 0 ... .max))" }

/// A pool besides the test's own, in the same schema.
func makePool(_ change: (inout PQConfiguration) -> Void) -> ConnectionPool {
    var configuration = TestDatabase.required.configuration
    change(&configuration)
    return ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
}

/// Counts from several tasks, and lets one wait for a count.
final class Counter: Sendable {
    private struct State {
        var count = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var value: Int { self.state.withLock { $0.count } }

    @discardableResult
    func increase() -> Int {
        let (count, reached) = self.state.withLock { state in
            state.count += 1
            let reached = state.waiters.filter { $0.count <= state.count }
            state.waiters.removeAll { $0.count <= state.count }
            return (state.count, reached.map(\.continuation))
        }
        for continuation in reached { continuation.resume() }
        return count
    }

    /// Waits until the count is reached; the test's time limit is the end of the wait.
    func reaches(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = self.state.withLock { state in
                if state.count < count { state.waiters.append((count, continuation)) }
                return state.count >= count
            }
            if isReached { continuation.resume() }
        }
    }
}
