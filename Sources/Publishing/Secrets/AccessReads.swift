// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Reads what accounts act with: for all that ask at the same moment in one round trip.
struct AccessReads: Sendable {
    /// More than most processes have slots, few enough for one answer.
    private static let largest = 64

    private let pool: ConnectionPool
    private let reading = CallGroup<Use, Found>(largest: Self.largest)

    /// Reads from a database.
    init(pool: ConnectionPool) { self.pool = pool }

    /// One use of an account.
    struct Use: Sendable {
        var client: ClientID
        var account: AccountID
        var capability: String
    }

    /// What was read for one use; it is opened by who asked, so that what cannot be opened fails alone.
    struct Found: Sendable {
        /// The account's identity on the platform, and what stands of this use of it; `nil` when there is no such account.
        ///
        /// With it come why the platform refuses the token of this use, the world's time and rate, and the grant for `GrantVault.read`: its
        /// columns are NULL when there is none.
        var account: Row?
        /// The app of the grant; two when nobody can tell which of the platform's it is.
        var apps: [Row] = []
    }

    /// Finds what an account acts with.
    ///
    /// - Throws: `PQError`, `CancellationError`.
    func find(client: ClientID, account: AccountID, capability: String) async throws -> Found {
        let use = Use(client: client, account: account, capability: capability)
        let found = try await self.reading.write(use) { try await self.read($0) }
        // The answer is shared, so a caller that was cancelled meanwhile has got one too.
        try Task.checkCancellation()
        return found
    }

    /// Answers for uses, in order, in one round trip.
    func read(_ uses: [Use]) async throws -> [Found] {
        let given = uses.count == 1 ? Self.row(uses[0]) : Self.rows(uses)
        // Alone it needs no settings for its plan.
        let lead = uses.count == 1 ? [] : [JobStore.planOnIndexes]
        let answers = try await self.pool.pipeline(lead + [Self.accounts(given), Self.apps(given)])
        var found = [Found](repeating: Found(), count: uses.count)
        for row in answers[lead.count] { found[try row.position].account = row }
        for row in answers[lead.count + 1] { found[try row.position].apps.append(row) }
        return found
    }

    /// One use without arrays: the planner knows that it is one.
    private static func row(_ use: Use) -> Statement {
        """
        (SELECT \(use.client) AS client_id, \(use.account) AS account_id, \(use.capability) AS capability,
                1::bigint AS ordinal)
        """
    }

    static func rows(_ uses: [Use]) -> Statement {
        """
        (SELECT client_id, account_id, capability, ordinal
         FROM unnest(\(uses.map(\.client)), \(uses.map(\.account)), \(uses.map(\.capability)))
              WITH ORDINALITY AS use (client_id, account_id, capability, ordinal))
        """
    }

    /// Accounts with their grants, and the clients' keys that those are sealed under.
    ///
    /// The subqueries keep their order: a join might begin with a whole table where that was empty when the plan was made.
    static func accounts(_ given: Statement) -> Statement {
        """
        SELECT given.ordinal, account.external_id, link.refused_reason, (SELECT world_now()) AS now,
               (SELECT rate FROM world) AS rate, \(unescaped: GrantVault.columns)
        FROM \(given) AS given
        CROSS JOIN LATERAL (
            SELECT external_id FROM account
            WHERE account.client_id = given.client_id AND account.account_id = given.account_id LIMIT 1
        ) AS account
        LEFT JOIN LATERAL (\(Self.link)) AS link ON true
        LEFT JOIN LATERAL (
            SELECT grant_id, owner_client_id, platform, app_id, key_id, sealed, version, state, state_reason, renewal_tried_at
            FROM access_grant
            WHERE access_grant.grant_id = link.grant_id AND octet_length(access_grant.sealed) > 0 LIMIT 1
        ) AS g ON true
        LEFT JOIN LATERAL (
            SELECT master_key_id, sealed FROM client_key
            WHERE client_key.client_id = g.owner_client_id AND 'client:' || client_key.key_no = g.key_id
              AND client_key.destroyed_at IS NULL LIMIT 1
        ) AS k ON true
        """
    }

    /// The app that each grant was made with; the platform's apps when the grant names none.
    static func apps(_ given: Statement) -> Statement {
        """
        SELECT given.ordinal, app.app_id, app.external_id, app.master_key_id, app.sealed_secret, app.login
        FROM \(given) AS given
        CROSS JOIN LATERAL (\(Self.link)) AS link
        CROSS JOIN LATERAL (
            SELECT platform, app_id FROM access_grant WHERE access_grant.grant_id = link.grant_id LIMIT 1
        ) AS g
        CROSS JOIN LATERAL (
            SELECT app_id, external_id, master_key_id, sealed_secret, login FROM app
            WHERE app.platform = g.platform AND app.app_id = coalesce(g.app_id, app.app_id) LIMIT 2
        ) AS app
        """
    }

    private static let link: Statement = """
        SELECT grant_id, refused_reason FROM account_grant
        WHERE account_grant.client_id = given.client_id AND account_grant.account_id = given.account_id
          AND account_grant.capability = given.capability LIMIT 1
        """
}
