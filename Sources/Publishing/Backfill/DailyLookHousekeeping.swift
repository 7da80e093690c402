// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence

/// Plans a look a day at every account whose past is known, for what others than Posthorn posted: each at a time of day of its own.
///
/// An account whose last look or backfill is not done yet is left out until the next day. Platforms that charge for reading are left out,
/// unless a person wants it for an account.
package struct DailyLookHousekeeping: Housekeeping {
    /// The most accounts that a round takes up.
    private static let batch: Int32 = 200

    private let jobs: JobStore
    private let registry: PluginRegistry

    /// Makes it.
    package init(jobs: JobStore, registry: PluginRegistry) {
        self.jobs = jobs
        self.registry = registry
    }

    /// `look-daily`.
    package var name: String { "look-daily" }

    /// Plans the looks of the accounts whose time has come.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let listing = self.registry.platforms.filter { self.registry[$0]?.history != nil }
        let free = listing.filter { self.registry.readsForFree($0) }
        let rows = try await db.pipeline([JobStore.planOnIndexes, Self.take(listing: listing, free: free)])[1]
        // While a queue or an app is paused, one look waits and not one for each day.
        let looks = try rows.filter { try !$0.get("is_waiting", as: Bool.self) }.map { row in
            try DailyLook.job(
                of: row.get("account_id"), client: row.get("client_id"), platform: row.get("platform"),
                last: row.get("looked_at"), now: row.get("now"))
        }
        if !looks.isEmpty { try await self.jobs.enqueue(looks, on: &db) }
        var report = HousekeepingReport()
        report.add(looks.count, isMore: rows.count >= Int(Self.batch))
        return report
    }

    /// Takes the accounts whose time has come, each with whether something of it waits: what is ready or runs is found by one look at the
    /// account's lane, what is planned by one walk over what its client has planned.
    ///
    /// After an outage each account is looked at once, and keeps its time of day.
    static func take(listing: [PlatformID], free: [PlatformID]) -> Statement {
        """
        WITH due AS MATERIALIZED (
            SELECT account.client_id, account.account_id
            FROM account
            JOIN client ON client.client_id = account.client_id
            WHERE account.next_look_at <= world_now() AND account.state = 'active' AND client.state = 'active'
              AND account.platform = ANY(\(listing))
              AND coalesce(account.looks_daily, account.platform = ANY(\(free)))
            ORDER BY account.next_look_at
            LIMIT \(Self.batch)
            FOR UPDATE OF account SKIP LOCKED
        ), waiting AS MATERIALIZED (
            SELECT due.client_id, due.account_id
            FROM due
            CROSS JOIN LATERAL (
                SELECT FROM job_ready AS ready
                WHERE era = \(ReadyEra.current) AND queue = \(QueueName.metrics) AND ready.client_id = due.client_id
                  AND ready.account_id = due.account_id AND kind = \(JobKind.backfill)
                ORDER BY priority, due_at, job_id
                LIMIT 1
            ) AS job
            UNION
            SELECT due.client_id, due.account_id
            FROM due
            CROSS JOIN LATERAL (
                SELECT FROM job_lease AS lease
                WHERE era = \(LeaseEra.current) AND lease.client_id = due.client_id AND lease.account_id = due.account_id
                  AND queue = \(QueueName.metrics) AND kind = \(JobKind.backfill)
                ORDER BY slot
                LIMIT 1
            ) AS job
            UNION
            SELECT owner.client_id, job.account_id
            FROM (SELECT DISTINCT client_id FROM due) AS owner
            CROSS JOIN LATERAL (
                SELECT account_id FROM job_scheduled AS planned
                WHERE planned.client_id = owner.client_id AND queue = \(QueueName.metrics)
                  AND kind = \(JobKind.backfill)
                ORDER BY due_at, job_id
            ) AS job
        )
        UPDATE account
        SET next_look_at = next_look_at + make_interval(
            days => 1 + floor(extract(epoch FROM world_now() - next_look_at) / 86400)::integer)
        FROM due
        WHERE account.client_id = due.client_id AND account.account_id = due.account_id
        RETURNING account.client_id, account.account_id, account.platform, world_now() AS now,
                  coalesce(account.looked_at, account.backfilled_at, world_now()) AS looked_at,
                  EXISTS (
                      SELECT FROM waiting
                      WHERE waiting.client_id = account.client_id AND waiting.account_id = account.account_id
                  ) AS is_waiting
        """
    }
}
