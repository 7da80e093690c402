// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Persistence

/// What the queue knows of a target: whether a worker has it in hand, and what was sent of it.
struct TargetHand {
    /// Whether its job waits, runs or is held.
    var isLive: Bool
    /// Whether a worker runs its job.
    var isLeased: Bool
    /// The states of sends that may be visible: `sending`, `unknown`, `confirmed`.
    var sent: [String]

    /// Reads it; lock the target's row first, so that the fence of a worker comes before or after.
    static func load(_ target: TargetRow, on db: inout some SQLSession & ~Copyable) async throws -> Self {
        var place: JobState?
        if let job = target.job { place = try await JobStore.place(of: job, client: target.client, on: &db) }
        let effects = try await EffectLedger.load("publish:\(target.id)", client: target.client, on: &db)
        let sent = Set(effects.map(\.state)).subtracting([.prepared, .rejected])
        return Self(isLive: place != nil, isLeased: place == .leased, sent: sent.map(\.rawValue).sorted())
    }

    /// Why the target must stay as it is; `nil` when nothing of it is sent or about to be.
    var obstacle: String? {
        if !self.sent.isEmpty { return "what was sent of it is \(self.sent.joined(separator: ", "))" }
        return self.isLeased ? "a worker has it in hand" : nil
    }
}
