// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Plans the readings of a sweep: one job for each account, and for each of its late publications.
///
/// They are due one after another, so that a sweep is no burst.
package struct SweepMetricsHandler: JobHandler {
    /// How far apart the readings are due.
    private static let distance: TimeInterval = 2

    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `sweep-metrics`.
    package var kind: JobKind { .sweepMetrics }

    /// Plans one sweep.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
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
        for (index, row) in rows.enumerated() {
            let account: AccountID = try row.get("account_id")
            let platform: PlatformID = try row.get("platform")
            let now: Date = try row.get("now")
            let dueAt = now.addingTimeInterval(Double(index) * Self.distance)
            if let publication: PublicationID = try row.get("publication_id") {
                readings.append(
                    .fetchMetrics(
                        publication: publication, client: job.client, account: account, platform: platform,
                        dueAt: dueAt, key: "sweep:\(job.id):\(publication)"))
            } else {
                readings.append(
                    .fetchAccountMetrics(
                        account: account, client: job.client, platform: platform, dueAt: dueAt,
                        key: "sweep:\(job.id):\(account)"))
            }
        }
        let planned = readings
        return JobResult(.succeeded) { db in try await self.services.jobs.enqueue(planned, on: &db) }
    }
}
