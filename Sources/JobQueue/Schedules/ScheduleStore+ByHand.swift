// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

extension ScheduleStore {
    /// The most slots of one backfill.
    package static let backfillLimit = 500

    /// Runs a schedule's work once, now, whatever its state.
    ///
    /// The slot is the world's present second: a second call within it changes nothing.
    ///
    /// - Returns: The slot, and whether it is run by this call; else it was run already.
    package func trigger(
        _ schedule: Schedule, on db: inout Transaction
    ) async throws -> (slot: DecidedSlot, isNew: Bool) {
        let slot = try await self.presentSlot(of: schedule, on: &db)
        let made = try await self.run(
            [slot], of: schedule, cause: .trigger, every: .zero, from: slot.instant ?? .now, on: &db)
        if let made = made.first { return (made, true) }
        guard let done = try await self.slot(slot, of: schedule, on: &db) else {
            throw JobQueueError(.conflict, "slot \(slot.key) of schedule '\(schedule.name)' is gone; try again")
        }
        return (done, false)
    }

    /// The slot that a trigger of this moment runs.
    package func presentSlot(
        of schedule: Schedule, on db: inout some SQLSession & ~Copyable
    ) async throws -> RecurrenceSlot {
        let now = try await Self.now(on: &db)
        let local = schedule.plan.zone.wallTime(at: now)
        let instants = LocalPlan(wall: local, zone: schedule.plan.zone, overlap: .both).resolve().instants
        let isSecondPass = instants.count > 1 && now >= instants[1]
        return RecurrenceSlot(local: local, fold: isSecondPass ? 1 : 0, instant: now, note: .exact)
    }

    /// The slots of the past that a backfill would run: those within two instants that no job was made for.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` when there are more than ``backfillLimit``.
    package func backfillable(
        _ schedule: Schedule, from start: Date, to end: Date, on db: inout some SQLSession & ~Copyable
    ) async throws -> [RecurrenceSlot] {
        let last = min(end, try await Self.now(on: &db))
        var slots: [RecurrenceSlot] = []
        for slot in schedule.plan.slots(from: start) {
            guard let instant = slot.instant else { continue }
            guard instant <= last else { break }
            slots.append(slot)
            guard slots.count <= Self.backfillLimit else {
                throw JobQueueError(
                    .invalid, "more than \(Self.backfillLimit) slots lie between the two: backfill a shorter time")
            }
        }
        let fired: [String] = try await db.query(
            """
            SELECT slot_local || '#' || fold
            FROM schedule_slot
            WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id) AND outcome = 'fired'
              AND slot_local = ANY(\(slots.map(\.local.description)))
            """
        ).column()
        let done = Set(fired)
        return slots.filter { !done.contains("\($0.local)#\($0.fold)") }
    }

    /// Runs slots of the past that no job was made for, one after another.
    ///
    /// - Parameters:
    ///   - slots: As ``backfillable(_:from:to:on:)`` found them.
    ///   - schedule: Whose slots.
    ///   - pause: How far apart their jobs are due, so that they are no burst; in world time.
    ///   - db: The transaction.
    /// - Returns: What was made now.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func backfill(
        _ slots: [RecurrenceSlot], of schedule: Schedule, every pause: Duration, on db: inout Transaction
    ) async throws -> [DecidedSlot] {
        let now = try await Self.now(on: &db)
        return try await self.run(slots, of: schedule, cause: .backfill, every: pause, from: now, on: &db)
    }

    /// A person's wish: due from now on, not at the slots' own times.
    private func run(
        _ slots: [RecurrenceSlot], of schedule: Schedule, cause: SlotCause, every pause: Duration, from now: Date,
        on db: inout Transaction
    ) async throws -> [DecidedSlot] {
        let rows = slots.enumerated().map { index, slot in
            let dueAt = now.addingTimeInterval(pause.seconds * Double(index))
            let job = schedule.work.job(
                client: schedule.client, dueAt: schedule.runsAhead ? nil : dueAt, key: schedule.key(of: slot))
            return SlotRow(schedule, slot, cause: cause, dueAt: dueAt, job: job)
        }
        return try await self.insert(rows, on: &db).fired.map { row in
            DecidedSlot(
                local: row.local, fold: row.fold, at: row.at, dueAt: row.dueAt, isFired: true, cause: cause,
                job: row.job?.id)
        }
    }
}
