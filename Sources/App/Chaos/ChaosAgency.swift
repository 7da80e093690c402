// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Persistence
import PluginKit
import Publishing

/// The agency of a chaos run: clients, accounts on both pretend platforms, posts that all fall due at once.
struct ChaosAgency: Sendable {
    let options: ChaosOptions
    let services: ServiceContext
    let admin: SimulatorAdmin
    let progress: @Sendable () -> Void

    /// The marker of a post: the simulator's ledger counts attempts by it.
    static func marker(_ number: Int) -> String { "chaos-\(number)" }

    /// Makes everything; the posts' jobs are due when this returns.
    func make() async throws {
        let names = (0..<self.options.accounts).map(self.account)
        try await self.admin.add(accounts: names)
        try await self.connect(names)
        let earlier = self.options.hasAllFormats ? try await self.earlierPosts() : [:]
        if self.options.setsLimits { try await ChaosLimits(options: self.options).set(in: self.services.pool) }
        try await self.plan(names, answering: earlier)
    }

    /// What accounts of X posted before the run, by their identity: replies answer it.
    private func earlierPosts() async throws -> [String: String] {
        struct Page: Decodable { var posts: [Post] }
        struct Post: Decodable {
            var account: String
            var id: String
        }
        let page = try JSONDecoder().decode(
            Page.self, from: await self.admin.posts(query: "platform=x&limit=\(self.options.accounts + 1)"))
        return Dictionary(page.posts.map { ($0.account, $0.id) }) { first, _ in first }
    }

    private func client(_ number: Int) -> String { "client-\(number + 1)" }

    private func account(_ number: Int) -> SimulatorAdmin.Account {
        let platform = self.options.platforms[number % self.options.platforms.count]
        let isNumbered = ["x", "facebook", "instagram"].contains(platform)
        let externalID = isNumbered ? String(900_000_000 + number) : "chaos\(number)"
        return SimulatorAdmin.Account(
            platform: platform, externalID: externalID, handle: "chaos\(number)", name: "Chaos \(number)",
            accessToken: "EAA-chaos-\(number)", refreshToken: nil, clientID: nil, tokenExpiresIn: nil,
            // Meta's limits grow with the followers.
            followers: self.options.hasAllFormats ? 1_000_000 : 1_000,
            timeZone: "Europe/Berlin", history: self.options.hasAllFormats && platform == "x" ? 1 : nil)
    }

    private func connect(_ accounts: [SimulatorAdmin.Account]) async throws {
        let clients = ClientService(pool: self.services.pool)
        let service = AccountService(
            pool: self.services.pool, registry: self.services.registry, vault: self.services.vault,
            accesses: self.services.accesses)
        for number in 0..<self.options.clients {
            _ = try await clients.add(
                NewClient(
                    slug: self.client(number), timeZone: "Europe/Berlin",
                    // Everything is due at once here, and is to be published as fast as it can be.
                    missed: MissedWindow(grace: .seconds(30 * 86_400))), actor: "chaos")
        }
        try await Self.each(accounts.indices) { number in
            var connection = AccountConnection(
                client: self.client(number / self.options.accountsPerClient),
                platform: PlatformID(rawValue: accounts[number].platform), externalID: accounts[number].externalID,
                tokens: TokenSet(accessToken: Secret(accounts[number].accessToken)))
            connection.slug = accounts[number].handle
            _ = try await service.connect(connection, actor: "chaos")
        }
    }

    private func plan(
        _ accounts: [SimulatorAdmin.Account], answering earlier: [String: String]
    ) async throws {
        let service = PostService(
            pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
        let files = ChaosFile(store: self.services.media, folder: FileManager.default.temporaryDirectory)
        try await Self.each(0..<self.options.posts) { number in
            let account = number % accounts.count
            let handle = accounts[account].handle
            let draft =
                self.options.hasAllFormats
                ? try await ChaosFormat.of(number, accounts: accounts.count)
                    .draft(
                        number, account: handle, time: self.options.time, files: files,
                        earlier: earlier[accounts[account].externalID])
                : PostDraft(
                    accounts: [handle], text: "Post \(number) of the run [ph:\(Self.marker(number))]",
                    time: self.options.time)
            _ = try await service.create(
                draft, client: self.client(account / self.options.accountsPerClient), actor: "chaos")
            self.progress()
        }
    }

    /// Runs a body for each number, eight at a time.
    private static func each(_ range: Range<Int>, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in range {
                if number - range.lowerBound >= 8 { try await group.next() }
                group.addTask { try await body(number) }
            }
            try await group.waitForAll()
        }
    }
}
