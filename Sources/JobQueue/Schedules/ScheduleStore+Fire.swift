// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// What a round of schedules did.
package struct FireReport: Sendable, Hashable {
    /// How many schedules had a slot to decide.
    package var schedules = 0
    /// How many jobs were made.
    package var fired = 0
    /// How many slots were missed and left out.
    package var missed = 0
    /// How many schedules could not be understood and were paused.
    package var refused = 0

    /// Makes an empty report.
    package init() {}
}

extension ScheduleStore {
    /// Decides the slots that are due, of some schedules; any worker, at any time, any number at once.
    ///
    /// A slot's row, its job and the step to the next slot are one transaction: whatever dies, each slot has one job or none, and one
    /// that has none is decided by the next round. Schedules of a client, account or queue that is paused are left alone: afterwards their
    /// catch-up policy says what is still run. Of a schedule whose work looks at the present no two slots of the past are run together.
    ///
    /// - Parameters:
    ///   - tick: How long until somebody looks again, in real time: slots that fall due until then are decided now.
    ///   - limit: The most schedules in one transaction.
    ///   - crash: Where to die, in chaos tests.
    /// - Returns: What was done; `limit` schedules mean that there may be more.
    /// - Throws: ``PQError`` when the database does not answer or refuses; then nothing was done, unless only the answer to the
    ///   commit was lost.
    @discardableResult
    package func fire(
        every tick: Duration = .zero, limit: Int = 50, crash: CrashPlan = .none
    ) async throws -> FireReport {
        let report = try await self.pool.withTransaction(retrying: 3) { db in
            let rows = try await db.query(Self.due(within: tick, limit: limit))
            var round = Round(report: FireReport())
            round.report.schedules = rows.count
            for row in rows { try self.decide(row, tick: tick, into: &round) }
            try await self.write(&round, on: &db)
            if round.report.fired > 0 { crash.reached(.insideFire) }
            return round.report
        }
        if report.fired > 0 { crash.reached(.afterFire) }
        return report
    }

    /// Schedules with a slot to decide, locked; those that another worker decides are passed over.
    private static func due(within tick: Duration, limit: Int) -> Statement {
        """
        SELECT \(unescaped: Schedule.columns), clock.now, clock.rate
        FROM (SELECT world_now() AS now, w.rate FROM world w WHERE w.only_row) AS clock
        CROSS JOIN schedule s
        WHERE s.state = 'active'
          AND s.look_at <= clock.now + make_interval(secs => clock.rate * \(tick.seconds))
          AND NOT EXISTS (
              SELECT FROM queue_control c
              WHERE c.client_id IN (\(ClientID.none), s.client_id) AND c.account_id IN (\(AccountID.none), s.account_id)
                AND c.queue IN ('', s.queue) AND c.app = '')
        ORDER BY s.look_at
        LIMIT \(Int32(clamping: limit))
        FOR NO KEY UPDATE OF s SKIP LOCKED
        """
    }

    private struct Round {
        var report: FireReport
        var advanced: [Schedule] = []
        var slots: [SlotRow] = []
        var refusals: [(client: ClientID, schedule: ScheduleID, reason: String)] = []
    }

    private func decide(_ row: Row, tick: Duration, into round: inout Round) throws {
        let now: Date = try row.get("now")
        let rate: Double = try row.get("rate")
        var schedule: Schedule
        do {
            schedule = try Schedule(row)
        } catch let error as PQError {
            throw error
        } catch {
            // One that cannot be read must not stop the others, nor be tried again every second.
            round.report.refused += 1
            round.refusals.append(
                (try row.get("client_id"), try row.get("schedule_id"), "it cannot be understood: \(error)"))
            return
        }
        let decision = SlotRound(
            schedule.plan, from: schedule.next?.instant ?? now, now: now, grace: schedule.grace.seconds,
            lead: schedule.lead.seconds + tick.seconds * rate, catchUp: schedule.catchUp,
            latestStands: schedule.readsPresent)
        round.slots += decision.fire.map { slot in
            let dueAt = schedule.dueAt(slot)
            let job = schedule.work.job(
                client: schedule.client, dueAt: schedule.runsAhead ? nil : dueAt, key: schedule.key(of: slot))
            return SlotRow(schedule, slot, cause: .schedule, dueAt: dueAt, job: job)
        }
        round.slots += decision.missed.map { SlotRow(schedule, $0, cause: .schedule) }
        schedule.next = decision.next
        if decision.next == nil { schedule.state = .ended }
        round.advanced.append(schedule)
    }

    private func write(_ round: inout Round, on db: inout Transaction) async throws {
        let new = try await self.insert(round.slots, on: &db)
        (round.report.fired, round.report.missed) = (new.fired.count, new.missed)
        try await Self.advance(round.advanced, on: &db)
        guard !round.refusals.isEmpty else { return }
        try await db.execute(
            """
            UPDATE schedule AS s
            SET state = 'paused', state_reason = given.reason
            FROM unnest(\(round.refusals.map(\.client)), \(round.refusals.map(\.schedule)),
                        \(round.refusals.map(\.reason))) AS given (client_id, schedule_id, reason)
            WHERE s.client_id = given.client_id AND s.schedule_id = given.schedule_id
            """)
    }
}
