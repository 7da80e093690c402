// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Schedules by hand", .postgresSchema)
struct ScheduleByHandTests {
    private func trigger(_ schedule: Schedule, _ queue: QueueFixture) async throws -> (slot: DecidedSlot, isNew: Bool) {
        try await queue.pool.withTransaction { db in try await queue.schedules.trigger(schedule, on: &db) }
    }

    private func backfill(
        _ schedule: Schedule, _ start: String, _ end: String, _ queue: QueueFixture
    ) async throws -> [DecidedSlot] {
        let (start, end) = (try Date(iso8601: start), try Date(iso8601: end))
        return try await queue.pool.withTransaction { db in
            let slots = try await queue.schedules.backfillable(schedule, from: start, to: end, on: &db)
            return try await queue.schedules.backfill(slots, of: schedule, every: .seconds(60), on: &db)
        }
    }

    @Test("a trigger runs the work once, now, and leaves the next slot where it is")
    func trigger() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-10-25T01:10:00Z")
        let schedule = try await queue.schedule("FREQ=DAILY;BYHOUR=9")
        let (slot, isNew) = try await self.trigger(schedule, queue)
        #expect(isNew)
        #expect(slot.local.description == "2026-10-25T02:10:00")
        #expect(slot.fold == 1)
        #expect(slot.cause == .trigger)
        #expect(try await queue.dueTimes() == ["2026-10-25T01:10:00Z"])
        let again = try await self.trigger(schedule, queue)
        #expect(!again.isNew)
        #expect(again.slot.job == slot.job && again.slot.job != nil)
        #expect(again.slot.isFired && again.slot.cause == .trigger)
        #expect(try await queue.stored(schedule).next?.local.description == "2026-10-25T09:00:00")
    }

    @Test("a backfill runs the missed slots of a time once, one after another, and no other")
    func backfill() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY")
        try await queue.stop(at: "2026-06-01T07:30:00Z")
        let report = try await queue.schedules.fire()
        #expect(report.fired == 1 && report.missed == 4)
        let made = try await self.backfill(schedule, "2026-06-01T04:00:00Z", "2026-06-01T23:00:00Z", queue)
        #expect(
            made.map { $0.at.iso8601() } == [
                "2026-06-01T04:00:00Z", "2026-06-01T05:00:00Z", "2026-06-01T06:00:00Z",
            ])
        #expect(
            try await queue.dueTimes() == [
                "2026-06-01T07:00:00Z", "2026-06-01T07:30:00Z", "2026-06-01T07:31:00Z", "2026-06-01T07:32:00Z",
            ])
        #expect(try await self.backfill(schedule, "2026-06-01T04:00:00Z", "2026-06-01T23:00:00Z", queue).isEmpty)
        let slots = try await queue.slots(schedule)
        #expect(slots.filter { !$0.isFired }.map { $0.at.iso8601() } == ["2026-06-01T03:00:00Z"])
        #expect(slots.filter { $0.cause == .backfill }.count == 3)
    }

    @Test("a backfill and a round that race make each slot's job once")
    func race() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY") { $0.catchUp = .upTo(100) }
        try await queue.stop(at: "2026-06-02T02:30:00Z")
        async let rounds = queue.schedules.fire()
        async let first = self.backfill(schedule, "2026-06-01T00:00:00Z", "2026-06-02T23:00:00Z", queue)
        async let second = self.backfill(schedule, "2026-06-01T00:00:00Z", "2026-06-02T23:00:00Z", queue)
        let made = try await (rounds.fired, first.count, second.count)
        // The rule began on 1 January: the backfills also find the slots before the schedule was made.
        #expect(made.0 + made.1 + made.2 == 27)
        let slots = try await queue.slots(schedule)
        #expect(slots.count == 27)
        #expect(slots.filter(\.isFired).count == 27)
        #expect(try await queue.store.list(JobFilter(limit: 1_000)).count == 27)
    }

    @Test("a backfill of too many slots is refused")
    func tooMany() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY")
        let error = await #expect(throws: JobQueueError.self) {
            try await self.backfill(schedule, "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", queue)
        }
        #expect(error?.code == .invalid)
    }

    @Test("a job knows the schedule and slot it was made for, until the schedule is removed")
    func origin() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T02:30:00Z")
        let schedule = try await queue.schedule("FREQ=HOURLY")
        let slot = try await self.trigger(schedule, queue).slot
        let job = try #require(slot.job)
        let origin = try await queue.pool.withConnection { db in
            try await queue.schedules.origin(of: job, client: queue.client, on: &db)
        }
        #expect(origin?.schedule.id == schedule.id)
        #expect(origin?.slot == slot)
        let (isRemoved, after) = try await queue.pool.withConnection { db in
            (
                try await queue.schedules.remove(schedule, on: &db),
                try await queue.schedules.origin(of: job, client: queue.client, on: &db)
            )
        }
        #expect(isRemoved)
        #expect(after == nil)
        #expect(try await queue.store.job(job)?.state == .ready)
    }
}
