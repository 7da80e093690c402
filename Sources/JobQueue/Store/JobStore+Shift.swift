// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// Another due time for a job that waits for the one it has.
package struct DueShift: Sendable, Hashable {
    /// Its owner.
    package var client: ClientID
    /// The job.
    package var job: JobID
    /// The due time that it waits for.
    package var from: Date
    /// The due time that it gets.
    package var to: Date

    /// Makes a shift.
    package init(client: ClientID, job: JobID, from: Date, to: Date) {
        self.client = client
        self.job = job
        self.from = from
        self.to = to
    }
}

extension JobStore {
    /// Gives scheduled jobs other due times, each one that still waits for the due time that is named.
    ///
    /// What is ready or runs, is held, was given another time by a person, or is in another's hand at this moment is left alone: it waits for
    /// nobody, so it cannot be part of a deadlock.
    ///
    /// - Returns: The jobs that were given their time.
    package func shift(_ shifts: [DueShift], on db: inout Transaction) async throws -> Set<JobID> {
        guard !shifts.isEmpty else { return [] }
        let moved = try await db.query(
            """
            WITH waiting AS MATERIALIZED (
                SELECT job.client_id, job.job_id, given.due_at
                FROM unnest(\(shifts.map(\.client)), \(shifts.map(\.job)), \(shifts.map(\.from)), \(shifts.map(\.to)))
                     AS given (client_id, job_id, was_due_at, due_at)
                JOIN job_scheduled AS job ON job.job_id = given.job_id AND job.client_id = given.client_id
                WHERE job.due_at = given.was_due_at
                FOR UPDATE OF job SKIP LOCKED
            )
            UPDATE job_scheduled AS job
            SET due_at = waiting.due_at
            FROM waiting
            WHERE job.job_id = waiting.job_id AND job.client_id = waiting.client_id
            RETURNING job.job_id
            """)
        return Set(try moved.column(JobID.self))
    }
}
