// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient

/// Holds back the queued work of a client or of one of its accounts, in the transaction that changes its state.
struct WorkPause {
    var client: ClientID
    var account: AccountID?

    /// The queue's own mark for "every account".
    private static let every = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    func begin(actor: String, reason: String?, on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute(
            """
            INSERT INTO queue_control (client_id, account_id, queue, paused_at, paused_by, reason)
            VALUES (\(self.client), \(self.account?.uuid ?? Self.every), '', world_now(), \(actor), \(reason))
            ON CONFLICT (client_id, account_id, queue) DO NOTHING
            """)
    }

    func end(on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute(
            """
            DELETE FROM queue_control
            WHERE client_id = \(self.client) AND account_id = \(self.account?.uuid ?? Self.every) AND queue = ''
            """)
    }
}
