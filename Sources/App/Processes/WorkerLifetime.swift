// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import UnixSignals

/// Runs a worker until a signal drains it, its parent is gone, or it ends by itself.
struct WorkerLifetime: Sendable {
    /// The process that started it, when it is to end with that one.
    var parent: Int32?

    /// The worker always drains before this returns; being stopped is not a failure.
    func run(_ worker: Worker) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let parent = self.parent
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await worker.run()
                return true
            }
            group.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    // Who asks twice does not want to wait.
                    worker.drain(within: count > 1 ? .zero : nil)
                }
                return false
            }
            if let parent {
                group.addTask {
                    try await ParentWatch.waitUntilGone(parent)
                    worker.drain()
                    return false
                }
            }
            while try await group.next() == false {}
            group.cancelAll()
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                // The watchers end that way.
            }
        }
    }
}

/// Notices that the process which started this one is gone.
enum ParentWatch {
    /// Returns when this process has another parent than `parent`; asks the system four times a second.
    static func waitUntilGone(_ parent: Int32) async throws {
        while getppid() == parent { try await Task.sleep(for: .milliseconds(250)) }
    }
}
