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
            var unreleased: Money?
            if try row.get("is_late", as: Bool.self) {
                let price = BoostPrice(boost: boost, client: self.client, limits: self.limits)
                unreleased = try await price.reckonAgain(on: &db)
            }
            guard let work = try await BoostWork.load(boost, client: self.client, on: &db), work.state == .planned
            else { continue }
            if let unreleased {
                try await work.move(
                    to: .awaitingRelease,
                    reason: "with its later dates it may cost \(unreleased), which a second person must release",
                    on: &db)
                continue
            }
            let job = work.job(.start, dueAt: work.terms.startsAt)
            try await BoostRepository.setJob(job.id, of: boost, client: self.client, on: &db)
            jobs.append(job)
        }
        return jobs
    }
}
