// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import Logging
package import PQClient
import Persistence

/// Derives the instants of planned posts, and of schedules' next slots, again where older zone data derived them.
///
/// What was planned is a local time, and its instant comes from `Domain` alone. A post whose instant turns out another one is moved there with
/// its job, and its history says so; its local time stays, and so does what it is an experiment of. One that was planned by an instant has no
/// local time and is never moved; nor is one that is due or that a worker has in hand. A post that becomes late by it goes by its client's
/// policy for missed posts, as any other.
///
/// Newer data wins: while releases run side by side, an older one leaves alone what a newer one has derived, and what it derives itself is
/// derived again.
package struct ZoneDataHousekeeping: Housekeeping {
    /// The most posts that a round takes up.
    private static let batch: Int32 = 500

    private let jobs: JobStore

    /// Makes it.
    package init(jobs: JobStore) { self.jobs = jobs }

    /// `derive-instants`.
    package var name: String { "derive-instants" }

    /// Takes up one batch.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let rows = try await db.pipeline([
            JobStore.planOnIndexes, Self.take(olderThan: ZoneID.dataVersion, limit: Self.batch),
        ])[1]
        var (shifts, jobless, same): ([DueShift], [Derived], [Derived]) = ([], [], [])
        var moved: [JobID: Derived] = [:]
        for row in rows {
            let target = try Derived(row)
            guard target.dueAt != target.wasDueAt else {
                same.append(target)
                continue
            }
            guard let job = target.job else {
                jobless.append(target)
                continue
            }
            shifts.append(DueShift(client: target.client, job: job, from: target.wasDueAt, to: target.dueAt))
            moved[job] = target
        }
        let shifted = try await self.jobs.shift(shifts, on: &db)
        let done = same + jobless + shifted.compactMap { moved[$0] }
        try await Self.write(done, on: &db)
        var report = HousekeepingReport()
        report.add(try await ScheduleStore(jobs: self.jobs).deriveAgain(on: &db))
        // Where nothing could be done another batch would be the same one.
        report.add(done.count, isMore: rows.count >= Int(Self.batch) && !done.isEmpty)
        return report
    }

    /// Locks targets that wait for an instant which older zone data derived: a walk over the versions, then the earliest of each.
    static func take(olderThan version: String, limit: Int32) -> Statement {
        """
        SELECT planned.*
        FROM (
            WITH RECURSIVE known AS (
                (SELECT zone_version FROM target WHERE zone_version < \(version) ORDER BY zone_version LIMIT 1)
                UNION ALL
                SELECT next.zone_version
                FROM known
                CROSS JOIN LATERAL (
                    SELECT target.zone_version
                    FROM target
                    WHERE target.zone_version > known.zone_version AND target.zone_version < \(version)
                    ORDER BY target.zone_version
                    LIMIT 1
                ) AS next
            )
            SELECT zone_version FROM known
        ) AS older
        CROSS JOIN LATERAL (
            SELECT target.client_id, target.target_id, target.due_at, target.local_time, target.time_zone,
                   target.gap_policy, target.overlap_policy, target.job_id
            FROM target
            WHERE target.zone_version = older.zone_version AND target.due_at > (SELECT world_now())
              AND target.local_time IS NOT NULL
              AND (target.state = 'draft'
                   OR (target.state IN ('planned', 'waiting')
                       AND EXISTS (
                           SELECT FROM job_scheduled AS job
                           WHERE job.job_id = target.job_id AND job.client_id = target.client_id
                             AND job.due_at = target.due_at)))
            ORDER BY target.zone_version, target.due_at
            LIMIT \(limit)
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS planned
        LIMIT \(limit)
        """
    }

    /// Writes the instants, and in the history of those that moved why.
    private static func write(_ targets: [Derived], on db: inout Transaction) async throws {
        guard !targets.isEmpty else { return }
        let version = ZoneID.dataVersion
        try await db.execute(
            """
            WITH derived AS (
                UPDATE target
                SET due_at = given.due_at, zone_version = \(version),
                    generation = generation + CASE WHEN given.reason IS NULL THEN 0 ELSE 1 END
                FROM unnest(\(targets.map(\.client)), \(targets.map(\.target)), \(targets.map(\.dueAt)),
                            \(targets.map { $0.reason(version) }))
                     AS given (client_id, target_id, due_at, reason)
                WHERE target.client_id = given.client_id AND target.target_id = given.target_id
                RETURNING target.client_id, target.target_id, target.state, given.reason
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'target', target_id, 'posthorn', state, state, reason
            FROM derived
            WHERE reason IS NOT NULL
            """)
    }
}

/// A target with the instant that its local time is by the present zone data.
private struct Derived {
    var client: ClientID
    var target: TargetID
    var job: JobID?
    var local: String
    var zone: String
    var wasDueAt: Date
    var dueAt: Date

    init(_ row: Row) throws {
        self.client = try row.get("client_id")
        self.target = try row.get("target_id")
        self.job = try row.get("job_id")
        self.local = try row.get("local_time")
        self.zone = try row.get("time_zone")
        self.wasDueAt = try row.get("due_at")
        self.dueAt = self.wasDueAt
        let gap = try row.get("gap_policy", as: String?.self).flatMap(GapPolicy.init(rawValue:))
        let overlap = try row.get("overlap_policy", as: String?.self).flatMap(OverlapPolicy.init(rawValue:))
        do {
            let plan = LocalPlan(
                wall: try WallTime(parsing: self.local), zone: try ZoneID(parsing: self.zone),
                gap: gap ?? .shiftForward, overlap: overlap ?? .first)
            // A time that the clocks jump over now keeps its instant, which is behind the gap: nobody wanted the post to be lost. So does a fraction of
            // a second that jitter has added, which no wall shows.
            if let instant = plan.resolve().instant, abs(instant.timeIntervalSince(self.wasDueAt)) >= 1 {
                self.dueAt = instant
            }
        } catch {
            // One that cannot be read must not stop the others, nor be tried again every minute.
            Logger.current.warning(
                "the local time of a planned post cannot be read any more; it keeps its instant",
                metadata: ["target.id": "\(self.target)", "reason": "\(error)"])
        }
    }

    /// Why the target moves; `nil` when it does not.
    func reason(_ version: String) -> String? {
        guard self.dueAt != self.wasDueAt else { return nil }
        let zone = ZoneID(rawValue: self.zone) ?? .utc
        return "moved from \(self.wasDueAt.iso8601(in: zone)) to \(self.dueAt.iso8601(in: zone)): "
            + "by zone data \(version) that is \(self.local) in \(zone)"
    }
}
