// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Reads a comment that a platform told of, and keeps what the platform gives now.
///
/// Nothing that was told is kept: a comment that is gone by then is marked so.
package struct CommentHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `fetch-comment`.
    package var kind: JobKind { .fetchComment }

    /// It is one request.
    package var deadline: Duration { .seconds(120) }

    /// Reads one comment.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let account = job.account, let subject = job.subject,
            let comments = self.services.registry[PlatformID(rawValue: job.provider)]?.comments
        else {
            return JobResult(.failed(JobFailure(code: "unsupported", message: "the platform gives no comments")))
        }
        let (standing, found) = try await self.services.pool.withConnection { db in
            let standing = try await Standing.load(client: job.client, account: account, on: &db)
            return (standing, try await Self.find(CommentID(subject), of: job.client, on: &db))
        }
        if let standing, standing.isPaused { return try await self.services.giveBack(job, standing) }
        guard let (remoteID, now) = found else { return JobResult(.cancelled(reason: "the comment is unknown")) }
        do {
            let comment = try await self.services.withAccess(
                client: job.client, account: account, for: "metrics", givesWay: true
            ) {
                access throws(PluginError) in try await comments.comment(remoteID, access)
            }
            return JobResult(.succeeded) { db in
                try await CommentRepository.record(
                    comment, as: CommentID(subject), of: job.client, begun: now, on: &db)
            }
        } catch let error as PluginError {
            if let stop = AppStop(error, job) { return stop.result() }
            let outcome = FailureDecision.outcome(
                of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
            guard case .keptBack(let pause, _) = outcome else { return JobResult(outcome) }
            return JobResult(outcome) { db in try await LaneClosing(job, error).close(for: pause, on: &db) }
        }
    }

    private static func find(
        _ comment: CommentID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> (remoteID: String, now: Date)? {
        try await db.query(
            """
            SELECT remote_id, world_now() AS now FROM comment
            WHERE client_id = \(client) AND comment_id = \(comment)
            """
        ).first.map { row in (try row.get("remote_id"), try row.get("now")) }
    }
}
