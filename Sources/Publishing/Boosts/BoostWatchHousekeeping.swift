// SPDX-License-Identifier: MIT

import Domain
package import JobQueue
package import PQClient
import Persistence

/// Sees to it that every boost that may cost money is watched, whatever became of the job that was to do it: held because workers died
/// with it, failed on a worker without the plugin, cancelled by hand.
package struct BoostWatchHousekeeping: Housekeeping {
    /// A job that is held has so long before another one takes its place, in seconds of the world: what kills workers is not to kill
    /// them without a pause.
    private static let pause: Double = 900
    /// The most boosts that a round takes up.
    private static let batch: Int32 = 200

    private let jobs: JobStore

    /// Makes it.
    package init(jobs: JobStore) { self.jobs = jobs }

    /// `watch-boosts`.
    package var name: String { "watch-boosts" }

    /// Gives each boost without a watch a new one.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let found = try await Self.unwatched(among: nil, on: &db)
        var report = HousekeepingReport()
        guard !found.isEmpty else { return report }
        // Whoever ends a look holds the boost's row until the next one is named: afterwards it is asked again.
        try await db.execute(
            "SELECT FROM boost WHERE boost_id = ANY(\(found.map(\.boost))) ORDER BY boost_id FOR UPDATE")
        for entry in try await Self.unwatched(among: found.map(\.boost), on: &db) {
            guard let work = try await BoostWork.load(entry.boost, client: entry.client, on: &db) else { continue }
            let isStop = work.state == .stopping || work.remoteID == nil
            try await BoostWatch(jobs: self.jobs).begin(isStop ? .stop : .status, of: work, dueAt: nil, on: &db)
            report.add(1)
        }
        report.add(0, isMore: found.count >= Int(Self.batch))
        return report
    }

    private static func unwatched(
        among boosts: [BoostID]?, on db: inout Transaction
    ) async throws -> [(client: ClientID, boost: BoostID)] {
        try await db.query(
            """
            SELECT client_id, boost_id FROM boost
            WHERE (\(boosts == nil) OR boost_id = ANY(\(boosts ?? [])))
              AND (state = 'stopping'
                   OR (remote_id IS NULL AND stop_asked_at IS NOT NULL AND state IN ('planned', 'starting', 'unknown', 'held'))
                   OR (remote_id IS NOT NULL
                       AND (state IN ('planned', 'starting', 'unknown', 'held', 'in-review', 'running', 'paused')
                            OR (state IN ('completed', 'stopped', 'rejected') AND settled_at IS NULL)
                            OR (state IN ('stopped', 'rejected') AND ends_at > world_now()))))
              AND NOT EXISTS (SELECT FROM job_scheduled AS job WHERE job.client_id = boost.client_id AND job.job_id = watch_job_id)
              AND NOT EXISTS (SELECT FROM job_ready AS job WHERE job.client_id = boost.client_id AND job.job_id = watch_job_id)
              AND NOT EXISTS (SELECT FROM job_lease AS job WHERE job.client_id = boost.client_id AND job.job_id = watch_job_id)
              AND NOT EXISTS (
                  SELECT FROM job_hold AS job
                  WHERE job.client_id = boost.client_id AND job.job_id = watch_job_id
                    AND job.held_at > world_now() - make_interval(secs => \(Self.pause)))
            LIMIT \(Self.batch)
            """
        ).map { row in (try row.get("client_id"), try row.get("boost_id")) }
    }
}
