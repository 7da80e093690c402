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
        // After an outage each account is looked at once, and keeps its time of day.
        let rows = try await db.query(
            """
            WITH due AS (
                SELECT account.client_id, account.account_id
                FROM account
                JOIN client ON client.client_id = account.client_id
                WHERE account.next_look_at <= world_now() AND account.state = 'active' AND client.state = 'active'
                  AND account.platform = ANY(\(listing))
                  AND coalesce(account.looks_daily, account.platform = ANY(\(free)))
                ORDER BY account.next_look_at
                LIMIT \(Self.batch)
                FOR UPDATE OF account SKIP LOCKED
            ), waiting AS (
                SELECT client_id, account_id FROM job_scheduled
                WHERE client_id IN (SELECT client_id FROM due) AND queue = 'metrics' AND kind = 'backfill'
                UNION
                SELECT client_id, account_id FROM job_ready
                WHERE client_id IN (SELECT client_id FROM due) AND queue = 'metrics' AND kind = 'backfill'
                UNION
                SELECT client_id, account_id FROM job_lease
                WHERE client_id IN (SELECT client_id FROM due) AND queue = 'metrics' AND kind = 'backfill'
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
            """)
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
}
