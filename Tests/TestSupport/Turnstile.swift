// SPDX-License-Identifier: MIT

import Synchronization

/// Lets so many database tests run at once that the server keeps up; the others wait in line.
///
/// Swift Testing starts every test at once: hundreds of schemas and pools at a time are slow for all of them and run into the server's limits.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// For all tests of the process.
    static let shared = Turnstile(limit: 10)

    /// Whether the running test has its turn: what it starts inside needs none of its own.
    @TaskLocal private static var isInside = false

    private let state: Mutex<State>

    init(limit: Int) { self.state = Mutex(State(free: limit)) }

    func withTurn<R>(_ body: () async throws -> R) async throws -> R {
        if Self.isInside { return try await body() }
        await self.enter()
        defer { self.leave() }
        return try await Self.$isInside.withValue(true) { try await body() }
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = self.state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
