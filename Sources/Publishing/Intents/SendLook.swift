// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// A look at the platform for one send whose outcome is not known.
enum SendLook: Sendable {
    /// For a piece of a target.
    case target(TargetWork)
    /// For the activation of a boost.
    case boost(BoostWork)

    /// How far the platform's clock may be behind ours when a send's time is compared with a post's.
    private static let clockMargin: TimeInterval = 120

    /// Loads what was to be sent; `nil` when there is no such thing any more.
    static func load(_ subject: IntentSubject, client: ClientID, pool: ConnectionPool) async throws -> SendLook? {
        try await pool.withConnection { db in
            switch subject {
            case .target(let id): try await TargetWork.load(id, client: client, on: &db).map(SendLook.target)
            case .boost(let id): try await BoostWork.load(id, client: client, on: &db).map(SendLook.boost)
            }
        }
    }

    /// The world's time when it was loaded.
    var now: Date {
        switch self {
        case .target(let work): work.now
        case .boost(let work): work.now
        }
    }

    /// World seconds per real second.
    var rate: Double {
        switch self {
        case .target(let work): work.rate
        case .boost(let work): work.rate
        }
    }

    /// What the client wants done with a send that nobody can prove or disprove.
    var onUnknown: String {
        switch self {
        case .target(let work): work.onUnknown
        case .boost(let work): work.onUnknown
        }
    }

    /// Says in the history that it is not known what became of it; what waits for a person anyway goes on waiting.
    func moveToUnknown(reason: String, on db: inout Transaction) async throws {
        switch self {
        case .target(let work):
            guard work.state != "waiting" else { return }
            try await TargetRecord(client: work.client, target: work.target).move(
                to: "unknown", reason: reason, on: &db)
        case .boost(let work):
            guard [.planned, .starting].contains(work.state) else { return }
            try await work.move(to: .unknown, reason: reason, on: &db)
        }
    }

    /// Looks.
    ///
    /// - Returns: `nil` when the platform cannot be asked.
    func find(
        _ effect: Effect, all effects: [Effect], plugin: RegisteredPlugin, services: HandlerServices
    ) async throws -> Finding? {
        let checkpoint = try effects.first { $0.part == 0 }?.checkpoint.map(StoredCheckpoint.init(data:))?.state
        switch self {
        case .target(let work):
            guard let reconciling = plugin.reconciling else { return nil }
            let sentAt = effect.sentAt ?? work.now
            var confirmed: [Int: RemotePost] = [:]
            for other in effects { confirmed[other.part] = EffectHost.remotePost(other) }
            let known = confirmed
            let others = try await Self.others(work, since: sentAt, pool: services.pool)
            let sends = try await EffectLedger(pool: services.pool).sends(of: effect.operation, client: work.client)
            let absences = sends.count {
                $0.part == effect.part && $0.number < effect.sendNumber && $0.outcome == "absent"
            }
            return try await services.withAccess(client: work.client, account: work.account, for: "publish") {
                access throws(PluginError) in
                try await reconciling.find(
                    UnknownSend(
                        access: access, content: work.content, part: effect.part, confirmed: known,
                        checkpoint: checkpoint, sentAfter: sentAt.addingTimeInterval(-Self.clockMargin),
                        key: "\(work.operation)#\(effect.part)", others: others, absences: absences))
            }
        case .boost(let work):
            guard let boosting = plugin.boosting, let post = work.post else { return nil }
            return try await services.withAccess(client: work.client, account: work.account, for: "boost") {
                access throws(PluginError) in
                try await boosting.findBoost(work.request(post, access: access), checkpoint: checkpoint)
            }
        }
    }

    /// What the account published around that time under other operations: two posts with the same words are two posts.
    private static func others(_ work: TargetWork, since sentAt: Date, pool: ConnectionPool) async throws -> Set<String>
    {
        let start = sentAt.addingTimeInterval(-86_400)
        let rows = try await pool.query(
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
        let confirmed = try await EffectLedger(pool: pool).evidence(
            client: work.client, account: work.account, since: start, except: work.operation)
        for evidence in confirmed { if let id = EffectHost.remotePost(evidence)?.id { ids.insert(id) } }
        return ids
    }
}
