// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
package import Persistence
import PluginKit

/// A cap with its balance, and what may come.
package struct BudgetStanding: Sendable {
    /// The cap with its balance.
    package var row: BudgetRow
    /// The most that boosts may cost which have not begun, in minor units; nothing is set aside for them yet.
    package var planned: Int64
}

/// Sets and shows what clients may spend on boosts.
package struct BudgetService: Sendable {
    let pool: ConnectionPool

    /// Makes a service.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Sets the cap of a client, or of one of its campaigns, for some months.
    ///
    /// - Parameters:
    ///   - amount: The cap of each month; in the client's currency when it names none.
    ///   - client: The client's slug or identity.
    ///   - campaign: The campaign; empty for the whole client.
    ///   - first: The first month; the present one in the client's zone when `nil`.
    ///   - months: How many months.
    ///   - actor: Who does it.
    /// - Returns: The caps with their balances.
    /// - Throws: `ServiceError`: `notFound`, `invalid`, or `conflict` when money is booked in another currency.
    package func set(
        _ amount: String, client: String, campaign: String = "", from first: CalendarMonth? = nil, months: Int = 1,
        actor: String
    ) async throws -> [BudgetRow] {
        try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            guard let cap = Money(amount, defaultCurrency: owner.currency), cap.minorUnits >= 0 else {
                throw ServiceError(
                    .invalid,
                    "'\(amount)' is no amount: write it as 500.00EUR, with a point and at most the currency's decimal places"
                )
            }
            guard (1...120).contains(months) else { throw ServiceError(.invalid, "\(months) months: use 1 to 120") }
            var month = try await Self.month(first, owner, on: &db)
            var changed: [CalendarMonth] = []
            for _ in 0..<months {
                do {
                    try await BudgetRepository.setCap(
                        cap, client: owner.id, campaign: campaign, month: month, timeZone: owner.timeZone, actor: actor,
                        on: &db)
                } catch let error as PersistenceError {
                    throw ServiceError(.conflict, error.description)
                }
                changed.append(month)
                month = month.next
            }
            try await StateChanges.append(
                [
                    StateChange(
                        client: owner.id, kind: .budget, subject: owner.id.uuid, actor: actor, from: nil, to: "\(cap)",
                        reason:
                            "\(campaign.isEmpty ? "client" : "campaign \(campaign)"), \(months) month(s) from \(changed[0])"
                    )
                ], on: &db)
            let rows = try await BudgetRepository.list(of: owner.id, on: &db)
            return rows.filter { $0.campaign == campaign && changed.contains($0.month) }
        }
    }

    /// Sets what a boost of a client may cost before a second person must release it.
    ///
    /// - Parameters:
    ///   - amount: The limit, in the client's currency when it names none; `nil` for no limit.
    ///   - client: The client's slug or identity.
    ///   - actor: Who does it.
    /// - Returns: The limit; who loosened it is bound by the former one until somebody else sets it.
    /// - Throws: `ServiceError`: `notFound` or `invalid`.
    package func setReleaseLimit(_ amount: String?, client: String, actor: String) async throws -> ReleaseLimit {
        try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            let amount = try amount.map { text in
                guard let limit = Money(text, defaultCurrency: owner.currency) else {
                    throw ServiceError(.invalid, "'\(text)' is no amount: write it as 100.00EUR, with a point")
                }
                return limit
            }
            let limit = try await BudgetRepository.setReleaseLimit(amount, client: owner.id, actor: actor, on: &db)
            try await StateChanges.append(
                [
                    StateChange(
                        client: owner.id, kind: .budget, subject: owner.id.uuid, actor: actor, from: nil,
                        to: amount.map { "release above \($0)" } ?? "no release limit")
                ], on: &db)
            return limit
        }
    }

    /// The caps of a client with their balances.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(client: String, month: CalendarMonth? = nil) async throws -> [BudgetRow] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await BudgetRepository.list(of: owner.id, month: month, on: &db)
        }
    }

    /// The caps of a client with their balances, and what boosts that have not begun may take of them.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func standing(
        client: String, month: CalendarMonth? = nil, registry: PluginRegistry
    ) async throws -> [BudgetStanding] {
        try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            let planned = try await PlannedBoosts.load(of: owner, registry, on: &db)
            return try await BudgetRepository.list(of: owner.id, month: month, on: &db).map {
                BudgetStanding(row: $0, planned: planned.mayCost(under: $0))
            }
        }
    }

    /// What platforms charged for calls made for a client.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func costs(client: String, month: CalendarMonth? = nil) async throws -> [ApiCostRow] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await ApiCostRepository.sums(of: owner.id, zone: owner.timeZone, month: month, on: &db)
        }
    }

    /// The ledger of a client, oldest first; of one boost, or of all.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func ledger(
        client: String, boost: BoostID? = nil, month: CalendarMonth? = nil
    ) async throws -> (client: ClientRow, entries: [LedgerRow]) {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return (owner, try await BudgetRepository.entries(of: owner.id, boost: boost, month: month, on: &db))
        }
    }

    private static func month(
        _ given: CalendarMonth?, _ client: ClientRow, on db: inout Transaction
    ) async throws -> CalendarMonth {
        if let given { return given }
        let now = try await WorldTime.now(on: &db)
        return CalendarMonth(containing: now, in: ZoneID(rawValue: client.timeZone) ?? .utc)
    }
}
