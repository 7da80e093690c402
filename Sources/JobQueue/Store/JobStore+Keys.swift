// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

extension JobStore {
    /// The job that a key stands for, whether it is live or has ended.
    ///
    /// Until the transaction ends, others who ask for the key wait here: whoever comes first decides what it stands for.
    ///
    /// - Returns: `nil` when the key was never used, or longer ago than it is remembered.
    package func job(
        under key: String, kind: JobKind, client: ClientID, on db: inout Transaction
    ) async throws -> JobID? {
        let name = "\(client)/\(kind)/\(key)"
        try await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('posthorn.key.' || \(name), 0))")
        let found: [JobID] = try await db.query(
            """
            SELECT job_id
            FROM job_key
            WHERE client_id = \(client) AND scope = \(kind) AND key_hash = sha256(convert_to(\(key), 'UTF8'))
              AND expires_at > world_now()
            """
        ).column()
        return found.first
    }

    /// What a job acts on, in the caller's transaction, wherever the job is.
    ///
    /// - Returns: `nil` when it acts on nothing, or its history is gone.
    package func subject(of job: JobID, client: ClientID, on db: inout Transaction) async throws -> UUID? {
        let found: [UUID] = try await db.query(
            """
            SELECT subject_id
            FROM (
                SELECT client_id, job_id, subject_id FROM job_scheduled
                UNION ALL SELECT client_id, job_id, subject_id FROM job_ready
                UNION ALL SELECT client_id, job_id, subject_id FROM job_lease
                UNION ALL SELECT client_id, job_id, subject_id FROM job_hold
                UNION ALL SELECT client_id, job_id, subject_id FROM attempt
            ) AS place
            WHERE client_id = \(client) AND job_id = \(job) AND subject_id IS NOT NULL
            LIMIT 1
            """
        ).column()
        return found.first
    }

    /// Lets a key stand for a job that was made without it, as long as a new job's key is remembered.
    ///
    /// The caller has asked ``job(under:kind:client:on:)`` in the same transaction.
    ///
    /// - Throws: ``JobQueueError`` with code `conflict` when the key stands for another job.
    package func keep(
        _ key: String, for job: JobID, kind: JobKind, client: ClientID, on db: inout Transaction
    ) async throws {
        let lifetime = NewJob.usualKeyLifetime.seconds
        let standing: [JobID] = try await db.query(
            """
            INSERT INTO job_key AS k (client_id, scope, key_hash, job_id, expires_at, made_real)
            VALUES (\(client), \(kind), sha256(convert_to(\(key), 'UTF8')), \(job),
                    world_now() + make_interval(secs => \(lifetime)), statement_timestamp())
            ON CONFLICT (client_id, scope, key_hash) DO UPDATE
            SET job_id = excluded.job_id, expires_at = excluded.expires_at, made_real = excluded.made_real
            WHERE k.expires_at <= world_now() OR k.job_id = excluded.job_id
            RETURNING job_id
            """
        ).column()
        guard standing == [job] else {
            throw JobQueueError(.conflict, "the key '\(key)' stands for another job already: use another key", job: job)
        }
    }
}
