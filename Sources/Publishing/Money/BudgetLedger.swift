// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient
package import Persistence

/// The append-only ledger of boosts.
///
/// Balances are derived from entries, never edited. What counts against a cap is, per boost and month, the larger of what is set aside
/// still and what was spent.
package struct BudgetLedger: Sendable {
    /// Whose money it is.
    package struct Owner: Sendable {
        /// The boost.
        package var boost: BoostID
        /// The client.
        package var client: ClientID
        /// Where it is spent.
        package var adAccount: AdAccountID?
        /// The campaign; empty for none.
        package var campaign: String
        /// The currency.
        package var currency: Currency

        /// Names an owner.
        package init(
            boost: BoostID, client: ClientID, adAccount: AdAccountID?, campaign: String, currency: Currency
        ) {
            self.boost = boost
            self.client = client
            self.adAccount = adAccount
            self.campaign = campaign
            self.currency = currency
        }
    }

    /// Makes a ledger.
    package init() {}

    /// Sets money aside in every month under every cap that applies: the client's, and the campaign's when it has one.
    ///
    /// The caps' rows are locked until the transaction ends, so that boosts at the same moment cannot pass a cap together. Doing it again
    /// for the same boost sets nothing more aside, and asks again whether the caps hold.
    ///
    /// - Throws: `LedgerError`; then nothing is written.
    package func reserve(
        _ amounts: [CalendarMonth: Int64], for owner: Owner, actor: String, on db: inout Transaction
    ) async throws {
        let caps = try await self.lockCaps(of: amounts.keys.sorted(), for: owner, on: &db)
        guard try await self.balances(of: owner, on: &db).open == 0 else {
            // A cap may have been lowered since.
            if let passed = try await self.passedCaps(of: owner, on: &db).first {
                throw LedgerError(kind: .capPassed, description: passed)
            }
            return
        }
        for (month, amount) in amounts.sorted(by: { $0.key < $1.key }) {
            guard caps.contains(where: { $0.month == month && $0.campaign.isEmpty }) else {
                throw LedgerError(
                    kind: .noCap,
                    description:
                        "no budget is set for \(month), in which the boost may spend. Set one: posthorn budget "
                        + "set --client … --month … --for \(month)")
            }
            for cap in caps where cap.month == month {
                try await self.check(Money(minorUnits: amount, currency: owner.currency), under: cap, owner, on: &db)
            }
        }
        let bookings = amounts.sorted { $0.key < $1.key }.map {
            LedgerBooking(kind: .reserve, month: $0.key, minorUnits: $0.value)
        }
        try await self.append(
            bookings, owner, actor: actor, reason: "set aside before the platform is asked", on: &db)
    }

    /// What counts against a cap, in minor units; with `withoutStopping` boosts that are being stopped count with what they have spent alone.
    package func used(
        client: ClientID, campaign: String, month: CalendarMonth, withoutStopping: Bool = false,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> Int64 {
        let rows = try await db.query(
            """
            SELECT coalesce(sum(CASE WHEN \(withoutStopping) AND is_stopping THEN spent
                                     ELSE greatest(reserved - released, spent) END), 0)::bigint AS used
            FROM (SELECT boost_id,
                         coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0) AS reserved,
                         coalesce(sum(amount_minor) FILTER (WHERE kind = 'release'), 0) AS released,
                         coalesce(sum(CASE kind WHEN 'spend' THEN amount_minor WHEN 'credit' THEN -amount_minor END), 0) AS spent
                  FROM ledger_entry
                  WHERE client_id = \(client) AND month = to_date(\(month.firstDay), 'YYYY-MM-DD')
                    AND (\(campaign) = '' OR campaign = \(campaign))
                  GROUP BY boost_id) AS balance
            CROSS JOIN LATERAL (
                SELECT EXISTS (SELECT FROM boost WHERE boost.client_id = \(client) AND boost.boost_id = balance.boost_id
                                 AND boost.stop_asked_at IS NOT NULL) AS is_stopping) AS wish
            """)
        return try rows.first?.get("used") ?? 0
    }

    /// The caps that a boost has made pass, as sentences: a cap that was lowered, or spend beyond what was set aside.
    ///
    /// What is being stopped already counts with what it has spent: one stop more is not needed for it.
    func passedCaps(of owner: Owner, on db: inout Transaction) async throws -> [String] {
        let months = try await self.balances(of: owner, on: &db).months.filter { $0.value.open > 0 }.keys.sorted()
        var sentences: [String] = []
        for cap in try await self.lockCaps(of: months, for: owner, on: &db) {
            let used = try await self.used(
                client: owner.client, campaign: cap.campaign, month: cap.month, withoutStopping: true, on: &db)
            guard used > cap.minorUnits else { continue }
            let counted = Money(minorUnits: used, currency: cap.currency)
            sentences.append("\(cap.name) is \(cap.money), and \(counted) counts against it")
        }
        return sentences
    }

    /// Books what a look at the boost's balances, taken with the boost locked, says is missing.
    ///
    /// Returns what was appended.
    @discardableResult
    func book(
        for owner: Owner, actor: String, reason: String, on db: inout Transaction,
        _ decide: (LedgerBalances) -> [LedgerBooking]
    ) async throws -> [LedgerBooking] {
        // The boost's row orders those who book for it at the same moment.
        try await db.execute(
            "SELECT FROM boost WHERE client_id = \(owner.client) AND boost_id = \(owner.boost) FOR UPDATE")
        let bookings = decide(try await self.balances(of: owner, on: &db))
        try await self.append(bookings, owner, actor: actor, reason: reason, on: &db)
        return bookings
    }

    /// Gives back everything that is set aside and not spent.
    func releaseRest(
        for owner: Owner, actor: String, reason: String, on db: inout Transaction
    ) async throws {
        try await self.book(for: owner, actor: actor, reason: reason, on: &db) { $0.release() }
    }

    /// What is booked for a boost, by month.
    func balances(of owner: Owner, on db: inout some SQLSession & ~Copyable) async throws -> LedgerBalances {
        let rows = try await db.query(
            """
            SELECT to_char(month, 'YYYY-MM-DD') AS month, kind, sum(amount_minor)::bigint AS amount
            FROM ledger_entry WHERE client_id = \(owner.client) AND boost_id = \(owner.boost)
            GROUP BY month, kind
            """)
        var months: [CalendarMonth: LedgerBalance] = [:]
        for row in rows {
            let kind: String = try row.get("kind")
            let amount: Int64 = try row.get("amount")
            guard let month = CalendarMonth(try row.get("month", as: String.self)),
                let kind = LedgerKind(rawValue: kind)
            else { throw PQError(.decoding, "a stored month or kind of entry is none") }
            switch kind {
            case .reserve: months[month, default: LedgerBalance()].reserved += amount
            case .commit: months[month, default: LedgerBalance()].committed += amount
            case .spend: months[month, default: LedgerBalance()].spent += amount
            case .credit: months[month, default: LedgerBalance()].spent -= amount
            case .release: months[month, default: LedgerBalance()].released += amount
            }
        }
        return LedgerBalances(months: months)
    }

    /// A cap as it is stored.
    private struct Cap {
        var campaign: String
        var month: CalendarMonth
        var currency: Currency
        var minorUnits: Int64

        var money: Money { Money(minorUnits: self.minorUnits, currency: self.currency) }
        var name: String {
            self.campaign.isEmpty
                ? "the client's budget of \(self.month)" : "the budget of campaign '\(self.campaign)' in \(self.month)"
        }
    }

    private func lockCaps(
        of months: [CalendarMonth], for owner: Owner, on db: inout Transaction
    ) async throws -> [Cap] {
        let names = owner.campaign.isEmpty ? [""] : ["", owner.campaign]
        let days = months.map(\.firstDay)
        return try await db.query(
            """
            SELECT campaign, to_char(month, 'YYYY-MM-DD') AS month, currency, cap_minor FROM budget_cap
            WHERE client_id = \(owner.client) AND campaign = ANY(\(names)) AND to_char(month, 'YYYY-MM-DD') = ANY(\(days))
            ORDER BY budget_cap.month, campaign FOR UPDATE
            """
        ).decoded { row in
            guard let month = CalendarMonth(try row.get("month", as: String.self)) else {
                throw PQError(.decoding, "a stored month is none")
            }
            return Cap(
                campaign: try row.get("campaign"), month: month, currency: try row.get("currency"),
                minorUnits: try row.get("cap_minor"))
        }
    }

    private func check(_ amount: Money, under cap: Cap, _ owner: Owner, on db: inout Transaction) async throws {
        guard cap.currency == amount.currency else {
            throw LedgerError(
                kind: .otherCurrency,
                description: "\(cap.name) is in \(cap.currency), the boost in \(amount.currency): use an ad account in "
                    + "\(cap.currency)")
        }
        let used = try await self.used(client: owner.client, campaign: cap.campaign, month: cap.month, on: &db)
        let (sum, overflows) = used.addingReportingOverflow(amount.minorUnits)
        guard !overflows, sum <= cap.minorUnits else {
            let left = Money(minorUnits: max(0, cap.minorUnits - used), currency: amount.currency)
            throw LedgerError(
                kind: .capPassed,
                description: "\(cap.name) has \(left) left of \(cap.money); the boost may cost \(amount)")
        }
    }

    private func append(
        _ bookings: [LedgerBooking], _ owner: Owner, actor: String, reason: String, on db: inout Transaction
    ) async throws {
        guard !bookings.isEmpty else { return }
        try await db.execute(
            """
            INSERT INTO ledger_entry (client_id, boost_id, ad_account_id, campaign, month, kind, amount_minor, currency, actor, reason)
            SELECT \(owner.client), \(owner.boost), \(owner.adAccount), \(owner.campaign), to_date(given.month, 'YYYY-MM-DD'),
                   given.kind, given.amount, \(owner.currency), \(actor), \(reason)
            FROM unnest(\(bookings.map(\.month.firstDay)), \(bookings.map(\.kind.rawValue)), \(bookings.map(\.minorUnits)))
                 WITH ORDINALITY AS given (month, kind, amount, place)
            ORDER BY given.place
            """)
    }
}
