// SPDX-License-Identifier: MIT

import PQClient
import Synchronization

/// Whether other workers were met at the same lanes lately.
///
/// Two workers that claim in one lane at the same moment want the same slots. A claim that leaves a slot to a rival is dearer
/// than one that expects none, so claims expect none until they meet one, and then yield for a while: the longer, the
/// sooner they meet another afterwards.
final class ClaimRivals: Sendable {
    /// How many claims yield after a first meeting.
    static let caution = 1_000
    /// How many at most.
    static let greatestCaution = 256_000

    private struct State {
        /// How many claims yield from now on.
        var yielding = 0
        /// How many yielded after the last meeting.
        var caution = 0
        /// How many expected no rival since.
        var trusting = 0
    }

    private let state = Mutex(State())

    /// Whether the next claim yields; it counts as one.
    var areNear: Bool {
        self.state.withLock { state in
            guard state.yielding > 0 else {
                state.trusting += 1
                return false
            }
            state.yielding -= 1
            return true
        }
    }

    /// A rival took a slot first.
    func met() {
        self.state.withLock { state in
            let isSoon = state.trusting <= state.caution
            state.caution = isSoon ? min(max(Self.caution, state.caution * 2), Self.greatestCaution) : Self.caution
            (state.yielding, state.trusting) = (state.caution, 0)
        }
    }

    /// Whether a claim failed because a rival took a slot first; then nothing of it was written.
    static func areTold(by error: PQError) -> Bool {
        error.sqlState == .uniqueViolation || error.sqlState == .deadlockDetected
    }
}
