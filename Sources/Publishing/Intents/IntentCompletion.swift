// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Writes what became of a send, when that is learned outside the run that sent: by a look at the platform, or from a
/// person.
///
/// It writes what the run would have written, in the caller's transaction. Doing it again changes nothing.
struct IntentCompletion: Sendable {
    var subject: IntentSubject
    var client: ClientID
    var jobs: JobStore
    var registry: PluginRegistry
    var ledger: BudgetLedger
    /// Who says so.
    var actor: String

    /// A part of it is confirmed: what now exists is recorded; when parts are missing the job goes on behind it.
    func confirmed(reason: String, on db: inout Transaction) async throws {
        let effects = try await EffectLedger.load(self.subject.operation, client: self.client, on: &db)
        var remotes: [Int: RemotePost] = [:]
        for effect in effects { remotes[effect.part] = EffectHost.remotePost(effect) }
        guard let first = remotes[0] else { return }
        switch self.subject {
        case .target(let target):
            guard let work = try await TargetWork.load(target, client: self.client, on: &db), work.state != "published",
                let plugin = self.registry[work.platform]
            else { return }
            let isComplete = (0..<work.visibleParts).allSatisfy { remotes[$0] != nil }
            // Nobody goes on with a target that was called off: what is visible of it is all there will be.
            guard isComplete || work.state == "cancelled" else {
                return try await self.plan(work, reason: reason, on: &db)
            }
            let parts = remotes.sorted { $0.key < $1.key }.map(\.value)
            var remote = first
            remote.publishedAt = first.publishedAt ?? effects.first { $0.part == 0 }?.sentAt
            try await PublishCompletion(
                work: work, remote: remote, parts: parts, plugin: plugin, jobs: self.jobs, actor: self.actor,
                reason: reason
            ).write(on: &db)
        case .boost(let boost):
            guard let work = try await BoostWork.load(boost, client: self.client, on: &db), work.remoteID == nil else {
                return
            }
            try await BoostRecord(
                work: work, boost: RemoteBoost(id: first.id, state: .running),
                limits: self.registry[work.platform]?.manifest.boost, jobs: self.jobs, ledger: self.ledger,
                actor: self.actor, reason: reason
            ).write(on: &db)
        }
    }

    /// A send took no effect: what it belongs to is planned again, and its job may send under the next number.
    func absent(reason: String, on db: inout Transaction) async throws {
        switch self.subject {
        case .target(let target):
            guard let work = try await TargetWork.load(target, client: self.client, on: &db) else { return }
            try await self.plan(work, reason: reason, on: &db)
        case .boost(let boost):
            guard let work = try await BoostWork.load(boost, client: self.client, on: &db),
                [.unknown, .starting].contains(work.state)
            else { return }
            if try await self.isLive(on: &db) {
                return try await work.move(to: .planned, actor: self.actor, reason: reason, on: &db)
            }
            // Its job was called off while the activation was unknown: nothing will spend the money any more.
            try await work.move(to: .cancelled, actor: self.actor, reason: reason, on: &db)
            try await self.ledger.releaseRest(for: work.owner, actor: self.actor, reason: reason, on: &db)
        }
    }

    private func plan(_ work: TargetWork, reason: String, on db: inout Transaction) async throws {
        guard work.state == "unknown" else { return }
        try await TargetRecord(client: work.client, target: work.target).move(
            to: "planned", actor: self.actor, reason: reason, on: &db)
    }

    /// Whether the job that sends is waiting, running or held.
    private func isLive(on db: inout Transaction) async throws -> Bool {
        try await db.query(
            """
            SELECT EXISTS (
                SELECT FROM effect e
                WHERE e.client_id = \(self.client) AND e.op_key = \(self.subject.operation)
                  AND (EXISTS (SELECT FROM job_hold j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
                       OR EXISTS (SELECT FROM job_scheduled j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
                       OR EXISTS (SELECT FROM job_ready j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
                       OR EXISTS (SELECT FROM job_lease j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)))
            """
        ).single()
    }
}

extension TargetWork {
    /// How many visible pieces it has: the posts of a thread, and a first comment.
    var visibleParts: Int { self.content.parts.count + (self.content.firstComment == nil ? 0 : 1) }
}
