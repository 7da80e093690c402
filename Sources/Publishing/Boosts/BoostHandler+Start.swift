// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

extension BoostHandler {
    /// Sets the money aside, then asks the platform; what an earlier run has done is not done again.
    func start(
        _ work: BoostWork, job: ClaimedJob, plugin: RegisteredPlugin, boosting: any Boosting, context: JobContext
    ) async throws -> JobResult {
        guard [.planned, .starting, .unknown, .held, .failed].contains(work.state), work.remoteID == nil else {
            return .succeeded
        }
        guard !work.isUnreleased else {
            return JobResult(.failed(JobFailure(code: "precondition", message: "nobody has released the boost yet")))
        }
        guard let post = work.post else { throw PluginError(.permanent, "the boost has no publication to promote") }
        try Self.checkPublication(of: work)
        let effects = try await context.effects.prepare(work.operation)
        if let running = Self.confirmed(effects) {
            let record = self.record(running, of: work, limits: plugin.manifest.boost)
            return JobResult(.succeeded, record: record, recordIfStale: record)
        }
        if effects.isUnsettled { return Self.held(work, "looking whether it runs") }
        if effects.contains(where: EffectHost.isForeignDuplicate) {
            throw PluginError(
                .permanent, "the platform refuses it as a duplicate of a boost that is not this one",
                nextAction: "Stop the other one, or change this one")
        }
        if effects.allSatisfy({ $0.state == .prepared }) {
            guard work.now < work.terms.endsAt else {
                throw PluginError(
                    .permanent, "its end is over: it was not started", nextAction: "Plan it again with other dates.")
            }
            let standing = Standing(client: work.clientState, account: work.accountState)
            if standing.isPaused { return try await self.services.giveBack(job, standing) }
            guard standing.isActive else { return JobResult(.held(reason: standing.obstacle, nil)) }
        }
        if let wait = try await self.lateRequests(of: job, effects, now: work.now) { return wait }
        guard try await self.setAside(work, for: job, limits: plugin.manifest.boost) else { return .succeeded }
        let checkpoint = try effects.first { $0.part == 0 }?.checkpoint.map(StoredCheckpoint.init(data:))
        let latest = LatestCheckpoint(checkpoint?.state)
        let boost = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
            access throws(PluginError) in
            let host = EffectHost(
                effects: context.effects, operation: work.operation, latest: latest,
                limits: PlatformLimits(plugin.manifest, store: self.services.limits),
                caller: Caller.current ?? Caller(client: work.client, account: work.account),
                stillTrue: { db in try await self.checkActivation(of: work, on: &db) })
            return try await boosting.startBoost(work.request(post, access: access), host)
        }
        let record = self.record(boost, of: work, limits: plugin.manifest.boost)
        return JobResult(.succeeded, record: record, recordIfStale: record)
    }

    /// After a worker died before the activation, waits until nothing that it sent can arrive any more: a campaign that is made while
    /// somebody looks for it by its name would be made twice.
    private func lateRequests(of job: ClaimedJob, _ effects: [Effect], now: Date) async throws -> JobResult? {
        guard job.crashCount > 0, effects.allSatisfy({ $0.state == .prepared }) else { return nil }
        let last = try await self.services.pool.query(
            """
            SELECT max(finished_at) AS at FROM attempt
            WHERE client_id = \(job.client) AND job_id = \(job.id) AND outcome = 'crashed'
            """
        ).first
        guard let death: Date = try last?.get("at"), now < death.addingTimeInterval(Self.lateArrival / .seconds(1))
        else { return nil }
        return JobResult(
            .deferredFor(Self.lateArrival, reason: "a request of the worker that died may still arrive"))
    }

    /// How long a request that left a worker may take to have its effect.
    private static let lateArrival: Duration = .seconds(60)

    /// What must hold in the moment of the activation: the post is there, and no cap has been passed or lowered meanwhile.
    private func checkActivation(of work: BoostWork, on db: inout Transaction) async throws {
        // The boost's row is not locked: the fence has the job, for which a stop waits with that row in its hands.
        guard let now = try await BoostWork.load(work.boost, client: work.client, on: &db) else { return }
        try Self.checkPublication(of: now)
        if let passed = try await self.services.ledger.passedCaps(of: work.owner, on: &db).first {
            throw PluginError(.permanent, passed, nextAction: "Raise the budget or lower the boost.")
        }
    }

    private static func checkPublication(of work: BoostWork) throws(PluginError) {
        guard let obstacle = work.publicationObstacle else { return }
        throw PluginError(.permanent, obstacle, nextAction: "Boost another publication.")
    }

    /// Sets the money aside, unless somebody wants the boost stopped meanwhile, or another worker has the job by now and may have started it.
    ///
    /// - Returns: Whether it may be started.
    private func setAside(_ work: BoostWork, for job: ClaimedJob, limits: BoostLimits?) async throws -> Bool {
        try await self.services.pool.withTransaction { db in
            // Whoever asks for a stop locks the same row, and then the job: one of the two sees the other.
            let isWanted: Bool? = try await db.query(
                """
                SELECT stop_asked_at IS NULL AND remote_id IS NULL
                       AND state IN ('planned', 'starting', 'unknown', 'held', 'failed') AS is_wanted
                FROM boost
                WHERE client_id = \(work.client) AND boost_id = \(work.boost) FOR UPDATE
                """
            ).first?.get("is_wanted")
            guard isWanted == true, try await job.holdsLease(on: &db) else { return false }
            try await self.services.ledger.reserve(
                work.exposure(limits).byMonth, for: work.owner, actor: "posthorn", on: &db)
            try await work.move(to: .starting, reason: "money is set aside", on: &db)
            return true
        }
    }
}
