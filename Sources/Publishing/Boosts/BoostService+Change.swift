// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

extension BoostService {
    /// Sees to it that a boost does not begin or does not go on.
    ///
    /// What runs on the platform is stopped by a job that goes on until the platform confirms.
    ///
    /// - Returns: The boost afterwards: `cancelled`, `stopping`, or as it was while it is not known yet whether it runs.
    /// - Throws: `ServiceError`: `notFound`, `conflict` when it has ended.
    package func stop(_ reference: String, reason: String?, actor: String) async throws -> BoostDetail {
        let detail = try await self.show(reference)
        let ended = try await self.pool.withTransaction(retrying: 3) { db in
            let stop = BoostStop(jobs: self.jobs, ledger: self.ledger)
            switch try await stop.ask(
                detail.boost.id, of: detail.client.id, actor: actor, reason: reason ?? "stopped by \(actor)", on: &db)
            {
            case .ended(let state): return state as BoostState?
            case .cancelled, .stopping, .noted: return nil
            }
        }
        if let ended { throw ServiceError(.conflict, "the boost is \(ended.rawValue): there is nothing to stop") }
        return try await self.show(reference)
    }

    /// Cancels a boost's job on behalf of a person: that of its start, with the boost.
    ///
    /// - Throws: `ServiceError` with code `conflict` for a job that has ended, or one that looks at a boost or stops it, for a boost that the
    ///   platform has already, and as ``stop(_:reason:actor:)``.
    package func cancel(_ job: JobSummary, of boost: BoostID, reason: String?, actor: String) async throws
        -> BoostDetail
    {
        guard [.scheduled, .ready, .leased, .held].contains(job.state) else {
            throw ServiceError(
                .conflict, "job \(job.spec.id) cannot be cancelled: it has ended (\(job.state.rawValue))")
        }
        let isStarted = try await self.show(boost.description).boost.remoteID != nil
        guard job.spec.queue == .boost, !isStarted else {
            throw ServiceError(
                .conflict,
                "the job looks at a boost, or stops it, until nothing is spent any more: stop the boost with posthorn boost stop \(boost)"
            )
        }
        return try await self.stop(boost.description, reason: reason, actor: actor)
    }

    /// Releases a boost that may cost more than one person may decide.
    ///
    /// One that is late begins now and keeps its length.
    ///
    /// - Throws: `ServiceError`: `notFound`, `forbidden` when the actor made the boost or the rule that made it, `conflict` when it needs
    ///   nobody's release, or when it may cost more than was shown because its dates have moved; then it has the new ones.
    package func release(_ reference: String, actor: String) async throws -> BoostDetail {
        let detail = try await self.show(reference)
        let boost = detail.boost
        let dearer = try await self.pool.withTransaction(retrying: 3) { db in
            try await self.release(boost, of: detail.account.platform, actor: actor, on: &db)
        }
        if let dearer {
            throw ServiceError(
                .conflict,
                "its dates have moved, and it may cost up to \(dearer) now instead of "
                    + "\(Money(minorUnits: boost.mostMinorUnits, currency: boost.budget.currency)): release it again if that is wanted"
            )
        }
        return try await self.show(reference)
    }

    /// - Returns: What it may cost, when that is more than before: then it is not released.
    private func release(
        _ boost: BoostRow, of platform: PlatformID, actor: String, on db: inout Transaction
    ) async throws -> Money? {
        var author: String?
        if let rule = boost.rule { author = try await BoostRuleRow.author(of: rule, client: boost.client, on: &db) }
        guard actor != boost.createdBy, actor != author else {
            throw ServiceError(
                .forbidden,
                "\(actor) made the \(actor == author ? "rule that made the boost" : "boost"): a second person must "
                    + "release it, as another user of the system or with POSTHORN_ACTOR=NAME")
        }
        let released = try await db.execute(
            """
            UPDATE boost SET released_by = \(actor)
            WHERE client_id = \(boost.client) AND boost_id = \(boost.id) AND needs_release AND released_by IS NULL
              AND state IN ('waiting', 'awaiting-release')
            """)
        guard released == 1 else {
            throw ServiceError(.conflict, "the boost is \(boost.state.rawValue) and waits for nobody's release")
        }
        let late: Date? = try await db.query(
            """
            UPDATE boost SET starts_at = world_now(), ends_at = ends_at + (world_now() - starts_at)
            WHERE client_id = \(boost.client) AND boost_id = \(boost.id) AND state = 'awaiting-release'
              AND starts_at < world_now()
            RETURNING starts_at
            """
        ).first?.get("starts_at")
        if late != nil {
            let price = BoostPrice(
                boost: boost.id, client: boost.client, limits: self.registry[platform]?.manifest.boost)
            if let dearer = try await price.reckonAgain(on: &db) { return dearer }
        }
        let before = try await BoostRepository.transition(
            boost.id, of: boost.client, from: [.awaitingRelease], to: .planned, actor: actor,
            reason: "released by a second person", on: &db)
        guard before != nil else { return nil }
        let job = NewJob.boost(
            .start, of: boost.id, client: boost.client, account: boost.account, platform: platform,
            dueAt: late ?? boost.startsAt)
        try await BoostRepository.setJob(job.id, of: boost.id, client: boost.client, on: &db)
        _ = try await self.jobs.enqueue([job], on: &db)
        return nil
    }
}
