// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// A held job that was let go.
package struct ReleasedJob: Sendable, Hashable {
    /// Which one.
    package var id: JobID
    /// What it does.
    package var kind: JobKind
    /// What it acts on.
    package var subject: UUID?
}

extension JobStore {
    /// Lets a client's held jobs go on, in the caller's transaction, when what they waited for is there again.
    ///
    /// Due times and counts are kept; what a send of theirs left unknown is still settled first by the next run.
    ///
    /// - Parameters:
    ///   - client: Their owner.
    ///   - account: The account they work for; `nil` for every account of the client.
    ///   - reasons: The words they are held for, all others stay held.
    ///   - db: The caller's session.
    /// - Returns: What was released, in no order.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    @discardableResult
    package func releaseHeld(
        client: ClientID, account: AccountID?, reasons: [String], on db: inout some SQLSession & ~Copyable
    ) async throws -> [ReleasedJob] {
        try await db.query(
            """
            WITH gone AS (
                DELETE FROM job_hold
                WHERE client_id = \(client) AND account_id = coalesce(\(account), account_id)
                  AND reason = ANY(\(reasons))
                RETURNING \(unescaped: JobSpec.columns)
            )
            INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                   attempt, crash_count, defer_count, max_attempts, recovery, generation + 1, key, created_at,
                   \(ReadyEra.current)
            FROM gone
            RETURNING job_id, kind, subject_id
            """
        ).map { row in
            ReleasedJob(id: try row.get("job_id"), kind: try row.get("kind"), subject: try row.get("subject_id"))
        }
    }
}
