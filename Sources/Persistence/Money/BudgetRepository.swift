// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// A cap with what its ledger entries add up to.
package struct BudgetRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// The campaign; empty for the whole client.
    package var campaign: String
    /// The month, in the cap's zone.
    package var month: CalendarMonth
    /// The cap.
    package var cap: Money
    /// The zone in which the month begins and ends.
    package var timeZone: String
    /// What was set aside, in minor units.
    package var reserved: Int64
    /// What platforms confirmed.
    package var committed: Int64
    /// What was spent.
    package var spent: Int64
    /// What was given back.
    package var released: Int64
    /// What counts against the cap: per boost the larger of what is set aside and what was spent.
    package var used: Int64
    /// Who set the cap.
    package var setBy: String

    init(row: Row) throws {
        self.client = try row.get("client_id")
        self.campaign = try row.get("campaign")
        guard let month = CalendarMonth(try row.get("month", as: String.self)) else {
            throw PQError(.decoding, "a stored month is none")
        }
        self.month = month
        self.cap = Money(minorUnits: try row.get("cap_minor"), currency: try row.get("currency"))
        self.timeZone = try row.get("time_zone")
        self.reserved = try row.get("reserved")
        self.committed = try row.get("committed")
        self.spent = try row.get("spent")
        self.released = try row.get("released")
        self.used = try row.get("used")
        self.setBy = try row.get("set_by")
    }
}

/// One entry of the ledger.
package struct LedgerRow: Sendable, Hashable {
    /// Its number, in the order of writing.
    package var number: Int64
    /// The boost.
    package var boost: BoostID
    /// The campaign; empty for none.
    package var campaign: String
    /// The month it counts in.
    package var month: CalendarMonth
    /// `reserve`, `commit`, `spend` or `release`.
    package var kind: String
    /// The amount.
    package var amount: Money
    /// When; the world's time.
    package var at: Date
    /// Who.
    package var actor: String
    /// Why.
    package var reason: String

    init(row: Row) throws {
        self.number = try row.get("entry_no")
        self.boost = try row.get("boost_id")
        self.campaign = try row.get("campaign")
        guard let month = CalendarMonth(try row.get("month", as: String.self)) else {
            throw PQError(.decoding, "a stored month is none")
        }
        self.month = month
        self.kind = try row.get("kind")
        self.amount = Money(minorUnits: try row.get("amount_minor"), currency: try row.get("currency"))
        self.at = try row.get("at")
        self.actor = try row.get("actor")
        self.reason = try row.get("reason")
    }
}

/// Caps, and what the ledger holds against them.
///
/// Entries are written by the budget ledger alone.
package enum BudgetRepository {
    /// Sets a cap, or changes it; its currency stays when entries exist.
    ///
    /// - Throws: `PersistenceError` with code `changedMeanwhile` when entries of the month are in another currency.
    package static func setCap(
        _ cap: Money, client: ClientID, campaign: String, month: CalendarMonth, timeZone: String, actor: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let changed = try await db.execute(
            """
            INSERT INTO budget_cap (client_id, campaign, month, currency, time_zone, cap_minor, set_by)
            SELECT \(client), \(campaign), to_date(\(month.firstDay), 'YYYY-MM-DD'), \(cap.currency), \(timeZone),
                   \(cap.minorUnits), \(actor)
            WHERE NOT EXISTS (
                SELECT FROM ledger_entry
                WHERE client_id = \(client) AND month = to_date(\(month.firstDay), 'YYYY-MM-DD')
                  AND (\(campaign) = '' OR campaign = \(campaign)) AND currency <> \(cap.currency))
            ON CONFLICT (client_id, campaign, month) DO UPDATE
            SET currency = excluded.currency, time_zone = excluded.time_zone, cap_minor = excluded.cap_minor,
                set_by = excluded.set_by, set_at = world_now()
            """)
        guard changed == 1 else {
            throw PersistenceError(
                .changedMeanwhile, "money of \(month) is booked in another currency than \(cap.currency) already")
        }
    }

    /// The caps of a client with their balances, by month and campaign; of one month, or of all.
    package static func list(
        of client: ClientID, month: CalendarMonth? = nil, on db: inout some SQLSession & ~Copyable
    ) async throws -> [BudgetRow] {
        try await db.query(
            """
            SELECT cap.client_id, cap.campaign, to_char(cap.month, 'YYYY-MM-DD') AS month, cap.currency, cap.time_zone,
                   cap.cap_minor, cap.set_by, balance.reserved, balance.committed, balance.spent, balance.released, balance.used
            FROM budget_cap AS cap
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(reserved), 0)::bigint AS reserved, coalesce(sum(committed), 0)::bigint AS committed,
                       coalesce(sum(spent), 0)::bigint AS spent, coalesce(sum(released), 0)::bigint AS released,
                       coalesce(sum(greatest(reserved - released, spent)), 0)::bigint AS used
                FROM (
                    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0) AS reserved,
                           coalesce(sum(amount_minor) FILTER (WHERE kind = 'commit'), 0) AS committed,
                           coalesce(sum(amount_minor) FILTER (WHERE kind = 'spend'), 0) AS spent,
                           coalesce(sum(amount_minor) FILTER (WHERE kind = 'release'), 0) AS released
                    FROM ledger_entry AS entry
                    WHERE entry.client_id = cap.client_id AND entry.month = cap.month
                      AND (cap.campaign = '' OR entry.campaign = cap.campaign)
                    GROUP BY entry.boost_id
                ) AS per_boost
            ) AS balance
            WHERE cap.client_id = \(client)
              AND (\(month?.firstDay) IS NULL OR cap.month = to_date(\(month?.firstDay), 'YYYY-MM-DD'))
            ORDER BY cap.month, cap.campaign
            """
        ).decoded(BudgetRow.init(row:))
    }

    /// The ledger of a client, oldest first; of one boost, or of all.
    package static func entries(
        of client: ClientID, boost: BoostID? = nil, month: CalendarMonth? = nil,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> [LedgerRow] {
        try await db.query(
            """
            SELECT entry_no, boost_id, campaign, to_char(month, 'YYYY-MM-DD') AS month, kind, amount_minor, currency, at, actor,
                   reason
            FROM ledger_entry
            WHERE client_id = \(client) AND (\(boost) IS NULL OR boost_id = \(boost))
              AND (\(month?.firstDay) IS NULL OR month = to_date(\(month?.firstDay), 'YYYY-MM-DD'))
            ORDER BY entry_no
            """
        ).decoded(LedgerRow.init(row:))
    }
}
