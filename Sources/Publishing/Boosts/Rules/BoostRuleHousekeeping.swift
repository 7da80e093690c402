// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence

/// Sees to it that the rules of every client are applied again, whatever became of the job that was to do it.
///
/// A run plans the next one; a run that was cancelled or has failed does not.
package struct BoostRuleHousekeeping: Housekeeping {
    /// A run that is due has so long to plan the next one itself, in seconds of the world.
    private static let patience: TimeInterval = 600

    private let jobs: JobStore

    /// Makes it.
    package init(jobs: JobStore) { self.jobs = jobs }

    /// `plan-boost-rules`.
    package var name: String { "plan-boost-rules" }

    /// Plans the run of every client with active rules that has none.
    ///
    /// One that took workers with it is held: for a day a person may look at it, then the rules are tried again.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let clients: [ClientID] = try await db.query(
            """
            SELECT DISTINCT rule.client_id
            FROM boost_rule AS rule
            WHERE rule.state = 'active'
              AND NOT EXISTS (
                  SELECT FROM job_hold AS held
                  WHERE held.client_id = rule.client_id AND held.kind = \(JobKind.applyBoostRules)
                    AND held.held_at > world_now() - interval '1 day')
            ORDER BY rule.client_id
            """
        ).column()
        let due = try await WorldTime.now(on: &db).addingTimeInterval(-Self.patience)
        // Its key makes it one with the run that is planned already.
        let planned = try await self.jobs.enqueue(clients.map { .applyBoostRules(client: $0, after: due) }, on: &db)
        var report = HousekeepingReport()
        report.add(planned.count(where: \.isNew))
        return report
    }
}
