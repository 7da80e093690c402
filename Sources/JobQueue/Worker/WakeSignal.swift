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

/// A value that is given once and awaited once; what comes later is dropped.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, Never>)
        case full(Value)
        case done
    }

    private let state = Mutex(State.empty)

    /// Gives the value.
    func fulfil(_ value: Value) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .empty:
                state = .full(value)
                return nil
            case .waiting(let waiter):
                state = .done
                return waiter
            case .full, .done: return nil
            }
        }
        waiter?.resume(returning: value)
    }

    /// Waits for the value.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let value = self.state.withLock { state -> Value? in
                switch state {
                case .full(let value):
                    state = .done
                    return value
                case .empty:
                    state = .waiting(continuation)
                    return nil
                case .waiting, .done: preconditionFailure("a one-shot value is awaited once")
                }
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
