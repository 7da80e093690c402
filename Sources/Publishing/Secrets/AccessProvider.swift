// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import JobQueue
package import PQClient
import Persistence
package import PluginKit

/// The access of one account for one capability, and which state of the grant it came from.
package struct GrantedAccess: Sendable {
    /// What a plugin is given.
    package var access: AccountAccess
    /// The grant behind it.
    package var grant: GrantID
    /// The grant's version: a refusal of an older version says nothing about the newer one.
    package var version: Int64
    /// The platform.
    package var platform: PlatformID
    /// The app that the grant belongs to.
    package var app: AppID?
}

/// Hands out tokens that are fit for use, and renews them: one process of the fleet at a time, saved before anybody uses them.
package struct AccessProvider: Sendable {
    /// How long before its end a token is renewed, as a share of its life and at most.
    private static let longestMargin: TimeInterval = 300
    /// How long a refresh may take before another process may try, in real seconds.
    private static let refreshLease = 60

    private let pool: ConnectionPool
    private let vault: GrantVault
    private let registry: PluginRegistry
    private let apps: [PlatformID: AppCredential]
    private let mirror: WorldMirror?

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - vault: The sealed grants.
    ///   - registry: The plugins, which know how tokens are renewed.
    ///   - apps: The agency's app of each platform, where one is configured; a grant's own app comes first.
    ///   - mirror: The process's copy of the world's clock, set whenever the database tells the time.
    package init(
        pool: ConnectionPool, vault: GrantVault, registry: PluginRegistry, apps: [PlatformID: AppCredential],
        mirror: WorldMirror? = nil
    ) {
        self.pool = pool
        self.vault = vault
        self.registry = registry
        self.apps = apps
        self.mirror = mirror
    }

    /// The configured app of a platform, for what is asked before there is a grant.
    package func configuredApp(of platform: PlatformID) -> AppCredential? { self.apps[platform] }

    /// The access of an account, renewed when its token ends soon.
    ///
    /// What has a token of its own, as boosts have on some platforms, is apart from the grant's other uses: neither a token of theirs that
    /// is dead nor one that is renewed concerns it.
    ///
    /// - Parameters:
    ///   - client: The client.
    ///   - account: The account.
    ///   - capability: The use.
    ///   - isTrial: Whether it is asked for in order to find out whether the platform takes it: a refusal from before does not count.
    /// - Returns: The access.
    /// - Throws: `PluginError`: `reauthorize` when a person must connect again, `retryAfter` while another process renews.
    package func access(
        client: ClientID, account: AccountID, for capability: String, isTrial: Bool = false
    ) async throws -> GrantedAccess {
        let loaded = try await self.load(client: client, account: account, capability: capability)
        let now = loaded.now
        guard var grant = loaded.grant else {
            throw PluginError(
                .reauthorize, "the account has no grant for '\(capability)'",
                nextAction: "Connect it: posthorn account connect")
        }
        if self.ownToken(in: grant.tokens, of: grant.platform, for: capability) != nil, grant.state != .revoked {
            if let refusal = loaded.refusal, !isTrial {
                throw PluginError(.reauthorize, refusal, nextAction: Self.newAdsToken)
            }
            return GrantedAccess(
                access: AccountAccess(
                    account: account, externalID: loaded.externalID, tokens: grant.tokens, app: loaded.app),
                grant: grant.id, version: grant.version, platform: grant.platform, app: grant.app)
        }
        if grant.state == .needsReconnect || grant.state == .revoked {
            throw PluginError(
                .reauthorize, grant.stateReason ?? "the account's grant is no longer accepted",
                nextAction: "Connect it again: posthorn account connect")
        }
        if let expiresAt = grant.tokens.expiresAt, grant.tokens.refreshToken != nil {
            let tokens = self.registry[grant.platform]?.manifest.tokens
            let life = tokens?.accessToken.map { Double($0.components.seconds) } ?? 3600
            let margin =
                tokens?.renewBefore.map { Double($0.components.seconds) } ?? min(Self.longestMargin, life / 10)
            if expiresAt <= now.addingTimeInterval(margin) {
                // A token that still lives is used while another process renews it.
                let renewed = try await self.refresh(
                    grant, app: loaded.app, for: client, waits: expiresAt <= now)
                if let renewed { grant = renewed }
            }
        }
        return GrantedAccess(
            access: AccountAccess(
                account: account, externalID: loaded.externalID, tokens: grant.tokens, app: loaded.app),
            grant: grant.id, version: grant.version, platform: grant.platform, app: grant.app)
    }

    /// Called when the platform refused a token: renews once, unless somebody did meanwhile.
    ///
    /// - Returns: The access to try again with.
    /// - Throws: `PluginError` `reauthorize` when nothing can be renewed; the account then needs a person.
    package func renewAfterRefusal(
        _ refused: GrantedAccess, client: ClientID, capability: String
    ) async throws -> GrantedAccess {
        let account = refused.access.account
        let loaded = try await self.load(client: client, account: account, capability: capability)
        guard let grant = loaded.grant else { throw PluginError(.reauthorize, "the account has no grant any more") }
        if let token = self.ownToken(in: grant.tokens, of: grant.platform, for: capability) {
            guard token == self.ownToken(in: refused.access.tokens, of: grant.platform, for: capability) else {
                // Somebody gave it a new one meanwhile.
                var again = refused
                again.access.tokens = grant.tokens
                again.version = grant.version
                return again
            }
            let name = self.registry[grant.platform]?.manifest.name ?? grant.platform.rawValue
            let reason = "\(name) no longer accepts the token for ads; publishing is not concerned"
            try await self.pool.withConnection { db in
                try await AccountRepository.refuse(.boost, of: account, client: client, reason: reason, on: &db)
            }
            throw PluginError(.reauthorize, reason, nextAction: Self.newAdsToken)
        }
        var current = grant
        if grant.version == refused.version {
            guard grant.state == .active || grant.state == .refreshing, grant.tokens.refreshToken != nil else {
                try await self.markNeedsReconnect(
                    grant, reason: "the platform no longer accepts the token, and there is no refresh token")
                throw PluginError(
                    .reauthorize, "the platform no longer accepts the token, and there is no refresh token")
            }
            let renewed = try await self.refresh(grant, app: loaded.app, for: client, waits: true)
            if let renewed { current = renewed }
        }
        var access = refused.access
        access.tokens = current.tokens
        return GrantedAccess(
            access: access, grant: current.id, version: current.version, platform: current.platform, app: current.app)
    }

    private static let newAdsToken = "Give it a new one: posthorn account authorize"

    /// The token that only this use of a grant has; `nil` when it acts with the grant's own.
    private func ownToken(in tokens: TokenSet, of platform: PlatformID, for capability: String) -> Secret? {
        guard capability == GrantUse.boost.rawValue else { return nil }
        return self.registry[platform]?.manifest.boost?.ownToken(in: tokens)
    }

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

    /// What the database has for one use of an account.
    private struct Loaded {
        var grant: Grant?
        var app: AppCredential?
        var externalID: String
        /// Why the platform refuses the token that only this use has.
        var refusal: String?
        var now: Date
    }

    private func load(client: ClientID, account: AccountID, capability: String) async throws -> Loaded {
        try await self.pool.withConnection { db in
            let grant: Statement = """
                SELECT link.grant_id
                FROM account_grant AS link
                WHERE link.client_id = \(client.uuid) AND link.account_id = \(account.uuid)
                  AND link.capability = \(capability)
                """
            let answers = try await db.pipeline([
                """
                SELECT external_id, world_now() AS now, (SELECT rate FROM world) AS rate,
                       (SELECT refused_reason FROM account_grant AS link
                        WHERE link.client_id = account.client_id AND link.account_id = account.account_id
                          AND link.capability = \(capability)) AS refusal
                FROM account
                WHERE client_id = \(client.uuid) AND account_id = \(account.uuid)
                """,
                GrantVault.find(grant), GrantVault.findApp(of: grant),
            ])
            guard let row = answers[0].first else { throw PluginError(.permanent, "there is no such account") }
            var loaded = Loaded(
                externalID: try row.get("external_id"), refusal: try row.get("refusal"), now: try row.get("now"))
            self.mirror?.observe(loaded.now, rate: try row.get("rate"))
            guard let grant = try answers[1].first.map({ row throws in try self.vault.read(row) }) else {
                return loaded
            }
            loaded.grant = grant
            loaded.app = grant.app == nil ? self.apps[grant.platform] : nil
            if loaded.app == nil { loaded.app = try self.vault.app(answers[2]) }
            return loaded
        }
    }

    /// Renews a grant's tokens, when no other process does.
    ///
    /// - Returns: `nil` when another process is at it and `waits` is false.
    private func refresh(
        _ grant: Grant, app: AppCredential?, for client: ClientID, waits: Bool
    ) async throws -> Grant? {
        guard let plugin = self.registry[grant.platform], let connecting = plugin.connecting else {
            throw PluginError(.reauthorize, "the token has ended and the platform's plugin cannot renew it")
        }
        let won = try await self.pool.execute(
            """
            UPDATE access_grant
            SET state = 'refreshing', refreshing_until = clock_timestamp() + make_interval(secs => \(Double(Self.refreshLease)))
            WHERE grant_id = \(grant.id.uuid) AND version = \(grant.version)
              AND (state = 'active' OR (state = 'refreshing' AND refreshing_until < clock_timestamp()))
            """)
        guard won == 1 else {
            guard waits else { return nil }
            throw PluginError(
                .retryAfter, "another worker renews the account's token", retryAfter: .seconds(2), scope: .account)
        }
        let caller = Caller(client: client, app: grant.app)
        do {
            // Awaited here; a task of its own, because a refresh that was sent has used up the old token: neither the call nor the saving of its
            // answer may be cut short when the job is cancelled.
            return try await Caller.$current.withValue(caller) {
                try await Task { try await self.save(connecting.refresh(grant.tokens, app: app), of: grant) }.value
            }
        } catch let error as PluginError {
            switch error.code {
            case .reauthorize, .permanent, .needsHuman:
                try await self.markNeedsReconnect(
                    grant, reason: "the platform refused to renew the token: \(error.message)")
                throw PluginError(
                    .reauthorize, "the platform refused to renew the token: \(error.message)", underlying: error)
            default:
                try await PlatformLimits(plugin.manifest, store: LimitStore(pool: self.pool))
                    .close(after: error, by: caller)
                // With a lost answer the old refresh token may be used up; the next try finds out.
                try await self.pool.execute(
                    """
                    UPDATE access_grant SET state = 'active', refreshing_until = NULL
                    WHERE grant_id = \(grant.id.uuid) AND version = \(grant.version)
                    """)
                throw PluginError(
                    error.code == .rateLimited ? .rateLimited : .retryAfter,
                    "the token could not be renewed: \(error.message)",
                    retryAfter: error.retryAfter, scope: error.scope, underlying: error)
            }
        }
    }

    /// Saves new tokens, patiently: they exist nowhere else.
    ///
    /// - Returns: The grant with them, or with newer ones when somebody connected it again meanwhile.
    private func save(_ tokens: TokenSet, of grant: Grant) async throws -> Grant {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            do {
                return try await self.pool.withTransaction(retrying: 3) { db in
                    try await self.vault.replace(
                        tokens, of: grant.id, owner: grant.owner, succeeding: grant.version, on: &db)
                    guard let stored = try await self.vault.load(grant.id, on: &db) else {
                        throw PluginError(.reauthorize, "the grant was removed while its token was renewed")
                    }
                    return stored
                }
            } catch let error as PQError where ContinuousClock.now < end && error.code != .server {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
