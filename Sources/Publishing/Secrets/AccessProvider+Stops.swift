// SPDX-License-Identifier: MIT

import Domain
import PQClient
import PluginKit

extension AccessProvider {
    /// Says that only a person can make the grant work again: its accounts stop, their jobs wait.
    package func markNeedsReconnect(_ grant: Grant, reason: String) async throws {
        _ = try await self.pool.execute(
            """
            WITH ended AS (
                UPDATE access_grant SET state = 'needs-reconnect', state_reason = \(reason), refreshing_until = NULL
                WHERE grant_id = \(grant.id.uuid) AND version = \(grant.version)
                RETURNING grant_id),
            stopped AS (
                UPDATE account SET state = 'needs-reconnect', state_reason = \(reason)
                FROM (SELECT DISTINCT client_id, account_id FROM account_grant
                      WHERE capability <> 'boost' AND grant_id IN (SELECT grant_id FROM ended)) AS link
                WHERE account.client_id = link.client_id AND account.account_id = link.account_id AND account.state = 'active'
                RETURNING account.client_id, account.account_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'account', account_id, 'posthorn', 'active', 'needs-reconnect', \(reason) FROM stopped
            """)
    }

    /// Says that a grant that works no longer opens one of its accounts: only that account stops.
    ///
    /// - Parameters:
    ///   - granted: What the account acted with; when it has something newer by now, nothing happens.
    ///   - client: The account's client.
    ///   - reason: Why.
    /// - Throws: What the database throws.
    func stop(_ granted: GrantedAccess, client: ClientID, reason: String) async throws {
        let account = granted.access.account
        try await self.pool.execute(
            """
            WITH stopped AS (
                UPDATE account SET state = 'needs-reconnect', state_reason = \(reason)
                WHERE client_id = \(client) AND account_id = \(account) AND state = 'active'
                  AND EXISTS (SELECT FROM account_grant AS link
                              JOIN access_grant USING (grant_id)
                              WHERE link.client_id = account.client_id AND link.account_id = account.account_id
                                AND grant_id = \(granted.grant) AND version = \(granted.version))
                RETURNING client_id, account_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'account', account_id, 'posthorn', 'active', 'needs-reconnect', \(reason) FROM stopped
            """)
    }

    /// Takes back what was said of a grant too early: the accounts that stopped for it, and their jobs, go on.
    func restore(_ grant: GrantID, stoppedFor reason: String, on db: inout Transaction) async throws {
        let because = "its token was renewed after all"
        let accounts = try await db.query(
            """
            WITH restored AS (
                UPDATE account SET state = 'active', state_reason = NULL
                FROM (SELECT DISTINCT client_id, account_id FROM account_grant
                      WHERE capability <> 'boost' AND grant_id = \(grant)) AS link
                WHERE account.client_id = link.client_id AND account.account_id = link.account_id
                  AND account.state = 'needs-reconnect' AND account.state_reason = \(reason)
                RETURNING account.client_id, account.account_id),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'account', account_id, 'posthorn', 'needs-reconnect', 'active', \(because) FROM restored)
            SELECT client_id, account_id FROM restored
            """
        ).map { row in (try row.get("client_id", as: ClientID.self), try row.get("account_id", as: AccountID.self)) }
        for (client, account) in accounts {
            try await HeldWork(client: client, account: account, pool: self.pool).release(
                ["reauthorize", "account-needs-reconnect"], actor: "posthorn", because: because, on: &db)
        }
    }
}
