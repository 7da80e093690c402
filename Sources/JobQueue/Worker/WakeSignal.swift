// SPDX-License-Identifier: MIT

import Synchronization

/// Wakes one waiting loop; a signal that comes while nobody waits is kept.
final class WakeSignal: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter, now or when it comes.
    func signal() {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isPending = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Waits for a signal, at most until the deadline.
    func wait(until deadline: ContinuousClock.Instant) async {
        guard !self.takePending(), ContinuousClock.now < deadline else { return }
        await withTaskGroup { group in
            group.addTask {
                // A cancelled sleep means that the signal came first.
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                self.signal()
            }
            await self.wait()
            group.cancelAll()
        }
    }

    /// Waits for a signal.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isPending = self.state.withLock { state in
                guard !state.isPending else {
                    state.isPending = false
                    return true
                }
                precondition(state.waiter == nil, "one loop waits for a signal")
                state.waiter = continuation
                return false
            }
            if isPending { continuation.resume() }
        }
    }

    private func takePending() -> Bool {
        self.state.withLock { state in
            defer { state.isPending = false }
            return state.isPending
        }
    }
}
