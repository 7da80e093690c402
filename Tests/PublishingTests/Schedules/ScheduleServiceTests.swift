// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Schedules of posts and metric sweeps", .postgresSchema)
struct ScheduleServiceTests {
    private struct World {
        let agency: AgencyFixture
        let service: ScheduleService
        let store: ScheduleStore

        init() async throws {
            self.agency = try await AgencyFixture()
            let jobs = self.agency.services.jobs
            self.service = ScheduleService(
                pool: self.agency.pool, jobs: jobs, registry: self.agency.services.registry)
            self.store = ScheduleStore(jobs: jobs)
        }

        func request(
            _ rule: String, name: String = "daily", work: ScheduleRequest.Work? = nil
        ) -> ScheduleRequest {
            ScheduleRequest(
                client: "acme", name: name, time: ScheduleTime(rule: rule),
                work: work ?? .post(PostDraft(accounts: ["fake"], text: "Hello", time: .unplanned)))
        }

        @discardableResult
        func add(_ request: ScheduleRequest) async throws -> Schedule {
            try await self.service.add(request, actor: "test").schedule
        }

        func makePosts() async throws -> [String] {
            try await self.agency.work(MakePostHandler(services: self.agency.services))
        }
    }

    @Test("each slot makes one post ahead of its time, planned for its local time, and it is published then")
    func posts() async throws {
        let world = try await World()
        let schedule = try await world.add(world.request("FREQ=DAILY;BYHOUR=10"))
        #expect(schedule.plan.zone.rawValue == "Europe/Berlin")
        #expect(try await world.store.fire().fired == 1)
        #expect(try await world.store.fire().fired == 0)
        #expect(try await world.makePosts() == ["succeeded"])
        #expect(try await world.makePosts().isEmpty)
        let planned = try await world.agency.text(
            """
            SELECT concat_ws('|', t.state, t.local_time, t.time_zone, t.due_at = world_now() + interval '1 hour', p.post_key, p.created_by)
            FROM target t
            JOIN post p ON p.client_id = t.client_id AND p.post_id = t.post_id
            """)
        #expect(
            planned
                == "planned|2026-03-03T10:00:00|Europe/Berlin|t|schedule:\(schedule.id)/2026-03-03T10:00:00|schedule:daily"
        )
        let publish = PublishHandler(services: world.agency.services)
        #expect(try await world.agency.work(publish).isEmpty)
        try await world.agency.advance(.seconds(3_600))
        #expect(try await world.store.fire().fired == 1)
        #expect(try await world.agency.work(publish) == ["succeeded"])
        #expect(world.agency.platform.state.withLock { $0.posts.map(\.text) } == ["Hello"])
    }

    @Test("a post of a slot that was noticed late goes by the client's policy for missed posts")
    func missed() async throws {
        let world = try await World()
        try await world.agency.pool.execute("UPDATE client SET on_missed = 'skip'")
        var request = world.request("FREQ=DAILY;BYHOUR=10")
        request.lead = .zero
        try await world.add(request)
        try await world.agency.advance(.seconds(10 * 3_600))
        #expect(try await world.store.fire().fired == 1)
        #expect(try await world.makePosts() == ["succeeded"])
        #expect(try await world.agency.work(PublishHandler(services: world.agency.services)) == ["cancelled"])
        #expect(try await world.agency.text("SELECT state FROM target") == "missed")
    }

    @Test("a post that can no longer be planned waits for a person, and is made when released")
    func held() async throws {
        let world = try await World()
        try await world.add(world.request("FREQ=DAILY;BYHOUR=10"))
        try await world.store.fire()
        try await world.agency.pool.execute("UPDATE client SET state = 'leaving'")
        #expect(try await world.makePosts() == ["held"])
        #expect(try await world.agency.count("SELECT count(*) FROM post") == 0)
        let jobs = world.agency.services.jobs
        let job = try #require(try await jobs.list(JobFilter(states: [.held])).first)
        #expect(job.reason == "cannot-be-planned")
        try await world.agency.pool.execute("UPDATE client SET state = 'active'")
        try await jobs.release(job.spec.id, client: world.agency.client)
        #expect(try await world.makePosts() == ["succeeded"])
        #expect(try await world.agency.count("SELECT count(*) FROM target WHERE state = 'planned'") == 1)
    }

    @Test("run by hand, a schedule makes its post for now, also when it is paused")
    func trigger() async throws {
        let world = try await World()
        try await world.add(world.request("FREQ=DAILY;BYHOUR=10"))
        _ = try await world.service.pause("daily", client: "acme", actor: "test", reason: "holidays")
        #expect(try await world.store.fire().fired == 0)
        let slot = try await world.service.trigger("daily", client: "acme", actor: "test")
        #expect(slot.slot.cause == .trigger && slot.isNew)
        let again = try await world.service.trigger("daily", client: "acme", actor: "test")
        #expect(!again.isNew && again.slot.job == slot.slot.job)
        // The world may run fast: what was wished for at a moment is not past a day later.
        try await world.agency.advance(.seconds(2 * 86_400))
        #expect(try await world.makePosts() == ["succeeded"])
        #expect(try await world.agency.count("SELECT count(*) FROM target WHERE state = 'planned'") == 1)
    }

    @Test("a pause and its end are in the history, with who and why")
    func history() async throws {
        let world = try await World()
        try await world.add(world.request("FREQ=DAILY;BYHOUR=10"))
        let paused = try await world.service.pause("daily", client: "acme", actor: "anna", reason: "holidays")
        #expect(paused.schedule.state == .paused)
        let resumed = try await world.service.resume("daily", client: "acme", actor: "ben", reason: nil)
        #expect(resumed.schedule.state == .active)
        await #expect(throws: ServiceError.self) {
            try await world.service.resume("daily", client: "acme", actor: "ben", reason: nil)
        }
        let told = try await world.agency.text(
            """
            SELECT string_agg(concat_ws(' ', actor, from_state, to_state, reason), ', ' ORDER BY change_id)
            FROM state_change
            WHERE subject_kind = 'schedule'
            """)
        #expect(told == "test active, anna active paused holidays, ben paused active")
    }

    @Test("a sweep plans one reading for each account and each late publication, one after another, once")
    func sweep() async throws {
        let world = try await World()
        let agency = world.agency
        _ = try await agency.plan("hello")
        _ = try await agency.work(PublishHandler(services: agency.services))
        try await world.add(world.request("FREQ=DAILY;BYHOUR=10", work: .metrics(accounts: [], days: 7)))
        try await agency.advance(.seconds(3_600))
        #expect(try await world.store.fire().fired == 1)
        let sweeper = SweepMetricsHandler(services: agency.services)
        #expect(try await agency.work(sweeper) == ["succeeded"])
        let keys = try await agency.services.jobs.list(JobFilter(limit: 100)).filter { job in
            job.spec.key?.hasPrefix("sweep:") ?? false
        }
        #expect(keys.count == 2)
        #expect(Set(keys.map(\.spec.dueAt)).count == 2)
        try await agency.advance(.seconds(8 * 86_400))
        #expect(try await world.store.fire().fired == 1)
        #expect(try await agency.work(sweeper) == ["succeeded"])
        let later = try await agency.services.jobs.list(JobFilter(limit: 100)).filter { job in
            job.spec.key?.hasPrefix("sweep:") ?? false
        }
        #expect(later.count == 3, "the publication is older than the sweep's days by now")
    }

    @Test("of sweeps that missed their time, or waited together for a worker, the latest alone reads the numbers")
    func lateSweeps() async throws {
        let world = try await World()
        let agency = world.agency
        try await world.add(world.request("FREQ=HOURLY", work: .metrics(accounts: [], days: 0)))
        try await agency.advance(.seconds(10 * 3_600))
        #expect(try await world.store.fire().fired == 1)
        for _ in 0..<3 {
            try await agency.advance(.seconds(3_600))
            #expect(try await world.store.fire().fired == 1)
        }
        let sweeper = SweepMetricsHandler(services: agency.services)
        let ends = try await agency.work(sweeper)
        #expect(ends.sorted() == ["cancelled", "cancelled", "cancelled", "succeeded"])
        let readings = try await agency.services.jobs.list(JobFilter(limit: 100)).filter {
            $0.spec.key?.hasPrefix("sweep:") ?? false
        }
        #expect(readings.count == 1)
        // A person's wish is done beside the schedule's own.
        try await agency.advance(.seconds(3_660))
        _ = try await world.service.trigger("daily", client: "acme", actor: "test")
        #expect(try await world.store.fire().fired == 1)
        #expect(try await agency.work(sweeper) == ["succeeded", "succeeded"])
    }

    @Test("a sweep that a person brought back reads the numbers, also when a later one is due")
    func retriedSweep() async throws {
        let world = try await World()
        let agency = world.agency
        try await world.add(world.request("FREQ=HOURLY", work: .metrics(accounts: [], days: 0)))
        try await agency.advance(.seconds(3_600))
        #expect(try await world.store.fire().fired == 1)
        let sweeper = SweepMetricsHandler(services: agency.services)
        let first = try #require(try await agency.claim(sweeper.kind).first)
        try await agency.finish(first, JobResult(.failed(JobFailure(code: "c", message: "m"))))
        try await agency.advance(.seconds(3_600))
        #expect(try await world.store.fire().fired == 1)
        try await agency.services.jobs.retry(first.id, client: first.client)
        #expect(try await agency.work(sweeper) == ["succeeded", "succeeded"])
    }

    @Test(
        "a later sweep that was cancelled or has failed for good stands in for no earlier one",
        arguments: [true, false])
    func deadSweep(isCancelled: Bool) async throws {
        let world = try await World()
        let agency = world.agency
        try await world.add(world.request("FREQ=HOURLY", work: .metrics(accounts: [], days: 0)))
        for _ in 0..<2 {
            try await agency.advance(.seconds(3_600))
            #expect(try await world.store.fire().fired == 1)
        }
        let sweeper = SweepMetricsHandler(services: agency.services)
        let sweeps = try await agency.claim(sweeper.kind).sorted { $0.spec.dueAt < $1.spec.dueAt }
        try #require(sweeps.count == 2)
        let end: JobOutcome = isCancelled ? .cancelled(reason: "r") : .failed(JobFailure(code: "c", message: "m"))
        try await agency.finish(sweeps[1], JobResult(end))
        #expect(try await agency.run(sweeper, sweeps[0]).outcome.word == "succeeded")
    }

    @Test("a metric sweep takes no number of missed slots to catch up, and the error says what it takes")
    func sweepCatchUp() async throws {
        let world = try await World()
        var request = world.request("FREQ=HOURLY", work: .metrics(accounts: [], days: 0))
        request.catchUp = .upTo(24)
        let wanted = request
        let error = await #expect(throws: ServiceError.self) { try await world.add(wanted) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("latest or none, not 24") == true)
        #expect(try await world.agency.count("SELECT count(*) FROM schedule") == 0)
    }

    @Test("what is wrong with a schedule is said before it is stored")
    func refusals() async throws {
        let world = try await World()
        func code(_ change: (inout ScheduleRequest) -> Void) async throws -> ServiceError.Code? {
            var request = world.request("FREQ=DAILY;BYHOUR=10")
            change(&request)
            let wanted = request
            let error = await #expect(throws: ServiceError.self) { try await world.add(wanted) }
            return error?.code
        }
        #expect(try await code { $0.name = "Not A Name" } == .invalid)
        #expect(try await code { $0.time.rule = "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=9MO" } == .invalid)
        #expect(try await code { $0.time.zone = "Europe/Berln" } == .invalid)
        #expect(try await code { $0.time.start = "2026-02-30T00:00" } == .invalid)
        #expect(try await code { $0.client = "globex" } == .notFound)
        #expect(
            try await code { $0.work = .post(PostDraft(accounts: ["faek"], text: "Hello", time: .unplanned)) }
                == .notFound)
        #expect(try await code { $0.work = .metrics(accounts: ["faek"], days: 0) } == .notFound)
        try await world.add(world.request("FREQ=DAILY;BYHOUR=10"))
        #expect(try await code { _ in } == .conflict)
        #expect(try await world.agency.count("SELECT count(*) FROM schedule") == 1)
    }
}
