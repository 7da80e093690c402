// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Schedules", .postgresSchema)
struct ScheduleTests {
    @Test("each slot makes one job, due at the slot, until the rule ends")
    func fires() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-03-28T00:00:00Z")
        let schedule = try await queue.schedule("FREQ=DAILY;BYHOUR=9;COUNT=88")
        #expect(schedule.next?.local.description == "2026-03-28T09:00:00")
        #expect(try await queue.schedules.fire() == FireReport())

        try await queue.stop(at: "2026-03-28T08:00:00Z")
        #expect(try await queue.schedules.fire().fired == 1)
        #expect(try await queue.schedules.fire().fired == 0)
        try await queue.stop(at: "2026-03-29T07:00:01Z")
        #expect(try await queue.schedules.fire().fired == 1)
        #expect(try await queue.dueTimes() == ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"])
        let slots = try await queue.slots(schedule)
        #expect(slots.map(\.local.description) == ["2026-03-28T09:00:00", "2026-03-29T09:00:00"])
        let made = try #require(slots[0].job)
        let job = try #require(try await queue.store.job(made))
        #expect(job.spec.key == "schedule:\(schedule.id)/2026-03-28T09:00:00")
        #expect(job.spec.payload.text == #"{"a": 1}"#)
        #expect(try await queue.stored(schedule).state == .ended)
        #expect(try await queue.stored(schedule).next == nil)
    }

    @Test("slots that fall due before the next look are decided now, and what runs ahead is due at once")
    func ahead() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:00:00Z")
        let plain = try await queue.schedule("FREQ=DAILY;BYHOUR=9", name: "plain") { $0.lead = .seconds(86_400) }
        let maker = try await queue.schedule("FREQ=DAILY;BYHOUR=9", name: "maker") {
            $0.lead = .seconds(86_400)
            $0.runsAhead = true
        }
        #expect(try await queue.schedules.fire().fired == 2)
        #expect(try await queue.dueTimes() == ["2026-06-01T00:00:00Z", "2026-06-01T07:00:00Z"])
        #expect(try await queue.slots(plain).map(\.dueAt) == queue.slots(maker).map(\.dueAt))
        try await queue.world.set(epoch: try Date(iso8601: "2026-06-02T06:59:58Z"), rate: 3_600)
        let late = try await queue.schedule("FREQ=HOURLY", name: "hourly")
        // The world runs 3,600 times as fast: ten real seconds are ten hours.
        #expect(try await queue.schedules.fire(every: .seconds(10)).fired >= 10)
        #expect(try await queue.slots(late).count >= 9)
    }

    @Test("workers that race make each slot's job once")
    func race() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        for number in 0..<40 {
            try await queue.schedule("FREQ=HOURLY", name: "s\(number)", client: ClientID()) {
                $0.lead = .seconds(5 * 3_600)
            }
        }
        let fired = try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask {
                    var fired = 0
                    for _ in 0..<10 { fired += try await queue.schedules.fire(limit: 7).fired }
                    return fired
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(fired == 200)
        let jobs = try await queue.store.list(JobFilter(limit: 1_000))
        #expect(Set(jobs.map { "\($0.spec.client) \($0.spec.dueAt)" }).count == 200)
        #expect(jobs.count == 200)
    }

    @Test("a connection that dies before the commit leaves nothing, and the next round decides the slot once")
    func dies() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:00:00Z")
        let schedule = try await queue.schedule("FREQ=DAILY;BYHOUR=2")
        let victim = try await queue.pool.withTransaction { db in
            // The slot's row is written by then; the job's key waits for this lock.
            try await db.execute("LOCK TABLE job_key IN ACCESS EXCLUSIVE MODE")
            async let round = queue.schedules.fire()
            var pid: Int32?
            while pid == nil {
                pid = try await queue.pool.query(
                    """
                    SELECT l.pid FROM pg_locks l
                    WHERE NOT l.granted AND l.relation = 'job_key'::regclass
                    """
                ).first?.get(0)
            }
            try await queue.pool.execute("SELECT pg_terminate_backend(\(pid))")
            do {
                return try await round as FireReport?
            } catch is PQError {
                return nil
            }
        }
        #expect(victim == nil)
        #expect(try await queue.slots(schedule).isEmpty)
        #expect(try await queue.schedules.fire().fired == 1)
        #expect(try await queue.schedules.fire().fired == 0)
        #expect(try await queue.dueTimes() == ["2026-06-01T00:00:00Z"])
    }

    @Test(
        "after an outage the catch-up policy says what is still run, and what was missed is written down",
        arguments: [
            (CatchUp.none, [], 3), (.latest, ["2026-06-01T05:00:00Z"], 2),
            (.upTo(2), ["2026-06-01T04:00:00Z", "2026-06-01T05:00:00Z"], 1),
        ])
    func outage(catchUp: CatchUp, due: [String], missed: Int) async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY") { $0.catchUp = catchUp }
        try await queue.stop(at: "2026-06-01T05:30:00Z")
        let report = try await queue.schedules.fire()
        #expect(report.fired == due.count)
        #expect(report.missed == missed)
        #expect(try await queue.dueTimes() == due)
        #expect(try await queue.slots(schedule).count { !$0.isFired } == missed)
        #expect(try await queue.schedules.fire() == FireReport())
    }

    @Test(
        "of work that looks at the present one slot is run after an outage or a pause, whatever policy is stored",
        arguments: [CatchUp.latest, .upTo(50)], [true, false])
    func readsPresent(catchUp: CatchUp, isPause: Bool) async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY") {
            $0.catchUp = catchUp
            $0.readsPresent = true
        }
        if isPause { try await queue.store.pause(.client(queue.client), by: "test") }
        try await queue.stop(at: "2026-06-02T02:30:00Z")
        if isPause {
            #expect(try await queue.schedules.fire() == FireReport())
            try await queue.store.resume(.client(queue.client))
        }
        let report = try await queue.schedules.fire()
        #expect(report.fired == 1)
        #expect(report.missed == 23)
        #expect(try await queue.dueTimes() == ["2026-06-02T02:00:00Z"])
        #expect(try await queue.slots(schedule).count { !$0.isFired } == 23)
        #expect(try await queue.stored(schedule).readsPresent)
    }

    @Test(
        "while a client, its account or its queue is paused nothing is made; afterwards no burst follows",
        arguments: [0, 1, 2])
    func paused(what: Int) async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        let account = AccountID()
        let schedule = try await queue.schedule("FREQ=HOURLY") { $0.work.account = account }
        try await queue.schedule("FREQ=HOURLY", name: "other", client: ClientID()) { $0.work.queue = "other" }
        let scope: PauseScope = [.client(queue.client), .account(queue.client, account), .queue("work")][what]
        try await queue.store.pause(scope, by: "test")
        try await queue.stop(at: "2026-06-02T00:30:00Z")
        #expect(try await queue.schedules.fire().schedules == 1)
        #expect(try await queue.slots(schedule).isEmpty)
        try await queue.store.resume(scope)
        #expect(try await queue.schedules.fire().fired == 1)
        #expect(try await queue.slots(schedule).filter(\.isFired).map(\.local.description) == ["2026-06-02T02:00:00"])
    }

    @Test("the slots of a schedule's own pause are left out")
    func resume() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY") { $0.catchUp = .upTo(50) }
        let paused = try await queue.pool.withTransaction { db in
            [
                try await queue.schedules.pause(schedule, reason: "holiday", on: &db),
                try await queue.schedules.pause(schedule, reason: nil, on: &db),
            ]
        }
        #expect(paused == [true, false])
        #expect(try await queue.stored(schedule).stateReason == "holiday")
        try await queue.stop(at: "2026-06-01T05:30:00Z")
        #expect(try await queue.schedules.fire() == FireReport())
        let resumed = try await queue.pool.withTransaction { db in
            [
                try await queue.schedules.resume(schedule, on: &db),
                try await queue.schedules.resume(schedule, on: &db),
            ]
        }
        #expect(resumed == [true, false])
        let after = try await queue.stored(schedule)
        #expect(after.next?.instant?.iso8601() == "2026-06-01T06:00:00Z")
        #expect(after.generation == 2)
        #expect(after.stateReason == nil)
        #expect(try await queue.slots(schedule).isEmpty)
    }

    @Test("a time that comes twice is run twice when the plan says so, each pass as a slot of its own")
    func overlap() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-10-24T22:00:00Z")
        let schedule = try await queue.schedule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30") {
            $0.plan.overlap = .both
            $0.lead = .seconds(86_400)
        }
        #expect(try await queue.schedules.fire().fired == 2)
        #expect(try await queue.dueTimes() == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])
        #expect(try await queue.slots(schedule).map(\.fold) == [0, 1])
    }

    @Test("a slot's jitter is its own, always the same, and never before the slot")
    func jitter() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY") {
            $0.jitter = .seconds(600)
            $0.lead = .seconds(86_400)
        }
        #expect(try await queue.schedules.fire().fired == 24)
        let slots = try await queue.slots(schedule)
        let delays = try slots.map { try #require($0.dueAt).timeIntervalSince($0.at) }
        #expect(delays.allSatisfy { (0..<600).contains($0) })
        #expect(Set(delays).count > 12)
        let again = try await queue.stored(schedule)
        for slot in slots {
            let same = RecurrenceSlot(local: slot.local, fold: slot.fold, instant: slot.at, note: .exact)
            #expect(again.dueAt(same) == slot.dueAt)
        }
    }

    @Test("a schedule that cannot be understood is paused with the reason and does not stop the others")
    func unreadable() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY", name: "bad")
        try await queue.schedule("FREQ=HOURLY", name: "good")
        try await queue.pool.execute("UPDATE schedule SET rule = 'FREQ=LUNAR' WHERE name = 'bad'")
        try await queue.stop(at: "2026-06-01T01:00:00Z")
        let report = try await queue.schedules.fire()
        #expect(report.fired == 1)
        #expect(report.refused == 1)
        let said = try await queue.pool.query(
            "SELECT state || ': ' || state_reason FROM schedule WHERE schedule_id = \(schedule.id)"
        ).single(String.self)
        #expect(said.hasPrefix("paused: it cannot be understood: FREQ=LUNAR is not supported"))
    }

    @Test("new zone data moves the next slot's instant, not its local time")
    func zoneData() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T00:30:00Z")
        let schedule = try await queue.schedule("FREQ=DAILY;BYHOUR=9")
        try await queue.pool.execute(
            """
            UPDATE schedule SET zone_version = '1999a', next_at = next_at + interval '1 hour',
                look_at = look_at + interval '1 hour'
            """)
        let bad = try await queue.schedule("FREQ=HOURLY", name: "bad")
        try await queue.pool.execute(
            "UPDATE schedule SET rule = 'FREQ=LUNAR', zone_version = '1999a' WHERE schedule_id = \(bad.id)")
        #expect(try await queue.schedules.deriveAgain() == 1)
        #expect(try await queue.schedules.deriveAgain() == 0)
        let next = try #require(try await queue.stored(schedule).next)
        #expect(next.local.description == "2026-06-01T09:00:00")
        #expect(next.instant?.iso8601() == "2026-06-01T07:00:00Z")
    }

    @Test("two schedules of a client cannot have one name")
    func names() async throws {
        let queue = try await QueueFixture()
        try await queue.schedule("FREQ=HOURLY")
        try await queue.schedule("FREQ=HOURLY", client: ClientID())
        let error = await #expect(throws: JobQueueError.self) { try await queue.schedule("FREQ=DAILY") }
        #expect(error?.code == .conflict)
    }

    @Test("a running worker makes the jobs of schedules and runs them", .timeLimit(.minutes(10)))
    func worker() async throws {
        let queue = try await QueueFixture()
        // However slow this machine is, no slot is left out.
        try await queue.schedule("FREQ=HOURLY;BYMINUTE=0,30") {
            $0.plan.zone = .utc
            $0.catchUp = .upTo(100)
        }
        let start = try Date(iso8601: "2026-06-01T00:00:00Z")
        try await queue.world.set(epoch: start, rate: 3_600)
        try await queue.pool.execute("UPDATE schedule SET next_at = \(start), look_at = \(start)")
        let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }
        try await queue.withWorker(handlers: [noop]) { _, log in
            await log.wait(for: "succeeded applied", count: 5)
        }
        let jobs = try await queue.store.list(JobFilter(limit: 1_000))
        #expect(Set(jobs.map(\.spec.dueAt)).count == jobs.count)
        try await queue.expectSound()
    }
}
