// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Persistence
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// Jobs that are held because their workers died too often.
@Suite(.postgresSchema)
struct PoisonTests {
    /// Lets the worker die three times with the job in hand, each time at its claim or after it has done something.
    private func crash(
        _ agency: AgencyFixture, _ handler: any JobHandler, after step: (ClaimedJob) async throws -> Void = { _ in }
    ) async throws -> ClaimedJob {
        var last: ClaimedJob?
        for _ in 0..<3 {
            let job = try #require(try await agency.claim(handler.kind).first)
            try await step(job)
            try await agency.pool.execute("UPDATE worker SET state = 'dead'")
            _ = try await agency.services.jobs.rescue { outcome, job in handler.record(of: outcome, job) }
            try await agency.pool.execute("UPDATE worker SET state = 'active'")
            last = job
        }
        return try #require(last)
    }

    private func posts(_ agency: AgencyFixture) -> PostService {
        PostService(pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
    }

    @Test(
        "a poisoned post waits for a person who can see why, and is published once when brought back",
        arguments: [true, false])
    func publishes(retries: Bool) async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        try await agency.pool.execute("UPDATE target SET job_id = (SELECT job_id FROM job_ready)")
        let handler = PublishHandler(services: agency.services)
        let job = try await self.crash(agency, handler)

        #expect(try await agency.text("SELECT reason FROM job_hold") == "poison")
        let shown = try await self.posts(agency).show(target.description).targets[0]
        #expect(shown.state == .waiting)
        #expect(shown.failure?.message == "the worker died 3 times while the job ran")
        #expect(shown.failure?.nextAction?.contains("posthorn job release \(job.id)") == true)
        let story = try await TimelineService(pool: agency.pool, jobs: agency.services.jobs).timeline(
            of: target.description
        ).entries.map(\.message)
        #expect(story.contains("target planned → waiting: the worker died 3 times while the job ran"))

        if retries {
            _ = try await self.posts(agency).retry(target.description, client: nil, actor: "test")
        } else {
            try await self.posts(agency).release(job.spec, actor: "test")
        }
        #expect(try await agency.state(of: target) == "planned")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
    }

    @Test("a poisoned post whose send was lost is looked up without a person, and not sent again when let go on")
    func looksFirst() async throws {
        let agency = try await AgencyFixture()
        let target = try await agency.plan("hello")
        try await agency.pool.execute("UPDATE target SET job_id = (SELECT job_id FROM job_ready)")
        let handler = PublishHandler(services: agency.services)
        let job = try await self.crash(agency, handler) { job in
            guard job.crashCount == 2 else { return }
            // It dies with the platform's answer in hand: the effect stays as the fence left it.
            let effects = EffectStore(pool: agency.pool, job: job)
            try await effects.prepare("publish:\(target)")
            _ = try await effects.fence("publish:\(target)")
            agency.platform.state.withLock { $0.posts.append(("post-1", "hello")) }
        }
        #expect(try await agency.state(of: target) == "waiting")
        await #expect(throws: ServiceError.self) {
            try await self.posts(agency).retry(target.description, client: nil, actor: "test")
        }
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        try await self.posts(agency).release(job.spec, actor: "test")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.posts.count } == 1)
        #expect(agency.platform.state.withLock { $0.calls } == 0)
    }

    @Test("a poisoned boost waits for a person with its money set aside, and starts once when let go on")
    func boosts() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        let handler = BoostHandler(services: agency.services)
        let job = try await self.crash(agency, handler) { job in
            guard job.crashCount == 0 else { return }
            try await agency.pool.withTransaction { db in
                try await agency.services.ledger.reserve(
                    [try #require(CalendarMonth(year: 2026, month: 3)): 2_000], for: agency.owner(of: boost),
                    actor: "test", on: &db)
            }
        }
        #expect(try await agency.text("SELECT state FROM boost") == "held")
        let why = try await agency.text("SELECT failure_message FROM boost")
        #expect(why?.contains("the worker died 3 times") == true && why?.contains("\(job.id)") == true)
        #expect(try await agency.text("SELECT string_agg(kind, ', ') FROM ledger_entry") == "reserve")

        try await self.posts(agency).release(job.spec, actor: "test")
        // What the dead worker sent may arrive within a minute.
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(61))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "running")
        #expect(agency.platform.state.withLock { $0.boostStarts } == 1)
        #expect(
            try await agency.text("SELECT string_agg(kind, ', ' ORDER BY entry_no) FROM ledger_entry")
                == "reserve, commit")
    }
}
