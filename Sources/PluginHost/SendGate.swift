// SPDX-License-Identifier: MIT

import PluginKit
import Synchronization

/// Decides, once for a request, whether its first byte may be written, and knows afterwards whether it was.
///
/// The connection asks just before it writes; the caller closes the gate when it gives up. Both under one lock: a request that was reported
/// as not sent can never be written later.
final class SendGate: Sendable {
    enum State: Sendable, Equatable {
        /// Nothing is written yet.
        case waiting
        /// The connection has begun to write: the head and what follows it leave together.
        case written
        /// The permit had run out when the connection was ready.
        case late
        /// The caller gave up before anything was written.
        case closed
    }

    let notAfter: ContinuousClock.Instant?
    private let state = Mutex(State.waiting)

    init(notAfter: ContinuousClock.Instant?) { self.notAfter = notAfter }

    /// Asks to write.
    func mayWrite(at now: ContinuousClock.Instant = .now) -> Bool {
        self.state.withLock { state in
            guard state == .waiting else { return false }
            state = if let notAfter = self.notAfter, now > notAfter { .late } else { .written }
            return state == .written
        }
    }

    /// Ends the exchange and says how far it got.
    func close() -> State {
        self.state.withLock { state in
            if state == .waiting { state = .closed }
            return state
        }
    }
}

/// The gates of the requests that are under way, by the number that each carries to its connection.
final class SendGates: Sendable {
    /// The header field that carries the number; it never leaves the process.
    static let field = "x-posthorn-gate"

    private struct State {
        var next: UInt64 = 0
        var gates: [UInt64: SendGate] = [:]
    }
    private let state = Mutex(State())

    func add(_ gate: SendGate) -> UInt64 {
        self.state.withLock { state in
            state.next += 1
            state.gates[state.next] = gate
            return state.next
        }
    }

    func remove(_ number: UInt64) { self.state.withLock { $0.gates[number] = nil } }

    func gate(_ number: UInt64) -> SendGate? { self.state.withLock { $0.gates[number] } }
}
