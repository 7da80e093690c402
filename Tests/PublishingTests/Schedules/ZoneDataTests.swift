// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

@Suite("Planned posts and the zone data that derived their instants", .postgresSchema)
struct ZoneDataTests {
    /// Two targets, planned for nine o'clock of the tenth in Berlin: 08:00Z.
    private static func plan(
        _ fixture: ServiceFixture, _ time: String = "2026-03-10T09:00", isDraft: Bool = false
    ) async throws -> CreatedPost {
        var draft = PostDraft(accounts: ["strict", "second"], text: "Hello", time: try PostTime(time, zone: nil))
        draft.isDraft = isDraft
        draft.key = "k"
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
    }

    /// Makes all be as other zone data would have it, an hour later.
    private static func age(_ pool: ConnectionPool) async throws {
        try await pool.execute(
            """
            WITH job AS (UPDATE job_scheduled SET due_at = due_at + interval '1 hour')
            UPDATE target
            SET due_at = due_at + interval '1 hour',
                zone_version = CASE WHEN zone_version IS NOT NULL THEN '1999a' END
            """)
    }

    private static func round(_ pool: ConnectionPool) async throws -> Int {
        try await pool.withTransaction { db in
            try await ZoneDataHousekeeping(jobs: JobStore(pool: pool)).round(on: &db).count
        }
    }

    private static func targets(_ fixture: ServiceFixture) async throws -> [TargetRow] {
        try await fixture.posts.show("k", client: "acme").targets
    }

    private static func changes(_ fixture: ServiceFixture) async throws -> [String] {
        try await fixture.pool.query(
            "SELECT reason FROM state_change WHERE subject_kind = 'target' AND actor = 'posthorn' ORDER BY change_id"
        ).column()
    }

    @Test("new zone data moves the instants of a post and its jobs, not its local time")
    func moves() async throws {
        let fixture = try await ServiceFixture()
        _ = try await Self.plan(fixture)
        try await fixture.pool.execute("UPDATE target SET experiment = true")
        try await Self.age(fixture.pool)
        #expect(try await Self.round(fixture.pool) == 2)
        #expect(try await Self.round(fixture.pool) == 0)
        let right = try Date(iso8601: "2026-03-10T08:00:00Z")
        for target in try await Self.targets(fixture) {
            #expect(target.dueAt == right && target.state == .planned)
            #expect(target.planned?.localTime == "2026-03-10T09:00:00")
            #expect(target.planned?.zoneVersion == ZoneID.dataVersion)
            // It is another plan, for the time that was chosen.
            #expect(target.generation == 2 && target.isExperiment)
            let job = try await fixture.jobs.job(try #require(target.job))
            #expect(job?.spec.dueAt == right && job?.state == .scheduled)
        }
        let said = try await Self.changes(fixture)
        #expect(said.count == 2)
        #expect(
            said.allSatisfy {
                $0.hasPrefix("moved from 2026-03-10T10:00:00+01:00 to 2026-03-10T09:00:00+01:00: by zone data ")
                    && $0.hasSuffix("that is 2026-03-10T09:00:00 in Europe/Berlin")
            }, "\(said)")
    }

    @Test("a post whose instant is the same by new zone data only notes that, and what newer data derived stays")
    func stays() async throws {
        let fixture = try await ServiceFixture()
        _ = try await Self.plan(fixture)
        try await fixture.pool.execute("UPDATE target SET zone_version = '1999a'")
        #expect(try await Self.round(fixture.pool) == 2)
        #expect(try await Self.round(fixture.pool) == 0)
        let targets = try await Self.targets(fixture)
        #expect(targets.map(\.generation) == [1, 1])
        #expect(targets.map(\.planned?.zoneVersion) == [ZoneID.dataVersion, ZoneID.dataVersion])
        #expect(try await Self.changes(fixture).isEmpty)

        try await Self.age(fixture.pool)
        try await fixture.pool.execute("UPDATE target SET zone_version = '2999a'")
        #expect(try await Self.round(fixture.pool) == 0)
    }

    @Test("a post that was planned by an instant never moves")
    func instant() async throws {
        let fixture = try await ServiceFixture()
        _ = try await Self.plan(fixture, "2026-03-10T09:00:00+01:00")
        try await Self.age(fixture.pool)
        #expect(try await Self.round(fixture.pool) == 0)
        let later = try Date(iso8601: "2026-03-10T09:00:00Z")
        #expect(try await Self.targets(fixture).map(\.dueAt) == [later, later])
    }

    @Test("a draft with a time moves too, and a time that the clocks jump over now keeps its instant")
    func drafts() async throws {
        let fixture = try await ServiceFixture()
        let post = try await Self.plan(fixture, isDraft: true)
        try await Self.age(fixture.pool)
        try await fixture.pool.execute(
            """
            UPDATE target SET local_time = '2026-03-29T02:30:00', gap_policy = 'skip'
            WHERE target_id = \(post.targets[1].id)
            """)
        #expect(try await Self.round(fixture.pool) == 2)
        let right = try Date(iso8601: "2026-03-10T08:00:00Z")
        #expect(try await Self.targets(fixture).map(\.dueAt) == [right, right.addingTimeInterval(3_600)])
    }

    @Test("what runs or is held is not moved")
    func leftAlone() async throws {
        let fixture = try await ServiceFixture()
        let post = try await Self.plan(fixture)
        try await Self.age(fixture.pool)
        try await fixture.lease(post.targets[0])
        try await fixture.hold(post.targets[1], for: "needs-human", as: .waiting)
        #expect(try await Self.round(fixture.pool) == 0)
    }

    @Test("a job that was given another time by hand keeps it, and what is due already is not moved")
    func tooLate() async throws {
        let fixture = try await ServiceFixture()
        let post = try await Self.plan(fixture)
        try await Self.age(fixture.pool)
        let job = try #require(post.targets[0].job)
        let byHand = try Date(iso8601: "2026-03-09T12:00:00Z")
        try await fixture.jobs.reschedule(job, client: post.targets[0].client, to: byHand)
        #expect(try await Self.round(fixture.pool) == 1)
        #expect(try await fixture.jobs.job(job)?.spec.dueAt == byHand)

        try await Self.age(fixture.pool)
        try await WorldStore(pool: fixture.pool).set(epoch: try Date(iso8601: "2026-03-10T12:00:00Z"), rate: 0)
        #expect(try await Self.round(fixture.pool) == 0)
    }

    @Test("two workers at once do it once, and wait for nobody who has a target or its job in hand")
    func racing() async throws {
        let fixture = try await ServiceFixture()
        let post = try await Self.plan(fixture)
        try await Self.age(fixture.pool)
        let pool = fixture.pool
        let free = try await pool.withTransaction { db in
            // As a promotion that is under way.
            try await db.execute("SELECT FROM job_scheduled WHERE job_id = \(post.targets[0].job) FOR UPDATE")
            return try await Self.round(pool)
        }
        #expect(free == 1)
        let counts = try await pool.withTransaction { db in
            let housekeeping = ZoneDataHousekeeping(jobs: JobStore(pool: pool))
            return [try await housekeeping.round(on: &db).count, try await Self.round(pool)]
        }
        #expect(counts == [1, 0])
        async let one = Self.round(pool)
        async let other = Self.round(pool)
        #expect(try await one + other == 0)
        #expect(try await Self.targets(fixture).map(\.generation) == [2, 2])
        #expect(try await Self.changes(fixture).count == 2)
    }

    @Test("a schedule's post keeps what jitter added, on the wall's clock")
    func jitter() async throws {
        let agency = try await AgencyFixture()
        let jobs = agency.services.jobs
        var request = ScheduleRequest(
            client: "acme", name: "daily", time: ScheduleTime(rule: "FREQ=DAILY;BYHOUR=10"),
            work: .post(PostDraft(accounts: ["fake"], text: "Hello", time: .unplanned)))
        request.jitter = .seconds(1_800)
        _ = try await ScheduleService(pool: agency.pool, jobs: jobs, registry: agency.services.registry)
            .add(request, actor: "test")
        // As older data would have it, an hour later; the slot is decided so.
        try await ScheduleStore(jobs: jobs).fire()
        try await agency.pool.execute(
            "UPDATE schedule_slot SET slot_at = slot_at + interval '1 hour', due_at = due_at + interval '1 hour'")
        #expect(try await agency.work(MakePostHandler(services: agency.services)) == ["succeeded"])
        let read: Statement = """
            SELECT t.due_at::text || '|' || t.local_time, t.due_at = s.due_at - interval '1 hour',
                   t.due_at > s.slot_at - interval '1 hour'
            FROM target t, schedule_slot s
            """
        let made = try #require(try await agency.pool.query(read).first)
        let (before, isDerived) = (try made.get(0, as: String.self), try made.get(1, as: Bool.self))
        let isJittered = try made.get(2, as: Bool.self)
        #expect(isDerived && isJittered, "\(before)")

        try await agency.pool.execute("UPDATE target SET zone_version = '1999a'")
        #expect(try await Self.round(agency.pool) == 1)
        #expect(try await agency.text(read) == before)
        try await Self.age(agency.pool)
        #expect(try await Self.round(agency.pool) == 1)
        // To the second: no wall shows less.
        #expect(
            try await agency.count(
                """
                SELECT count(*) FROM target t, schedule_slot s
                WHERE t.due_at = date_trunc('second', s.due_at - interval '1 hour')
                """) == 1)
    }

    @Test("a schedule's next slot that an older release derives after the start of a newer one is derived again")
    func schedules() async throws {
        let agency = try await AgencyFixture()
        let jobs = agency.services.jobs
        let request = ScheduleRequest(
            client: "acme", name: "daily", time: ScheduleTime(rule: "FREQ=DAILY;BYHOUR=10"),
            work: .post(PostDraft(accounts: ["fake"], text: "Hello", time: .unplanned)))
        _ = try await ScheduleService(pool: agency.pool, jobs: jobs, registry: agency.services.registry)
            .add(request, actor: "test")
        let right = try await agency.text("SELECT next_at::text FROM schedule")
        try await agency.pool.execute(
            "UPDATE schedule SET zone_version = '1999a', next_at = next_at + interval '1 hour'")
        #expect(try await Self.round(agency.pool) == 1)
        #expect(try await Self.round(agency.pool) == 0)
        #expect(try await agency.text("SELECT next_at::text FROM schedule") == right)
        try await agency.pool.execute("UPDATE schedule SET zone_version = '2999a'")
        #expect(try await Self.round(agency.pool) == 0)
    }

    @Test("what older data derived is found along its index, for a table that was always empty and a full one")
    func plan() async throws {
        let fixture = try await ServiceFixture()
        let probe = try PlanProbe()
        let take = ZoneDataHousekeeping.take(olderThan: ZoneID.dataVersion, limit: 500)
        for isFull in [false, true] {
            if isFull {
                let post = try await Self.plan(fixture)
                try await fixture.pool.execute(
                    """
                    INSERT INTO target (client_id, target_id, post_id, revision_no, account_id, platform, format, content,
                                        content_hash, due_at, local_time, time_zone, zone_version, state)
                    SELECT client_id, gen_random_uuid(), post_id, revision_no, account_id, platform, format, content,
                           content_hash, due_at, local_time, time_zone, zone_version, state
                    FROM target CROSS JOIN generate_series(1, 2000)
                    WHERE target_id = \(post.targets[0].id)
                    """)
                try await fixture.pool.execute("ANALYZE target")
            }
            let plan = try await probe.plan(take)
            #expect(plan.contains("using target_of_zone_data on target"), "\(plan)")
            #expect(!plan.contains("Seq Scan on") && !plan.contains("Sort"), "\(plan)")
        }
        await probe.pool.close()
    }
}
