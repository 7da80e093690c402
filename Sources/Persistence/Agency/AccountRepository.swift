// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// The accounts of clients.
package enum AccountRepository {
    private static let columns: Statement = """
        SELECT account.client_id, account.account_id, account.brand_id, account.platform, account.external_id, account.slug,
               account.name, account.handle, account.time_zone, account.state, account.state_reason, account.followers,
               account.created_at, account.backfilled_at, account.traits,
               (SELECT min(
        """ + GrantForecast.end + """
            ) FROM account_grant AS l JOIN access_grant AS g USING (grant_id)
                    WHERE l.client_id = account.client_id AND l.account_id = account.account_id
                      AND g.state IN ('active', 'refreshing')) AS token_ends_at
            FROM account
            """

    /// Adds an account, without claiming its identity; see ``PlatformIdentities/claim(_:on:)``.
    ///
    /// - Throws: `PersistenceError` with code `nameTaken` when the client has an account of that slug.
    package static func insert(_ account: AccountRow, on db: inout some SQLSession & ~Copyable) async throws {
        let added = try await db.execute(
            """
            INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, handle, time_zone, state,
                                 state_reason, followers, traits)
            VALUES (\(account.client), \(account.id), \(account.brand), \(account.platform), \(account.externalID),
                    \(account.slug), \(account.name), \(account.handle), \(account.timeZone), \(account.state),
                    \(account.stateReason), \(account.followers), \(account.traits))
            ON CONFLICT (client_id, slug) DO NOTHING
            """)
        guard added == 1 else {
            throw PersistenceError(
                .nameTaken, "the client has an account '\(account.slug)' already: choose another with --slug")
        }
    }

    /// Finds an account by identity.
    package static func find(
        _ id: AccountID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> AccountRow? {
        try await db.query(
            Self.columns + " WHERE account.client_id = \(client) AND account.account_id = \(id)"
        ).first.map(AccountRow.init(row:))
    }

    /// Finds a client's account by slug or identity.
    package static func find(
        _ reference: Reference, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> AccountRow? {
        try await db.query(
            Self.columns
                + """
                 WHERE account.client_id = \(client)
                   AND (account.slug = \(reference.name) OR account.account_id = \(reference.id))
                """
        ).first.map(AccountRow.init(row:))
    }

    /// Lists accounts by client and slug; of one client, or of all.
    package static func list(
        of client: ClientID? = nil, on db: inout some SQLSession & ~Copyable
    ) async throws -> [AccountRow] {
        let wanted: Statement =
            client.map { " WHERE account.client_id = \($0) ORDER BY account.slug" }
            ?? " JOIN client USING (client_id) ORDER BY client.slug, account.slug"
        return try await db.query(Self.columns + wanted).decoded(AccountRow.init(row:))
    }

    /// Changes an account's state and appends who did it and why.
    ///
    /// - Returns: The state before, or `nil` when there is no such account.
    @discardableResult
    package static func setState(
        _ id: AccountID, of client: ClientID, to state: AccountState, actor: String, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> AccountState? {
        let rows = try await db.query(
            """
            WITH old AS (
                SELECT client_id, account_id, state FROM account
                WHERE client_id = \(client) AND account_id = \(id) FOR UPDATE
            ),
            changed AS (
                UPDATE account SET state = \(state), state_reason = CASE WHEN \(state) <> 'active' THEN \(reason) END FROM old
                WHERE account.client_id = old.client_id AND account.account_id = old.account_id
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'account', account_id, \(actor), state, \(state), \(reason) FROM old WHERE state <> \(state)
            )
            SELECT state FROM old
            """)
        return try rows.first?.get("state")
    }

    /// Writes what the platform says of an account, name, handle, followers, and what its plugin's rules must know of it.
    package static func refresh(
        _ id: AccountID, of client: ClientID, name: String, handle: String?, followers: Int64?, traits: [String]? = nil,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            UPDATE account SET name = \(name), handle = coalesce(\(handle), handle), followers = coalesce(\(followers), followers),
                               traits = coalesce(\(traits), traits)
            WHERE client_id = \(client) AND account_id = \(id)
            """)
    }

    /// Uses a grant for some of an account's work, in place of the grants it used before; what opens nothing any more is retired.
    package static func useGrant(
        _ grant: GrantID, for uses: [GrantUse], account: AccountID, of client: ClientID,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let old = try await Self.lockedGrants(of: account, client: client, on: &db).filter { $0 != grant }
        try await db.execute(
            """
            INSERT INTO account_grant (client_id, account_id, capability, grant_id)
            SELECT \(client), \(account), capability, \(grant) FROM unnest(\(uses)) AS capability
            ON CONFLICT (client_id, account_id, capability) DO UPDATE
            SET grant_id = excluded.grant_id, refused_at = NULL, refused_reason = NULL
            """)
        try await AdAccountRepository.follow(from: old, to: grant, of: client, on: &db)
        try await Self.retire(old, reason: "another was given in its place", on: &db)
    }

    /// Notes that the platform refuses the token that only one use of an account has; appends it to the history once.
    package static func refuse(
        _ use: GrantUse, of account: AccountID, client: ClientID, reason: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH refused AS (
                UPDATE account_grant SET refused_at = world_now(), refused_reason = \(reason)
                WHERE client_id = \(client) AND account_id = \(account) AND capability = \(use) AND refused_at IS NULL
                RETURNING client_id, account_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'account', account_id, 'posthorn', account.state, account.state, \(reason)
            FROM refused JOIN account USING (client_id, account_id)
            """)
    }

    /// Notes that the platform takes the token of one use of an account again.
    ///
    /// - Returns: Whether it was refused before.
    @discardableResult
    package static func accept(
        _ use: GrantUse, of account: AccountID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            UPDATE account_grant SET refused_at = NULL, refused_reason = NULL
            WHERE client_id = \(client) AND account_id = \(account) AND capability = \(use) AND refused_at IS NOT NULL
            """) > 0
    }

    /// Takes an account's grants away; a grant that opens nothing else any more is retired.
    package static func dropGrants(
        of account: AccountID, client: ClientID, reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws {
        let old = try await Self.lockedGrants(of: account, client: client, on: &db)
        try await db.execute("DELETE FROM account_grant WHERE client_id = \(client) AND account_id = \(account)")
        try await AdAccountRepository.follow(from: old, to: nil, of: client, on: &db)
        try await Self.retire(old, reason: reason, on: &db)
    }

    /// The grants of an account, locked: of two that give up a shared one at the same time the later sees that nothing uses it.
    private static func lockedGrants(
        of account: AccountID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [GrantID] {
        try await db.query(
            """
            SELECT grant_id FROM access_grant
            WHERE grant_id IN (SELECT grant_id FROM account_grant
                               WHERE client_id = \(client) AND account_id = \(account))
            ORDER BY grant_id
            FOR UPDATE
            """
        ).map { row in try row.get("grant_id") }
    }

    /// Revokes grants that nothing uses and forgets their tokens; who renews one right now finds that it is too late.
    package static func retire(
        _ grants: [GrantID], reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws {
        guard !grants.isEmpty else { return }
        try await db.execute(
            """
            UPDATE access_grant
            SET state = 'revoked', state_reason = \(reason), sealed = ''::bytea, version = version + 1,
                refreshing_until = NULL
            WHERE grant_id = ANY(\(grants))
              AND NOT EXISTS (SELECT FROM account_grant AS used WHERE used.grant_id = access_grant.grant_id)
              AND NOT EXISTS (SELECT FROM ad_account AS used WHERE used.grant_id = access_grant.grant_id)
            """)
    }
}
