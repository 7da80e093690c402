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

/// Which posts are learnt from, and by which of their readings.
@Suite(.postgresSchema)
struct PostingHistoryTests {
    /// A reading at an age in hours.
    private struct Reading {
        var age: Double
        var likes: Int64?
        var definition = 1
        var source = SampleSource.platform

        init(_ age: Double, _ likes: Int64?, definition: Int = 1, source: SampleSource = .platform) {
            self.age = age
            self.likes = likes
            self.definition = definition
            self.source = source
        }
    }

    private static let appeared = ServiceFixture.now.addingTimeInterval(-30 * 86_400)

    @discardableResult
    private func post(
        _ name: String, _ readings: [Reading], after minutes: Double = 0, origin: PublicationOrigin = .external,
        isPaid: Bool = false, as account: AccountRow, _ fixture: ServiceFixture
    ) async throws -> PublicationID {
        let row = PublicationRow(
            client: account.client, account: account.id, platform: account.platform, remoteID: name,
            publishedAt: Self.appeared.addingTimeInterval(minutes * 60), origin: origin, isPaid: isPaid)
        try await fixture.pool.withTransaction { db in
            _ = try await PublicationRepository.record(row, on: &db)
            try await SampleRepository.insert(
                readings.map { reading in
                    SampleRow(
                        client: account.client, account: account.id, publication: row.id,
                        readAt: row.publishedAt.addingTimeInterval(reading.age * 3_600), source: reading.source,
                        definition: reading.definition,
                        values: reading.likes.map { [.likes: $0] } ?? [.views: 1_000], raw: "{}")
                }, on: &db)
        }
        return row.id
    }

    private func learnt(_ fixture: ServiceFixture, _ account: AccountRow) async throws -> [PostedReading] {
        try await PostingHistory(pool: fixture.pool).readings(
            ofAccount: account.id, client: account.client, platform: account.platform)
    }

    private func boost(
        _ publication: PublicationID, startsAfter hours: Double, remoteID: String? = "b", _ fixture: ServiceFixture
    ) async throws {
        let start = Self.appeared.addingTimeInterval(hours * 3_600)
        try await fixture.pool.execute(
            """
            INSERT INTO boost (client_id, boost_id, account_id, publication_id, objective, budget_minor, currency, budget_kind,
                               starts_at, ends_at, state, most_minor, remote_id, created_by)
            SELECT client_id, gen_random_uuid(), account_id, publication_id, 'reach', 2000, 'EUR', 'lifetime', \(start),
                   \(start.addingTimeInterval(86_400)), 'completed', 2000, \(remoteID), 'cli:test'
            FROM publication WHERE publication_id = \(publication)
            """)
    }

    @Test("the first reading at the age that a platform needs counts, and what is gone does not")
    func mature() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await self.post("a", [Reading(3, 1), Reading(25, 25), Reading(80, 80)], as: account, fixture)
        let history = PostingHistory(pool: fixture.pool)
        for (age, engagement) in [(24, 25), (72, 80)] as [(Int, Int64)] {
            try await history.eachAccount(on: "strict", minimumAgeHours: age) { found in
                #expect(found.account == "acme/strict")
                #expect(found.readings.map(\.engagement) == [engagement])
            }
        }
        try await fixture.pool.execute("UPDATE publication SET state = 'gone'")
        try await history.eachAccount(on: "strict", minimumAgeHours: 24) { Issue.record("\($0)") }
    }

    @Test(
        "a reading without engagement is none: a later one with it counts, and an early one says that the post is too young"
    )
    func withoutEngagement() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await self.post("a", [Reading(25, nil), Reading(80, 80), Reading(90, 90)], as: account, fixture)
        try await self.post("b", [Reading(2, 7), Reading(25, nil)], after: 10, as: account, fixture)
        try await self.post("c", [Reading(25, nil)], after: 20, as: account, fixture)
        #expect(try await self.learnt(fixture, account).map(\.engagement) == [80, 7, nil])
        let timing = try await fixture.timing.timing(of: "acme/strict")
        #expect(timing.fit.posts == 1 && timing.fit.excluded == [.tooYoung: 1, .withoutMetrics: 1])
    }

    @Test("of what files say of a post the last that was taken in counts")
    func files() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await self.post(
            "a", [Reading(200, 10, source: .import), Reading(300, 12, source: .import)], origin: .import, as: account,
            fixture)
        try await fixture.pool.execute(
            "UPDATE sample SET recorded_at = CASE likes WHEN 12 THEN now() ELSE now() - interval '1 day' END")
        #expect(try await self.learnt(fixture, account).map(\.engagement) == [12])
    }

    @Test("numbers that were counted in another way than now are left out and said to be")
    func definitions() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await self.post("old", [Reading(25, 10), Reading(80, 11)], as: account, fixture)
        try await self.post(
            "filed", [Reading(300, 5, source: .import)], after: 10, origin: .import, as: account, fixture)
        #expect(try await fixture.timing.timing(of: "acme/strict").fit.posts == 2)
        try await self.post("new", [Reading(90, 900, definition: 2)], after: 20, as: account, fixture)
        try await self.post(
            "both", [Reading(25, 12), Reading(100, 950, definition: 2)], after: 30, as: account, fixture)
        #expect(try await self.learnt(fixture, account).map(\.engagement) == [10, 5, 900, 950])
        let timing = try await fixture.timing.timing(of: "acme/strict")
        #expect(timing.fit.posts == 3 && timing.fit.excluded == [.otherDefinition: 1])
        #expect(timing.dataLine.contains("1 counted another way"))
    }

    @Test(
        "a post that we boosted counts with what it had before, once that was old enough; one bought elsewhere never does"
    )
    func boosted() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        let readings = [Reading(3, 1), Reading(25, 25), Reading(30, 30), Reading(80, 8_000)]
        let late = try await self.post("late", readings, isPaid: true, as: account, fixture)
        try await self.boost(late, startsAfter: 40, fixture)
        try await self.boost(late, startsAfter: 60, fixture)
        let early = try await self.post("early", readings, after: 10, isPaid: true, as: account, fixture)
        try await self.boost(early, startsAfter: 10, fixture)
        let unsent = try await self.post("unsent", readings, after: 20, isPaid: true, as: account, fixture)
        try await self.boost(unsent, startsAfter: 40, remoteID: nil, fixture)
        try await self.post("bought", readings, after: 30, isPaid: true, as: account, fixture)
        let learnt = try await self.learnt(fixture, account)
        #expect(learnt.map(\.isPaid) == [false, true, true, true])
        #expect(learnt.map(\.engagement) == [25, 1, 25, 25])
    }

    @Test(
        "a post that a file and the platform tell of counts once, by the platform's numbers, and as bought when the file says so"
    )
    func twins() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        let second = try await fixture.accounts.show("acme/second").account
        try await self.post("told", [Reading(25, 20)], after: 0.5, as: account, fixture)
        try await self.post("filed", [Reading(300, 10, source: .import)], origin: .import, as: account, fixture)
        // More than a minute apart, or of another account: another post.
        try await self.post(
            "later", [Reading(300, 11, source: .import)], after: 3, origin: .import, as: account, fixture)
        try await self.post("other", [Reading(300, 12, source: .import)], origin: .import, as: second, fixture)
        // Bought, says the file.
        try await self.post("told paid", [Reading(25, 9_000)], after: 60, as: account, fixture)
        try await self.post(
            "filed paid", [Reading(300, 9_100, source: .import)], after: 60, origin: .import, isPaid: true,
            as: account, fixture)
        // The platform has told no numbers yet: the file's count.
        try await self.post("told bare", [], after: 120, as: account, fixture)
        try await self.post(
            "filed full", [Reading(300, 13, source: .import)], after: 120, origin: .import, as: account, fixture)
        let learnt = try await self.learnt(fixture, account)
        #expect(learnt.compactMap(\.engagement) == [20, 11, 9_000, 13])
        #expect(learnt.filter(\.isPaid).map(\.engagement) == [9_000])
        #expect(try await self.learnt(fixture, second).map(\.engagement) == [12])
        let timing = try await fixture.timing.timing(of: "acme/strict")
        #expect(timing.fit.posts == 3 && timing.fit.excluded == [.boosted: 1, .withoutMetrics: 1])
        // What a platform says is gone counts neither there nor from a file.
        try await fixture.pool.execute("UPDATE publication SET state = 'gone' WHERE remote_id IN ('told', 'told bare')")
        #expect(try await self.learnt(fixture, account).compactMap(\.engagement) == [11, 9_000])
    }

    @Test("an account that moved to another client is not counted beside itself")
    func moved() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(20, as: account)
        #expect(try await fixture.timing.histories(on: "strict").count == 1)
        try await fixture.pool.execute("UPDATE account SET state = 'moved' WHERE account_id = \(account.id)")
        #expect(try await fixture.timing.histories(on: "strict").isEmpty)
    }

    @Test(
        "the accounts of a platform come one by one, however many publications are read at once",
        arguments: [1, 3, 100])
    func batches(atOnce: Int) async throws {
        let fixture = try await ServiceFixture()
        let third = try await fixture.connect("3", slug: "another")
        for (count, account) in [
            (2, try await fixture.accounts.show("acme/strict").account), (1, third),
            (4, try await fixture.accounts.show("acme/second").account),
        ] {
            try await fixture.publish(count, as: account)
        }
        var found: [String: Int] = [:]
        var order: [String] = []
        try await PostingHistory(pool: fixture.pool).eachAccount(on: "strict", minimumAgeHours: 24, atOnce: atOnce) {
            order.append($0.account)
            found[$0.account] = $0.readings.count
        }
        #expect(order == ["acme/another", "acme/second", "acme/strict"])
        #expect(found == ["acme/another": 1, "acme/second": 4, "acme/strict": 2])
    }

    @Test("batches hold no more than is wanted, but always an account")
    func cuts() {
        #expect(PostingHistory.batches(of: [], atOnce: 5).isEmpty)
        #expect(PostingHistory.batches(of: [2, 3, 1, 9, 1, 1], atOnce: 5) == [0..<2, 2..<3, 3..<4, 4..<6])
        #expect(PostingHistory.batches(of: [1, 1], atOnce: 0) == [0..<1, 1..<2])
    }
}
