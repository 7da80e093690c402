// SPDX-License-Identifier: MIT

import PQClient

/// What the runs of a worker write about effects at the same moment, in transactions that they share.
struct EffectGroups: Sendable {
    /// Statements of one run each.
    let writing: CallGroup<[Statement], [Rows]>
    /// Sends that begin.
    let fences: CallGroup<FenceCall, FenceAnswer>
    /// Sends that took effect.
    let confirmations: CallGroup<ConfirmedSend, Effect?>

    /// Makes groups of calls.
    ///
    /// - Parameter largest: How many calls share a transaction at most; 1 for a run by itself.
    init(largest: Int) {
        self.writing = CallGroup(largest: largest)
        // One group at a time: the fences of a platform lock the same limits.
        self.fences = CallGroup(largest: largest, transactions: 1, isAtomic: true) {
            $0.request.also == nil ? 1 : largest
        }
        self.confirmations = CallGroup(largest: largest, transactions: 1)
    }
}
