// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Sees to it that a boost does not begin, or does not go on.
struct BoostStop: Sendable {
    /// What comes of the wish.
    enum Consequence: Sendable, Hashable {
        /// It had not begun: it will not.
        case cancelled
        /// The platform is asked until it confirms.
        case stopping
        /// A worker is starting it, or it is not known whether it runs: it is stopped as soon as that is known.
        case noted
        /// There is nothing to stop any more.
        case ended(BoostState)
    }

    var jobs: JobStore
    var ledger: BudgetLedger

    /// Asks for a stop; asking again changes nothing, unless nobody is at it any more.
    ///
    /// - Returns: What comes of it.
    @discardableResult
    func ask(
        _ boost: BoostID, of client: ClientID, actor: String, reason: String, on db: inout Transaction
    ) async throws -> Consequence {
        try await db.execute(
            "SELECT FROM boost WHERE client_id = \(client) AND boost_id = \(boost) FOR UPDATE")
        guard let work = try await BoostWork.load(boost, client: client, on: &db) else {
            throw ServiceError(.notFound, "there is no boost '\(boost)'")
        }
        switch work.state {
        case .completed, .stopped, .rejected, .failed, .cancelled: return .ended(work.state)
        case .stopping:
            try await self.pursue(work, on: &db)
            return .stopping
        case .waiting, .awaitingRelease, .planned, .held, .starting, .unknown, .inReview, .running, .paused: break
        }
        let isNew = try await db.execute(
            """
            UPDATE boost SET stop_asked_at = world_now(), stop_asked_by = \(actor), stop_reason = \(reason)
            WHERE client_id = \(client) AND boost_id = \(boost) AND stop_asked_at IS NULL
            """)
        if work.remoteID == nil, try await self.calledOff(work, actor: actor, reason: reason, on: &db) {
            return .cancelled
        }
        if work.remoteID != nil { try await work.move(to: .stopping, actor: actor, reason: reason, on: &db) }
        if isNew == 1 {
            try await BoostWatch(jobs: self.jobs).begin(.stop, of: work, dueAt: nil, on: &db)
        } else {
            try await self.pursue(work, on: &db)
        }
        return work.remoteID == nil ? .noted : .stopping
    }

    /// Sees to it that the job is there which goes on until it is known that nothing runs.
    private func pursue(_ work: BoostWork, on db: inout Transaction) async throws {
        let watch = BoostWatch(jobs: self.jobs)
        if try await !watch.isKept(of: work, on: &db) { try await watch.begin(.stop, of: work, dueAt: nil, on: &db) }
    }

    /// Ends a boost that the platform has not heard of, when nothing can start it any more.
    func calledOff(
        _ work: BoostWork, actor: String, reason: String, on db: inout Transaction
    ) async throws -> Bool {
        guard try await self.endsItsStart(work, reason: reason, on: &db) else { return false }
        try await work.move(to: .cancelled, actor: actor, reason: reason, on: &db)
        try await self.ledger.releaseRest(for: work.owner, actor: actor, reason: reason, on: &db)
        return true
    }

    /// Calls off what would start it.
    ///
    /// - Returns: Whether nothing can start it any more.
    private func endsItsStart(_ work: BoostWork, reason: String, on db: inout Transaction) async throws -> Bool {
        if [.waiting, .awaitingRelease].contains(work.state) { return true }
        let job: JobID? = try await db.query(
            "SELECT job_id FROM boost WHERE client_id = \(work.client) AND boost_id = \(work.boost)"
        ).first?.get("job_id")
        guard let job else { return true }
        do {
            return try await self.jobs.cancel(job, client: work.client, reason: reason, on: &db)
        } catch let error as JobQueueError where [.conflict, .unknownEffect, .notFound].contains(error.code) {
            // It has ended, or what it sends is on its way: only the effect knows.
            return try await db.query(
                """
                SELECT NOT EXISTS (
                    SELECT FROM effect
                    WHERE client_id = \(work.client) AND op_key = \(work.operation)
                      AND state IN ('sending', 'confirmed', 'unknown'))
                """
            ).single()
        }
    }
}
