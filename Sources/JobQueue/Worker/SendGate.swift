// SPDX-License-Identifier: MIT

import Synchronization

/// Whether this worker may send, and which of its jobs are in the middle of a send.
///
/// A worker that could not beat for a while closes its own gate before the fleet declares it dead: from then on no
/// fence is entered.
package final class SendGate: Sendable {
    private struct State {
        var openUntil: ContinuousClock.Instant?
        var isShut = false
        var isEnding = false
        var inside: Set<Int64> = []
        var haveBeenInside: Set<Int64> = []
    }

    private let state = Mutex(State())

    /// Makes an open gate.
    package init() {}

    /// Whether a send may begin now.
    package var canSend: Bool { self.canSend(at: .now) }

    /// Whether a send may begin at an instant.
    func canSend(at now: ContinuousClock.Instant) -> Bool {
        self.state.withLock { Self.isOpen($0, at: now) }
    }

    /// Opens the gate until an instant; a beat that was answered moves it on.
    func open(until instant: ContinuousClock.Instant) {
        self.state.withLock {
            $0.openUntil = instant
            $0.isShut = false
        }
    }

    /// Closes the gate: the worker was declared dead.
    func shut() { self.state.withLock { $0.isShut = true } }

    /// Lets no new send begin, for good: the worker stops.
    func end() { self.state.withLock { $0.isEnding = true } }

    /// Begins a send under a lease.
    ///
    /// - Returns: Whether it may.
    func enter(_ lease: Int64, at now: ContinuousClock.Instant = .now) -> Bool {
        self.state.withLock { state in
            guard Self.isOpen(state, at: now) else { return false }
            state.inside.insert(lease)
            state.haveBeenInside.insert(lease)
            return true
        }
    }

    /// Ends a send.
    func leave(_ lease: Int64) { self.state.withLock { _ = $0.inside.remove(lease) } }

    /// Forgets a lease whose run has ended.
    ///
    /// - Returns: Whether a send has begun under it.
    func forget(_ lease: Int64) -> Bool { self.state.withLock { $0.haveBeenInside.remove(lease) != nil } }

    /// Whether a send under the lease has begun and not ended.
    func isInside(_ lease: Int64) -> Bool { self.state.withLock { $0.inside.contains(lease) } }

    private static func isOpen(_ state: State, at now: ContinuousClock.Instant) -> Bool {
        !state.isShut && !state.isEnding && (state.openUntil.map { now < $0 } ?? true)
    }
}
