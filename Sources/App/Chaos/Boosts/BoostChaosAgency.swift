// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Publishing

/// The agency of a run with boosts: clients with two accounts each, one publication an account, and boosts that begin over half of the time.
struct BoostChaosAgency: Sendable {
    let options: BoostChaosOptions
    let services: ServiceContext
    let admin: SimulatorAdmin

    private var accounts: [BoostChaosAccount] {
        (0..<self.options.clients * 2).map {
            BoostChaosAccount(platform: self.options.platforms[$0 % self.options.platforms.count], number: $0)
        }
    }

    /// The campaign of every third boost, which has caps of its own.
    private static let campaign = "spring"

    private static func client(_ account: Int) -> String { "client-\(account / 2)" }

    /// Makes clients, accounts, ad accounts and posts; the posts' jobs are due when this returns.
    func publish() async throws {
        try await self.furnish()
        let clients = ClientService(pool: self.services.pool)
        for number in 0..<self.options.clients {
            _ = try await clients.add(
                NewClient(slug: "client-\(number)", timeZone: "Europe/Berlin", currency: "EUR"), actor: "chaos")
        }
        // Files of a few bytes are published here: nobody looks into them.
        let posts = PostService(
            pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry)
        let files = ChaosFile(store: self.services.media, folder: FileManager.default.temporaryDirectory)
        for account in self.accounts {
            let client = Self.client(account.number)
            var connection = AccountConnection(
                client: client, platform: PlatformID(rawValue: account.platform.name), externalID: account.externalID,
                tokens: account.tokens)
            connection.slug = account.slug
            _ = try await self.services.accounts.connect(connection, actor: "chaos")
            if account.advertiser != nil {
                _ = try await self.services.adAccounts.add(
                    client: client, platform: PlatformID(rawValue: account.platform.name),
                    externalID: account.adAccount, slug: account.adSlug, currency: "EUR",
                    timeZone: account.timeZone,
                    // In the EU an ad says who pays for it.
                    payer: "Agency of the run")
            }
            let draft = try await account.platform.format.draft(
                account.number, account: account.slug, time: .now, files: files)
            _ = try await posts.create(draft, client: client, actor: "chaos")
        }
    }

    /// Tells the pretend platforms who is there.
    private func furnish() async throws {
        try await self.admin.add(app: BoostChaosAccount.app)
        try await self.admin.add(accounts: self.accounts.flatMap(\.accounts))
        try await self.admin.add(people: "[\(self.accounts.compactMap(\.person).joined(separator: ","))]")
        try await self.admin.add(adAccounts: "[\(self.accounts.compactMap(\.advertiser).joined(separator: ","))]")
    }

    /// Plans the boosts, and lowers the caps to a share of what they may cost.
    func planBoosts() async throws {
        var random = SeededGenerator(seed: self.options.seed)
        let rows = try await self.services.pool.query(
            """
            SELECT account.slug, publication_id::text AS id FROM publication
            JOIN account ON account.client_id = publication.client_id AND account.account_id = publication.account_id
            """)
        let publications = Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try $0.get("slug", as: String.self), try $0.get("id", as: String.self))
            }
        )
        let accounts = self.accounts
        let budgets = BudgetService(pool: self.services.pool)
        for number in 0..<self.options.clients {
            for campaign in ["", Self.campaign] {
                _ = try await budgets.set(
                    "1000000.00EUR", client: "client-\(number)", campaign: campaign, months: 4, actor: "chaos")
            }
        }
        let now = try await WorldStore(pool: self.services.pool).now()
        for number in 0..<self.options.boosts {
            let account = accounts[number % accounts.count]
            guard let publication = publications[account.slug] else {
                throw CommandError(.failed, "\(account.slug) has no publication")
            }
            let plan = try self.plan(number, .publication(publication), of: account, from: now, using: &random)
            _ = try await self.services.boosts.create(plan, actor: "chaos")
        }
        // Lowered at once and behind the plans' back: only what holds when the money is set aside counts.
        try await self.services.pool.execute(
            """
            UPDATE budget_cap SET cap_minor = (most.amount * \(self.options.capShare))::bigint
            FROM (SELECT client_id, '' AS campaign, sum(most_minor) AS amount FROM boost GROUP BY client_id
                  UNION ALL SELECT client_id, campaign, sum(most_minor) FROM boost WHERE campaign <> '' GROUP BY client_id, campaign)
                  AS most
            WHERE budget_cap.client_id = most.client_id AND budget_cap.campaign = most.campaign
            """)
    }

    private func plan(
        _ number: Int, _ subject: BoostPlan.Subject, of account: BoostChaosAccount, from now: Date,
        using random: inout SeededGenerator
    ) throws -> BoostPlan {
        let platform = account.platform
        let round = number / self.options.platforms.count
        let kind = round % 2 == 0 ? BudgetKind.daily : .lifetime
        let start = now.addingTimeInterval(
            Double.random(in: 3_600...(Double(self.options.startDays) * 86_400), using: &random))
        let days = Int.random(in: 1...self.options.longest, using: &random)
        let least = platform.leastOfDay * (kind == .daily ? 1 : Int64(days))
        let amount = max(least, Int64.random(in: 300...3_000, using: &random))
        var plan = BoostPlan(
            subject, adAccount: account.advertiser == nil ? nil : account.adSlug,
            objective: platform.objectives[round % 3 % platform.objectives.count],
            budget: Money(minorUnits: amount, currency: .eur).decimal, kind: kind, days: days,
            audience: platform.audience)
        if round % 3 == 0 { plan.campaign = Self.campaign }
        plan.start = try PostTime(start.iso8601(), zone: nil)
        return plan
    }

    /// Lets go on what is held because workers died with it, as a person would who has looked at it.
    ///
    /// - Returns: how many jobs.
    func releaseHeld() async throws -> Int {
        try await self.services.pool.patiently { _ in
            let held = try await self.services.jobs.list(JobFilter(states: [.held])).filter {
                $0.reason == HoldReason.poison
            }
            for job in held { try await self.services.jobs.release(job.spec.id, client: job.spec.client) }
            return held.count
        }
    }

    /// Stops a share of the boosts that have not ended, as a person would.
    func stopSome(of step: Int) async throws {
        let wanted = Int(Double(self.options.boosts) * self.options.stopShare)
        let due = wanted * (step + 1) / self.options.steps - wanted * step / self.options.steps
        guard due > 0 else { return }
        let open: [String] = try await self.services.pool.patiently { pool in
            try await pool.query(
                """
                SELECT boost_id::text FROM boost
                WHERE state IN ('planned', 'starting', 'unknown', 'in-review', 'running') AND stop_asked_at IS NULL
                ORDER BY md5(boost_id::text || \(String(step))) LIMIT \(Int64(due))
                """
            ).column()
        }
        for boost in open {
            do {
                _ = try await self.services.pool.patiently { _ in
                    try await self.services.boosts.stop(boost, reason: "chance", actor: "chaos")
                }
            } catch let error as ServiceError where error.code == .conflict {
                // It ended in between.
            }
        }
    }
}
