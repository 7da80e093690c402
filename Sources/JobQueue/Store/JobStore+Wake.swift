// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient

extension JobStore {
    /// Makes a job ready at once that waits for a later time, or is held until an outcome is known; in the caller's
    /// transaction.
    ///
    /// A job that is ready, runs or has ended stays where it is, and so does one that is held for anything else.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - client: Its owner.
    ///   - db: The caller's session.
    /// - Returns: Whether it was moved.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    @discardableResult
    package func wake(_ id: JobID, client: ClientID, on db: inout some SQLSession & ~Copyable) async throws -> Bool {
        try await db.execute(
            """
            WITH held AS (
                DELETE FROM job_hold
                WHERE client_id = \(client) AND job_id = \(id) AND reason = \(HoldReason.unknownOutcome)
                RETURNING \(unescaped: JobSpec.columns)
            ),
            scheduled AS (
                DELETE FROM job_scheduled
                WHERE client_id = \(client) AND job_id = \(id)
                RETURNING \(unescaped: JobSpec.columns)
            )
            INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority,
                   least(due_at, world_now()), attempt, crash_count, defer_count, max_attempts, recovery, generation, key,
                   created_at, \(ReadyEra.current)
            FROM (SELECT \(unescaped: JobSpec.columns) FROM held
                  UNION ALL SELECT \(unescaped: JobSpec.columns) FROM scheduled) AS waiting
            """) == 1
    }
}
