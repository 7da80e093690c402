// SPDX-License-Identifier: MIT

import PluginKit
import Synchronization

/// The way to a platform of a process that dies at its n-th call: right before the call leaves, or right after it took effect.
final class DyingTransport: HTTPTransport {
    private let base: any HTTPTransport
    private let last: Int
    private let hasEffect: Bool
    private let calls = Mutex(0)

    /// Lives for so many calls; at the next one it dies.
    init(_ base: any HTTPTransport, after calls: Int, hasEffect: Bool) {
        self.base = base
        self.last = calls
        self.hasEffect = hasEffect
    }

    /// Whether it came to the call at which it dies.
    var hasDied: Bool { self.calls.withLock { $0 } > self.last }

    func send(_ call: HTTPCall) async throws(TransportError) -> HTTPReply {
        let number = self.calls.withLock { calls in
            defer { calls += 1 }
            return calls
        }
        guard number >= self.last else { return try await self.base.send(call) }
        if number == self.last, self.hasEffect { _ = try await self.base.send(call) }
        throw TransportError(number == self.last ? .mayHaveArrived : .notSent, "the process died here")
    }
}
