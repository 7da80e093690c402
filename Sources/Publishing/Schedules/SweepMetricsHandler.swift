// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Plans the readings of a sweep: one job for each account, and for each of its late publications.
///
/// As many as a call takes are due together, and what one call reads after the other, so that a sweep is no burst. Several sweeps of a
/// schedule that are due together would read the same numbers several times: only the latest does.
package struct SweepMetricsHandler: JobHandler {
    /// How far apart the calls are due.
    private static let distance: TimeInterval = 2

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `sweep-metrics`.
    package var kind: JobKind { .sweepMetrics }

    /// Plans one sweep.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard try await !self.isSuperseded(job) else {
            return JobResult(.cancelled(reason: "a later slot of its schedule reads the same numbers"))
        }
        let sweep: MetricSweep = try JSONColumn.decode(job.payload)
        let readable = self.services.registry.platforms.filter { self.services.registry[$0]?.metrics != nil }
        let rows = try await self.services.pool.query(
            """
            WITH swept AS (
                SELECT client_id, account_id, platform
                FROM account
                WHERE client_id = \(job.client) AND state = 'active' AND platform = ANY(\(readable))
                  AND (\(sweep.accounts.isEmpty) OR account_id = ANY(\(sweep.accounts)))
            )
            SELECT account_id, platform, NULL::uuid AS publication_id, world_now() AS now
            FROM swept
            UNION ALL
            SELECT swept.account_id, swept.platform, publication.publication_id, world_now()
            FROM swept
            JOIN publication ON publication.client_id = swept.client_id AND publication.account_id = swept.account_id
            WHERE publication.published_at > world_now() - make_interval(secs => \(Double(sweep.days) * 86_400))
              AND publication.state IN ('live', 'edited') AND publication.origin <> 'import'
            ORDER BY account_id, publication_id NULLS FIRST
            """)
        var readings: [NewJob] = []
        var moment = MetricSweepMoment()
        for row in rows {
            let account: AccountID = try row.get("account_id")
            let platform: PlatformID = try row.get("platform")
            let now: Date = try row.get("now")
            if let publication: PublicationID = try row.get("publication_id") {
                let size = self.services.registry[platform]?.manifest.metricsBatch ?? 1
                let call = moment.call(for: account, size: size)
                readings.append(
                    .fetchMetrics(
                        publication: publication, client: job.client, account: account, platform: platform,
                        dueAt: now.addingTimeInterval(Double(call) * Self.distance),
                        key: "sweep:\(job.id):\(publication)"))
            } else {
                let call = moment.call()
                readings.append(
                    .fetchAccountMetrics(
                        account: account, client: job.client, platform: platform,
                        dueAt: now.addingTimeInterval(Double(call) * Self.distance),
                        key: "sweep:\(job.id):\(account)"))
            }
        }
        let planned = readings
        return JobResult(.succeeded) { db in try await self.services.jobs.enqueue(planned, on: &db) }
    }

    /// Whether a later slot of its schedule is due too: sweeps that waited together, for a worker or for the end of a pause, are one.
    ///
    /// What a person wishes for by hand, or brought back, is always done; and what was cancelled or failed for good reads no numbers.
    private func isSuperseded(_ job: ClaimedJob) async throws -> Bool {
        guard job.spec.generation == 1 else { return false }
        return try await self.services.pool.query(
            """
            SELECT EXISTS (
                SELECT
                FROM schedule_slot own
                JOIN schedule_slot later ON later.client_id = own.client_id AND later.schedule_id = own.schedule_id
                WHERE own.client_id = \(job.client) AND own.job_id = \(job.id) AND own.cause = 'schedule'
                  AND later.cause = 'schedule' AND later.outcome = 'fired' AND later.slot_at > own.slot_at
                  AND later.due_at <= world_now()
                  AND NOT EXISTS (
                      SELECT
                      FROM attempt ended
                      WHERE ended.client_id = later.client_id AND ended.job_id = later.job_id AND ended.final
                        AND ended.outcome <> 'succeeded'))
            """
        ).single()
    }
}

/// Counts the calls of a sweep.
private struct MetricSweepMoment {
    private var calls = 0
    private var account: AccountID?
    private var inCall = 0

    /// The number of a call of its own, from 0.
    mutating func call() -> Int {
        self.account = nil
        self.calls += 1
        return self.calls - 1
    }

    /// The number of the call that reads the next publication of an account.
    mutating func call(for account: AccountID, size: Int) -> Int {
        if self.account == account, self.inCall < size {
            self.inCall += 1
            return self.calls - 1
        }
        let number = self.call()
        self.account = account
        self.inCall = 1
        return number
    }
}
