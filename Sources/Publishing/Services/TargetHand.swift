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
        let places: [String] = try await db.query(
            """
            SELECT 'leased' FROM job_lease WHERE client_id = \(target.client) AND job_id = \(target.job)
            UNION ALL
            SELECT 'ready' FROM job_ready WHERE client_id = \(target.client) AND job_id = \(target.job)
            UNION ALL
            SELECT 'scheduled' FROM job_scheduled WHERE client_id = \(target.client) AND job_id = \(target.job)
            UNION ALL
            SELECT 'held' FROM job_hold WHERE client_id = \(target.client) AND job_id = \(target.job)
            """
        ).column()
        let sent: [String] = try await db.query(
            """
            SELECT DISTINCT state
            FROM effect
            WHERE client_id = \(target.client) AND op_key = \("publish:\(target.id)")
              AND state IN ('sending', 'unknown', 'confirmed')
            ORDER BY state
            """
        ).column()
        return Self(isLive: !places.isEmpty, isLeased: places.contains("leased"), sent: sent)
    }

    /// Why the target must stay as it is; `nil` when nothing of it is sent or about to be.
    var obstacle: String? {
        if !self.sent.isEmpty { return "what was sent of it is \(self.sent.joined(separator: ", "))" }
        return self.isLeased ? "a worker has it in hand" : nil
    }
}
