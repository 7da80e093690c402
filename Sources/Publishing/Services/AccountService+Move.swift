// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
package import Persistence
import PluginKit

/// Where an account goes.
package struct AccountMove: Sendable {
    /// The other client's slug or identity.
    package var client: String
    /// Its short name there; as it is when `nil`.
    package var slug: String?
    /// The brand there; the client's own when `nil`.
    package var brand: String?
    /// How much of what it posted before is taken in there; nothing when `nil`.
    package var backfill: Backfill?
    /// Whether everything is checked and nothing written.
    package var isDryRun = false
    /// Who does it.
    package var actor: String
    /// Why.
    package var reason: String?

    /// Makes a description.
    package init(to client: String, actor: String) {
        self.client = client
        self.actor = actor
    }
}

extension AccountService {
    /// Moves an account to another client.
    ///
    /// Its identity, its tokens, its zone, its limits and what they have counted go along. What was posted, measured, boosted and spent stays where
    /// it was made; the other client gets what the platform lists, by a backfill.
    ///
    /// - Returns: The account under the other client.
    /// - Throws: `ServiceError`: `notFound`; `conflict` while anything is planned or under way for it, while its tokens are not in order, or when
    ///   the short name is taken there; `tryAgain` while its token is renewed. Then nothing is changed.
    package func move(
        _ reference: String, client: String?, _ move: AccountMove
    ) async throws -> (client: ClientRow, account: AccountRow) {
        do {
            return try await self.pool.withTransaction(retrying: 3) { db in
                let result = try await self.moved(reference, client: client, move, on: &db)
                guard !move.isDryRun else { throw DryMove(client: result.client, account: result.account) }
                return result
            }
        } catch let dry as DryMove {
            return (dry.client, dry.account)
        }
    }

    /// Undoes a move that was only tried.
    private struct DryMove: Error {
        var client: ClientRow
        var account: AccountRow
    }

    private func moved(
        _ reference: String, client: String?, _ move: AccountMove, on db: inout Transaction
    ) async throws -> (client: ClientRow, account: AccountRow) {
        let (owner, old) = try await ClientDirectory.account(reference, client: client, on: &db)
        let target = try await ClientDirectory.load(move.client, on: &db)
        let plugin = try self.plugin(old.platform)
        let name = "\(owner.slug)/\(old.slug)"
        guard owner.id != target.client.id else {
            throw ServiceError(.conflict, "account '\(name)' stands under that client already")
        }
        guard old.state == .active else {
            throw ServiceError(
                .conflict,
                "account '\(name)' is \(old.state.rawValue): only an active one moves. Resume or connect it first, or disconnect it and connect it there"
            )
        }
        // Whoever changes the account waits until the move is done.
        try await db.execute(
            "SELECT FROM account WHERE client_id = \(owner.id) AND account_id = \(old.id) FOR UPDATE")
        try await self.refuseWork(of: old, name, on: &db)
        let account = try await self.newHome(of: old, move, in: target, on: &db)
        try await self.moveGrants(of: old, name, to: account, plugin, on: &db)
        try await PlatformIdentities.release(old.id, of: owner.id, on: &db)
        try await PlatformIdentities.claim(account, on: &db)
        try await JobStore(pool: self.pool).moveLimits(
            from: (owner.id, old.id), to: (target.client.id, account.id), on: &db)
        try await self.endReadings(of: old, on: &db)
        let why = move.reason.map { ": \($0)" } ?? ""
        try await AccountRepository.setState(
            old.id, of: owner.id, to: .moved, actor: move.actor,
            reason: "moved to \(target.client.slug)/\(account.slug)\(why)", on: &db)
        try await AccountRepository.setState(
            account.id, of: target.client.id, to: .active, actor: move.actor, reason: "moved from \(name)\(why)",
            on: &db)
        try await self.backfill(move.backfill, of: account, plugin, on: &db)
        return (
            target.client,
            try await AccountRepository.find(account.id, of: target.client.id, on: &db) ?? account
        )
    }

    /// Refuses while anything is planned or under way: it would be lost with the account, or done under a client that has it no more.
    private func refuseWork(of account: AccountRow, _ name: String, on db: inout Transaction) async throws {
        let row = try await db.query(
            """
            SELECT (SELECT count(*) FROM target
                    WHERE client_id = \(account.client) AND account_id = \(account.id)
                      AND state IN ('planned', 'publishing', 'processing', 'unknown', 'waiting')) AS posts,
                   (SELECT count(*) FROM boost
                    WHERE client_id = \(account.client) AND account_id = \(account.id)
                      AND state NOT IN ('failed', 'cancelled') AND settled_at IS NULL) AS boosts,
                   (SELECT count(*) FROM schedule
                    WHERE client_id = \(account.client) AND state <> 'ended'
                      AND (payload -> 'accounts' ? \(account.slug.rawValue)
                           OR payload -> 'accounts' ? \(account.id.description))) AS schedules,
                   (SELECT count(*) FROM job_lease
                    WHERE era = \(LeaseEra.current) AND client_id = \(account.client)
                      AND account_id = \(account.id)) AS runs,
                   (SELECT count(*) FROM effect
                    WHERE client_id = \(account.client) AND account_id = \(account.id)
                      AND state IN ('sending', 'unknown')) AS sends
            """
        ).first
        let words = [
            ("posts", "post(s) that are not out: posthorn post list --account \(name), then post cancel"),
            ("boosts", "boost(s) that have not ended, or whose bill is not final: posthorn boost list"),
            ("schedules", "schedule(s) that name it: posthorn schedule list"),
            ("runs", "job(s) that run right now: try again"),
            ("sends", "send(s) that are not settled: posthorn intent list"),
        ]
        let found = try words.compactMap { key, text in
            let count = try row?.get(key, as: Int64.self) ?? 0
            return count > 0 ? "\(count) \(text)" : nil
        }
        guard found.isEmpty else {
            throw ServiceError(.conflict, "account '\(name)' cannot move: it has \(found.joined(separator: "; "))")
        }
    }

    /// The account under the other client: one that stood there before, or a new one.
    private func newHome(
        of old: AccountRow, _ move: AccountMove, in directory: ClientDirectory, on db: inout Transaction
    ) async throws -> AccountRow {
        let before = directory.accounts.values.first { account in
            account.platform == old.platform && account.externalID == old.externalID
        }
        if let before { return before }
        let client = directory.client
        var wish = AccountConnection(
            client: "\(client.id)", platform: old.platform, tokens: TokenSet(accessToken: Secret("")))
        wish.slug = move.slug ?? old.slug.rawValue
        let brand = try await BrandRepository.findOrInsert(move.brand ?? client.name, of: client.id, on: &db)
        var account = AccountRow(
            client: client.id, brand: brand.id, platform: old.platform, externalID: old.externalID,
            slug: try self.slug(wish, in: directory), name: old.name, handle: old.handle, timeZone: old.timeZone,
            state: .disconnected, followers: old.followers)
        account.traits = old.traits
        try await AccountRepository.insert(account, on: &db)
        return account
    }

    /// Lets the account under the other client work with the same tokens: those of the old client are sealed anew under the other's key.
    private func moveGrants(
        of old: AccountRow, _ name: String, to account: AccountRow, _ plugin: RegisteredPlugin,
        on db: inout Transaction
    ) async throws {
        let links = try await db.query(
            """
            SELECT capability, grant_id FROM account_grant
            WHERE client_id = \(old.client) AND account_id = \(old.id) ORDER BY grant_id
            """
        ).map { row in
            (use: try row.get("capability", as: GrantUse.self), grant: try row.get("grant_id", as: GrantID.self))
        }
        var moved: [GrantID: GrantID] = [:]
        for link in links {
            if moved[link.grant] == nil {
                try await db.execute("SELECT FROM access_grant WHERE grant_id = \(link.grant) FOR UPDATE")
                guard let grant = try await self.vault.load(link.grant, on: &db) else { continue }
                guard grant.state != .refreshing else {
                    throw ServiceError(.tryAgain, "the token of '\(name)' is renewed right now: try again")
                }
                guard grant.state == .active else {
                    throw ServiceError(
                        .conflict, "the token of '\(name)' is not accepted any more: connect it again first, or there")
                }
                moved[link.grant] =
                    grant.owner == nil
                    ? grant.id
                    : try await self.vault.create(
                        owner: account.client, platform: grant.platform, app: grant.app, tokens: grant.tokens, on: &db)
                if link.use == .publish {
                    try await JobStore(pool: self.pool).setApp(grant.app, of: account.client, account.id, on: &db)
                }
            }
            guard let grant = moved[link.grant] else { continue }
            try await AccountRepository.useGrant(
                grant, for: [link.use], account: account.id, of: account.client, on: &db)
        }
        try await AccountRepository.dropGrants(
            of: old.id, client: old.client, reason: "the account moved to another client", on: &db)
    }

    /// Ends the readings that were still to come of what was published under the old client: it has no tokens for them any more.
    private func endReadings(of old: AccountRow, on db: inout Transaction) async throws {
        let jobs = JobStore(pool: self.pool)
        let waiting = try await db.query(
            """
            SELECT job_id FROM job_scheduled
            WHERE client_id = \(old.client) AND account_id = \(old.id) AND queue = 'metrics'
            UNION ALL
            SELECT job_id FROM job_ready
            WHERE client_id = \(old.client) AND account_id = \(old.id) AND queue = 'metrics'
            UNION ALL
            SELECT job_id FROM job_hold
            WHERE client_id = \(old.client) AND account_id = \(old.id) AND queue = 'metrics'
            """
        ).map { row in try row.get("job_id", as: JobID.self) }
        for job in waiting {
            _ = try await jobs.cancel(job, client: old.client, reason: "the account moved to another client", on: &db)
        }
    }
}
