// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What is written when a target is published: the publication, its metric plan, what the calls cost, and the boosts that waited for it.
///
/// Those that are written at the same moment share their statements; what is rare, such as a post that a look at the account's past found
/// first, and boosts that waited, is written one by one.
struct PublishCompletion: JobRecord {
    var work: TargetWork
    var remote: RemotePost
    var parts: [RemotePost]
    var plugin: RegisteredPlugin
    var jobs: JobStore
    /// Who says that it is there.
    var actor = "posthorn"
    /// Why, for the history.
    var reason: String?

    static func write(_ completions: [PublishCompletion], on db: inout Transaction) async throws -> [Statement] {
        let written = try await PublicationRecord.write(completions.map(\.record), on: &db)
        var planned: [NewJob] = []
        var costs: [ApiCostRepository.Charge] = []
        for case (let completion, let written?) in zip(completions, written) {
            planned += try await completion.jobs(for: written, on: &db)
            costs.append(completion.charge)
        }
        let charged = ApiCostRepository.append(costs).map { [$0] } ?? []
        return charged + (completions.first?.jobs.statements(toEnqueue: planned) ?? [])
    }

    private var record: PublicationRecord {
        PublicationRecord(
            work: self.work, remote: self.remote, parts: self.parts, actor: self.actor,
            reason: self.reason ?? "published as \(self.remote.id)")
    }

    /// What the platform charges for what was published.
    private var charge: ApiCostRepository.Charge {
        let charges = self.plugin.charging?.charges(for: self.work.content) ?? []
        return ApiCostRepository.Charge(
            costs: Array(charges.prefix(self.parts.count)), client: self.work.client, account: self.work.account,
            platform: self.work.platform)
    }

    /// The readings of its metrics, and the starts of the boosts that waited for it.
    private func jobs(
        for written: PublicationRecord.Written, on db: inout Transaction
    ) async throws -> [NewJob] {
        let planned = MetricPlan.jobs(
            for: written.id, publishedAt: written.publishedAt, client: self.work.client, account: self.work.account,
            manifest: self.plugin.manifest, isNew: written.isNew)
        guard written.hasWaitingBoosts else { return planned }
        let boosts = WaitingBoosts(
            client: self.work.client, target: self.work.target, account: self.work.account,
            platform: self.work.platform, limits: self.plugin.manifest.boost)
        return planned + (try await boosts.begin(with: written.id, on: &db))
    }
}
