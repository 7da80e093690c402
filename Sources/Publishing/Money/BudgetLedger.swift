// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// A cap on what a client, or one of its campaigns, may spend in a month of the cap's own time zone.
package struct BudgetCap: Sendable {
    /// The client.
    package var client: ClientID
    /// The campaign; empty for the whole client.
    package var campaign: String
    /// The month's first day, `YYYY-MM-01`.
    package var month: String
    /// The cap.
    package var cap: Money
    /// The zone in which its month begins and ends.
    package var timeZone: String
    /// What is promised and not yet spent or given back, plus what is spent.
    package var used: Money
    /// What is left.
    package var left: Money {
        Money(minorUnits: self.cap.minorUnits - self.used.minorUnits, currency: self.cap.currency)
    }
}

/// What a ledger entry does.
package enum LedgerKind: String, Sendable {
    /// Sets money aside before the platform is asked.
    case reserve
    /// The platform runs the boost: the reservation is now a commitment of the same amount.
    case commit
    /// The platform reported spend.
    case spend
    /// Gives back what will not be spent.
    case release
}

/// Why money cannot be set aside.
package struct LedgerError: Error, Sendable, CustomStringConvertible {
    /// What kind of refusal.
    package enum Kind: Sendable {
        /// No cap is set for that month.
        case noCap
        /// The cap would be passed.
        case capPassed
        /// The cap is in another currency.
        case otherCurrency
    }

    /// What kind of refusal.
    package var kind: Kind
    /// What is wrong and what to do.
    package var description: String
}

/// The append-only ledger of boosts.
///
/// Balances are derived from entries, never edited.
///
/// What counts against a cap is, per boost, the larger of what was set aside and what was spent, less what was given back:
/// `reserve − release`, and spend beyond it.
package struct BudgetLedger: Sendable {
    /// Makes a ledger.
    package init() {}

    /// Sets money aside under every cap that applies: the client's, and the campaign's when it has one.
    ///
    /// The caps' rows are locked until the transaction ends, so that boosts at the same moment cannot pass a cap
    /// together. Doing it again for the same boost changes nothing.
    ///
    /// - Throws: `LedgerError`; then nothing is written.
    package func reserve(
        _ amount: Money, boost: BoostID, client: ClientID, adAccount: AdAccountID?, campaign: String, at start: Date,
        actor: String, on db: inout Transaction
    ) async throws {
        let names = campaign.isEmpty ? [""] : ["", campaign]
        let caps = try await db.query(
            """
            SELECT campaign, to_char(month, 'YYYY-MM-DD') AS month, currency, time_zone, cap_minor FROM budget_cap
            WHERE client_id = \(client.uuid) AND campaign = ANY(\(names))
              AND month = date_trunc('month', \(start) AT TIME ZONE time_zone)::date
            ORDER BY campaign FOR UPDATE
            """)
        guard let row = caps.first, try row.get("campaign") == "" else {
            throw LedgerError(
                kind: .noCap,
                description:
                    "no budget is set for the month of the boost's start. Set one: posthorn budget set --client … --month …"
            )
        }
        let open: Int64 =
            try await db.query(
                """
                SELECT (coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0)
                        - coalesce(sum(amount_minor) FILTER (WHERE kind = 'release'), 0))::bigint AS open
                FROM ledger_entry WHERE client_id = \(client.uuid) AND boost_id = \(boost.uuid)
                """
            ).first?.get("open") ?? 0
        if open > 0 { return }
        for cap in caps {
            try await self.check(amount, under: cap, client: client, on: &db)
        }
        let month: String = try row.get("month")
        try await self.append(
            .reserve, amount, boost: boost, client: client, adAccount: adAccount, campaign: campaign, month: month,
            actor: actor,
            reason: "set aside before the platform is asked", on: &db)
    }

    private func check(
        _ amount: Money, under row: Row, client: ClientID, on db: inout Transaction
    ) async throws {
        let code: String = try row.get("currency")
        let campaign: String = try row.get("campaign")
        let month: String = try row.get("month")
        let what =
            campaign.isEmpty
            ? "the client's budget of \(month.prefix(7))" : "the budget of campaign '\(campaign)' in \(month.prefix(7))"
        guard code == amount.currency.rawValue else {
            throw LedgerError(
                kind: .otherCurrency,
                description: "\(what) is in \(code), the boost in \(amount.currency): use an ad account in \(code)")
        }
        let cap: Int64 = try row.get("cap_minor")
        let used = try await self.used(client: client, campaign: campaign, month: month, on: &db)
        guard used + amount.minorUnits <= cap else {
            let left = Money(minorUnits: max(0, cap - used), currency: amount.currency)
            throw LedgerError(
                kind: .capPassed,
                description:
                    "\(what) has \(left) left of \(Money(minorUnits: cap, currency: amount.currency)); the boost may cost \(amount)"
            )
        }
    }

    /// What counts against a cap, in minor units.
    package func used(
        client: ClientID, campaign: String, month: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Int64 {
        let rows = try await db.query(
            """
            SELECT coalesce(sum(greatest(reserved - released, spent)), 0)::bigint AS used
            FROM (SELECT boost_id,
                         coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0) AS reserved,
                         coalesce(sum(amount_minor) FILTER (WHERE kind = 'release'), 0) AS released,
                         coalesce(sum(amount_minor) FILTER (WHERE kind = 'spend'), 0) AS spent
                  FROM ledger_entry
                  WHERE client_id = \(client.uuid) AND to_char(month, 'YYYY-MM-DD') = \(month)
                    AND (\(campaign) = '' OR campaign = \(campaign))
                  GROUP BY boost_id) AS balance
            """)
        return try rows.first?.get("used") ?? 0
    }

    /// Notes that the platform runs the boost.
    ///
    /// Doing it again changes nothing.
    package func commit(boost: BoostID, client: ClientID, actor: String, on db: inout Transaction) async throws {
        try await self.book(
            .commit, upTo: nil, boost: boost, client: client, actor: actor, reason: "the platform runs the boost",
            on: &db)
    }

    /// Books spend up to the platform's reported total; what is booked already is not booked again.
    package func spend(
        total: Money, boost: BoostID, client: ClientID, actor: String, on db: inout Transaction
    ) async throws {
        try await self.book(
            .spend, upTo: total.minorUnits, boost: boost, client: client, actor: actor,
            reason: "reported by the platform",
            on: &db)
    }

    /// Gives back what was set aside and will not be spent, once the boost has ended.
    package func releaseRest(
        boost: BoostID, client: ClientID, actor: String, reason: String, on db: inout Transaction
    ) async throws {
        try await self.book(.release, upTo: nil, boost: boost, client: client, actor: actor, reason: reason, on: &db)
    }

    /// Appends what is missing: of a commitment up to what is set aside, of spend up to a total, of a release what is neither spent nor given
    /// back.
    private func book(
        _ kind: LedgerKind, upTo total: Int64?, boost: BoostID, client: ClientID, actor: String, reason: String,
        on db: inout Transaction
    ) async throws {
        // The boost's row orders those who book for it at the same moment.
        try await db.execute(
            "SELECT FROM boost WHERE client_id = \(client.uuid) AND boost_id = \(boost.uuid) FOR UPDATE")
        try await db.execute(
            """
            WITH sums AS (
                SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0)::bigint AS reserved,
                       coalesce(sum(amount_minor) FILTER (WHERE kind = 'release'), 0)::bigint AS released,
                       coalesce(sum(amount_minor) FILTER (WHERE kind = 'commit'), 0)::bigint AS committed,
                       coalesce(sum(amount_minor) FILTER (WHERE kind = 'spend'), 0)::bigint AS spent
                FROM ledger_entry WHERE client_id = \(client.uuid) AND boost_id = \(boost.uuid)),
            last AS (
                SELECT ad_account_id, campaign, month, currency FROM ledger_entry
                WHERE client_id = \(client.uuid) AND boost_id = \(boost.uuid) AND kind = 'reserve'
                ORDER BY entry_no DESC LIMIT 1),
            missing AS (
                SELECT CASE \(kind.rawValue)
                           WHEN 'commit' THEN reserved - released - committed
                           WHEN 'spend' THEN \(total) - spent
                           ELSE reserved - released - spent
                       END AS amount
                FROM sums)
            INSERT INTO ledger_entry (client_id, boost_id, ad_account_id, campaign, month, kind, amount_minor, currency, actor, reason)
            SELECT \(client.uuid), \(boost.uuid), ad_account_id, campaign, month, \(kind.rawValue), amount, currency, \(actor), \(reason)
            FROM last, missing
            WHERE amount > 0
            """)
    }

    private func append(
        _ kind: LedgerKind, _ amount: Money, boost: BoostID, client: ClientID, adAccount: AdAccountID?,
        campaign: String,
        month: String, actor: String, reason: String, on db: inout Transaction
    ) async throws {
        try await db.execute(
            """
            INSERT INTO ledger_entry (client_id, boost_id, ad_account_id, campaign, month, kind, amount_minor, currency, actor, reason)
            VALUES (\(client.uuid), \(boost.uuid), \(adAccount?.uuid), \(campaign), to_date(\(month), 'YYYY-MM-DD'),
                    \(kind.rawValue), \(amount.minorUnits), \(amount.currency.rawValue), \(actor), \(reason))
            """)
    }
}
