// SPDX-License-Identifier: MIT

import Synchronization

/// Results on their way into the database, taken in batches: what gathers during one round trip is the next one's
/// batch.
final class CompletionQueue: Sendable {
    private struct State {
        var waiting: [Finish] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = WakeSignal()

    /// Adds a result.
    func add(_ finish: Finish) {
        let isFirst = self.state.withLock { state in
            state.waiting.append(finish)
            return state.waiting.count == 1
        }
        if isFirst { self.wake.signal() }
    }

    /// No more results will come; what waits is still handed out.
    func close() {
        self.state.withLock { $0.isClosed = true }
        self.wake.signal()
    }

    /// The next batch, waiting for one; nil when the queue is closed and empty.
    func next(limit: Int) async -> [Finish]? {
        while true {
            let (batch, isClosed) = self.take(limit: limit)
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await self.wake.wait()
        }
    }

    /// What waits now, and whether no more will come.
    func take(limit: Int) -> (batch: [Finish], isClosed: Bool) {
        self.state.withLock { state in
            guard state.waiting.count > limit else {
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            let batch = Array(state.waiting.prefix(limit))
            state.waiting.removeFirst(limit)
            return (batch, state.isClosed)
        }
    }
}
