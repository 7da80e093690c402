// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

/// What is written when a target is published: the publication, its metric plan, and the boosts that waited for it.
struct PublishCompletion: Sendable {
    var work: TargetWork
    var remote: RemotePost
    var parts: [RemotePost]
    var manifest: PluginManifest
    var jobs: JobStore
    /// Who says that it is there.
    var actor = "posthorn"
    /// Why, for the history.
    var reason: String?

    func write(on db: inout Transaction) async throws {
        let record = PublicationRecord(work: self.work, remote: self.remote, parts: self.parts)
        let written = try await record.write(
            actor: self.actor, reason: self.reason ?? "published as \(self.remote.id)", on: &db)
        guard let written else { return }
        var planned = MetricPlan.jobs(
            for: written.id, publishedAt: written.publishedAt, client: self.work.client, account: self.work.account,
            manifest: self.manifest)
        if written.hasWaitingBoosts { planned += try await self.waitingBoosts(written.id, on: &db) }
        _ = try await self.jobs.enqueue(planned, on: &db)
    }

    /// Boosts that were planned for when this target is published.
    private func waitingBoosts(_ publication: PublicationID, on db: inout Transaction) async throws -> [NewJob] {
        let rows = try await db.query(
            """
            UPDATE boost SET publication_id = \(publication), state = 'planned'
            WHERE client_id = \(self.work.client) AND target_id = \(self.work.target) AND state = 'waiting'
            RETURNING boost_id, starts_at
            """)
        var jobs: [NewJob] = []
        for row in rows {
            let job = NewJob.startBoost(
                try row.get("boost_id"), client: self.work.client, account: self.work.account,
                platform: self.work.platform,
                dueAt: try row.get("starts_at"))
            let boost: BoostID = try row.get("boost_id")
            try await db.execute(
                "UPDATE boost SET job_id = \(job.id) WHERE client_id = \(self.work.client) AND boost_id = \(boost)")
            jobs.append(job)
        }
        return jobs
    }
}
