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

@Suite("What an account posted before", .postgresSchema)
struct BackfillTests {
    private static func post(_ id: String, hoursAgo: Double, _ others: String...) -> FoundPost {
        let moment = AgencyFixture.start.addingTimeInterval(-hoursAgo * 3600)
        return FoundPost(
            RemotePost(id: id, publishedAt: moment), publishedAt: moment, text: "words of \(id)", format: .text,
            otherIDs: others)
    }

    /// Plans a run that begins now.
    private static func begin(_ agency: AgencyFixture, posts: Int = 100) async throws {
        let now = try await WorldStore(pool: agency.pool).now()
        let job = try Backfill(posts: posts).job(
            of: agency.account, client: agency.client, platform: agency.platformID, now: now)
        try await agency.services.jobs.enqueue([job])
    }

    /// Works until the run is over.
    private static func drain(_ agency: AgencyFixture) async throws -> [String] {
        var outcomes: [String] = []
        while case let ended = try await agency.work(BackfillHandler(services: agency.services)), !ended.isEmpty {
            outcomes += ended
        }
        return outcomes
    }

    private static func external(_ agency: AgencyFixture) async throws -> [String] {
        try await agency.pool.query(
            "SELECT remote_id FROM publication WHERE origin = 'external' ORDER BY published_at DESC"
        ).map { row in try row.get(0) }
    }

    @Test("one job reads one page and plans the next; the last one says that the past is known")
    func pages() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { state in
            state.past = (1...5).map { Self.post("old-\($0)", hoursAgo: Double($0) * 24) }
        }
        try await Self.begin(agency)
        #expect(try await agency.work(BackfillHandler(services: agency.services)) == ["succeeded"])
        #expect(try await Self.external(agency) == ["old-1", "old-2"])
        #expect(try await agency.count("SELECT count(*) FROM account WHERE backfilled_at IS NOT NULL") == 0)
        #expect(try await Self.drain(agency) == ["succeeded", "succeeded"])
        #expect(try await Self.external(agency) == ["old-1", "old-2", "old-3", "old-4", "old-5"])
        #expect(agency.platform.state.withLock { $0.pastCalls } == [nil, "2", "4"])
        #expect(agency.platform.state.withLock { $0.givingWay } == ["history"])
        #expect(try await agency.count("SELECT count(*) FROM account WHERE backfilled_at IS NOT NULL") == 1)
        let report = try await agency.services.jobs.audit()
        #expect(report.violations.isEmpty, "\(report.violations)")
    }

    @Test("the end of a run plans one fit of the account's best times, soon after its numbers are read")
    func fit() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { state in
            state.past = (1...3).map { Self.post("old-\($0)", hoursAgo: Double($0) * 24) }
        }
        try await Self.begin(agency)
        #expect(try await agency.work(BackfillHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fit-times'") == 0)
        _ = try await Self.drain(agency)
        #expect(
            try await agency.count(
                """
                SELECT count(*) FROM job_scheduled
                WHERE kind = 'fit-times' AND due_at > world_now() AND due_at <= world_now() + interval '10 minutes'
                """) == 1)
    }

    @Test("a page whose record was lost is read again and changes nothing")
    func lostRecord() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock {
            $0.past = [Self.post("old-1", hoursAgo: 48), Self.post("old-2", hoursAgo: 72)]
        }
        try await Self.begin(agency)
        let handler = BackfillHandler(services: agency.services)
        let job = try #require(try await agency.claim(.backfill).first)
        // The worker dies between the answer and its record.
        _ = try await agency.run(handler, job)
        #expect(try await Self.external(agency).isEmpty)
        let result = try await agency.run(handler, job)
        try await agency.finish(job, result)
        #expect(try await Self.external(agency) == ["old-1", "old-2"])
        try await Self.begin(agency)
        _ = try await Self.drain(agency)
        #expect(try await Self.external(agency) == ["old-1", "old-2"])
        #expect(
            try await agency.count(
                """
                SELECT (SELECT count(*) FROM job_ready WHERE kind = 'fetch-metrics' AND key LIKE '%:backfill')
                     + (SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics' AND key LIKE '%:backfill')
                """) == 2)
    }

    @Test("no more posts than are wanted, and none that appeared after the run began")
    func bounds() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { state in
            state.past = [Self.post("new", hoursAgo: -1)] + (1...9).map { Self.post("old-\($0)", hoursAgo: Double($0)) }
        }
        try await Self.begin(agency, posts: 4)
        _ = try await Self.drain(agency)
        #expect(try await Self.external(agency) == ["old-1", "old-2", "old-3", "old-4"])
    }

    @Test("what Posthorn published is recognised under any of its identities")
    func own() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan(["first", "second"])
        _ = try await agency.work(PublishHandler(services: agency.services))
        try await agency.advance(.seconds(7200))
        agency.platform.state.withLock { state in
            state.past = [
                Self.post("post-1", hoursAgo: 0), Self.post("post-2", hoursAgo: 0),
                Self.post("listed", hoursAgo: 0, "post-1"), Self.post("theirs", hoursAgo: 0),
            ]
        }
        try await Self.begin(agency)
        _ = try await Self.drain(agency)
        #expect(try await Self.external(agency) == ["theirs"])
        #expect(try await agency.count("SELECT count(*) FROM publication") == 2)
    }

    @Test(
        "while nobody knows what became of a send, nothing since it is taken for somebody else's: the look would miss it and send again"
    )
    func unsettled() async throws {
        let agency = try await AgencyFixture()
        agency.platform.script(.acceptAndLose)
        let target = try await agency.plan("words")
        _ = try await agency.work(PublishHandler(services: agency.services))
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        agency.platform.state.withLock { state in
            state.past = [Self.post("post-1", hoursAgo: 0), Self.post("earlier", hoursAgo: 5)]
        }
        try await agency.advance(.seconds(60))
        try await Self.begin(agency)
        _ = try await Self.drain(agency)
        #expect(try await Self.external(agency) == ["earlier"])
        // The next look begins before what was left out.
        #expect(
            try await agency.count(
                "SELECT count(*) FROM account WHERE looked_at < (SELECT min(sent_at) FROM effect_send)") == 1)
        try await agency.advance(.seconds(3600))
        while case let ended = try await agency.work(ReconcileHandler(services: agency.services)), !ended.isEmpty {
            try await agency.advance(.seconds(600))
        }
        _ = try await agency.work(PublishHandler(services: agency.services))
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
    }

    @Test("a post that was found before its own record was written becomes ours")
    func adopted() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("words")
        let job = try #require(try await agency.claim(.publish).first)
        let result = try await agency.run(PublishHandler(services: agency.services), job)
        try await agency.pool.execute(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin, text)
            VALUES (\(agency.client), \(PublicationID()), \(agency.account), 'fake', 'post-1', world_now(), 'external', 'words')
            """)
        try await agency.finish(job, result)
        #expect(try await agency.state(of: target) == "published")
        #expect(try await agency.count("SELECT count(*) FROM publication") == 1)
        #expect(
            try await agency.count(
                "SELECT count(*) FROM publication WHERE origin = 'posthorn' AND target_id = \(target) AND text IS NULL")
                == 1)
    }

    @Test("every post is read once now, the young ones again at the ages that lie ahead of them")
    func readings() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { state in
            state.metricsBatch = 100
            state.past = [Self.post("young", hoursAgo: 2), Self.post("old", hoursAgo: 24 * 40)]
        }
        try await Self.begin(agency)
        _ = try await Self.drain(agency)
        // The calls are due one after the other, so that they are no burst.
        try await agency.advance(.seconds(2))
        while case let ended = try await agency.work(MetricsHandler(services: agency.services)), !ended.isEmpty {}
        #expect(agency.platform.state.withLock { $0.metricCalls } == [["young", "old"]])
        #expect(try await agency.count("SELECT count(*) FROM sample") == 2)
        // 6 h, 24 h, 3 d, 7 d and 29 d are still to come.
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fetch-metrics'") == 5)
    }

    @Test("a paused account's past waits; a token that is not accepted holds it until the account is connected again")
    func standing() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.past = [Self.post("old", hoursAgo: 48)] }
        try await Self.begin(agency)
        try await agency.pool.execute("UPDATE account SET state = 'paused'")
        #expect(try await agency.work(BackfillHandler(services: agency.services)) == ["deferred"])
        try await agency.pool.execute("UPDATE account SET state = 'active'")
        try await agency.pool.execute("UPDATE access_grant SET state = 'revoked', state_reason = 'over'")
        try await agency.advance(.seconds(61))
        #expect(try await agency.work(BackfillHandler(services: agency.services)) == ["held"])
        #expect(try await Self.external(agency).isEmpty)
    }
}
