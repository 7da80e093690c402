// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Plans what an event asks for: a look at the object itself.
struct WebhookWork: Sendable {
    var platform: PlatformID
    var jobs: JobStore
    /// Whether the platform's comments can be read.
    var readsComments: Bool
    /// What the delivery's jobs are known by.
    var mark: String

    /// Plans the jobs of one event; an account that nobody connected has none.
    ///
    /// - Returns: How many jobs were planned or brought forward.
    func plan(_ event: WebhookEvent, on db: inout Transaction) async throws -> Int {
        let rows = try await db.query(
            """
            SELECT client_id, account_id FROM account
            WHERE platform = \(self.platform) AND external_id = \(event.account) AND state NOT IN ('disconnected', 'moved')
            """)
        guard let row = rows.first else { return 0 }
        let client: ClientID = try row.get("client_id")
        let account: AccountID = try row.get("account_id")
        switch event.subject {
        case .account:
            let job = NewJob.fetchAccountMetrics(
                account: account, client: client, platform: self.platform, dueAt: nil,
                key: "webhook:\(self.mark):\(account)")
            return try await self.jobs.enqueue([job], on: &db).count
        case .post(let post): return try await self.read(post, client, account, on: &db)
        case .comment(let comment, let post):
            guard self.readsComments else { return try await self.read(post, client, account, on: &db) }
            let noted = try await CommentRepository.note(
                comment, under: post, account: account, client: client, platform: self.platform, on: &db)
            let job = NewJob.fetchComment(
                noted, client: client, account: account, platform: self.platform, key: "webhook:\(self.mark):\(noted)")
            return try await self.jobs.enqueue([job], on: &db).count
        case .publishing: return try await self.resume(client, account, on: &db)
        case .authorizationRemoved(let reason, let instant):
            try await self.stop(client, account, reason: reason, at: instant, on: &db)
            return 0
        }
    }

    /// Reads a publication's numbers now; a reading also finds out whether it is gone.
    private func read(
        _ post: String, _ client: ClientID, _ account: AccountID, on db: inout Transaction
    ) async throws -> Int {
        let found: [PublicationID] = try await db.query(
            """
            SELECT publication_id FROM publication
            WHERE client_id = \(client) AND account_id = \(account) AND state IN ('live', 'edited')
              AND (remote_id = \(post) OR parts @> jsonb_build_array(jsonb_build_object('id', \(post)::text)))
            """
        ).column()
        let jobs = found.map {
            NewJob.fetchMetrics(
                publication: $0, client: client, account: account, platform: self.platform, dueAt: nil,
                key: "webhook:\(self.mark):\($0)")
        }
        return jobs.isEmpty ? 0 : try await self.jobs.enqueue(jobs, on: &db).count
    }

    /// Lets the account's posts that the platform is working on be looked at now; which of them it is only the plugin's own state knows.
    private func resume(_ client: ClientID, _ account: AccountID, on db: inout Transaction) async throws -> Int {
        let waiting: [JobID] = try await db.query(
            """
            SELECT job.job_id FROM job_scheduled AS job
            JOIN target ON target.client_id = job.client_id AND target.job_id = job.job_id AND target.state = 'processing'
            WHERE job.client_id = \(client) AND job.account_id = \(account) AND job.kind = 'publish'
              AND job.due_at > world_now()
            """
        ).column()
        let now = try await WorldTime.now(on: &db)
        for job in waiting { try await self.jobs.reschedule(job, client: client, to: now, on: &db) }
        return waiting.count
    }

    /// Nothing can be done with the account any more until a person connects it again.
    ///
    /// What is older than the tokens that it has now is over: it was connected again before the news came. An account that is paused
    /// stays so, because connecting it again would begin to publish: its next use finds out.
    private func stop(
        _ client: ClientID, _ account: AccountID, reason: String, at instant: Date, on db: inout Transaction
    ) async throws {
        let isCurrent: Bool = try await db.query(
            """
            SELECT EXISTS (
                SELECT FROM account
                JOIN account_grant USING (client_id, account_id)
                JOIN access_grant USING (grant_id)
                WHERE client_id = \(client) AND account_id = \(account) AND account.state IN ('active', 'needs-human')
                  AND coalesce(refreshed_at, access_grant.created_at) <= \(instant))
            """
        ).single()
        guard isCurrent else { return }
        try await AccountRepository.setState(
            account, of: client, to: .needsReconnect, actor: "webhook", reason: reason, on: &db)
    }
}
