// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// A walk over the lanes of a queue that have ready work, as `walk (client_id, account_id, steps)`: one index probe a lane, however much
    /// work each has.
    ///
    /// Its first row, with no step, is where it begins.
    static func laneWalk(_ queue: QueueName, after lane: Lane, lanes: Int) -> Statement {
        """
        WITH RECURSIVE walk AS (
            SELECT \(lane.client) AS client_id, \(lane.account) AS account_id, 0 AS steps
            UNION ALL
            SELECT next.client_id, next.account_id, walk.steps + 1
            FROM walk
            CROSS JOIN LATERAL (
                SELECT r.client_id, r.account_id
                FROM job_ready r
                WHERE r.era = \(ReadyEra.current) AND r.queue = \(queue) AND (r.client_id, r.account_id) > (walk.client_id, walk.account_id)
                ORDER BY r.client_id, r.account_id
                LIMIT 1
            ) AS next
            WHERE walk.steps < \(Int32(lanes))
        )
        """
    }

    /// A page of the lanes of a queue that have ready work, with their clients' weights.
    static func scout(_ queue: QueueName, after lane: Lane) -> Statement {
        """
        \(Self.laneWalk(queue, after: lane, lanes: LaneScout.pageSize))
        SELECT walk.client_id, walk.account_id, coalesce(p.weight, 1) AS weight
        FROM walk
        LEFT JOIN client_policy p ON p.client_id = walk.client_id
        WHERE walk.steps > 0
        """
    }

    static func sighted(_ rows: Rows) throws(PQError) -> [SightedLane] {
        var lanes: [SightedLane] = []
        lanes.reserveCapacity(rows.count)
        for row in rows {
            lanes.append(
                SightedLane(
                    lane: Lane(client: try row.get(0), account: try row.get(1)),
                    weight: Int(try row.get(2, as: Int32.self))))
        }
        return lanes
    }
}
