// SPDX-License-Identifier: MIT

import Synchronization

/// The place where one task at a time waits: for a socket, or to be woken.
///
/// Every connection has one of its own, so that waiting takes no lock others want: a lock shared by all waits halves the
/// throughput of eight connections, since the system's lock is handed from thread to sleeping thread once it is
/// contended (docs/decisions/0003).
final class WaitPoint: Sendable {
    /// Why a wait ended.
    enum Wake: Sendable, Equatable {
        case ready(SocketReactor.Interest)
        case deadline
        case cancelled
    }

    typealias Waiter = CheckedContinuation<Wake, Never>

    private struct State {
        var waiter: Waiter?
        /// How the wait ended before its task was suspended.
        var early: Wake?
    }

    private let state = Mutex(State())
    /// When the reactor must look here, in nanoseconds of its clock: written under the lock, read without.
    private let nextLook = Atomic<Int64>(.max)

    /// The deadline of the present wait, in nanoseconds of the reactor's clock.
    var deadline: Int64 { self.nextLook.load(ordering: .sequentiallyConsistent) }

    /// Forgets what an earlier wait left behind.
    func reset() { self.state.withLock { $0.early = nil } }

    /// Puts the task to rest; false when the wait is over already and the waiter was resumed.
    func rest(_ waiter: Waiter, until deadline: Int64) -> Bool {
        let early = self.state.withLock { state -> Wake? in
            if let early = state.early {
                state.early = nil
                return early
            }
            precondition(state.waiter == nil, "two tasks wait on one connection")
            state.waiter = waiter
            // Written under the lock, like its reset: a value left over from a finished wait would keep the reactor busy.
            self.nextLook.store(deadline, ordering: .sequentiallyConsistent)
            return nil
        }
        if let early {
            waiter.resume(returning: early)
            return false
        }
        return true
    }

    /// Ends the wait, or the next one when none has begun.
    func end(_ wake: Wake) {
        let waiter = self.state.withLock { state -> Waiter? in
            if state.waiter == nil, state.early == nil { state.early = wake }
            return self.take(&state)
        }
        waiter?.resume(returning: wake)
    }

    /// Ends the wait because of the socket; nothing when nobody waits, since the next wait asks the socket again.
    func fire(_ interest: SocketReactor.Interest) {
        self.state.withLock { self.take(&$0) }?.resume(returning: .ready(interest))
    }

    /// Ends the wait when its deadline has passed.
    func expire(now: Int64) {
        let waiter = self.state.withLock { self.deadline <= now ? self.take(&$0) : nil }
        waiter?.resume(returning: .deadline)
    }

    private func take(_ state: inout State) -> Waiter? {
        self.nextLook.store(.max, ordering: .sequentiallyConsistent)
        return state.waiter.take()
    }
}

extension WaitPoint: Hashable {
    static func == (left: WaitPoint, right: WaitPoint) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
