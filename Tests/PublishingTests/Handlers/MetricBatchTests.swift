// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Readings that are due together", .postgresSchema)
struct MetricBatchTests {
    /// An agency whose platform takes so many posts a call, with posts that were published a quarter of an hour ago.
    private static func published(_ count: Int, batch: Int) async throws -> AgencyFixture {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.metricsBatch = batch }
        for number in 1...count {
            _ = try await agency.plan("post \(number)")
            _ = try await agency.work(PublishHandler(services: agency.services))
        }
        try await agency.advance(.seconds(901))
        return agency
    }

    /// Works until nothing is due.
    private static func drain(_ agency: AgencyFixture) async throws -> [String] {
        let handler = MetricsHandler(services: agency.services)
        var outcomes: [String] = []
        while case let ended = try await agency.work(handler), !ended.isEmpty { outcomes += ended }
        return outcomes
    }

    private static func calls(_ agency: AgencyFixture) -> [[String]] {
        agency.platform.state.withLock { $0.metricCalls }
    }

    @Test("what is due of an account is one call for as many posts as the platform takes; every job ends well")
    func together() async throws {
        let agency = try await Self.published(7, batch: 5)
        #expect(try await Self.drain(agency) == Array(repeating: "succeeded", count: 7))
        #expect(Self.calls(agency).map(\.count) == [5, 2])
        #expect(Set(Self.calls(agency).joined()).count == 7)
        #expect(try await agency.count("SELECT count(DISTINCT publication_id) FROM sample") == 7)
        #expect(try await agency.count("SELECT count(*) FROM sample") == 7)
        let report = try await agency.services.jobs.audit()
        #expect(report.violations.isEmpty, "\(report.violations)")
    }

    @Test("a platform that takes one post a call is asked for one at a time")
    func alone() async throws {
        let agency = try await Self.published(3, batch: 1)
        #expect(try await Self.drain(agency).count == 3)
        #expect(Self.calls(agency).map(\.count) == [1, 1, 1])
    }

    @Test("what a batch leaves out fails alone, and says so")
    func leftOut() async throws {
        let agency = try await Self.published(4, batch: 100)
        agency.platform.state.withLock { $0.unreadable = ["post-2"] }
        #expect(try await Self.drain(agency).sorted() == ["failed", "succeeded", "succeeded", "succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM sample") == 3)
        #expect(Self.calls(agency) == [["post-1", "post-2", "post-3", "post-4"], ["post-2"]])
        let told = try await agency.text("SELECT error_message FROM attempt WHERE outcome = 'failed'")
        #expect(told == "the platform gave no reading of the publication")
    }

    @Test("a batch that is refused for one of its posts is asked for one by one until that one has failed")
    func poisoned() async throws {
        let agency = try await Self.published(4, batch: 100)
        agency.platform.state.withLock { $0.poison = ["post-3"] }
        #expect(try await Self.drain(agency).sorted() == ["failed", "succeeded", "succeeded", "succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM sample") == 3)
        #expect(Self.calls(agency).last == ["post-4"])
    }

    @Test("where a limit is smaller than a batch, its posts are read one by one")
    func tooLarge() async throws {
        let agency = try await Self.published(3, batch: 100)
        let key = LimitKey(scope: .provider("fake"), endpoint: "read", window: .seconds(3600))
        var call = LimitedCall(
            endpoint: "read", scopes: [.provider("fake")], usual: [UsualLimit(key, calls: 30)])
        call.count = 50
        var refusal: LimitRefusal?
        do {
            _ = try await LimitStore(pool: agency.pool).debit(call)
        } catch let error as LimitRefusal {
            refusal = error
        }
        let error = TransportError(
            LimitReached(try #require(refusal)), "no time will do", underlying: refusal)
        agency.platform.state.withLock { $0.batchError = PluginError(error, creates: false) }
        #expect(try await Self.drain(agency) == ["succeeded", "succeeded", "succeeded"])
        #expect(try await agency.count("SELECT count(DISTINCT publication_id) FROM sample") == 3)
        #expect(Self.calls(agency).last?.count == 1)
    }

    @Test("posts that are gone, and those of other accounts, are not asked for")
    func others() async throws {
        let agency = try await Self.published(3, batch: 100)
        try await agency.pool.execute("UPDATE publication SET state = 'deleted' WHERE remote_id = 'post-2'")
        #expect(try await Self.drain(agency).sorted() == ["cancelled", "succeeded", "succeeded"])
        #expect(Self.calls(agency) == [["post-1", "post-3"]])
    }

    @Test("an account's readings run one at a time, so that none is made twice")
    func oneAtATime() async throws {
        let agency = try await Self.published(5, batch: 100)
        #expect(try await agency.claim(.fetchMetrics).count == 1)
        #expect(try await agency.claim(.fetchMetrics).isEmpty)
    }

    @Test("what becomes due while a reading runs is read on its own, once")
    func meanwhile() async throws {
        let agency = try await Self.published(2, batch: 100)
        let handler = MetricsHandler(services: agency.services)
        let job = try #require(try await agency.claim(.fetchMetrics).first)
        let result = try await agency.run(handler, job)
        _ = try await agency.plan("late")
        _ = try await agency.work(PublishHandler(services: agency.services))
        try await agency.advance(.seconds(901))
        try await agency.finish(job, result)
        #expect(try await Self.drain(agency) == ["succeeded", "succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM sample") == 3)
    }

    @Test("500 accounts with posts of the same hour are one call each, and every post is read")
    func fiveHundredAccounts() async throws {
        let agency = try await Self.published(1, batch: 100)
        try await Self.add(accounts: 499, posts: 2, to: agency)
        let handler = MetricsHandler(services: agency.services)
        var runs = 0
        while true {
            _ = try await agency.services.jobs.promote()
            let jobs = try await agency.services.jobs.claim(
                ClaimRequest(
                    queue: .metrics, limit: 500, worker: agency.worker, abilities: [JobAbility(kind: .fetchMetrics)]))
            if jobs.isEmpty { break }
            for job in jobs { try await agency.finish(job, try await agency.run(handler, job)) }
            runs += jobs.count
        }
        #expect(runs == 499 * 2 + 1)
        #expect(Self.calls(agency).count == 500)
        #expect(try await agency.count("SELECT count(*) FROM sample") == 499 * 2 + 1)
        #expect(try await agency.count("SELECT count(DISTINCT publication_id) FROM sample") == 499 * 2 + 1)
    }

    /// Adds accounts with publications whose first reading is due.
    private static func add(accounts: Int, posts: Int, to agency: AgencyFixture) async throws {
        try await agency.pool.withTransaction { db in
            try await db.execute(
                """
                INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
                SELECT \(agency.client), gen_random_uuid(), \(agency.brand), 'fake', 'n' || number, 'n' || number, 'N',
                       'Europe/Berlin'
                FROM generate_series(1, \(Int32(accounts))) AS number
                """)
            try await db.execute(
                """
                INSERT INTO account_grant (client_id, account_id, capability, grant_id)
                SELECT account.client_id, account.account_id, 'metrics', given.grant_id
                FROM account
                CROSS JOIN (SELECT grant_id FROM account_grant WHERE capability = 'metrics' LIMIT 1) AS given
                WHERE account.external_id LIKE 'n%'
                """)
            let rows = try await db.query(
                """
                INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
                SELECT account.client_id, gen_random_uuid(), account.account_id, 'fake', account.external_id || '-' || number,
                       world_now() - interval '16 minutes', 'external'
                FROM account
                CROSS JOIN generate_series(1, \(Int32(posts))) AS number
                WHERE account.external_id LIKE 'n%'
                RETURNING publication_id, account_id, published_at
                """)
            let jobs = try rows.flatMap { row in
                MetricPlan.jobs(
                    for: try row.get("publication_id"), publishedAt: try row.get("published_at"), client: agency.client,
                    account: try row.get("account_id"), manifest: FakePlugin(platform: agency.platform).manifest)
            }
            _ = try await agency.services.jobs.enqueue(jobs, on: &db)
        }
    }
}
