// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What is written when a target is published: the publication, its metric plan, what the calls cost, and the boosts that waited for it.
struct PublishCompletion: Sendable {
    var work: TargetWork
    var remote: RemotePost
    var parts: [RemotePost]
    var plugin: RegisteredPlugin
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
            manifest: self.plugin.manifest, isNew: written.isNew)
        let charges = self.plugin.charging?.charges(for: self.work.content) ?? []
        try await ApiCostRepository.append(
            Array(charges.prefix(self.parts.count)), client: self.work.client, account: self.work.account,
            platform: self.work.platform, on: &db)
        if written.hasWaitingBoosts {
            planned += try await WaitingBoosts(
                client: self.work.client, target: self.work.target, account: self.work.account,
                platform: self.work.platform, limits: self.plugin.manifest.boost
            ).begin(with: written.id, on: &db)
        }
        _ = try await self.jobs.enqueue(planned, on: &db)
    }
}
