// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// The boosts that were planned for when a target is published.
struct WaitingBoosts: Sendable {
    var client: ClientID
    var target: TargetID
    var account: AccountID
    var platform: PlatformID
    /// The platform's own rules.
    var limits: BoostLimits?

    /// Lets them begin: one that is late begins now and keeps its length.
    ///
    /// - Returns: The jobs that start them.
    func begin(with publication: PublicationID, on db: inout Transaction) async throws -> [NewJob] {
        let rows = try await db.query(
            """
            WITH late AS (
                SELECT client_id, boost_id, greatest(interval '0', world_now() - starts_at) AS shift,
                       CASE WHEN needs_release AND released_by IS NULL THEN 'awaiting-release' ELSE 'planned' END AS state
                FROM boost
                WHERE client_id = \(self.client) AND target_id = \(self.target) AND state = 'waiting' FOR UPDATE
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'boost', boost_id, 'posthorn', 'waiting', state, 'its target is published' FROM late
            )
            UPDATE boost SET publication_id = \(publication), state = late.state, starts_at = starts_at + late.shift,
                             ends_at = ends_at + late.shift
            FROM late WHERE boost.client_id = late.client_id AND boost.boost_id = late.boost_id
            RETURNING boost.boost_id, late.shift > interval '0' AS is_late
            """)
        var jobs: [NewJob] = []
        for row in rows {
            let boost: BoostID = try row.get("boost_id")
            if try row.get("is_late", as: Bool.self) { try await self.priceAgain(boost, on: &db) }
            guard let work = try await BoostWork.load(boost, client: self.client, on: &db), work.state == .planned
            else {
                continue
            }
            let job = work.job(.start, dueAt: work.terms.startsAt)
            try await BoostRepository.setJob(job.id, of: boost, client: self.client, on: &db)
            jobs.append(job)
        }
        return jobs
    }

    /// Other dates can touch a day more: what it may cost is reckoned again, and who must agree to that.
    private func priceAgain(_ boost: BoostID, on db: inout Transaction) async throws {
        guard let work = try await BoostWork.load(boost, client: self.client, on: &db) else { return }
        let most = Money(minorUnits: work.exposure(self.limits).total, currency: work.terms.budget.currency)
        let person: String = try await db.query(
            """
            SELECT coalesce(boost_rule.created_by, boost.created_by)
            FROM boost
            LEFT JOIN boost_rule ON boost_rule.client_id = boost.client_id AND boost_rule.rule_id = boost.rule_id
            WHERE boost.client_id = \(self.client) AND boost.boost_id = \(boost)
            """
        ).single()
        let isAbove = try await BudgetRepository.releaseLimit(of: self.client, on: &db).needsRelease(most, by: person)
        let changed = try await db.query(
            """
            UPDATE boost SET most_minor = \(most.minorUnits), needs_release = needs_release OR \(isAbove)
            WHERE client_id = \(self.client) AND boost_id = \(boost)
            RETURNING state = 'planned' AND needs_release AND released_by IS NULL AS must_wait
            """
        ).first?.get("must_wait", as: Bool.self)
        guard changed == true else { return }
        try await work.move(
            to: .awaitingRelease,
            reason: "with its later dates it may cost \(most), which a second person must release",
            on: &db)
    }
}
