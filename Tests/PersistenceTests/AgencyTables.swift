// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport

/// The tables in a schema of their own, with one client, account, post and planned target.
struct AgencyTables: Sendable {
    let pool: ConnectionPool
    let client: ClientRow
    let account: AccountRow
    let target: TargetRow

    init() async throws {
        let pool = TestDatabase.required.pool
        try await QueueMigrations.up(pool, world: .simulated)
        try await Migrator(component: "agency", migrations: AgencyMigrations.all).up(pool)
        let client = ClientRow(slug: try Self.slug("acme"), name: "Acme", timeZone: "Europe/Berlin", currency: .eur)
        let brand = BrandID()
        let account = AccountRow(
            client: client.id, brand: brand, platform: "mock", externalID: "1", slug: try Self.slug("mock"),
            name: "Acme",
            timeZone: "Europe/Berlin")
        let post = PostRow(client: client.id, labels: ["a", "b"], createdBy: "test")
        let content = PostContent(format: .text, parts: [PostPart(text: "Hello")])
        let target = try TargetRow(
            client: client.id, post: post.id, account: account.id, platform: "mock", content: content,
            dueAt: Date(timeIntervalSince1970: 1_800_000_000), state: .planned)
        try await pool.withTransaction { db in
            try await ClientRepository.insert(client, on: &db)
            try await db.execute(
                "INSERT INTO brand (client_id, brand_id, name) VALUES (\(client.id), \(brand), 'Acme')")
            try await AccountRepository.insert(account, on: &db)
            try await PostRepository.insert([post], on: &db)
            try await PostRepository.insert(
                [
                    RevisionRow(
                        client: client.id, post: post.id, content: MasterContent(text: "Hello"), createdBy: "test")
                ], on: &db)
            try await TargetRepository.insert([target], on: &db)
        }
        self.pool = pool
        self.client = client
        self.account = account
        self.target = target
    }

    static func slug(_ text: String) throws -> Slug {
        guard let slug = Slug(rawValue: text) else { throw PersistenceError(.nameTaken, "no slug: \(text)") }
        return slug
    }
}
