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
    /// `reserve`, `commit`, `spend`, `credit` or `release`.
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
    /// Sets a cap, or changes it; its currency stays when entries exist, and is that of the caps which count beside it.
    ///
    /// The month's caps are locked before anything is looked at, as the ledger locks them: nothing is set aside under them meanwhile.
    ///
    /// - Throws: `PersistenceError` with code `changedMeanwhile` when entries of the month, or the client's cap and a campaign's, would be in
    ///   two currencies.
    package static func setCap(
        _ cap: Money, client: ClientID, campaign: String, month: CalendarMonth, timeZone: String, actor: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        // There may be no cap to lock yet.
        try await ClientRepository.lock(client, on: &db)
        try await db.execute(
            """
            SELECT FROM budget_cap
            WHERE client_id = \(client) AND month = to_date(\(month.firstDay), 'YYYY-MM-DD')
            ORDER BY campaign FOR UPDATE
            """)
        let booked = try await db.query(
            """
            SELECT FROM ledger_entry
            WHERE client_id = \(client) AND month = to_date(\(month.firstDay), 'YYYY-MM-DD')
              AND (\(campaign) = '' OR campaign = \(campaign)) AND currency <> \(cap.currency)
            LIMIT 1
            """)
        guard booked.isEmpty else {
            throw PersistenceError(
                .changedMeanwhile, "money of \(month) is booked in another currency than \(cap.currency) already")
        }
        try await Self.checkCurrency(of: cap, campaign: campaign, month: month, client: client, on: &db)
        try await db.execute(
            """
            INSERT INTO budget_cap (client_id, campaign, month, currency, time_zone, cap_minor, set_by)
            VALUES (\(client), \(campaign), to_date(\(month.firstDay), 'YYYY-MM-DD'), \(cap.currency), \(timeZone),
                    \(cap.minorUnits), \(actor))
            ON CONFLICT (client_id, campaign, month) DO UPDATE
            SET currency = excluded.currency, time_zone = excluded.time_zone, cap_minor = excluded.cap_minor,
                set_by = excluded.set_by, set_at = world_now()
            """)
    }

    /// A boost counts against the client's cap and its campaign's: in two currencies it could pass neither.
    ///
    /// A cap of nothing lets no boost pass anyway, so it is in nobody's way: with it the currency of both can be changed.
    private static func checkCurrency(
        of cap: Money, campaign: String, month: CalendarMonth, client: ClientID,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        guard cap.minorUnits > 0 else { return }
        let others = try await db.query(
            """
            SELECT campaign, currency FROM budget_cap
            WHERE client_id = \(client) AND month = to_date(\(month.firstDay), 'YYYY-MM-DD') AND cap_minor > 0
              AND currency <> \(cap.currency) AND (campaign = '') <> (\(campaign) = '')
            ORDER BY campaign LIMIT 1
            """)
        guard let other = others.first else { return }
        let name: String = try other.get("campaign")
        let currency: Currency = try other.get("currency")
        throw PersistenceError(
            .changedMeanwhile,
            "the budget of \(name.isEmpty ? "the client" : "campaign '\(name)'") in \(month) is in \(currency), and a boost counts "
                + "against both: use \(currency), or set that one to 0\(currency) first")
    }

    /// Sets what a boost of a client may cost before a second person must release it; `nil` for no limit.
    ///
    /// - Returns: The limit, with whom it does not hold for yet.
    package static func setReleaseLimit(
        _ amount: Money?, client: ClientID, actor: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> ReleaseLimit {
        try await ClientRepository.lock(client, on: &db)
        let limit = try await Self.releaseLimit(of: client, on: &db).set(to: amount, by: actor)
        try await db.execute(
            """
            INSERT INTO release_limit (client_id, currency, limit_minor, loosened_by, before_currency, before_minor, set_by)
            VALUES (\(client), \(limit.amount?.currency), \(limit.amount?.minorUnits), \(limit.loosenedBy),
                    \(limit.before?.currency), \(limit.before?.minorUnits), \(actor))
            ON CONFLICT (client_id) DO UPDATE
            SET currency = excluded.currency, limit_minor = excluded.limit_minor, loosened_by = excluded.loosened_by,
                before_currency = excluded.before_currency, before_minor = excluded.before_minor,
                set_by = excluded.set_by, set_at = world_now()
            """)
        return limit
    }

    /// What a boost of a client may cost before a second person must release it.
    package static func releaseLimit(
        of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> ReleaseLimit {
        let rows = try await db.query(
            """
            SELECT limit_minor, currency, loosened_by, before_minor, before_currency FROM release_limit
            WHERE client_id = \(client)
            """)
        guard let row = rows.first else { return ReleaseLimit() }
        func money(_ amount: String, _ currency: String) throws -> Money? {
            guard let amount: Int64 = try row.get(amount), let currency: Currency = try row.get(currency) else {
                return nil
            }
            return Money(minorUnits: amount, currency: currency)
        }
        var limit = ReleaseLimit(try money("limit_minor", "currency"))
        limit.loosenedBy = try row.get("loosened_by")
        limit.before = try money("before_minor", "before_currency")
        return limit
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
                           coalesce(sum(CASE kind WHEN 'spend' THEN amount_minor WHEN 'credit' THEN -amount_minor END), 0) AS spent,
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
