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
        var granted: [String: RemoteAccount]
        var list: [GrantedAccount]
        var tokens: TokenSet
    }

    /// Connects the accounts of a map, all or none, with one grant of the agency for each platform.
    ///
    /// Accounts that stand under the client already are connected again.
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
            opened[platform] = try await self.open(tokens, plugin, of: map, options)
        }
        report.expiresAt = opened.values.compactMap(\.tokens.expiresAt).min()
        let platforms = opened
        let (connected, problems): ([ClientAccount], [CSVProblem]) = try await self.pool.withTransaction(retrying: 3) {
            db in
            let problems = try await self.problems(of: map, platforms, options, on: &db)
            guard problems.isEmpty, map.problems.isEmpty, !options.isDryRun else {
                return ([], problems)
            }
            return (try await self.write(map, platforms, options, on: &db), [])
        }
        report.connected = connected
        report.problems = (report.problems + problems).sorted { $0.line < $1.line }
        return report
    }

    private func open(
        _ tokens: TokenSet, _ plugin: RegisteredPlugin, of map: AccountMap, _ options: AccountMapOptions
    ) async throws -> Opened {
        let app = try await self.credential(options.app, of: plugin.manifest.id)
        let list = try await self.granted(tokens, plugin, app: app)
        let granted = Dictionary(list.map { ($0.account.externalID, $0.account) }) { first, _ in first }
        var shared = plugin.listing?.shared(tokens) ?? tokens
        let first = map.rows.first { $0.platform == plugin.manifest.id && granted[$0.externalID] != nil }
        if let first {
            shared = try await self.examined(
                shared, for: first.externalID, plugin, app: app, boosts: options.boosts,
                allowsMissingScopes: options.allowsMissingScopes
            ).tokens
        }
        return Opened(plugin: plugin, granted: granted, list: list, tokens: shared)
    }

    /// Everything that is wrong with the rows, by what the database and the platforms say now.
    private func problems(
        of map: AccountMap, _ opened: [PlatformID: Opened], _ options: AccountMapOptions, on db: inout Transaction
    ) async throws -> [CSVProblem] {
        let clients = try await ClientRepository.list(states: ClientState.allCases, on: &db)
        let accounts = try await AccountRepository.list(on: &db)
        var checker = AccountMapChecker(clients: clients, accounts: accounts)
        return map.rows.flatMap { row -> [CSVProblem] in
            var found = checker.check(row)
            if let platform = opened[row.platform] {
                if platform.granted[row.externalID] == nil {
                    let reason = Self.choice(row.externalID, of: platform.list, platform.plugin)
                    found.append(CSVProblem(line: row.line, column: "external_id", reason: reason))
                }
                let missing =
                    platform.list.first { $0.account.externalID == row.externalID }?.missingTasks ?? []
                if !missing.isEmpty, !options.allowsMissingScopes {
                    found.append(
                        CSVProblem(line: row.line, column: "external_id", reason: Self.lackOfTasks(missing)))
                }
            } else {
                let known = self.registry.platforms.filter { self.registry[$0]?.listing != nil }.map(\.rawValue)
                found.append(
                    CSVProblem(
                        line: row.line, column: "platform",
                        reason:
                            "no token opens several accounts on '\(row.platform)'.\(NearestName.hint(row.platform.rawValue, in: known)) "
                            + "There are: \(known.joined(separator: ", "))"))
            }
            return found
        }
    }

    private func write(
        _ map: AccountMap, _ opened: [PlatformID: Opened], _ options: AccountMapOptions, on db: inout Transaction
    ) async throws -> [ClientAccount] {
        var grants: [PlatformID: (grant: GrantID, app: AppID?)] = [:]
        var connected: [ClientAccount] = []
        for row in map.rows {
            guard let platform = opened[row.platform], let remote = platform.granted[row.externalID] else { continue }
            var connection = AccountConnection(
                client: row.client, platform: row.platform, externalID: row.externalID, name: row.name,
                tokens: platform.tokens)
            connection.slug = row.slug
            connection.brand = row.brand
            connection.timeZone = row.timeZone
            connection.app = options.app
            if grants[row.platform] == nil {
                let app = try await Self.app(connection, on: &db)
                let grant = try await self.vault.create(
                    owner: nil, platform: row.platform, app: app, tokens: platform.tokens, on: &db)
                grants[row.platform] = (grant, app)
            }
            guard let (grant, app) = grants[row.platform] else { continue }
            let directory = try await ClientDirectory.load(row.client, on: &db)
            do {
                let account = try await self.place(connection, remote, in: directory, actor: options.actor, on: &db)
                try await self.use(grant, app, for: account, platform.plugin, on: &db)
                try await self.backfill(options.backfill, of: account, platform.plugin, on: &db)
                let stored = try await AccountRepository.find(account.id, of: account.client, on: &db) ?? account
                connected.append(ClientAccount(client: directory.client, account: stored))
            } catch let error as ServiceError {
                throw ServiceError(error.code, "line \(row.line): \(error.message); nothing was written")
            }
        }
        return connected
    }
}
