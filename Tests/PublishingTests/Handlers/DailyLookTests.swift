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

@Suite("What others post on a connected account", .postgresSchema)
struct DailyLookTests {
    private static func post(_ id: String, hours: Double) -> FoundPost {
        let moment = AgencyFixture.start.addingTimeInterval(hours * 3600)
        return FoundPost(
            RemotePost(id: id, publishedAt: moment), publishedAt: moment, text: "words of \(id)", format: .text)
    }

    /// An account whose past is known: the posts `old-1` and `old-2`.
    private static func known() async throws -> AgencyFixture {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.past = [Self.post("old-2", hours: -24), Self.post("old-1", hours: -48)] }
        let now = try await WorldStore(pool: agency.pool).now()
        let job = try Backfill().job(of: agency.account, client: agency.client, platform: agency.platformID, now: now)
        try await agency.services.jobs.enqueue([job])
        _ = try await Self.drain(agency)
        agency.platform.state.withLock { $0.pastCalls = [] }
        // The pretend platform charges for reading, so somebody has to want it.
        try await agency.pool.execute("UPDATE account SET looks_daily = true")
        return agency
    }

    private static func round(_ agency: AgencyFixture, _ registry: PluginRegistry? = nil) async throws -> Int {
        try await agency.pool.withTransaction { db in
            try await DailyLookHousekeeping(
                jobs: agency.services.jobs, registry: registry ?? agency.services.registry
            ).round(on: &db).count
        }
    }

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

    @Test("an account is looked at once a day, at a time of its own, by one call that ends at what is known")
    func daily() async throws {
        let agency = try await Self.known()
        #expect(try await Self.round(agency) == 0)
        // The first look is half a day to a day and a half after the past was taken in.
        #expect(
            try await agency.count(
                """
                SELECT count(*) FROM account
                WHERE next_look_at BETWEEN world_now() + interval '12 hours' AND world_now() + interval '36 hours'
                """) == 1)
        try await agency.advance(.seconds(36 * 3600))
        agency.platform.state.withLock { state in
            state.past = [Self.post("theirs", hours: 20)] + state.past
        }
        #expect(try await Self.round(agency) == 1)
        // Not twice, whatever number of workers keep house.
        #expect(try await Self.round(agency) == 0)
        #expect(try await Self.drain(agency) == ["succeeded"])
        #expect(try await Self.external(agency) == ["theirs", "old-2", "old-1"])
        #expect(agency.platform.state.withLock { $0.pastCalls } == [nil])
        #expect(
            try await agency.count(
                "SELECT count(*) FROM account WHERE looked_at = world_now() AND backfilled_at < world_now()") == 1)
        // After days without a worker it is one look, and the time of day stays.
        try await agency.advance(.seconds(5 * 86_400))
        #expect(try await Self.round(agency) == 1)
        #expect(
            try await agency.count(
                """
                SELECT count(*) FROM account
                WHERE next_look_at > world_now() AND next_look_at <= world_now() + interval '1 day'
                """) == 1)
        _ = try await Self.drain(agency)
        // Nothing new: nothing to learn from.
        #expect(
            try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fit-times'")
                + agency.count("SELECT count(*) FROM job_ready WHERE kind = 'fit-times'") == 2)
    }

    @Test("a look reads on while all is new, and ends at what is older than the last look")
    func pages() async throws {
        let agency = try await Self.known()
        try await agency.advance(.seconds(4 * 86_400))
        // Two to a page; what was known is gone from the list.
        agency.platform.state.withLock { state in
            state.past = [90.0, 80, 70, 60, -80, -90, -100, -110].map { Self.post("at \($0)", hours: $0) }
        }
        #expect(try await Self.round(agency) == 1)
        #expect(try await Self.drain(agency) == ["succeeded", "succeeded", "succeeded"])
        #expect(agency.platform.state.withLock { $0.pastCalls } == [nil, "2", "4"])
        #expect(try await Self.external(agency).prefix(4) == ["at 90.0", "at 80.0", "at 70.0", "at 60.0"])
        #expect(try await Self.external(agency).count == 6)
    }

    @Test(
        "a known post on top, or one of Posthorn's own at the end of a page, does not end a look: the oldest must have been found before"
    )
    func knownInFront() async throws {
        let agency = try await Self.known()
        try await agency.advance(.seconds(36 * 3600))
        try await agency.pool.execute(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
            SELECT \(agency.client), gen_random_uuid(), \(agency.account), 'fake', id, world_now() - interval '1 hour',
                   CASE id WHEN 'found' THEN 'external' ELSE 'posthorn' END
            FROM unnest(ARRAY['own-1', 'own-2', 'found']) AS id
            """)
        // Two to a page.
        agency.platform.state.withLock { state in
            let front: [(String, Double)] = [
                ("own-1", 30.0), ("new-1", 29), ("found", 28), ("new-2", 27), ("new-3", 26), ("own-2", 25),
                ("new-4", 24),
            ]
            state.past = front.map { Self.post($0.0, hours: $0.1) } + state.past
        }
        #expect(try await Self.round(agency) == 1)
        _ = try await Self.drain(agency)
        #expect(agency.platform.state.withLock { $0.pastCalls } == [nil, "2", "4", "6"])
        #expect(Set(try await Self.external(agency)).isSuperset(of: ["new-1", "new-2", "new-3", "new-4"]))
    }

    @Test("while a look waits, behind a paused queue or app, no other is planned; the next day's comes when it is done")
    func onlyOne() async throws {
        let agency = try await Self.known()
        try await agency.advance(.seconds(36 * 3600))
        #expect(try await Self.round(agency) == 1)
        for _ in 1...3 {
            try await agency.advance(.seconds(86_400))
            #expect(try await Self.round(agency) == 0)
        }
        // Also when it is ready, and when somebody has it.
        _ = try await agency.services.jobs.promote()
        try await agency.advance(.seconds(86_400))
        #expect(try await Self.round(agency) == 0)
        let job = try #require(try await agency.claim(.backfill).first)
        try await agency.advance(.seconds(86_400))
        #expect(try await Self.round(agency) == 0)
        try await agency.finish(job, try await agency.run(BackfillHandler(services: agency.services), job))
        try await agency.advance(.seconds(86_400))
        #expect(try await Self.round(agency) == 1)
    }

    @Test(
        "what waits is found along the indexes, for tables that were always empty and with much work",
        arguments: [false, true])
    func plan(isFull: Bool) async throws {
        let agency = try await AgencyFixture()
        if isFull {
            let soon = AgencyFixture.start.addingTimeInterval(60)
            let jobs = (0..<4_000).map { number in
                NewJob(
                    client: agency.client, account: AccountID(), queue: .metrics, kind: .backfill, provider: "fake",
                    dueAt: number % 2 == 0 ? nil : soon)
            }
            try await agency.services.jobs.enqueue(jobs)
            try await agency.pool.execute("ANALYZE job_ready, job_scheduled, job_lease")
        }
        let explain = "EXPLAIN " + DailyLookHousekeeping.take(listing: ["fake"], free: ["fake"])
        let plan: [String] = try await agency.pool.withConnection { db in
            try await db.pipeline([JobStore.planOnIndexes, explain])[1].map { row throws in try row.get(0) }
        }
        let text = plan.joined(separator: "\n")
        for (index, table) in [
            ("job_ready_lane", "job_ready"), ("job_lease_slot", "job_lease"),
            ("job_scheduled_client", "job_scheduled"), ("account_looks", "account"),
        ] {
            #expect(plan.contains { $0.contains("using \(index) on \(table)") }, "\(text)")
        }
        #expect(!plan.contains { $0.contains("Seq Scan on job_") }, "\(text)")
    }

    @Test(
        "who is paused, whose past was not wanted, and who charges for reading is left alone, unless a person wants it")
    func leftAlone() async throws {
        let agency = try await Self.known()
        try await agency.advance(.seconds(2 * 86_400))
        // The pretend platform charges for reading.
        try await agency.pool.execute("UPDATE account SET looks_daily = NULL")
        #expect(try await Self.round(agency) == 0)
        try await agency.pool.execute("UPDATE account SET looks_daily = true")
        try await agency.pool.execute("UPDATE client SET state = 'paused'")
        #expect(try await Self.round(agency) == 0)
        try await agency.pool.execute("UPDATE client SET state = 'active'")
        try await agency.pool.execute("UPDATE account SET looks_daily = false, platform = 'free'")
        let free = try PluginRegistry(plugins: [FreePlugin()])
        #expect(try await Self.round(agency, free) == 0)
        try await agency.pool.execute("UPDATE account SET looks_daily = NULL")
        #expect(try await Self.round(agency, free) == 1)
        try await agency.pool.execute("UPDATE account SET next_look_at = NULL")
        #expect(try await Self.round(agency, free) == 0)
    }
}

/// A platform whose posts are read for nothing, though publishing costs.
private struct FreePlugin: HistoryListing, Charging, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "free", name: "Free", apiVersion: "1", hosts: ["free.test"], capabilities: [.publish, .history],
            formats: [FormatLimits(format: .text, textLength: 20)], limitsReadOn: "2026-11-21")
    }

    func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage { HistoryPage(posts: []) }

    func charges(for content: PostContent) -> [CallCost] {
        [CallCost("post", microdollars: 1, readOn: "2026-11-21")]
    }
}
