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

    @Test("a corrected file corrects numbers and whether money was spent, and one that takes that back does so too")
    func corrected() async throws {
        let fixture = try await ServiceFixture()
        _ = try await self.run(fixture, Self.posts)
        var corrected = Self.posts
        corrected[0].isPaid = true
        corrected[1].engagement = 40
        corrected[3].contentType = "photo"
        func readings() async throws -> [PostedReading] {
            try await PostingHistory(pool: fixture.pool).readings(of: "acme/instagram-ath-1").readings
        }
        let before = try await readings()
        let report = try await self.run(fixture, corrected)
        #expect(report.newPublications == 0 && report.changedPublications == 2 && report.newSamples == 1)
        let after = try await readings()
        #expect(Set(after.map(\.engagement)) == [10, 40, nil] && after.count { $0.isPaid } == 2)
        #expect(try await fixture.count("publication WHERE content_type = 'photo'") == 1)
        let back = try await self.run(fixture, Self.posts)
        // A file that says nothing of the kind of a post takes nothing back.
        #expect(back.changedPublications == 1 && back.newSamples == 1)
        #expect(try await readings().map(\.engagement) == before.map(\.engagement))
        #expect(try await readings().map(\.isPaid) == before.map(\.isPaid))
    }

    @Test(
        "the fits of the accounts that a file says something new of are planned by its transaction, for ten minutes later"
    )
    func fits() async throws {
        let fixture = try await ServiceFixture()
        func planned() async throws -> [String] {
            try await fixture.pool.query(
                """
                SELECT account.slug || ' ' || (due_at - world_now()) FROM job_scheduled JOIN account USING (client_id, account_id)
                WHERE kind = 'fit-times' ORDER BY 1
                """
            ).column()
        }
        _ = try await self.run(fixture, Self.posts, dry: true)
        #expect(try await planned() == [])
        _ = try await self.run(fixture, Self.posts)
        #expect(try await planned() == ["instagram-ath-1 00:10:00", "strict 00:10:00"])
        _ = try await self.run(fixture, Self.posts)
        #expect(try await planned().count == 2)
        var corrected = Self.posts
        corrected[3].engagement = 6
        _ = try await self.run(fixture, corrected)
        #expect(try await planned() == ["instagram-ath-1 00:10:00", "strict 00:10:00", "strict 00:10:00"])
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
