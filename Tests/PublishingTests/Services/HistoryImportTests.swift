// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct HistoryImportTests {
    private static let posts: [PastPost] = {
        let start = Date(timeIntervalSince1970: 1_500_000_000)
        let zone = ZoneID(rawValue: "America/New_York")
        return [
            PastPost(
                account: "Ath_1", platform: "instagram", postedAt: start, engagement: 10, impressions: 90, zone: zone),
            // A gallery: two posts at one moment.
            PastPost(account: "Ath_1", platform: "instagram", postedAt: start, engagement: 11, zone: zone),
            PastPost(
                account: "Ath_1", platform: "instagram", postedAt: start.addingTimeInterval(60), engagement: nil,
                isPaid: true, zone: zone),
            PastPost(
                account: "page", platform: "strict", postedAt: start, engagement: 5,
                observedAt: start.addingTimeInterval(7200)),
        ]
    }()

    private func run(_ fixture: ServiceFixture, _ posts: [PastPost], dry: Bool = false) async throws -> HistoryReport {
        var rest = posts[...]
        return try await HistoryImport(pool: fixture.pool).run(
            client: "acme", accounts: ["page": "strict"], isDryRun: dry, actor: "cli:ada", next: { rest.popFirst() })
    }

    @Test("past posts become publications and samples of imported origin, their accounts are found or made")
    func importing() async throws {
        let fixture = try await ServiceFixture()
        let report = try await self.run(fixture, Self.posts)
        #expect(report.posts == 4)
        #expect(report.newPublications == 4)
        #expect(report.newSamples == 3)
        #expect(report.newAccounts == ["acme/instagram-ath-1"])
        #expect(report.accounts == ["Ath_1": "acme/instagram-ath-1", "page": "acme/strict"])
        let made = try await fixture.accounts.show("acme/instagram-ath-1").account
        #expect(made.state == .disconnected)
        #expect(made.timeZone == "America/New_York")
        #expect(try await fixture.count("publication WHERE paid AND origin = 'import'") == 1)
        let readings = try await PostingHistory(pool: fixture.pool).readings(of: "acme/instagram-ath-1").readings
        #expect(Set(readings.map(\.engagement)) == [10, 11, nil])
        #expect(readings[0].readAt == ServiceFixture.now)
        #expect(
            try await PostingHistory(pool: fixture.pool).readings(of: "acme/strict").readings[0].readAt
                == Self.posts[3].observedAt)
    }

    @Test("the first reading at the age that a platform needs counts, and what is gone does not")
    func mature() async throws {
        let fixture = try await ServiceFixture()
        let start = Date(timeIntervalSince1970: 1_500_000_000)
        for hours in [25, 80] {
            let post = PastPost(
                account: "page", platform: "strict", postedAt: start, engagement: Int64(hours),
                observedAt: start.addingTimeInterval(Double(hours) * 3_600))
            _ = try await self.run(fixture, [post])
        }
        let history = PostingHistory(pool: fixture.pool)
        for (age, engagement) in [(24, 25), (72, 80)] as [(Int, Int64)] {
            let found = try await history.readings(on: "strict", minimumAgeHours: age)
            #expect(found.map(\.account) == ["acme/strict"])
            #expect(found.first?.readings.map(\.engagement) == [engagement])
        }
        try await fixture.pool.execute("UPDATE publication SET state = 'gone'")
        #expect(try await history.readings(on: "strict", minimumAgeHours: 24).isEmpty)
    }

    @Test("the same history again adds nothing, newer numbers add a reading")
    func again() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.run(fixture, Self.posts)
        let again = try await self.run(fixture, Self.posts)
        #expect(again.newPublications == 0)
        #expect(again.newSamples == 0)
        #expect(again.newAccounts == [])
        var newer = Self.posts
        newer[0].engagement = 12
        #expect(try await self.run(fixture, newer).newSamples == 1)
    }

    @Test("a dry run counts and writes nothing")
    func dryRun() async throws {
        let fixture = try await ServiceFixture()
        let report = try await self.run(fixture, Self.posts, dry: true)
        #expect(report.newPublications == 4)
        #expect(!report.isWritten)
        #expect(try await fixture.count("publication") == 0)
        #expect(try await fixture.count("account") == 2)
    }
}
