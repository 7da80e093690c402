// SPDX-License-Identifier: MIT

import Console
import UnixSignals

/// Runs a server until a person or a supervisor stops it, or its parent is gone.
struct ServeLifetime: Sendable {
    /// The process that started it, when it is to end with that one.
    var parent: Int32?
    /// Called when it is told to stop, before it waits for answers.
    var onStopping: @Sendable () -> Void = {}

    /// Being stopped is not a failure; who asks twice does not want to wait, and is told that answers were cut off.
    func run(_ server: ConsoleServer) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let parent = self.parent
        let onStopping = self.onStopping
        let isDrained = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return true
            }
            group.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    if count > 1 { return false }
                    onStopping()
                    await server.drain()
                }
                return false
            }
            if let parent {
                group.addTask {
                    try await ParentWatch.waitUntilGone(parent)
                    await server.drain()
                    // The server's own end is the one to wait for.
                    try await Task.sleep(for: .seconds(86_400))
                    return false
                }
            }
            let first = try await group.next()
            group.cancelAll()
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                // That is how the others end.
            }
            return first == true
        }
        guard isDrained else {
            try Task.checkCancellation()
            throw CommandError(
                .interrupted, "asked twice to stop: what was still being answered is cut off",
                remedy: "ask once, and it ends when every answer is out, or after POSTHORN_SHUTDOWN_GRACE")
        }
    }
}
