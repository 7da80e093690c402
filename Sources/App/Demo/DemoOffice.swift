// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import Publishing

/// What people do in the agency before and during the month: clients, accounts, plan, past, budgets.
struct DemoOffice: Sendable {
    /// The account that has posted before: its past lies on the pretend platform, and the workers fetch it.
    static let studied = (client: "hafenbrot", account: "mock")
    /// How many posts it has from before, and in how many days.
    static let past = (posts: 385, days: 112.0)
    /// Who does it, in every history.
    static let actor = "operator"

    let services: ServiceContext
    let admin: SimulatorAdmin
    let folder: DemoFolder

    /// The pretend platforms' side of an account.
    static func pretend(
        _ account: DemoAgency.Account, zone: String, generation: Int = 1
    ) -> SimulatorAdmin.Account {
        let suffix = generation == 1 ? "" : "-\(generation)"
        return SimulatorAdmin.Account(
            platform: account.platform, externalID: account.externalID, handle: account.handle, name: account.name,
            accessToken: account.token + suffix, refreshToken: account.refreshToken + suffix, clientID: nil,
            tokenExpiresIn: nil, followers: account.followers, timeZone: zone)
    }

    /// Makes the accounts exist on the pretend platforms, and the agency's clients and accounts here.
    func open() async throws {
        try await self.admin.add(app: "x", clientID: DemoRun.app, secret: DemoRun.appSecret)
        try await self.admin.add(app: "mock", clientID: DemoRun.app, secret: DemoRun.appSecret)
        try await self.admin.add(
            accounts: DemoAgency.clients.flatMap { client in
                client.accounts.map { account in
                    var pretend = Self.pretend(account, zone: client.zone)
                    guard (client.slug, account.slug) == Self.studied else { return pretend }
                    pretend.history = Self.past.posts
                    pretend.historyDays = Self.past.days
                    return pretend
                }
            })
        let clients = ClientService(pool: self.services.pool)
        for client in DemoAgency.clients {
            _ = try await clients.add(
                NewClient(
                    slug: client.slug, name: client.name, timeZone: client.zone, currency: client.currency,
                    missed: MissedWindow(grace: .seconds(30 * 86_400))),
                actor: Self.actor)
            for account in client.accounts {
                let hasPast = (client.slug, account.slug) == Self.studied
                try await self.connect(account, of: client, backfill: hasPast ? Backfill(posts: Self.past.posts) : nil)
            }
        }
        let ads = AdAccountService(pool: self.services.pool, registry: self.services.registry)
        for client in DemoAgency.clients where client.slug == "hafenbrot" || client.slug == "menya" {
            _ = try await ads.add(
                client: client.slug, platform: "mock", externalID: "ads-\(client.slug)", slug: "ads",
                currency: client.currency, timeZone: nil, payer: client.name)
        }
    }

    /// Connects an account, or connects it again.
    func connect(
        _ account: DemoAgency.Account, of client: DemoAgency.Client, generation: Int = 1, backfill: Backfill? = nil
    ) async throws {
        let pretend = Self.pretend(account, zone: client.zone, generation: generation)
        var connection = AccountConnection(
            client: client.slug, platform: PlatformID(rawValue: account.platform), externalID: account.externalID,
            name: account.name,
            tokens: TokenSet(
                accessToken: Secret(pretend.accessToken), refreshToken: pretend.refreshToken.map { Secret($0) }))
        connection.slug = account.slug
        connection.backfill = backfill
        let service = AccountService(
            pool: self.services.pool, registry: self.services.registry, vault: self.services.vault,
            accesses: self.services.accesses)
        _ = try await service.connect(connection, actor: Self.actor)
    }

    /// Writes the month as a file with its pictures, and imports it as `posthorn post import` does.
    func importPlan(_ plan: DemoPlan) async throws -> ImportReport {
        for (number, client) in DemoAgency.clients.enumerated() {
            for index in client.pictures.indices {
                let picture = DemoPicture(seed: UInt64(number * 10 + index + 1))
                try DemoFolder.write(picture.png, to: "\(self.folder.pictures)/\(client.slug)-\(index + 1).png")
            }
        }
        let data = Data(DemoPost.csv(plan.posts).utf8)
        try DemoFolder.write(data, to: self.folder.plan)
        let importer = PostImport(
            pool: self.services.pool, jobs: self.services.jobs, registry: self.services.registry,
            media: MediaLibrary(store: self.services.media))
        let options = ImportOptions(folder: URL(fileURLWithPath: self.folder.state.path), actor: Self.actor)
        let report = try await importer.run(try ImportFile(data, format: .csv), options)
        guard report.problems.isEmpty else {
            throw CommandError(
                .failed, "the demo's own plan was refused", details: report.problems.prefix(5).map(\.description))
        }
        return report
    }

    /// How many posts from before the workers found on the platform, with a reading of their numbers.
    func pastPosts() async throws -> Int {
        let found: Int64 = try await self.services.pool.query(
            """
            SELECT count(*) FROM publication
            WHERE origin = 'external' AND EXISTS (
                SELECT FROM sample
                WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id)
            """
        ).single()
        return Int(found)
    }
}
