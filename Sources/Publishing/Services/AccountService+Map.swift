// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
package import PluginKit

/// How a map is connected.
package struct AccountMapOptions: Sendable {
    /// The app that the token is from; the platform's only one when `nil`.
    package var app: String?
    /// Whether a token that allows less than the plugin asks for is taken.
    package var allowsMissingScopes = false
    /// Whether the accounts are to boost, too.
    package var boosts = false
    /// How much of what the accounts posted before is taken in; nothing when `nil`.
    package var backfill: Backfill?
    /// Whether everything is checked and nothing written.
    package var isDryRun = false
    /// Who does it.
    package var actor: String

    /// Makes options.
    package init(actor: String) { self.actor = actor }
}

extension AccountService {
    /// A platform of a map, with what the token opens there.
    private struct Opened: Sendable {
        var plugin: RegisteredPlugin
        var granted: [String: RemoteAccount] = [:]
        var list: [GrantedAccount] = []
        var adAccounts: [String: GrantedAdAccount] = [:]
        var tokens: TokenSet
        var app: String?
    }

    /// What the rows of one transaction have in common.
    private struct Writing {
        var grants: [PlatformID: (grant: GrantID, app: AppID?)] = [:]
        var connected: [ClientAccount] = []
        var adAccounts: [ClientAdAccount] = []
        var replaced: Set<GrantID> = []
    }

    /// Connects the accounts and ad accounts of a map, all or none, with one grant of the agency for each platform.
    ///
    /// Accounts that stand under the client already are connected again; ad accounts that do are brought up to date. Currency and zone of an
    /// ad account are the platform's.
    ///
    /// - Parameters:
    ///   - map: Which account goes to which client.
    ///   - tokens: The tokens of the person or system user.
    ///   - options: How.
    /// - Returns: What was connected, or everything that is wrong.
    /// - Throws: `ServiceError` when the token is not accepted or allows too little.
    package func connect(
        _ map: AccountMap, tokens: TokenSet, _ options: AccountMapOptions
    ) async throws -> AccountMapReport {
        var report = AccountMapReport()
        report.rows = map.rows.count
        report.skipped = map.skipped
        report.problems = map.problems
        var opened: [PlatformID: Opened] = [:]
        for platform in Set(map.rows.map(\.platform)).sorted() {
            guard let plugin = self.registry[platform], plugin.listing != nil else { continue }
            let app = try await self.app(options.app, of: platform, in: map)
            // Of several clients: their calls count for the app alone.
            opened[platform] = try await self.asking(with: app, of: platform) {
                try await self.open(tokens, plugin, from: app, of: map, options)
            }
        }
        report.expiresAt = opened.values.compactMap(\.tokens.expiresAt).min()
        let platforms = opened
        let (written, problems): (Writing, [CSVProblem]) = try await self.pool.withTransaction(retrying: 3) { db in
            let problems = try await self.problems(of: map, platforms, options, on: &db)
            guard problems.isEmpty, map.problems.isEmpty, !options.isDryRun else {
                return (Writing(), problems)
            }
            return (try await self.write(map, platforms, options, on: &db), [])
        }
        report.connected = written.connected
        report.adAccounts = written.adAccounts
        report.problems = (report.problems + problems).sorted { $0.line < $1.line }
        return report
    }

    private func open(
        _ tokens: TokenSet, _ plugin: RegisteredPlugin, from name: String?, of map: AccountMap,
        _ options: AccountMapOptions
    ) async throws -> Opened {
        let platform = plugin.manifest.id
        let rows = map.rows.filter { $0.platform == platform }
        let app = try await self.credential(name, of: platform)
        let shared = plugin.listing?.shared(tokens) ?? tokens
        var opened = Opened(plugin: plugin, tokens: shared, app: name)
        if rows.contains(where: { $0.kind == .account }) {
            opened.list = try await self.granted(tokens, plugin, app: app)
            opened.granted = Dictionary(opened.list.map { ($0.account.externalID, $0.account) }) { first, _ in first }
        }
        if rows.contains(where: { $0.kind == .adAccount }), let listing = plugin.adAccountListing {
            let list = try await Self.adAccounts(shared, listing, plugin, app: app)
            opened.adAccounts = Dictionary(list.map { ($0.externalID, $0) }) { first, _ in first }
        }
        let first = rows.first { $0.kind == .account && opened.granted[$0.externalID] != nil }
        if let first {
            opened.tokens = try await self.examined(
                shared, for: first.externalID, plugin, app: app, boosts: options.boosts,
                allowsMissingScopes: options.allowsMissingScopes
            ).tokens
        } else if let adAccount = opened.adAccounts.keys.min() {
            // Platforms are asked for an account, whichever the token opens. Ad accounts need nothing of what publishing needs.
            let account = try? await self.granted(tokens, plugin, app: app).first?.account.externalID
            opened.tokens = try await self.examination(
                of: shared, for: account ?? adAccount, plugin, app: app, boosts: options.boosts
            ).tokens
        }
        return opened
    }

    /// The app of a platform that the map's token is from: the name that was given is one of the map's own platform.
    private func app(_ name: String?, of platform: PlatformID, in map: AccountMap) async throws -> String? {
        guard let name, platform != map.platform else { return name }
        return try await self.pool.withConnection { db in
            try await AppRepository.list(platform: platform, on: &db).contains { app in
                app.name == name || app.id.description == name.lowercased()
            }
        } ? name : nil
    }

    /// Everything that is wrong with the rows, by what the database and the platforms say now.
    private func problems(
        of map: AccountMap, _ opened: [PlatformID: Opened], _ options: AccountMapOptions, on db: inout Transaction
    ) async throws -> [CSVProblem] {
        let clients = try await ClientRepository.list(states: ClientState.allCases, on: &db)
        let accounts = try await AccountRepository.list(on: &db)
        var checker = AccountMapChecker(clients: clients, accounts: accounts)
        var adChecker = AdAccountMapChecker(
            map, registry: self.registry, clients: clients, accounts: accounts,
            adAccounts: try await AdAccountRepository.list(on: &db),
            boosted: try await AdAccountRepository.boosted(on: &db))
        return map.rows.flatMap { row -> [CSVProblem] in
            switch row.kind {
            case .account: checker.check(row) + self.unopened(row, opened[row.platform], options)
            case .adAccount:
                adChecker.check(row, Self.adAccount(row, opened[row.platform]))
                    + self.unopenedAdAccount(row, opened[row.platform])
            }
        }
    }

    private func unopened(
        _ row: AccountMap.Row, _ platform: Opened?, _ options: AccountMapOptions
    ) -> [CSVProblem] {
        guard let platform else {
            return [self.unknownPlatform(row, "no token opens several accounts") { $0.listing != nil }]
        }
        var reasons: [String] = []
        if platform.granted[row.externalID] == nil {
            reasons.append(Self.choice(row.externalID, of: platform.list, platform.plugin))
        }
        let missing = platform.list.first { $0.account.externalID == row.externalID }?.missingTasks ?? []
        if !missing.isEmpty, !options.allowsMissingScopes { reasons.append(Self.lackOfTasks(missing)) }
        return reasons.map { CSVProblem(line: row.line, column: "external_id", reason: $0) }
    }

    private func unopenedAdAccount(_ row: AccountMap.Row, _ platform: Opened?) -> [CSVProblem] {
        guard let platform, platform.plugin.adAccountListing != nil else {
            return [self.unknownPlatform(row, "no token lists ad accounts") { $0.adAccountListing != nil }]
        }
        guard Self.adAccount(row, platform) == nil else { return [] }
        let known = platform.adAccounts.keys.sorted()
        let list = known.isEmpty ? "It opens none" : "It opens \(known.prefix(5).joined(separator: ", "))"
        let more = known.count > 5 ? " and \(known.count - 5) more" : ""
        return [
            CSVProblem(
                line: row.line, column: "external_id",
                reason:
                    "the token does not open the ad account \(row.externalID).\(NearestName.hint(row.externalID, in: known)) \(list)\(more)"
            )
        ]
    }

    private func unknownPlatform(
        _ row: AccountMap.Row, _ what: String, _ can: (RegisteredPlugin) -> Bool
    ) -> CSVProblem {
        let known = self.registry.platforms.filter { self.registry[$0].map(can) ?? false }.map(\.rawValue)
        return CSVProblem(
            line: row.line, column: "platform",
            reason:
                "\(what) on '\(row.platform)'.\(NearestName.hint(row.platform.rawValue, in: known)) "
                + "There are: \(known.joined(separator: ", "))")
    }

    private static func adAccount(_ row: AccountMap.Row, _ platform: Opened?) -> GrantedAdAccount? {
        guard let platform, let listing = platform.plugin.adAccountListing else { return nil }
        return platform.adAccounts[listing.adAccountID(row.externalID)]
    }

    private func write(
        _ map: AccountMap, _ opened: [PlatformID: Opened], _ options: AccountMapOptions, on db: inout Transaction
    ) async throws -> Writing {
        var writing = Writing()
        // An ad account may pay for accounts that stand below it in the file.
        for row in map.rows.filter({ $0.kind == .account }) + map.rows.filter({ $0.kind == .adAccount }) {
            guard let platform = opened[row.platform] else { continue }
            do {
                switch row.kind {
                case .account: try await self.write(row, platform, options, &writing, on: &db)
                case .adAccount: try await self.writeAdAccount(row, platform, &writing, on: &db)
                }
            } catch let error as ServiceError {
                throw ServiceError(error.code, "line \(row.line): \(error.message); nothing was written")
            }
        }
        try await AccountRepository.retire(
            writing.replaced.sorted(), reason: "another was given in its place", on: &db)
        return writing
    }

    private func write(
        _ row: AccountMap.Row, _ platform: Opened, _ options: AccountMapOptions, _ writing: inout Writing,
        on db: inout Transaction
    ) async throws {
        guard let remote = platform.granted[row.externalID] else { return }
        var connection = AccountConnection(
            client: row.client, platform: row.platform, externalID: row.externalID, name: row.name,
            tokens: platform.tokens)
        connection.slug = row.slug
        connection.brand = row.brand
        connection.timeZone = row.timeZone
        connection.app = platform.app
        let (grant, app) = try await self.grant(connection, &writing, on: &db)
        let directory = try await ClientDirectory.load(row.client, on: &db)
        let account = try await self.place(connection, remote, in: directory, actor: options.actor, on: &db)
        try await self.use(grant, app, for: account, platform.plugin, on: &db)
        try await self.backfill(options.backfill, of: account, platform.plugin, on: &db)
        let stored = try await AccountRepository.find(account.id, of: account.client, on: &db) ?? account
        writing.connected.append(ClientAccount(client: directory.client, account: stored))
    }

    private func writeAdAccount(
        _ row: AccountMap.Row, _ platform: Opened, _ writing: inout Writing, on db: inout Transaction
    ) async throws {
        guard let granted = Self.adAccount(row, platform), let listing = platform.plugin.adAccountListing,
            let currency = (granted.currency ?? row.currency).flatMap({ Currency(rawValue: $0) }),
            let zone = granted.timeZone ?? row.timeZone
        else { return }
        var connection = AccountConnection(client: row.client, platform: row.platform, tokens: platform.tokens)
        connection.app = platform.app
        let (grant, _) = try await self.grant(connection, &writing, on: &db)
        let directory = try await ClientDirectory.load(row.client, on: &db)
        let client = directory.client
        let family = self.registry.family(of: row.platform)
        let known = try await AdAccountRepository.list(of: client.id, on: &db).first {
            family.contains($0.platform) && listing.adAccountID($0.externalID) == granted.externalID
        }
        var adAccount: AdAccountRow
        if let known {
            adAccount = known
            if let old = known.grant, old != grant { writing.replaced.insert(old) }
            (adAccount.currency, adAccount.timeZone, adAccount.grant) = (currency, zone, grant)
            adAccount.payer = row.payer ?? known.payer
            try await AdAccountRepository.refresh(adAccount, on: &db)
        } else {
            guard let slug = Slug(rawValue: row.slug ?? AdAccountMapChecker.usualSlug(granted.externalID)) else {
                throw ServiceError(.invalid, "the ad account needs a slug")
            }
            adAccount = AdAccountRow(
                client: client.id, platform: row.platform, externalID: granted.externalID, slug: slug,
                currency: currency, timeZone: zone, payer: row.payer, grant: grant)
            do {
                try await AdAccountRepository.insert(adAccount, on: &db)
            } catch let error as PersistenceError {
                throw ServiceError(.conflict, error.description)
            }
        }
        for name in row.accounts {
            let account = try directory.account(name)
            try await AdAccountRepository.use(adAccount.id, for: account.id, of: client.id, on: &db)
        }
        writing.adAccounts.append(ClientAdAccount(client: client, adAccount: adAccount))
    }

    /// The grant of a platform's rows, made once.
    private func grant(
        _ connection: AccountConnection, _ writing: inout Writing, on db: inout Transaction
    ) async throws -> (grant: GrantID, app: AppID?) {
        if let known = writing.grants[connection.platform] { return known }
        let app = try await Self.app(connection, on: &db)
        let grant = try await self.vault.create(
            owner: nil, platform: connection.platform, app: app, tokens: connection.tokens, on: &db)
        writing.grants[connection.platform] = (grant, app)
        return (grant, app)
    }
}
