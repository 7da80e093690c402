// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

/// The one job that looks at a boost, or stops it, while it may cost money: each names the next before it ends.
struct BoostWatch: Sendable {
    var jobs: JobStore

    /// Makes a job the boost's watch, in the place of the one before.
    func begin(_ step: BoostStep, of work: BoostWork, dueAt: Date?, on db: inout Transaction) async throws {
        let job = work.job(step, dueAt: dueAt)
        _ = try await self.jobs.enqueue([job], on: &db)
        try await db.execute(
            "UPDATE boost SET watch_job_id = \(job.id) WHERE client_id = \(work.client) AND boost_id = \(work.boost)")
    }

    /// Whether another job than this one watches the boost already.
    func isKept(of work: BoostWork, besides job: JobID? = nil, on db: inout some SQLSession & ~Copyable) async throws
        -> Bool
    {
        guard let watch = work.watchJob, watch != job else { return false }
        return try await db.query(Self.isLive(watch, of: work.client)).single()
    }

    private static func isLive(_ job: JobID, of client: ClientID) -> Statement {
        """
        SELECT EXISTS (SELECT FROM job_scheduled WHERE client_id = \(client) AND job_id = \(job))
            OR EXISTS (SELECT FROM job_ready WHERE client_id = \(client) AND job_id = \(job))
            OR EXISTS (SELECT FROM job_lease WHERE client_id = \(client) AND job_id = \(job))
        """
    }
}
