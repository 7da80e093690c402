// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct TimingServiceTests {
    @Test("what was learnt is kept: the same answer later, with when and from what, until there are other posts")
    func kept() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(120, as: account)
        let first = try await fixture.timing.timing(of: "acme/strict")
        #expect(first.isFresh && first.fit.posts == 120)
        let lesson = try await fixture.timing.learn("strict")
        #expect(lesson.fits == 1 && lesson.posts == 120)
        let kept = try await fixture.timing.timing(of: "acme/strict")
        #expect(!kept.isFresh && kept.fit.curve == first.fit.curve && kept.common == first.common)
        #expect(kept.fit.fittedAt == ServiceFixture.now && kept.dataLine.contains("120 posts used"))
        let evening = kept.fit.curve.hours[20]
        #expect(evening.lower > 1)
        #expect(try await fixture.timing.timing(of: "acme/strict", isFresh: true).isFresh)

        try await fixture.publish(3, as: account, before: 60)
        let other = try await fixture.timing.timing(of: "acme/strict")
        #expect(other.isFresh && other.fit.posts == 123)
        #expect(try await fixture.timing.learn("strict").fits == 1)
        #expect(try await fixture.timing.learn("strict").fits == 0)
        #expect(try await fixture.timing.learn("strict", all: true).fits == 1)
        #expect(try await fixture.count("timing_fit") == 3)
    }

    @Test(
        "a kept fit does not answer once its posts say something else, though as many of them are there",
        arguments: [
            "UPDATE sample SET likes = likes + 900 WHERE read_at = (SELECT min(read_at) FROM sample)",
            "UPDATE publication SET content_type = 'film' WHERE published_at = (SELECT min(published_at) FROM publication)",
            """
            UPDATE publication SET published_at = published_at + interval '5 hours'
            WHERE published_at = (SELECT min(published_at) FROM publication)
            """,
        ] as [Statement])
    func changed(change: Statement) async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(60, as: account)
        _ = try await fixture.timing.learn("strict")
        #expect(try await !fixture.timing.timing(of: "acme/strict").isFresh)
        let kept = try #require(try await fixture.timing.fits(of: [account])[account.id])
        try await fixture.pool.execute(change)
        let timing = try await fixture.timing.timing(of: "acme/strict")
        #expect(timing.isFresh && timing.fit.posts == 60 && timing.fit.newestAt == kept.newestAt)
        let fit = try #require(try await fixture.timing.fits(of: [account])[account.id])
        #expect(fit.digest == timing.fit.digest && fit.digest != kept.digest && fit.id != kept.id)
        #expect(try await fixture.timing.learn("strict").fits == 1)
        #expect(try await fixture.timing.learn("strict").fits == 0)
    }

    @Test("an account's fit uses the platform's curve for a day; then the curve is learnt again")
    func curves() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(40, as: account)
        #expect(try await fixture.timing.refit(account.id, client: account.client) != nil)
        #expect(try await fixture.timing.refit(account.id, client: account.client) == nil)
        #expect(try await fixture.count("timing_curve") == 1)
        #expect(try await fixture.count("timing_fit") == 2)
        try await WorldStore(pool: fixture.pool).set(
            epoch: ServiceFixture.now.addingTimeInterval(TimingService.curveLife + 1), rate: 0)
        #expect(try await fixture.timing.refit(account.id, client: account.client) != nil)
        #expect(try await fixture.count("timing_curve") == 2)
        // What is older than a quarter goes, but never the newest.
        try await WorldStore(pool: fixture.pool).set(
            epoch: ServiceFixture.now.addingTimeInterval(120 * 86_400), rate: 0)
        _ = try await fixture.timing.refit(account.id, client: account.client)
        #expect(try await fixture.count("timing_fit") == 1)
        _ = try await fixture.timing.learn("strict")
        #expect(try await fixture.count("timing_curve") == 2)
    }

    @Test(
        "an account without posts is answered by what its platform's accounts share now, not by what they did at its last fit"
    )
    func borrowed() async throws {
        let fixture = try await ServiceFixture()
        let silent = try await fixture.accounts.show("acme/second").account
        try await fixture.timing.refit(silent.id, client: silent.client)
        #expect(try await fixture.count("timing_fit") == 1)
        #expect(try await fixture.timing.timing(of: "acme/second").knowsNothing)
        for number in 3...6 {
            let other = try await fixture.connect("\(number)", slug: "other-\(number)")
            try await fixture.publish(120, as: other)
        }
        _ = try await fixture.timing.learn("strict")
        let timing = try await fixture.timing.timing(of: "acme/second")
        #expect(!timing.knowsNothing && timing.fit.posts == 0)
        #expect(timing.fit.curve.hours[20].score > timing.fit.curve.hours[10].score)
    }

    @Test("the first reading of a publication that counts asks for a fit, once in six hours; later readings do not")
    func jobs() async throws {
        let agency = try await AgencyFixture()
        let metrics = MetricsHandler(services: agency.services)
        func fits() async throws -> Int {
            try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fit-times'")
        }
        func read() async throws {
            while try await !agency.work(metrics).isEmpty {}
        }
        for number in 0..<2 {
            _ = try await agency.plan("post \(number)")
            _ = try await agency.work(PublishHandler(services: agency.services))
        }
        try await agency.advance(.seconds(3 * 3_600))
        try await read()
        #expect(try await fits() == 0)
        try await agency.advance(.seconds(30 * 3_600))
        try await read()
        #expect(try await fits() == 1)
        try await agency.advance(.seconds(7 * 3_600))
        #expect(try await agency.work(FitTimesHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM timing_fit WHERE posts = 2") == 1)
        try await agency.advance(.seconds(60 * 3_600))
        try await read()
        #expect(try await fits() == 0)
    }

    @Test("a reading of full age without engagement is no news, and takes none away from the first with it")
    func newsWithoutEngagement() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        let row = PublicationRow(
            client: account.client, account: account.id, platform: account.platform, remoteID: "a",
            publishedAt: ServiceFixture.now.addingTimeInterval(-5 * 86_400), origin: .external)
        let news = TimingNews(client: account.client, account: account.id, platform: account.platform)
        func job(_ values: [MetricName: Int64]) async throws -> NewJob? {
            let reading = MetricReading(postID: "a", values: values, raw: "{}", definition: 1)
            return try await fixture.pool.withTransaction { db in
                let entry = SampleRecord.Entry(publication: row.id, reading: reading)
                let job = try await news.job(before: [entry], on: &db)
                try await SampleRecord(
                    client: account.client, account: account.id, entries: [entry],
                    stop: BoostStop(jobs: fixture.jobs, ledger: BudgetLedger())
                ).write(on: &db)
                return job
            }
        }
        try await fixture.pool.withTransaction { db in _ = try await PublicationRepository.record(row, on: &db) }
        #expect(try await job([.views: 900]) == nil)
        #expect(try await job([.views: 900, .likes: 3])?.kind == .fitTimes)
        #expect(try await job([.views: 900, .likes: 3]) == nil)
    }
}
