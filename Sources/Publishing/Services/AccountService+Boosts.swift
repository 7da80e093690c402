// SPDX-License-Identifier: MIT

import Domain
import PQClient
package import Persistence
package import PluginKit

/// How it stands with the boosts of an account.
package struct BoostStanding: Sendable, Hashable {
    /// What the token should allow for boosts and does not.
    package var missingScopes: [String] = []
    /// What is wrong; empty when all is well.
    package var problem: String?
    /// What a person can do.
    package var nextAction: String?
}

extension AccountService {
    /// Asks every ad account of the client on the account's platform whether the account's tokens may use it.
    ///
    /// When they may, a refusal from before is forgotten, and the boosts that waited go on.
    ///
    /// - Parameters:
    ///   - account: The account.
    ///   - client: Its client.
    ///   - plugin: Its platform's plugin.
    ///   - report: How the account's token stands, when the platform said.
    /// - Returns: `nil` when the client has no ad account there, or the plugin cannot ask.
    /// - Throws: `PQError`; what the platform refuses is a standing.
    func boostStanding(
        of account: AccountRow, client: ClientRow, _ plugin: RegisteredPlugin, _ report: TokenReport?
    ) async throws -> BoostStanding? {
        guard let checking = plugin.adAccounts else { return nil }
        let adAccounts = try await self.adAccounts(of: client.id, for: account.platform)
        guard !adAccounts.isEmpty else { return nil }
        var standing = BoostStanding()
        if let report, !report.scopes.isEmpty, plugin.manifest.boost?.tokenFields.isEmpty == true {
            standing.missingScopes = (plugin.manifest.boost?.scopes ?? []).filter { !report.scopes.contains($0) }
        }
        do {
            let granted = try await self.accesses.access(
                client: client.id, account: account.id, for: GrantUse.boost.rawValue, isTrial: true)
            try await Self.ask(
                checking, adAccounts, granted.access,
                caller: Caller(client: client.id, account: account.id, app: granted.app))
            try await self.takeUpBoosts(of: account, because: "the platform takes the token for ads")
        } catch let error as PluginError {
            standing.problem = error.message
            standing.nextAction = error.nextAction
        }
        if !standing.missingScopes.isEmpty {
            standing.problem = "the token does not allow \(standing.missingScopes.joined(separator: ", "))"
            standing.nextAction =
                "Allow them on the platform's page: posthorn account reconnect \(client.slug)/\(account.slug) --link --boosts"
        }
        return standing
    }

    /// Adds the token for ads to an account's grant, beside the tokens that it has, when the platform takes it.
    ///
    /// - Parameters:
    ///   - reference: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    ///   - token: The token.
    /// - Returns: The account, and how many ad accounts were asked with the token.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for a platform whose ads have no token of their own, `refusedByPlatform` when one of the
    ///   client's ad accounts there refuses it, `conflict` when the account has no grant. Then nothing is written.
    package func authorizeAds(
        _ reference: String, client: String?, token: Secret
    ) async throws -> (account: AccountRow, asked: Int) {
        let (owner, account) = try await self.show(reference, client: client)
        let plugin = try self.plugin(account.platform)
        guard let field = plugin.manifest.boost?.tokenFields.first, plugin.oauth1 == nil else {
            throw ServiceError(
                .invalid,
                plugin.oauth1 == nil
                    ? "boosts on \(plugin.manifest.name) act with the account's own token: connect it with --boosts"
                    : "ads on \(plugin.manifest.name) are signed by OAuth 1.0a: authorize it with --consumer-file")
        }
        let adAccounts = try await self.adAccounts(of: owner.id, for: account.platform)
        do {
            let granted = try await self.accesses.access(
                client: owner.id, account: account.id, for: GrantUse.boost.rawValue, isTrial: true)
            var access = granted.access
            access.tokens.extra[field] = token
            if let checking = plugin.adAccounts {
                try await Self.ask(
                    checking, adAccounts, access,
                    caller: Caller(client: owner.id, account: account.id, app: granted.app))
            }
        } catch let error as PluginError {
            throw Self.refusal(error, plugin)
        }
        try await self.add({ $0.extra[field] = token }, to: account, of: owner)
        return (account, adAccounts.count)
    }

    /// Notes that the platform takes the token for ads, and lets the boosts that waited for it go on.
    func takeUpBoosts(of account: AccountRow, because reason: String) async throws {
        try await self.pool.withTransaction { db in
            guard try await AccountRepository.accept(.boost, of: account.id, client: account.client, on: &db) else {
                return
            }
            try await HeldWork(client: account.client, account: account.id, pool: self.pool).release(
                ["reauthorize"], actor: "posthorn", because: reason, on: &db)
        }
    }

    /// The tokens with the token for ads that the account has, unless they bring one: the platform's page for posting gives none.
    func keepingAdsToken(
        _ tokens: TokenSet, of account: AccountRow, _ plugin: RegisteredPlugin, on db: inout Transaction
    ) async throws -> TokenSet {
        guard let boost = plugin.manifest.boost, !boost.tokenFields.isEmpty, boost.ownToken(in: tokens) == nil else {
            return tokens
        }
        let old = try await db.query(
            """
            SELECT grant_id FROM account_grant
            WHERE client_id = \(account.client) AND account_id = \(account.id) AND capability = \(GrantUse.boost)
            """
        ).first.map { row in try row.get("grant_id", as: GrantID.self) }
        guard let old, let grant = try await self.vault.load(old, on: &db) else { return tokens }
        var kept = tokens
        for field in boost.tokenFields where kept.extra[field] == nil { kept.extra[field] = grant.tokens.extra[field] }
        return kept
    }

    /// The ad accounts of a client that pay for boosts on a platform: its own, or those of a platform that shares them.
    private func adAccounts(of client: ClientID, for platform: PlatformID) async throws -> [AdAccountRow] {
        let family = self.registry.family(of: platform)
        let all = try await self.pool.withConnection { db in
            try await AdAccountRepository.list(of: client, on: &db).filter { family.contains($0.platform) }
        }
        let own = all.filter { $0.platform == platform }
        return own.isEmpty ? all : own
    }

    private static func ask(
        _ checking: any AdAccountChecking, _ adAccounts: [AdAccountRow], _ access: AccountAccess, caller: Caller
    ) async throws {
        for adAccount in adAccounts {
            do {
                try await Caller.$current.withValue(caller) {
                    try await checking.checkAdAccount(adAccount.reference, access)
                }
            } catch let error as PluginError {
                var named = error
                named.message = "ad account '\(adAccount.slug)': \(error.message)"
                throw named
            }
        }
    }
}
