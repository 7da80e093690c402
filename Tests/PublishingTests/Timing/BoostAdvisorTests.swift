// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct BoostAdvisorTests {
    /// An account whose evenings get three times as much, with readings at twelve hours too; and two new posts.
    private func account(_ fixture: ServiceFixture) async throws -> AccountRow {
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(120, as: account)
        try await fixture.pool.execute(
            """
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, likes)
            SELECT client_id, account_id, gen_random_uuid(), publication_id, read_at - interval '60 hours', source, definition, likes
            FROM sample
            """)
        // Monday 20:00 and 09:00 in Berlin; it is Tuesday 09:00.
        try await self.post("evening", hoursAgo: 13, likes: 245, account, fixture)
        try await self.post("morning", hoursAgo: 24, likes: 240, account, fixture)
        return account
    }

    private func post(
        _ name: String, hoursAgo: Double, likes: Int64, isPaid: Bool = false, _ account: AccountRow,
        _ fixture: ServiceFixture
    ) async throws {
        let row = PublicationRow(
            client: account.client, account: account.id, platform: account.platform, remoteID: name,
            publishedAt: ServiceFixture.now.addingTimeInterval(-hoursAgo * 3_600), contentType: "text",
            origin: .external, isPaid: isPaid)
        let sample = SampleRow(
            client: account.client, account: account.id, publication: row.id,
            readAt: row.publishedAt.addingTimeInterval(12 * 3_600), definition: 1, values: [.likes: likes], raw: "{}")
        try await fixture.pool.withTransaction { db in
            _ = try await PublicationRepository.record(row, on: &db)
            try await SampleRepository.insert([sample], on: &db)
        }
    }

    @Test("a post that does well in a poor hour earns a boost, one that does as its good hour lets expect does not")
    func hours() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.account(fixture)
        let advices = try await BoostAdvisor(pool: fixture.pool).advise(account: "acme/strict", client: nil)
        #expect(advices.posts.map(\.verdict) == [.boost, .belowThreshold])
        let (morning, evening) = (advices.posts[0], advices.posts[1])
        #expect(morning.publishedAt < evening.publishedAt && (morning.ratio ?? 0) > (evening.ratio ?? 9))
        #expect(evening.hour.isSure && evening.hour.score > 1.1 && evening.reason.contains("Mon 20:00 lets expect"))
        #expect(evening.reason.contains("the account's typical") && !advices.isFlat)
        // By age alone the evening's post would have earned it more.
        let results = try await fixture.pool.withConnection { db in
            let owner = try await ClientDirectory.client("acme", on: &db)
            return try await EarlyResults.read(
                client: owner.id, account: nil, metric: .engagements, since: .distantPast, on: &db)
        }
        let plain = RuleJudge(rule: BoostRule(objective: "", budget: "", days: 1), zone: .utc)
            .verdicts(results, made: [], at: ServiceFixture.now)
        #expect(plain.map(\.code) == [.boost, .coolDown] && plain[0].publication == evening.publication)
    }

    @Test("what money bought changes no advice")
    func paid() async throws {
        let fixture = try await ServiceFixture()
        let account = try await self.account(fixture)
        let before = try await BoostAdvisor(pool: fixture.pool).advise(account: "acme/strict", client: nil).posts
        for number in 0..<20 {
            try await self.post(
                "paid \(number)", hoursAgo: 100 + Double(number) * 24, likes: 9_000, isPaid: true, account, fixture)
        }
        // A young one that was promoted nobody knows since when is no candidate either.
        try await self.post("paid young", hoursAgo: 24, likes: 9_000, isPaid: true, account, fixture)
        let after = try await BoostAdvisor(pool: fixture.pool).advise(account: "acme/strict", client: nil).posts
        #expect(before == after && before.count == 2)
    }

    @Test(
        "a post that a file of past posts marks as paid is no candidate under the name that the platform gives it either"
    )
    func paidByFile() async throws {
        let fixture = try await ServiceFixture()
        let account = try await self.account(fixture)
        let advisor = BoostAdvisor(pool: fixture.pool)
        #expect(try await advisor.advise(account: "acme/strict", client: nil).posts.count == 2)
        let row = PublicationRow(
            client: account.client, account: account.id, platform: account.platform, remoteID: "import:morning",
            publishedAt: ServiceFixture.now.addingTimeInterval(-24 * 3_600 + 20), origin: .import, isPaid: true)
        try await fixture.pool.withTransaction { db in _ = try await PublicationRepository.record(row, on: &db) }
        #expect(try await advisor.advise(account: "acme/strict", client: nil).posts.map(\.verdict) == [.belowThreshold])
    }

    @Test("what a rule boosts, or a person, is not advised again")
    func boosted() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.account(fixture)
        let advisor = BoostAdvisor(pool: fixture.pool)
        let morning = try await advisor.advise(account: "acme/strict", client: nil).posts[0]
        #expect(morning.verdict == .boost)
        for rule in [UUID(), nil] {
            try await fixture.pool.execute("DELETE FROM boost")
            try await fixture.pool.execute(
                """
                INSERT INTO boost (client_id, boost_id, account_id, publication_id, objective, budget_minor, currency,
                                   budget_kind, starts_at, ends_at, state, rule_id, most_minor, remote_id, created_by)
                SELECT client_id, gen_random_uuid(), account_id, publication_id, 'reach', 2000, 'EUR', 'lifetime',
                       world_now(), world_now() + interval '3 days', 'running', \(rule), 2000, 'b', 'cli:test'
                FROM publication WHERE publication_id = \(morning.publication)
                """)
            let after = try await advisor.advise(account: "acme/strict", client: nil).posts[0]
            #expect(after.publication == morning.publication && after.verdict == .boosted)
        }
    }

    @Test("with too few posts nothing is advised, and it is said; a threshold below 1 is refused")
    func few() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/second").account
        try await self.post("first", hoursAgo: 13, likes: 300, account, fixture)
        let advisor = BoostAdvisor(pool: fixture.pool)
        #expect(try await advisor.advise(account: "acme/second", client: nil).posts.map(\.verdict) == [.notEnoughData])
        await #expect(throws: ServiceError.self) {
            _ = try await advisor.advise(account: "acme/second", client: nil, threshold: 0.5)
        }
    }
}
