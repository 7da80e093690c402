// SPDX-License-Identifier: MIT

package import Domain
import PQClient
package import Persistence
package import PluginKit

/// An account with its client.
package struct ClientAccount: Sendable {
    /// The client.
    package var client: ClientRow
    /// The account.
    package var account: AccountRow
}

/// An account that a token opens.
package struct OpenedAccount: Sendable {
    /// Its platform.
    package var platform: PlatformID
    /// What the platform says of it.
    package var granted: GrantedAccount
    /// Where it stands already; `nil` when it stands nowhere.
    package var holder: ClientAccount?
}

/// An ad account that a token opens.
package struct OpenedAdAccount: Sendable {
    /// The platform under which it is listed.
    package var platform: PlatformID
    /// What the platform says of it.
    package var granted: GrantedAdAccount
    /// Where it stands already; `nil` when it stands nowhere.
    package var holder: ClientAdAccount?
}

/// Everything that a token opens.
package struct TokenOpening: Sendable {
    /// The accounts, those of the platform that was asked about first.
    package var accounts: [OpenedAccount] = []
    /// The ad accounts; one that several clients have stands here once for each.
    package var adAccounts: [OpenedAdAccount] = []
    /// What else the token might open and could not be listed, with the reason.
    package var unlisted: [String] = []
}

extension AccountService {
    /// Lists everything that a person's or system user's token opens: the accounts of a platform and of those that share its tokens, and ad
    /// accounts.
    ///
    /// - Throws: As ``opened(by:on:)``; what else cannot be listed is said in the answer.
    package func opening(of tokens: TokenSet, on platform: PlatformID) async throws -> TokenOpening {
        var opening = TokenOpening(accounts: try await self.opened(by: tokens, on: platform))
        let family = self.registry.family(of: platform)
        for other in family.dropFirst() where self.registry[other]?.listing != nil {
            do {
                opening.accounts += try await self.opened(by: tokens, on: other)
            } catch let error as ServiceError {
                opening.unlisted.append("accounts on \(other): \(error.message)")
            }
        }
        let lister = family.lazy.compactMap { self.registry[$0] }.first { $0.adAccountListing != nil }
        guard let lister, let listing = lister.adAccountListing else { return opening }
        do {
            opening.adAccounts = try await self.adAccounts(of: tokens, listing, lister, Set(family))
        } catch let error as ServiceError {
            opening.unlisted.append("ad accounts: \(error.message)")
        }
        return opening
    }

    private func adAccounts(
        of tokens: TokenSet, _ listing: any AdAccountListing, _ plugin: RegisteredPlugin, _ family: Set<PlatformID>
    ) async throws -> [OpenedAdAccount] {
        let platform = plugin.manifest.id
        let granted = try await self.asking(with: nil, of: platform) {
            try await Self.adAccounts(
                listing.shared(tokens), listing, plugin, app: try await self.credential(nil, of: platform))
        }
        let standing = try await self.pool.withConnection { db in
            let clients = try await ClientRepository.list(states: ClientState.allCases, on: &db)
            let byID = Dictionary(clients.map { ($0.id, $0) }) { first, _ in first }
            return try await AdAccountRepository.list(on: &db).filter { family.contains($0.platform) }
                .compactMap { row in
                    byID[row.client].map { ClientAdAccount(client: $0, adAccount: row) }
                }
        }
        let holders = Dictionary(grouping: standing) { listing.adAccountID($0.adAccount.externalID) }
        return granted.flatMap { entry -> [OpenedAdAccount] in
            let known: [ClientAdAccount?] = holders[entry.externalID].map { $0.map(Optional.some) } ?? [nil]
            return known.map {
                OpenedAdAccount(platform: $0?.adAccount.platform ?? platform, granted: entry, holder: $0)
            }
        }
    }

    static func adAccounts(
        _ tokens: TokenSet, _ listing: any AdAccountListing, _ plugin: RegisteredPlugin, app: AppCredential?
    ) async throws -> [GrantedAdAccount] {
        do {
            return try await listing.adAccounts(tokens, app: app)
        } catch {
            let next = error.nextAction.map { ". \($0)" } ?? ""
            switch error.code {
            case .reauthorize, .rateLimited, .retryAfter: throw Self.refusal(error, plugin)
            default:
                throw ServiceError(
                    .refusedByPlatform,
                    "\(plugin.manifest.name) does not list the token's ad accounts, for which it takes \(plugin.manifest.boost?.scopes.joined(separator: ", ") ?? "rights to ads"): \(error.message)\(next)"
                )
            }
        }
    }

    /// Lists the accounts that a person's or system user's token opens, and where they stand already.
    ///
    /// - Throws: `ServiceError`: `invalid` for a platform whose tokens open one account, `refusedByPlatform` when the token is not accepted.
    package func opened(by tokens: TokenSet, on platform: PlatformID) async throws -> [OpenedAccount] {
        let plugin = try self.plugin(platform)
        let granted = try await self.asking(with: nil, of: platform) {
            try await self.granted(tokens, plugin, app: try await self.credential(nil, of: platform))
        }
        let standing = try await self.list(platform: platform).filter {
            $0.account.state != .moved && $0.account.state != .disconnected
        }
        let holders = Dictionary(standing.map { ($0.account.externalID, $0) }) { first, _ in first }
        return granted.map { entry in
            let holder = holders[entry.account.externalID].map { ClientAccount(client: $0.client, account: $0.account) }
            return OpenedAccount(platform: platform, granted: entry, holder: holder)
        }
    }

    /// Connects one of the accounts that a person's or system user's token opens: the one that the connection names, or the only one.
    ///
    /// The grant is the client's.
    ///
    /// - Throws: As ``connect(_:actor:)``; `conflict` when the token opens several and none was named.
    package func connectOpened(_ connection: AccountConnection, actor: String) async throws -> AccountRow {
        let plugin = try self.plugin(connection.platform)
        return try await self.asking(with: connection.app, of: connection.platform, for: connection.client) {
            let granted = try await self.granted(
                connection.tokens, plugin, app: try await self.credential(connection.app, of: connection.platform))
            let found = granted.filter { $0.account.externalID == connection.externalID ?? $0.account.externalID }
            guard let one = found.first, found.count == 1 else {
                throw ServiceError(.conflict, Self.choice(connection.externalID, of: granted, plugin))
            }
            try Self.requireTasks(one.missingTasks, allowsMissing: connection.allowsMissingScopes)
            var own = connection
            own.tokens = plugin.listing?.shared(connection.tokens) ?? connection.tokens
            return try await self.write(own, one.account, plugin, actor: actor)
        }
    }

    /// The credential of the app that tokens are from: the one that is named, the platform's only one, or the configured one.
    func credential(_ name: String?, of platform: PlatformID) async throws -> AppCredential? {
        try await self.pool.withConnection { db in
            guard let app = try await Self.app(name, of: platform, on: &db) else {
                return self.accesses.configuredApp(of: platform)
            }
            return try await self.vault.app(app, on: &db)
        }
    }

    /// Asks a platform with tokens of which only the app is known, and counts the calls for it and for whom they are made.
    ///
    /// - Parameters:
    ///   - app: The app that the tokens are from; `nil` is the platform's only one.
    ///   - platform: The platform.
    ///   - client: The client's slug or identity; `nil` where the tokens are several clients'.
    ///   - body: What asks.
    /// - Returns: What `body` does.
    /// - Throws: What `body` throws, `ServiceError` with code `notFound` for the client.
    func asking<Value>(
        with app: String?, of platform: PlatformID, for client: String? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        let caller = try await self.pool.withConnection { db in
            var caller = Caller(app: try await Self.app(app, of: platform, on: &db))
            if let client { caller.client = try await ClientDirectory.client(client, on: &db).id }
            return caller
        }
        return try await Caller.$current.withValue(caller) { try await body() }
    }

    private static func app(
        _ name: String?, of platform: PlatformID, on db: inout some SQLSession & ~Copyable
    ) async throws -> AppID? {
        let apps = try await AppRepository.list(platform: platform, on: &db)
        let named = apps.first { $0.name == name || $0.id.description == name?.lowercased() }
        return (named ?? (name == nil && apps.count == 1 ? apps.first : nil))?.id
    }

    func granted(
        _ tokens: TokenSet, _ plugin: RegisteredPlugin, app: AppCredential?
    ) async throws -> [GrantedAccount] {
        guard let listing = plugin.listing else {
            throw ServiceError(
                .invalid,
                "a token of \(plugin.manifest.name) opens one account: connect it with --credential-file")
        }
        do {
            return try await listing.accounts(listing.shared(tokens), app: app)
        } catch {
            throw Self.refusal(error, plugin)
        }
    }

    /// What to say when a token does not open exactly the account that is meant.
    static func choice(_ wanted: String?, of granted: [GrantedAccount], _ plugin: RegisteredPlugin) -> String {
        let name = plugin.manifest.name
        guard !granted.isEmpty else {
            return "the token opens no account on \(name): give the person or system user a role on one"
        }
        let first = granted.prefix(5).map { "\($0.account.externalID) (\($0.account.name))" }
        let list = first.joined(separator: ", ") + (granted.count > 5 ? " and \(granted.count - 5) more" : "")
        guard let wanted else {
            return "the token opens \(list): say which with --external-id, or map several with --map"
        }
        let hint = NearestName.hint(wanted, in: granted.map(\.account.externalID))
        return "the token does not open \(wanted) on \(name).\(hint) It opens \(list)"
    }

    /// Asks what tokens allow and when they end.
    ///
    /// - Returns: The tokens with what the platform said; as they are when it does not say.
    /// - Throws: `ServiceError`: `refusedByPlatform` for tokens that are not accepted, `conflict` for tokens that allow too little.
    func examined(
        _ tokens: TokenSet, for externalID: String, _ plugin: RegisteredPlugin, app: AppCredential?,
        boosts: Bool, allowsMissingScopes: Bool
    ) async throws -> Examination {
        let found = try await self.examination(of: tokens, for: externalID, plugin, app: app, boosts: boosts)
        guard found.missing.isEmpty || allowsMissingScopes else {
            throw ServiceError(
                .conflict,
                "the token does not allow \(found.missing.joined(separator: ", ")): allow them to the app, for the person or system user, "
                    + "or connect without what needs them by --allow-missing-scopes")
        }
        return found
    }

    /// Refuses an account that nothing can be published on, unless that is wanted.
    static func requireTasks(_ missing: [String], allowsMissing: Bool) throws {
        guard missing.isEmpty || allowsMissing else { throw ServiceError(.conflict, Self.lackOfTasks(missing)) }
    }

    static func lackOfTasks(_ missing: [String]) -> String {
        "\(Self.lack(of: missing)). Give the person or system user a role with it, or connect it for reading alone by "
            + "--allow-missing-scopes"
    }

    /// What was asked of tokens.
    struct Examination {
        /// The tokens, with what the platform said.
        var tokens: TokenSet
        /// The scopes that they should allow and do not.
        var missing: [String]
        /// What publishing wants their owner to be allowed with the account, and they are not.
        var missingTasks: [String] = []
    }

    /// Asks what tokens allow and when they end; what came with the tokens counts where the platform cannot be asked.
    ///
    /// - Returns: The tokens with what the platform said, and what they should allow and do not.
    /// - Throws: `ServiceError`: `refusedByPlatform` for tokens that are not accepted, `unreachable` or `tryAgain` when the platform does not
    ///   answer now.
    func examination(
        of tokens: TokenSet, for externalID: String, _ plugin: RegisteredPlugin, app: AppCredential?, boosts: Bool
    ) async throws -> Examination {
        let said = TokenReport(isValid: true, scopes: tokens.scopes).missingScopes(
            for: plugin.manifest, boosts: boosts)
        guard let inspecting = plugin.inspecting else { return Examination(tokens: tokens, missing: said) }
        let report: TokenReport
        do {
            report = try await inspecting.inspect(
                AccountAccess(account: AccountID(), externalID: externalID, tokens: tokens, app: app))
        } catch  where error.code == .retryAfter || error.code == .rateLimited {
            throw Self.refusal(error, plugin)
        } catch {
            // Some tokens may not ask about themselves; that the token is accepted was seen before.
            return Examination(tokens: tokens, missing: said)
        }
        guard report.isValid else {
            throw ServiceError(.refusedByPlatform, "\(plugin.manifest.name) does not accept the token any more")
        }
        var known = tokens
        known.expiresAt = report.expiresAt ?? tokens.expiresAt
        known.accessEndsAt = report.accessEndsAt ?? tokens.accessEndsAt
        if report.renewsItself, known.refreshToken == nil { known.refreshToken = known.accessToken }
        if !report.scopes.isEmpty { known.scopes = report.scopes }
        return Examination(
            tokens: known, missing: report.missingScopes(for: plugin.manifest, boosts: boosts),
            missingTasks: report.missingTasks)
    }
}
