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

/// How long renewing a token may take, in real time.
package struct RenewalTimes: Sendable, Hashable {
    /// The call: a plugin's request ends after half of this.
    package var call = Duration.seconds(60)
    /// The saving of its answer, which exists nowhere else.
    package var saving = Duration.seconds(120)

    /// Makes the usual times.
    package init() {}

    /// How long no other process may try: beyond call and saving, so that a used refresh token is never sent by a second one.
    package var lease: Duration { self.call + self.saving + .seconds(30) }
}

/// Hands out tokens that are fit for use, and renews them: one process of the fleet at a time, saved before anybody uses them.
package struct AccessProvider: Sendable {
    let pool: ConnectionPool
    let vault: GrantVault
    let registry: PluginRegistry
    private let apps: [PlatformID: AppCredential]
    let mirror: WorldMirror?
    let times: RenewalTimes
    private let reads: AccessReads

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - vault: The sealed grants.
    ///   - registry: The plugins, which know how tokens are renewed.
    ///   - apps: The agency's app of each platform, where one is configured; a grant's own app comes first.
    ///   - mirror: The process's copy of the world's clock, set whenever the database tells the time.
    ///   - times: How long renewing may take.
    package init(
        pool: ConnectionPool, vault: GrantVault, registry: PluginRegistry, apps: [PlatformID: AppCredential],
        mirror: WorldMirror? = nil, times: RenewalTimes = RenewalTimes()
    ) {
        self.pool = pool
        self.vault = vault
        self.registry = registry
        self.apps = apps
        self.mirror = mirror
        self.times = times
        self.reads = AccessReads(pool: pool)
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
                nextAction: Self.reconnect)
        }
        if grant.tokens.refreshToken != nil, let expiresAt = grant.tokens.expiresAt {
            let timing = RenewalTiming(self.registry[grant.platform]?.manifest.tokens ?? TokenLife())
            if expiresAt <= now {
                grant = try await self.renew(grant, app: loaded.app, for: client)
            } else if timing.isDue(grant.tokens, triedAt: grant.renewalTriedAt, now: now) {
                grant = try await self.renewEarly(grant, app: loaded.app, for: client) ?? grant
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
        if grant.id == refused.grant, grant.version == refused.version {
            guard grant.state == .active || grant.state == .refreshing, grant.tokens.refreshToken != nil else {
                let reason = "the platform no longer accepts the token, and there is no refresh token"
                try await self.markNeedsReconnect(grant, reason: reason)
                throw PluginError(.reauthorize, reason, nextAction: Self.reconnect)
            }
            current = try await self.renew(grant, app: loaded.app, for: client)
        } else if grant.state == .needsReconnect || grant.state == .revoked {
            throw PluginError(
                .reauthorize, grant.stateReason ?? "the account's grant is no longer accepted",
                nextAction: Self.reconnect)
        }
        var access = refused.access
        access.tokens = current.tokens
        // Connected again meanwhile, it may be of another app.
        access.app = loaded.app
        return GrantedAccess(
            access: access, grant: current.id, version: current.version, platform: current.platform, app: current.app)
    }

    static let reconnect = "Connect it again: posthorn account connect"
    /// The app of a grant: its own, or the configured one.
    func app(of grant: Grant, _ rows: some Collection<Row>) throws -> AppCredential? {
        if grant.app == nil, let configured = self.apps[grant.platform] { return configured }
        return try self.vault.app(rows)
    }

    private static let newAdsToken = "Give it a new one: posthorn account authorize"

    /// The token that only this use of a grant has; `nil` when it acts with the grant's own.
    private func ownToken(in tokens: TokenSet, of platform: PlatformID, for capability: String) -> Secret? {
        guard capability == GrantUse.boost.rawValue else { return nil }
        return self.registry[platform]?.manifest.boost?.ownToken(in: tokens)
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
        let found = try await self.reads.find(client: client, account: account, capability: capability)
        guard let row = found.account else { throw PluginError(.permanent, "there is no such account") }
        var loaded = Loaded(
            externalID: try row.get("external_id"), refusal: try row.get("refused_reason"), now: try row.get("now"))
        self.mirror?.observe(loaded.now, rate: try row.get("rate"))
        guard try !row.isNull("grant_id") else { return loaded }
        let grant = try self.vault.read(row)
        loaded.grant = grant
        loaded.app = try self.app(of: grant, found.apps)
        return loaded
    }
}
