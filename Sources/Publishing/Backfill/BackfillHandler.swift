// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Records what an account posted before it was connected, a page at a time, and plans the readings of its numbers.
///
/// A run goes on at its cursor, whoever works on it. It takes the slots of metrics, never those of publishing.
package struct BackfillHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `backfill`.
    package var kind: JobKind { .backfill }

    /// A page is one call, or two.
    package var deadline: Duration { .seconds(300) }

    /// Reads one page.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        guard let account = job.account, let plugin = self.services.registry[PlatformID(rawValue: job.provider)],
            let listing = plugin.history
        else {
            return JobResult(
                .failed(JobFailure(code: "unsupported", message: "the platform lists no earlier posts")))
        }
        let standing = try await self.services.pool.withConnection { db in
            try await Standing.load(client: job.client, account: account, on: &db)
        }
        if let standing, standing.isPaused { return try await self.services.giveBack(job, standing) }
        let step: BackfillStep = try JSONColumn.decode(job.payload)
        let page: HistoryPage
        do {
            let own = try await self.own(job.client, account, since: step.since)
            page = try await self.services.withAccess(
                client: job.client, account: account, for: plugin.metrics == nil ? "publish" : "metrics",
                givesWay: true
            ) { access throws(PluginError) in
                try await listing.history(
                    HistoryRequest(
                        access: access, since: step.since, cursor: step.cursor, limit: step.wanted, own: own))
            }
        } catch let error as PluginError {
            if let stop = AppStop(error, job) { return stop.result() }
            let outcome = FailureDecision.outcome(
                of: error, attempt: job.attempt, maximumAttempts: job.spec.maximumAttempts)
            guard case .keptBack(let pause, _) = outcome else { return JobResult(outcome) }
            return JobResult(outcome) { db in try await LaneClosing(job, error).close(for: pause, on: &db) }
        }
        let posts = page.posts.filter { $0.publishedAt >= step.since && $0.publishedAt <= step.until }
        let next = try step.next(after: posts.count, at: page.next)?.job(
            of: account, client: job.client, platform: plugin.manifest.id)
        let record = BackfillRecord(
            client: job.client, account: account, manifest: plugin.manifest, posts: Array(posts.prefix(step.left)))
        let jobs = self.services.jobs
        let isPast = page.posts.contains { $0.publishedAt < step.since }
        let costs = plugin.charging?.charges(for: .ownPosts(page.posts.count)) ?? []
        return JobResult(.succeeded) { db in
            try await ApiCostRepository.append(
                costs, client: job.client, account: account, platform: plugin.manifest.id, on: &db)
            let (readings, reachesFound) = try await record.write(on: &db)
            let isOver = step.untilKnown == true && (reachesFound || isPast)
            if let next, !isOver {
                try await jobs.enqueue(readings + [next], on: &db)
            } else {
                let now = try await record.end(wholePast: step.untilKnown != true, on: &db)
                let fit = NewJob.fitTimes(
                    account: account, client: job.client, platform: plugin.manifest.id, after: step.run, now: now)
                // A look that found nothing teaches nothing.
                let isNews = step.untilKnown != true || step.page > 1 || !readings.isEmpty
                try await jobs.enqueue(plugin.metrics == nil || !isNews ? readings : readings + [fit], on: &db)
            }
        }
    }

    /// What Posthorn published on the account, newest first: some platforms list it under another identity.
    private func own(_ client: ClientID, _ account: AccountID, since: Date) async throws -> [RemotePost] {
        try await self.services.pool.query(
            """
            SELECT remote_id, published_at FROM publication
            WHERE client_id = \(client) AND account_id = \(account) AND origin = 'posthorn' AND published_at >= \(since)
            ORDER BY published_at DESC
            LIMIT 1000
            """
        ).map { row in RemotePost(id: try row.get("remote_id"), publishedAt: try row.get("published_at")) }
    }
}
