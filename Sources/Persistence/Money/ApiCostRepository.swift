// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
package import PluginKit

/// What a platform charged for calls of one kind in one month.
package struct ApiCostRow: Sendable, Hashable {
    /// The month, in the client's zone.
    package var month: CalendarMonth
    /// The platform.
    package var platform: PlatformID
    /// The account's slug.
    package var account: String
    /// What was done, in the manifest's words.
    package var action: String
    /// How often.
    package var count: Int64
    /// The sum in millionths of a US dollar; `nil` when the price is not known.
    package var microdollars: Int64?

    init(row: Row) throws {
        guard let month = CalendarMonth(try row.get("month", as: String.self)) else {
            throw PQError(.decoding, "a stored month is none")
        }
        self.month = month
        self.platform = try row.get("platform")
        self.account = try row.get("account")
        self.action = try row.get("what")
        self.count = try row.get("count")
        self.microdollars = try row.get("amount")
    }
}

/// What calls cost the agency, client by client: append-only.
package enum ApiCostRepository {
    /// What calls for one account cost.
    package struct Charge: Sendable {
        /// What was charged, one entry a call.
        package var costs: [CallCost]
        /// The client.
        package var client: ClientID
        /// The account.
        package var account: AccountID
        /// The platform.
        package var platform: PlatformID

        /// Makes a charge.
        package init(costs: [CallCost], client: ClientID, account: AccountID, platform: PlatformID) {
            self.costs = costs
            self.client = client
            self.account = account
            self.platform = platform
        }
    }

    /// Appends the prices of calls that were made for an account.
    package static func append(
        _ costs: [CallCost], client: ClientID, account: AccountID, platform: PlatformID,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let charge = Charge(costs: costs, client: client, account: account, platform: platform)
        if let statement = Self.append([charge]) { try await db.execute(statement) }
    }

    /// The statement that appends charges, each as if it were appended alone; `nil` when they cost nothing.
    package static func append(_ charges: [Charge]) -> Statement? {
        let calls = charges.enumerated().flatMap { number, charge in
            charge.costs.map { (number: Int64(number), charge: charge, cost: $0) }
        }
        guard !calls.isEmpty else { return nil }
        return """
            INSERT INTO api_cost (client_id, account_id, platform, what, calls, amount_micros, currency)
            SELECT client_id, account_id, platform, what, count(*), sum(amount), 'USD'
            FROM unnest(\(calls.map(\.number)), \(calls.map(\.charge.client)), \(calls.map(\.charge.account)),
                        \(calls.map(\.charge.platform)), \(calls.map(\.cost.action)), \(calls.map(\.cost.microdollars)))
                 AS given (number, client_id, account_id, platform, what, amount)
            GROUP BY number, client_id, account_id, platform, what
            """
    }

    /// The sums of a client by month, account and kind, newest month first; of one month, or of all.
    package static func sums(
        of client: ClientID, zone: String, month: CalendarMonth? = nil, on db: inout some SQLSession & ~Copyable
    ) async throws -> [ApiCostRow] {
        try await db.query(
            """
            SELECT to_char(date_trunc('month', at AT TIME ZONE \(zone)), 'YYYY-MM-DD') AS month, api_cost.platform,
                   coalesce(account.slug, '') AS account, what, sum(calls) AS count, sum(amount_micros)::bigint AS amount
            FROM api_cost
            LEFT JOIN account ON account.client_id = api_cost.client_id AND account.account_id = api_cost.account_id
            WHERE api_cost.client_id = \(client)
              AND (\(month?.firstDay) IS NULL
                   OR to_char(date_trunc('month', at AT TIME ZONE \(zone)), 'YYYY-MM-DD') = \(month?.firstDay))
            GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4
            """
        ).decoded(ApiCostRow.init(row:))
    }
}
