// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import JobQueue
package import PQClient
package import Persistence
package import PluginKit

/// One account to connect, with its credential in hand.
package struct AccountConnection: Sendable {
    /// The client's slug or identity.
    package var client: String
    /// The platform.
    package var platform: PlatformID
    /// The platform's identity of the account; asked of the platform when `nil`.
    package var externalID: String?
    /// The name; the platform's own when `nil`.
    package var name: String?
    /// The short name inside the client; the platform's name when `nil` and free.
    package var slug: String?
    /// The brand; the client's own when `nil`.
    package var brand: String?
    /// The audience's IANA zone; the client's when `nil`.
    package var timeZone: String?
    /// The name or identity of the app that the tokens are from; the platform's only one when `nil`.
    package var app: String?
    /// The tokens.
    package var tokens: TokenSet
    /// Whether tokens that allow less than the plugin asks for are taken.
    package var allowsMissingScopes = false
    /// Whether the account is to boost, too: then what that needs is asked for.
    package var boosts = false
    /// How much of what the account posted before is taken in; nothing when `nil`.
    package var backfill: Backfill?

    /// Makes a connection.
    package init(client: String, platform: PlatformID, externalID: String? = nil, name: String? = nil, tokens: TokenSet)
    {
        self.client = client
        self.platform = platform
        self.externalID = externalID
        self.name = name
        self.tokens = tokens
    }
}

/// Connects accounts and looks after them.
package struct AccountService: Sendable {
    let pool: ConnectionPool
    let registry: PluginRegistry
    let vault: GrantVault
    let accesses: AccessProvider

    /// Makes a service.
    package init(pool: ConnectionPool, registry: PluginRegistry, vault: GrantVault, accesses: AccessProvider) {
        self.pool = pool
        self.registry = registry
        self.vault = vault
        self.accesses = accesses
    }

    /// The manifest of a platform.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package func manifest(of platform: PlatformID) throws(ServiceError) -> PluginManifest {
        try self.plugin(platform).manifest
    }

    func plugin(_ platform: PlatformID) throws(ServiceError) -> RegisteredPlugin {
        if let plugin = self.registry[platform] { return plugin }
        let known = self.registry.platforms.map(\.rawValue)
        throw ServiceError(
            .notFound,
            "there is no plugin for the platform '\(platform)'.\(NearestName.hint(platform.rawValue, in: known)) "
                + "There are: \(known.joined(separator: ", "))")
    }

    /// Connects one account: asks the platform who the token speaks for, seals the token, claims the identity.
    ///
    /// An account of the client that was disconnected, or whose grant ended, is connected again, and what waited for it goes on.
    ///
    /// - Throws: `ServiceError`: `invalid` for wrong input, `refusedByPlatform` when the token is not accepted, `conflict` when the token is
    ///   for another account or the account stands under another client. Then nothing is written.
    package func connect(_ connection: AccountConnection, actor: String) async throws -> AccountRow {
        let plugin = try self.plugin(connection.platform)
        return try await self.asking(with: connection.app, of: connection.platform, for: connection.client) {
            let remote = try await self.identify(connection, plugin)
            return try await self.write(connection, remote, plugin, actor: actor)
        }
    }

    /// Checks what the tokens allow, then writes the account and its grant.
    func write(
        _ connection: AccountConnection, _ remote: RemoteAccount, _ plugin: RegisteredPlugin, actor: String
    ) async throws -> AccountRow {
        var known = connection
        let found = try await self.examined(
            connection.tokens, for: remote.externalID, plugin,
            app: try await self.credential(connection.app, of: connection.platform),
            boosts: connection.boosts, allowsMissingScopes: connection.allowsMissingScopes)
        try Self.requireTasks(found.missingTasks, allowsMissing: connection.allowsMissingScopes)
        known.tokens = found.tokens
        return try await self.store(known, remote, plugin, actor: actor)
    }

    /// Writes the account and its grant, and what belongs to the same transaction.
    func store(
        _ connection: AccountConnection, _ remote: RemoteAccount, _ plugin: RegisteredPlugin, actor: String,
        and further: (AccountRow, inout Transaction) async throws -> Void = { _, _ in }
    ) async throws -> AccountRow {
        try await self.pool.withTransaction(retrying: 3) { db in
            let directory = try await ClientDirectory.load(connection.client, on: &db)
            let account = try await self.place(connection, remote, in: directory, actor: actor, on: &db)
            let app = try await Self.app(connection, on: &db)
            let tokens = try await self.keepingAdsToken(connection.tokens, of: account, plugin, on: &db)
            let grant = try await self.vault.create(
                owner: directory.client.id, platform: connection.platform, app: app, tokens: tokens, on: &db)
            try await self.use(grant, app, for: account, plugin, on: &db)
            try await self.backfill(connection.backfill, of: account, plugin, on: &db)
            try await further(account, &db)
            return try await AccountRepository.find(account.id, of: account.client, on: &db) ?? account
        }
    }

    /// Lets an account work with a grant, in all that its plugin can.
    func use(
        _ grant: GrantID, _ app: AppID?, for account: AccountRow, _ plugin: RegisteredPlugin, on db: inout Transaction
    ) async throws {
        try await JobStore(pool: self.pool).setApp(app, of: account.client, account.id, on: &db)
        var uses: [GrantUse] = [.publish]
        if plugin.metrics != nil { uses.append(.metrics) }
        if plugin.boosting != nil { uses.append(.boost) }
        try await AccountRepository.useGrant(grant, for: uses, account: account.id, of: account.client, on: &db)
    }

    /// The app that the token is from: the one that is named, else the platform's only one.
    ///
    /// - Returns: `nil` when none was added: then the configured one is meant.
    static func app(_ connection: AccountConnection, on db: inout Transaction) async throws -> AppID? {
        let apps = try await AppRepository.list(platform: connection.platform, on: &db)
        guard let name = connection.app else {
            if apps.count < 2 { return apps.first?.id }
            guard connection.tokens.refreshToken != nil else { return nil }
            throw ServiceError(
                .invalid,
                "which app is the token from? It is needed to renew it. Give --app: \(apps.map(\.name).joined(separator: ", "))"
            )
        }
        if let app = apps.first(where: { $0.name == name || $0.id.description == name.lowercased() }) { return app.id }
        throw ServiceError(
            .notFound,
            "there is no app '\(name)' of \(connection.platform).\(NearestName.hint(name, in: apps.map(\.name))) "
                + "Add it: posthorn app add")
    }

    private func identify(_ connection: AccountConnection, _ plugin: RegisteredPlugin) async throws -> RemoteAccount {
        guard let connecting = plugin.connecting else {
            guard let externalID = connection.externalID else {
                throw ServiceError(
                    .invalid, "\(plugin.manifest.name) cannot say who a token speaks for: give --external-id")
            }
            return RemoteAccount(externalID: externalID, name: connection.name ?? externalID)
        }
        let remote: RemoteAccount
        do {
            remote = try await connecting.identify(connection.tokens)
        } catch {
            throw Self.refusal(error, plugin)
        }
        if let expected = connection.externalID, expected != remote.externalID {
            throw ServiceError(
                .conflict,
                "the token speaks for \(remote.name) (\(remote.externalID)), not for \(expected): use the other account's token, or "
                    + "--external-id \(remote.externalID)")
        }
        return remote
    }

    static func refusal(_ error: PluginError, _ plugin: RegisteredPlugin) -> ServiceError {
        let next = error.nextAction.map { ". \($0)" } ?? ""
        switch error.code {
        case .rateLimited:
            return ServiceError(.tryAgain, "\(plugin.manifest.name) takes no more calls now: \(error.message)\(next)")
        case .retryAfter:
            return ServiceError(.unreachable, "\(plugin.manifest.name) cannot be asked now: \(error.message)\(next)")
        default:
            return ServiceError(
                .refusedByPlatform, "\(plugin.manifest.name) does not accept the token: \(error.message)\(next)")
        }
    }

    /// Finds the client's account of that identity, or adds it, and claims the identity for it.
    func place(
        _ connection: AccountConnection, _ remote: RemoteAccount, in directory: ClientDirectory, actor: String,
        on db: inout Transaction
    ) async throws -> AccountRow {
        let client = directory.client
        let known = directory.accounts.values.first { account in
            account.platform == connection.platform && account.externalID == remote.externalID
                && account.state != .moved
        }
        var account: AccountRow
        if let known {
            account = known
        } else {
            let brand = try await BrandRepository.findOrInsert(connection.brand ?? client.name, of: client.id, on: &db)
            account = AccountRow(
                client: client.id, brand: brand.id, platform: connection.platform, externalID: remote.externalID,
                slug: try self.slug(connection, in: directory), name: connection.name ?? remote.name,
                handle: remote.handle,
                timeZone: try Self.zone(connection.timeZone) ?? client.timeZone, state: .disconnected,
                followers: remote.followers)
            do {
                try await AccountRepository.insert(account, on: &db)
            } catch let error as PersistenceError where error.code == .nameTaken {
                throw ServiceError(.conflict, error.description)
            }
        }
        do {
            try await PlatformIdentities.claim(account, on: &db)
        } catch let error as PersistenceError {
            throw ServiceError(.conflict, try await Self.explain(error, on: &db))
        }
        try await AccountRepository.refresh(
            account.id, of: client.id, name: connection.name ?? remote.name, handle: remote.handle,
            followers: remote.followers,
            traits: self.registry[connection.platform]?.accountAware?.traits(of: connection.tokens), on: &db)
        // What a person paused stays paused until a person resumes it, whoever renews the token.
        if known?.state != .paused {
            try await AccountRepository.setState(
                account.id, of: client.id, to: .active, actor: actor,
                reason: known == nil ? "connected" : "connected again", on: &db)
        }
        if known != nil {
            try await HeldWork(client: client.id, account: account.id, pool: self.pool).release(
                HeldWork.reconnect, actor: actor, because: "the account is connected again", on: &db)
        }
        return account
    }

    func slug(_ connection: AccountConnection, in directory: ClientDirectory) throws(ServiceError) -> Slug {
        if let given = connection.slug {
            guard let slug = Slug(rawValue: given) else {
                throw ServiceError(
                    .invalid, "'\(given)' is no slug: use 1 to 63 lower-case letters, digits and hyphens")
            }
            guard directory.accounts[slug.rawValue] == nil else {
                throw ServiceError(
                    .conflict, "the client has an account '\(slug)' already: choose another short name with --slug")
            }
            return slug
        }
        guard let usual = Slug(rawValue: connection.platform.rawValue) else {
            throw ServiceError(.invalid, "give the account a short name with --slug")
        }
        guard directory.accounts[usual.rawValue] == nil else {
            throw ServiceError(
                .conflict, "the client has an account '\(usual)' already: give this one another short name with --slug")
        }
        return usual
    }

    static func zone(_ text: String?) throws(ServiceError) -> String? {
        guard let text else { return nil }
        do {
            return try ZoneID(parsing: text).rawValue
        } catch {
            throw ServiceError(.invalid, error.message)
        }
    }

    private static func explain(_ error: PersistenceError, on db: inout Transaction) async throws -> String {
        guard let holder = error.holder,
            let client = try await ClientRepository.find(holder.client, on: &db),
            let account = try await AccountRepository.find(holder.account, of: holder.client, on: &db)
        else { return error.description }
        return
            "\(account.platform) account \(account.externalID) stands under '\(client.slug)/\(account.slug)' already: "
            + "disconnect it there first, posthorn account disconnect \(client.slug)/\(account.slug)"
    }
}
