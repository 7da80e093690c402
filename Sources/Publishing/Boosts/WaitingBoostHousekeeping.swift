// SPDX-License-Identifier: MIT

package import JobQueue
package import PQClient
import Persistence

/// Calls off boosts that waited until their end for a target that failed or was missed.
///
/// Until then somebody may try the target again, and the boost begins with it.
package struct WaitingBoostHousekeeping: Housekeeping {
    /// The most boosts that a round calls off.
    private static let batch: Int32 = 500

    /// Makes it.
    package init() {}

    /// `end-waiting-boosts`.
    package var name: String { "end-waiting-boosts" }

    /// Calls off one batch.
    package func round(on db: inout Transaction) async throws -> HousekeepingReport {
        let ended = try await db.query(
            """
            WITH over AS (
                SELECT boost.client_id, boost.boost_id, target.state AS of_target
                FROM boost
                JOIN target USING (client_id, target_id)
                WHERE boost.state = 'waiting' AND boost.ends_at < world_now()
                  AND target.state IN ('failed', 'missed', 'cancelled')
                LIMIT \(Self.batch)
                FOR UPDATE OF boost SKIP LOCKED
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'boost', boost_id, 'posthorn', 'waiting', 'cancelled',
                       format('its target is %s, and was not tried again before the boost was to end', of_target)
                FROM over
            )
            UPDATE boost SET state = 'cancelled'
            FROM over
            WHERE boost.client_id = over.client_id AND boost.boost_id = over.boost_id
            RETURNING boost.boost_id
            """)
        var report = HousekeepingReport()
        report.add(ended.count, isMore: ended.count >= Int(Self.batch))
        return report
    }
}
