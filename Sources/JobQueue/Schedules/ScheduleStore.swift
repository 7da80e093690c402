// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient

/// The schedules: recurring work, and what became of its slots.
package struct ScheduleStore: Sendable {
    let jobs: JobStore
    var pool: ConnectionPool { self.jobs.pool }

    /// Makes jobs through the given store.
    package init(jobs: JobStore) { self.jobs = jobs }

    /// Stores a new schedule; its first slot is the first one from the world's present moment on.
    ///
    /// - Returns: The schedule as it is stored.
    /// - Throws: ``RecurrenceError`` with code `neverOccurs`; ``JobQueueError`` with code `conflict` when the client has a schedule of
    ///   that name; the transaction can go on.
    @discardableResult
    package func add(_ new: Schedule, on db: inout some SQLSession & ~Copyable) async throws -> Schedule {
        let now = try await Self.now(on: &db)
        var schedule = new
        schedule.createdAt = now
        try Self.begin(&schedule, from: now)
        let (plan, work) = (schedule.plan, schedule.work)
        let added = try await db.execute(
            """
            INSERT INTO schedule (
                client_id, schedule_id, name, rule, starts_local, time_zone, gap_policy, overlap_policy, catch_up, grace_ms,
                lead_ms, jitter_ms, runs_ahead, reads_present, queue, kind, provider, account_id, subject_id, payload, priority,
                max_attempts, recovery, state, next_local, next_fold, next_at, look_at, zone_version, created_by, created_at
            )
            VALUES (\(schedule.client), \(schedule.id), \(schedule.name), \(plan.rule.description),
                    \(plan.start.description), \(plan.zone.rawValue), \(plan.gap.rawValue), \(plan.overlap.rawValue),
                    \(schedule.catchUp.description), \(schedule.grace.milliseconds), \(schedule.lead.milliseconds),
                    \(schedule.jitter.milliseconds), \(schedule.runsAhead), \(schedule.readsPresent),
                    \(work.queue), \(work.kind),
                    \(work.provider), \(work.account ?? AccountID.none), \(work.subject), \(work.payload), \(work.priority),
                    \(Int32(clamping: work.maximumAttempts)), \(work.recovery), \(schedule.state),
                    \(schedule.next?.local.description), \(schedule.next.map { Int16($0.fold) }),
                    \(schedule.next?.instant), \(schedule.lookAt), \(ZoneID.dataVersion), \(schedule.createdBy), \(now))
            ON CONFLICT (client_id, name) DO NOTHING
            """)
        guard added == 1 else {
            throw JobQueueError(.conflict, "there is a schedule '\(schedule.name)' of that client already")
        }
        return schedule
    }

    /// Finds a schedule of a client by name or identity.
    package func find(
        _ reference: String, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Schedule? {
        try await db.query(
            """
            SELECT \(unescaped: Schedule.columns)
            FROM schedule
            WHERE client_id = \(client) AND (name = \(reference) OR schedule_id = \(ScheduleID(reference)))
            """
        ).first.map(Schedule.init)
    }

    /// Lists schedules by client and name.
    ///
    /// - Parameters:
    ///   - client: Whose; `nil` is everybody's.
    ///   - db: The caller's session.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: The schedules.
    package func list(client: ClientID?, on db: inout some SQLSession & ~Copyable) async throws -> [Schedule] {
        try await db.query(
            """
            SELECT \(unescaped: Schedule.columns)
            FROM schedule
            WHERE client_id = coalesce(\(client), client_id)
            ORDER BY client_id, name
            LIMIT 10000
            """
        ).map { row throws in try Schedule(row) }
    }

    /// The slots of a schedule that were decided last, the latest first.
    package func slots(
        of schedule: Schedule, limit: Int = 20, on db: inout some SQLSession & ~Copyable
    ) async throws -> [DecidedSlot] {
        try await db.query(
            """
            SELECT slot_local, fold, slot_at, due_at, outcome, cause, job_id
            FROM schedule_slot
            WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id)
            ORDER BY slot_at DESC
            LIMIT \(Int32(clamping: limit))
            """
        ).map { row throws in try DecidedSlot(row) }
    }

    /// What was decided about one slot of a schedule.
    func slot(
        _ slot: RecurrenceSlot, of schedule: Schedule, on db: inout some SQLSession & ~Copyable
    ) async throws -> DecidedSlot? {
        try await db.query(
            """
            SELECT slot_local, fold, slot_at, due_at, outcome, cause, job_id
            FROM schedule_slot
            WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id)
              AND slot_local = \(slot.local.description) AND fold = \(Int16(slot.fold))
            """
        ).first.map { row throws in try DecidedSlot(row) }
    }

    /// The schedule and slot that a job was made for.
    ///
    /// - Returns: `nil` when the schedule is gone.
    package func origin(
        of job: JobID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> (schedule: Schedule, slot: DecidedSlot)? {
        let rows = try await db.query(
            """
            SELECT s.*, o.slot_local, o.fold, o.slot_at, o.due_at, o.outcome, o.cause, o.job_id
            FROM schedule_slot o
            JOIN schedule s ON s.client_id = o.client_id AND s.schedule_id = o.schedule_id
            WHERE o.client_id = \(client) AND o.job_id = \(job)
            """)
        return try rows.first.map { row in (try Schedule(row), try DecidedSlot(row)) }
    }

    /// Stops a schedule until it is resumed; jobs it made already stay.
    ///
    /// - Returns: Whether it was active.
    @discardableResult
    package func pause(
        _ schedule: Schedule, reason: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            UPDATE schedule
            SET state = 'paused', state_reason = \(reason)
            WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id) AND state = 'active'
            """) == 1
    }

    /// Lets a paused schedule go on with the first slot from now on; the slots of the pause are left out.
    ///
    /// - Returns: Whether it was paused.
    @discardableResult
    package func resume(_ schedule: Schedule, on db: inout Transaction) async throws -> Bool {
        guard var stored = try await self.locked(schedule, on: &db), stored.state == .paused else { return false }
        try Self.begin(&stored, from: try await Self.now(on: &db))
        stored.generation += 1
        try await Self.advance([stored], on: &db)
        return true
    }

    /// Forgets a schedule and its slots; jobs it made stay.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    package func remove(_ schedule: Schedule, on db: inout some SQLSession & ~Copyable) async throws -> Bool {
        try await db.execute(
            "DELETE FROM schedule WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id)") == 1
    }

    /// Derives the instants of the next slots again where older zone data derived them.
    ///
    /// - Returns: How many schedules were looked at.
    @discardableResult
    package func deriveAgain() async throws -> Int {
        try await self.pool.withTransaction(retrying: 3) { db in try await self.deriveAgain(on: &db) }
    }

    /// Derives in the caller's transaction.
    ///
    /// What newer data derived is left alone: releases run side by side, and an older one must not undo it.
    package func deriveAgain(on db: inout Transaction) async throws -> Int {
        let rows = try await db.query(
            """
            SELECT \(unescaped: Schedule.columns)
            FROM schedule
            WHERE state = 'active' AND zone_version < \(ZoneID.dataVersion)
            FOR NO KEY UPDATE SKIP LOCKED
            """)
        let schedules = rows.compactMap { row -> Schedule? in
            // One that cannot be understood must not stop the others; it is paused, and says why, when its slot is to be decided.
            guard var schedule = try? Schedule(row), let next = schedule.next else { return nil }
            let plan = LocalPlan(
                wall: next.local, zone: schedule.plan.zone, overlap: next.fold == 0 ? .first : .second)
            schedule.next?.instant = plan.resolve().instant
            return schedule
        }
        try await Self.advance(schedules, on: &db)
        return schedules.count
    }

    func locked(_ schedule: Schedule, on db: inout Transaction) async throws -> Schedule? {
        try await db.query(
            """
            SELECT \(unescaped: Schedule.columns)
            FROM schedule
            WHERE client_id = \(schedule.client) AND schedule_id = \(schedule.id)
            FOR NO KEY UPDATE
            """
        ).first.map(Schedule.init)
    }

    static func now(on db: inout some SQLSession & ~Copyable) async throws -> Date {
        try await db.query("SELECT world_now()").single()
    }

    /// Sets the next slot to the first one from a moment on.
    private static func begin(_ schedule: inout Schedule, from now: Date) throws {
        try schedule.plan.requireOccurrence()
        schedule.next = schedule.plan.next(from: now)
        schedule.state = schedule.next == nil ? .ended : .active
        schedule.stateReason = nil
    }

    /// Writes where schedules stand.
    static func advance(_ schedules: [Schedule], on db: inout some SQLSession & ~Copyable) async throws {
        guard !schedules.isEmpty else { return }
        try await db.execute(
            """
            UPDATE schedule AS s
            SET state = given.state, state_reason = given.state_reason, generation = given.generation,
                next_local = given.next_local, next_fold = given.next_fold, next_at = given.next_at,
                look_at = given.look_at, zone_version = \(ZoneID.dataVersion)
            FROM unnest(\(schedules.map(\.client)), \(schedules.map(\.id)), \(schedules.map(\.state)),
                        \(schedules.map(\.stateReason)), \(schedules.map { Int32(clamping: $0.generation) }),
                        \(schedules.map { $0.next?.local.description }),
                        \(schedules.map { $0.next.map { Int16($0.fold) } }), \(schedules.map { $0.next?.instant }),
                        \(schedules.map(\.lookAt)))
                 AS given (client_id, schedule_id, state, state_reason, generation, next_local, next_fold, next_at, look_at)
            WHERE s.client_id = given.client_id AND s.schedule_id = given.schedule_id
            """)
    }
}

extension Schedule {
    /// When the next slot is to be decided.
    var lookAt: Date? { self.next?.instant?.addingTimeInterval(-self.lead.seconds) }
}

extension DecidedSlot {
    fileprivate init(_ row: Row) throws {
        let local: String = try row.get("slot_local")
        let outcome: String = try row.get("outcome")
        self.init(
            local: try WallTime(parsing: local), fold: Int(try row.get("fold", as: Int16.self)),
            at: try row.get("slot_at"), dueAt: try row.get("due_at"), isFired: outcome == "fired",
            cause: try row.get("cause"), job: try row.get("job_id"))
    }
}
