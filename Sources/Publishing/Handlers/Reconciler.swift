// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

/// Settles sends whose outcome is not known, before anything is sent again.
struct Reconciler: Sendable {
    /// What is known afterwards.
    enum Settlement: Sendable {
        /// Nothing is unknown any more.
        case settled
        /// It is too early to say; look again after the pause.
        case lookAgain(Duration, reason: String)
        /// The platform refuses it as a duplicate of something that this operation did not make.
        case foreign
        /// Looking does not settle it: a person must.
        case person(String)
    }

    /// How far the platform's clock may be behind ours when a send's time is compared with a post's.
    private static let clockMargin: TimeInterval = 120
    /// How many looks that prove nothing are taken before a person is asked.
    private static let longestPatience = 20

    var services: HandlerServices
    var plugin: RegisteredPlugin
    var context: JobContext
    var job: ClaimedJob

    func settle(_ effects: [Effect], of work: TargetWork) async throws -> Settlement {
        for effect in effects where effect.state == .unknown || effect.state == .sending {
            guard let reconciling = self.plugin.reconciling else {
                return .person("the platform cannot be asked whether it was published")
            }
            let step = try await self.look(effect, all: effects, work: work) { send throws(PluginError) in
                try await reconciling.find(send)
            }
            if case .settled = step { continue }
            return step
        }
        return .settled
    }

    private func look(
        _ effect: Effect, all effects: [Effect], work: TargetWork,
        find: (UnknownSend) async throws(PluginError) -> Finding
    ) async throws -> Settlement {
        let lag = self.plugin.manifest.listingLag
        let sentAt = effect.sentAt ?? work.now
        let age = Duration.seconds(work.now.timeIntervalSince(sentAt))
        guard age >= lag else {
            return .lookAgain(lag - age, reason: "waiting until the platform's lists must show it")
        }

        var confirmed: [Int: RemotePost] = [:]
        for other in effects { confirmed[other.part] = EffectHost.remotePost(other) }
        let known = confirmed
        let others = try await self.others(work, since: sentAt)
        let checkpoint = try effects.first { $0.part == 0 }?.checkpoint.map(StoredCheckpoint.init(data:))
        let finding = try await self.services.withAccess(client: work.client, account: work.account, for: "publish") {
            access throws(PluginError) in
            try await find(
                UnknownSend(
                    access: access, content: work.content, part: effect.part, confirmed: known,
                    checkpoint: checkpoint?.state,
                    sentAfter: sentAt.addingTimeInterval(-Self.clockMargin), key: "\(work.operation)#\(effect.part)",
                    others: others))
        }
        return try await self.record(finding, effect: effect, work: work, lag: lag)
    }

    /// What the account published around that time under other operations: two posts with the same words are two posts.
    private func others(_ work: TargetWork, since sentAt: Date) async throws -> Set<String> {
        let start = sentAt.addingTimeInterval(-86_400)
        let rows = try await self.services.pool.query(
            """
            SELECT remote_id AS id FROM publication
            WHERE client_id = \(work.client) AND account_id = \(work.account) AND published_at >= \(start)
              AND target_id IS DISTINCT FROM \(work.target)
            UNION
            SELECT part ->> 'id' FROM publication, jsonb_array_elements(parts) AS part
            WHERE client_id = \(work.client) AND account_id = \(work.account) AND published_at >= \(start)
              AND target_id IS DISTINCT FROM \(work.target)
            """)
        var ids = Set<String>()
        for row in rows { if let id: String = try row.get("id") { ids.insert(id) } }
        // What is confirmed and not yet recorded as a publication.
        let confirmed = try await EffectLedger(pool: self.services.pool).evidence(
            client: work.client, account: work.account, since: start, except: work.operation)
        for evidence in confirmed { if let id = EffectHost.remotePost(evidence)?.id { ids.insert(id) } }
        return ids
    }

    private func record(_ finding: Finding, effect: Effect, work: TargetWork, lag: Duration) async throws -> Settlement
    {
        let effects = self.context.effects
        switch finding {
        case .found(let remote):
            try await effects.confirm(
                work.operation, part: effect.part, send: effect.sendNumber, evidence: try EffectHost.evidence(remote))
            return .settled
        case .absent:
            let looked = try await effects.recordAbsentRead(
                work.operation, part: effect.part, send: effect.sendNumber, minimumDistance: lag)
            guard looked.state == .prepared else {
                return .lookAgain(lag, reason: "not found once; looking a second time")
            }
            // Refused as a duplicate, and not ours: sending again would be refused again.
            return EffectHost.isDuplicate(effect) ? .foreign : .settled
        case .inconclusive(let why):
            if work.onUnknown == "resend" {
                try await self.services.pool.withTransaction { db in
                    try await EffectLedger(pool: self.services.pool).resolve(
                        work.operation, part: effect.part, client: work.client, as: .prepared, evidence: "{}",
                        by: "the client's policy: on-unknown = resend", on: &db)
                }
                return .settled
            }
            guard self.job.deferCount < Self.longestPatience else {
                return .person("it cannot be proven whether it was published: \(why)")
            }
            return .lookAgain(lag * 2, reason: "the look proved nothing: \(why)")
        }
    }
}
