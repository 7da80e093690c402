// SPDX-License-Identifier: MIT

import PQClient
import Synchronization

/// Whether other workers were met at the same lanes lately.
///
/// Two workers that claim in one lane at the same moment want the same slots. A claim that leaves a slot to a rival is dearer
/// than one that expects none, so claims expect none until they meet one, and then yield for a while.
final class ClaimRivals: Sendable {
    /// How many claims yield after a meeting.
    static let caution = 1_000

    private let yieldingClaims = Atomic<Int>(0)

    /// Whether the next claim yields; it counts as one.
    var areNear: Bool {
        let left = self.yieldingClaims.load(ordering: .relaxed)
        guard left > 0 else { return false }
        self.yieldingClaims.subtract(1, ordering: .relaxed)
        return true
    }

    /// A rival took a slot first.
    func met() { self.yieldingClaims.store(Self.caution, ordering: .relaxed) }

    /// Whether a claim failed because a rival took a slot first; then nothing of it was written.
    static func areTold(by error: PQError) -> Bool {
        error.sqlState == .uniqueViolation || error.sqlState == .deadlockDetected
    }
}
