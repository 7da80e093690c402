// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// A held job that was let go.
package struct ReleasedJob: Sendable, Hashable {
    /// Which one.
    package var id: JobID
    /// Its owner.
    package var client: ClientID
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
        try await Self.release(
            "client_id = \(client) AND account_id = coalesce(\(account), account_id) AND reason = ANY(\(reasons))",
            on: &db)
    }

    /// Lets some held jobs of an app's accounts go on, in the caller's transaction and in the order of their identities.
    ///
    /// - Parameters:
    ///   - app: Whose accounts they work for.
    ///   - reason: The word they are held for, all others stay held.
    ///   - last: The page before ended with it; `nil` begins.
    ///   - limit: How many at most; fewer when there are no more, or when somebody else releases them at this moment.
    ///   - db: The caller's session.
    /// - Returns: What was released, in that order.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func releaseHeld(
        of app: LimitScope, reason: String, after last: JobID?, limit: Int, on db: inout some SQLSession & ~Copyable
    ) async throws -> [ReleasedJob] {
        try await Self.release(
            """
            (job_id, client_id) IN (
                SELECT h.job_id, h.client_id
                FROM job_hold h
                LEFT JOIN lane_policy p ON p.client_id = h.client_id AND p.account_id = h.account_id
                WHERE (\(last)::uuid IS NULL OR h.job_id > \(last)) AND h.reason = \(reason)
                  AND h.account_id <> \(AccountID.none)
                  AND coalesce('app:' || p.app_id, 'provider:' || h.provider) = \(app.description)
                ORDER BY h.job_id
                LIMIT \(Int64(limit))
            )
            """, on: &db
        ).sorted { $0.id < $1.id }
    }

    private static func release(
        _ which: Statement, on db: inout some SQLSession & ~Copyable
    ) async throws -> [ReleasedJob] {
        try await db.query(
            """
            WITH gone AS (
                DELETE FROM job_hold
                WHERE \(which)
                RETURNING \(unescaped: JobSpec.columns)
            )
            INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                   attempt, crash_count, defer_count, max_attempts, recovery, generation + 1, key, created_at,
                   \(ReadyEra.current)
            FROM gone
            RETURNING client_id, job_id, kind, subject_id
            """
        ).map { row in
            ReleasedJob(
                id: try row.get("job_id"), client: try row.get("client_id"), kind: try row.get("kind"),
                subject: try row.get("subject_id"))
        }
    }
}
