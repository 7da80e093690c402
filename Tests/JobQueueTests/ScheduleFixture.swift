// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Testing

@testable import JobQueue

extension QueueFixture {
    var schedules: ScheduleStore { ScheduleStore(jobs: self.store) }

    /// Stops the world's clock at a time.
    func stop(at text: String) async throws {
        try await self.world.set(epoch: try Date(iso8601: text), rate: 0)
    }

    func plan(_ rule: String, start: String = "2026-01-01T00:00", zone: String = "Europe/Berlin") throws
        -> RecurrencePlan
    {
        RecurrencePlan(
            rule: try Recurrence(parsing: rule), start: try WallTime(parsing: start), zone: try ZoneID(parsing: zone))
    }

    /// A schedule of no-op jobs, stored.
    @discardableResult
    func schedule(
        _ rule: String, name: String = "s", client: ClientID? = nil, _ change: (inout Schedule) -> Void = { _ in }
    ) async throws -> Schedule {
        var new = Schedule(
            client: client ?? self.client, name: name, plan: try self.plan(rule),
            work: JobTemplate(queue: "work", kind: "noop", payload: #"{"a": 1}"#), createdBy: "test")
        change(&new)
        let schedule = new
        return try await self.pool.withTransaction { db in try await self.schedules.add(schedule, on: &db) }
    }

    func slots(_ schedule: Schedule) async throws -> [DecidedSlot] {
        try await self.pool.withConnection { db in
            try await self.schedules.slots(of: schedule, limit: 1_000, on: &db)
        }.reversed()
    }

    func stored(_ schedule: Schedule) async throws -> Schedule {
        try await self.pool.withConnection { db in
            try #require(try await self.schedules.find(schedule.id.description, client: schedule.client, on: &db))
        }
    }

    /// The due times of the jobs, in order.
    func dueTimes() async throws -> [String] {
        try await self.store.list(JobFilter(limit: 1_000)).map(\.spec.dueAt).sorted().map { $0.iso8601() }
    }
}
