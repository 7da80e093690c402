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

    /// The accounts, and what those of X posted before the run.
    struct Cast: Sendable {
        /// The accounts as the platforms have them.
        fileprivate var accounts: [SimulatorAdmin.Account]
        /// Posts by the identity of their account: replies answer them.
        fileprivate var earlier: [String: String]
    }

    /// Makes everything; the posts' jobs are due when this returns.
    ///
    /// - Returns: the accounts, for further posts.
    /// - Throws: what connecting and planning throw.
    @discardableResult
    func make() async throws -> Cast {
        let accounts = (0..<self.options.accounts).map(self.account)
        try await self.admin.add(accounts: accounts)
        try await self.connect(accounts)
        let cast = Cast(
            accounts: accounts, earlier: self.options.hasAllFormats ? try await self.earlierPosts() : [:])
        if self.options.setsLimits { try await ChaosLimits(options: self.options).set(in: self.services.pool) }
        try await Self.each(0..<self.options.posts) { number in
            // Every fiftieth is made by a schedule of one slot, which fires when the flood begins.
            let isRecurring = self.options.hasSchedules && number % 50 == 49
            try await self.add(number, cast, as: isRecurring ? .ofSchedule : .planned)
            self.progress()
        }
        return cast
    }

    /// How a post comes about.
    enum Origin: Sendable, CaseIterable {
        /// Somebody plans it.
        case planned
        /// Somebody plans it with a picture, which is uploaded first.
        case withPicture
        /// The only slot of a schedule makes it.
        case ofSchedule
    }

    /// Adds a post; once, however often it is called.
    ///
    /// - Parameters:
    ///   - number: which one it is.
    ///   - cast: the accounts.
    ///   - origin: how it comes about.
    /// - Throws: what planning it throws.
    func add(_ number: Int, _ cast: Cast, as origin: Origin) async throws {
        var account = number % cast.accounts.count
        if origin == .withPicture {
            // Where files are uploaded in steps.
            account =
                cast.accounts.indices.first { cast.accounts[$0].platform == "x" && $0 >= account }
                ?? cast.accounts.indices.first { cast.accounts[$0].platform == "x" } ?? account
        }
        let client = self.client(account / self.options.accountsPerClient)
        let draft = try await self.draft(number, cast.accounts[account], cast, hasPicture: origin == .withPicture)
        do {
            if origin == .ofSchedule {
                try await self.schedule(draft, number, client: client)
            } else {
                let posts = PostService(
                    pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
                _ = try await posts.create(draft, client: client, actor: "chaos")
            }
        } catch let error as ServiceError where error.code == .conflict && origin == .ofSchedule {
            // It was added, and the answer was lost.
        }
    }

    private func draft(
        _ number: Int, _ account: SimulatorAdmin.Account, _ cast: Cast, hasPicture: Bool
    ) async throws -> PostDraft {
        let files = ChaosFile(store: self.services.media, folder: FileManager.default.temporaryDirectory)
        guard !self.options.hasAllFormats else {
            return try await ChaosFormat.of(number, accounts: cast.accounts.count)
                .draft(
                    number, account: account.handle, time: self.options.time, files: files,
                    earlier: cast.earlier[account.externalID])
        }
        var draft = PostDraft(
            accounts: [account.handle], text: "Post \(number) of the run [ph:\(Self.marker(number))]",
            time: self.options.time)
        // What is added while everything breaks may have to be added again.
        if number >= self.options.posts { draft.key = "chaos-\(number)" }
        if hasPicture { draft.media = [try await files.item(.picture, marker: nil)] }
        return draft
    }

    /// Adds a schedule whose only slot is two minutes of the pretend world away.
    private func schedule(_ draft: PostDraft, _ number: Int, client: String) async throws {
        let now = try await WorldStore(pool: self.services.pool).now()
        var post = draft
        post.key = nil
        let start = String(now.addingTimeInterval(120).iso8601().prefix("2026-01-01T00:00".count))
        let schedules = ScheduleService(
            pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
        _ = try await schedules.add(
            ScheduleRequest(
                client: client, name: "chaos-\(number)",
                time: ScheduleTime(rule: "FREQ=DAILY;COUNT=1", start: start, zone: "UTC"), work: .post(post)),
            actor: "chaos")
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
