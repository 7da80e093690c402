// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import PQClient
import Persistence

/// When an account has other posts, planned or just published, as they stood when a time was chosen beside them.
struct SeenPosts: Sendable {
    /// The account.
    let account: AccountRow
    /// The moment of the look.
    let now: Date
    /// When they are, in their order.
    let dates: [Date]
    private let from: Date
    private let until: Date

    /// Looks.
    static func look(
        _ account: AccountRow, _ wish: SlotWish, now: Date, on db: inout some SQLSession & ~Copyable
    ) async throws -> SeenPosts {
        // The present week's posts too: a week has so many slots.
        let from = now.addingTimeInterval(-max(8 * 86_400, Double(wish.distance.components.seconds)))
        let until = now.addingTimeInterval(Double(wish.days + 1) * 86_400)
        return SeenPosts(
            account: account, now: now, dates: try await Self.dates(account, from: from, until: until, on: &db),
            from: from, until: until)
    }

    private init(account: AccountRow, now: Date, dates: [Date], from: Date, until: Date) {
        self.account = account
        self.now = now
        self.dates = dates
        self.from = from
        self.until = until
    }

    /// Whether nothing was planned, moved or published meanwhile for any of the accounts.
    ///
    /// Until the transaction ends nobody else gets past this for the same accounts, so of two that chose the same time one chooses
    /// again. It waits for no connection of ours: only for other transactions of this kind.
    static func stillHold(_ looks: [SeenPosts], on db: inout Transaction) async throws -> Bool {
        for look in looks.sorted(by: { $0.account.id < $1.account.id }) {
            try await db.execute(
                """
                SELECT FROM account WHERE client_id = \(look.account.client) AND account_id = \(look.account.id)
                FOR NO KEY UPDATE
                """)
            let dates = try await Self.dates(look.account, from: look.from, until: look.until, on: &db)
            guard dates == look.dates else { return false }
        }
        return true
    }

    private static func dates(
        _ account: AccountRow, from: Date, until: Date, on db: inout some SQLSession & ~Copyable
    ) async throws -> [Date] {
        try await db.query(
            """
            SELECT due_at
            FROM target
            WHERE client_id = \(account.client) AND account_id = \(account.id)
              AND due_at BETWEEN \(from) AND \(until)
              AND state NOT IN ('draft', 'cancelled', 'failed', 'missed')
              AND NOT EXISTS (
                  SELECT FROM publication
                  WHERE publication.client_id = target.client_id AND publication.target_id = target.target_id)
            UNION ALL
            SELECT published_at
            FROM publication
            WHERE client_id = \(account.client) AND account_id = \(account.id) AND published_at >= \(from)
            ORDER BY 1
            """
        ).column()
    }
}
