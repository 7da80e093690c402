// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

/// A publication that is to be read.
struct MetricEntry: Sendable {
    /// Ours.
    var publication: PublicationID
    /// The platform's.
    var remote: RemotePost
    /// Whether it was read since its job fell due: then there is nothing left to do.
    var isRead: Bool
}

/// The publications that one call reads: that of the job that runs, and those of its account that are due too.
///
/// The jobs of the others run later and find their reading made.
struct MetricRound: Sendable {
    /// That of the job.
    var own: MetricEntry
    /// The others; they fit into one call.
    var others: [MetricEntry]

    /// How many due jobs are looked at for each publication that a call takes: after a standstill several ages of one are due.
    private static let jobsEach = 4

    /// Finds what to read.
    ///
    /// - Parameters:
    ///   - job: The job that runs; its subject is a publication.
    ///   - account: Its account.
    ///   - size: How many publications a call takes.
    ///   - services: The database and the queue.
    /// - Returns: `nil` when the job's own publication is gone, or was only imported.
    /// - Throws: What the database throws.
    static func load(
        _ job: ClaimedJob, account: AccountID, size: Int, from services: HandlerServices
    ) async throws -> MetricRound? {
        guard let subject = job.subject else { return nil }
        let wanted = [DueSubject(subject, dueAt: job.dueAt)]
        guard let own = try await self.entries(wanted, job, account, services.pool).first else { return nil }
        guard size > 1, !own.isRead else { return MetricRound(own: own, others: []) }
        let due = try await services.jobs.dueBeside(job, limit: size * Self.jobsEach)
            .filter { $0.subject != subject }
        let others = due.isEmpty ? [] : try await self.entries(due, job, account, services.pool)
        return MetricRound(own: own, others: Array(others.filter { !$0.isRead }.prefix(size - 1)))
    }

    /// What the platform can be asked for of these, in their order.
    private static func entries(
        _ wanted: [DueSubject], _ job: ClaimedJob, _ account: AccountID, _ pool: ConnectionPool
    ) async throws -> [MetricEntry] {
        try await pool.query(
            """
            SELECT publication.publication_id, publication.remote_id, publication.url, publication.published_at,
                   EXISTS (
                       SELECT FROM sample
                       WHERE sample.client_id = publication.client_id
                         AND sample.publication_id = publication.publication_id
                         AND sample.read_at >= wanted.due_at AND sample.source = 'platform') AS is_read
            FROM unnest(\(wanted.map(\.subject)), \(wanted.map(\.dueAt)))
                 WITH ORDINALITY AS wanted (publication_id, due_at, place)
            JOIN publication ON publication.client_id = \(job.client)
             AND publication.publication_id = wanted.publication_id
            WHERE publication.account_id = \(account) AND publication.state IN ('live', 'edited')
              AND publication.origin <> 'import'
            ORDER BY wanted.place
            """
        ).map { row in
            MetricEntry(
                publication: try row.get("publication_id"),
                remote: RemotePost(
                    id: try row.get("remote_id"), url: try row.get("url"), publishedAt: try row.get("published_at")),
                isRead: try row.get("is_read"))
        }
    }
}
