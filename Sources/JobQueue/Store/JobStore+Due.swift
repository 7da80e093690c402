// SPDX-License-Identifier: MIT

package import Foundation
import PQClient

/// What a due job acts on.
package struct DueSubject: Sendable, Hashable {
    /// What it acts on.
    package var subject: UUID
    /// Since when it is due, in world time; of several jobs the latest.
    package var dueAt: Date

    /// Names a subject.
    package init(_ subject: UUID, dueAt: Date) {
        self.subject = subject
        self.dueAt = dueAt
    }
}

extension JobStore {
    /// What the due jobs of the same kind and account act on, the longest due first; jobs that run are not among them.
    ///
    /// For handlers that can do the work of several in one go. Nothing is taken: each job still runs, and finds its work done.
    ///
    /// - Parameters:
    ///   - job: The job beside which they wait.
    ///   - limit: How many jobs are looked at, at most.
    /// - Returns: One entry for each subject.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func dueBeside(_ job: ClaimedJob, limit: Int) async throws -> [DueSubject] {
        guard let account = job.account else { return [] }
        let most = Int32(clamping: limit)
        let statement: Statement = """
            SELECT due.subject_id, max(due.due_at) AS due_at
            FROM (
                (SELECT subject_id, due_at
                 FROM job_ready
                 WHERE era = \(ReadyEra.current) AND queue = \(job.spec.queue) AND client_id = \(job.client)
                   AND account_id = \(account) AND kind = \(job.kind) AND subject_id IS NOT NULL
                   AND due_at <= (SELECT world_now())
                 ORDER BY priority, due_at, job_id
                 LIMIT \(most))
                UNION ALL
                (SELECT subject_id, due_at
                 FROM job_scheduled
                 WHERE client_id = \(job.client) AND due_at <= (SELECT world_now()) AND queue = \(job.spec.queue)
                   AND account_id = \(account) AND kind = \(job.kind) AND subject_id IS NOT NULL
                 ORDER BY due_at, job_id
                 LIMIT \(most))
            ) AS due
            GROUP BY due.subject_id
            ORDER BY min(due.due_at), due.subject_id
            """
        return try await self.pool.withConnection { db in
            try await db.pipeline([Self.planOnIndexes, statement])[1]
        }.map { row in
            DueSubject(try row.get("subject_id"), dueAt: try row.get("due_at"))
        }
    }
}
