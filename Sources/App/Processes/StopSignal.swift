// SPDX-License-Identifier: MIT

import UnixSignals

/// Waits for a person or a supervisor to end a long command.
package enum StopSignal {
    /// How a stop was asked for.
    package enum Kind: Sendable, Hashable {
        /// ^C.
        case interrupt
        /// SIGTERM, or the terminal went away.
        case terminate
    }

    /// Runs a body until it ends or a signal comes; a signal cancels the body, which then cleans up.
    ///
    /// - Parameter body: what runs; it ends soon after its task is cancelled.
    /// - Returns: the body's result, or the signal when one came first.
    /// - Throws: what the body throws, unless a signal came first.
    package static func guarding<Result: Sendable>(
        _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Guarded<Result> {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        return try await withThrowingTaskGroup(of: Guarded<Result>.self) { group in
            group.addTask { .finished(try await body()) }
            group.addTask {
                for await signal in signals { return .stopped(signal == .sigint ? .interrupt : .terminate) }
                throw CancellationError()
            }
            let first = try await group.next()
            group.cancelAll()
            guard case .stopped(let kind)? = first else {
                guard let first else { throw CancellationError() }
                return first
            }
            do {
                for try await last in group { if case .finished = last { return .stopped(kind) } }
            } catch is CancellationError {
                // That is how a body ends that was told to.
            }
            return .stopped(kind)
        }
    }
}

/// How something under ``StopSignal/guarding(_:)`` ended.
package enum Guarded<Result: Sendable>: Sendable {
    /// By itself.
    case finished(Result)
    /// By a signal.
    case stopped(StopSignal.Kind)
}
