// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// What is written about a slot that is decided.
struct SlotRow: Sendable {
    var client: ClientID
    var schedule: ScheduleID
    var generation: Int
    var local: WallTime
    var fold: Int
    var at: Date
    var dueAt: Date?
    var cause: SlotCause
    /// The job it makes; none when it was missed.
    var job: NewJob?

    init(_ schedule: Schedule, _ slot: RecurrenceSlot, cause: SlotCause, dueAt: Date? = nil, job: NewJob? = nil) {
        self.client = schedule.client
        self.schedule = schedule.id
        self.generation = schedule.generation
        self.local = slot.local
        self.fold = slot.fold
        self.at = slot.instant ?? .distantPast
        self.dueAt = job == nil ? nil : dueAt
        self.cause = cause
        self.job = job
    }
}

extension ScheduleStore {
    /// Writes slots, and the jobs of those that have none yet: a slot that was missed may still be run, one that was run is not run again.
    ///
    /// - Returns: The slots that are run now, in their order, and how many are newly known as missed.
    func insert(_ slots: [SlotRow], on db: inout Transaction) async throws -> (fired: [SlotRow], missed: Int) {
        guard !slots.isEmpty else { return ([], 0) }
        let written = try await db.query(
            """
            INSERT INTO schedule_slot AS s (
                client_id, schedule_id, slot_local, fold, slot_at, due_at, outcome, cause, job_id, generation, decided_at
            )
            SELECT client_id, schedule_id, slot_local, fold, slot_at, due_at,
                   CASE WHEN job_id IS NULL THEN 'missed' ELSE 'fired' END, cause, job_id, generation, world_now()
            FROM unnest(\(slots.map(\.client)), \(slots.map(\.schedule)), \(slots.map(\.local.description)),
                        \(slots.map { Int16($0.fold) }), \(slots.map(\.at)), \(slots.map(\.dueAt)),
                        \(slots.map(\.cause)), \(slots.map { $0.job?.id }),
                        \(slots.map { Int32(clamping: $0.generation) }))
                 AS given (client_id, schedule_id, slot_local, fold, slot_at, due_at, cause, job_id, generation)
            ON CONFLICT (client_id, schedule_id, slot_local, fold) DO UPDATE
            SET due_at = excluded.due_at, outcome = excluded.outcome, cause = excluded.cause, job_id = excluded.job_id,
                generation = excluded.generation, decided_at = excluded.decided_at
            WHERE s.outcome = 'missed' AND excluded.outcome = 'fired'
            RETURNING job_id
            """)
        let made = Set(try written.column(JobID?.self).compactMap { $0 })
        let fired = slots.filter { slot in slot.job.map { made.contains($0.id) } ?? false }
        try await self.jobs.enqueue(fired.compactMap(\.job), on: &db)
        return (fired, written.count - fired.count)
    }
}
