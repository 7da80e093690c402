// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Moves due work from scheduled to ready, what falls due within the next second of real time included; any worker,
    /// at any time.
    ///
    /// The claim looks at the due time again, so moving early costs nothing and takes the move off the way to the
    /// start. The earliest go first; when more is due than one call moves, a second step takes a share of each client,
    /// so that a flood of one client does not stand before a lone job of another.
    ///
    /// - Returns: What was moved; ``Promotion/isComplete`` tells whether anything else is due.
    @discardableResult
    package func promote(limit: Int = 2_000) async throws -> Promotion {
        var promotion = try await self.promote(Self.earliest(limit))
        promotion.isComplete = promotion.count < limit
        guard !promotion.isComplete else { return promotion }
        promotion += try await self.promote(Self.shares(max(1, limit / 100), limit: limit))
        return promotion
    }

    private func promote(_ due: Statement) async throws -> Promotion {
        let rows = try await self.pool.withConnection { db in
            try await db.pipeline([Self.planOnIndexes, Self.promote(due)])[1]
        }
        var promotion = Promotion()
        for row in rows {
            let wait = Duration.milliseconds(try row.get("wait_ms", as: Int64.self))
            promotion.count += Int(try row.get("count", as: Int64.self))
            let lane = SightedLane(
                lane: Lane(client: try row.get("client_id"), account: try row.get("account_id")),
                weight: Int(try row.get("weight", as: Int32.self)), wait: wait)
            promotion.lanes[try row.get("queue"), default: []].append(lane)
        }
        return promotion
    }

    /// The work that is due first, whosever it is.
    static func earliest(_ limit: Int) -> Statement {
        """
        SELECT s.client_id, s.job_id
        FROM job_scheduled s
        WHERE s.due_at <= (SELECT now + make_interval(secs => rate) FROM clock)
        ORDER BY s.due_at
        LIMIT \(Int32(clamping: limit))
        FOR UPDATE SKIP LOCKED
        """
    }

    /// The work of each client that is due first: a walk over the clients, then the same number of each.
    ///
    /// A client is asked for as a range, not by `=`: for the equality the planner would also take the index of due times
    /// and read a whole flood for each of the others.
    static func shares(_ share: Int, limit: Int) -> Statement {
        """
        SELECT s.client_id, s.job_id
        FROM (
            WITH RECURSIVE client AS (
                (SELECT client_id FROM job_scheduled ORDER BY client_id LIMIT 1)
                UNION ALL
                SELECT next.client_id
                FROM client
                CROSS JOIN LATERAL (
                    SELECT s.client_id
                    FROM job_scheduled s
                    WHERE s.client_id > client.client_id
                    ORDER BY s.client_id
                    LIMIT 1
                ) AS next
            )
            SELECT client_id FROM client
        ) AS client
        CROSS JOIN LATERAL (
            SELECT s.client_id, s.job_id
            FROM job_scheduled s
            WHERE s.client_id >= client.client_id
              AND (s.client_id, s.due_at) <= (client.client_id, (SELECT now + make_interval(secs => rate) FROM clock))
            ORDER BY s.client_id, s.due_at, s.job_id
            LIMIT \(Int32(clamping: share))
            FOR UPDATE SKIP LOCKED
        ) AS s
        """
    }

    static func promote(_ due: Statement) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now, w.rate FROM world w WHERE w.only_row),
        due AS MATERIALIZED (\(due)),
        moved AS (
            DELETE FROM job_scheduled s
            USING due
            -- ANY, as in a claim.
            WHERE s.job_id = ANY (ARRAY[due.job_id]) AND s.client_id IS NOT DISTINCT FROM due.client_id
            RETURNING s.*
        ),
        ready AS (
            INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
            SELECT \(unescaped: JobSpec.columns), \(ReadyEra.current)
            FROM moved
            RETURNING queue, client_id, account_id, due_at
        ),
        lane AS (
            SELECT queue, client_id, account_id, count(*) AS count, min(due_at) AS due_at
            FROM ready
            GROUP BY queue, client_id, account_id
        )
        SELECT lane.queue, lane.client_id, lane.account_id, lane.count, coalesce(p.weight, 1) AS weight,
               coalesce(greatest(0, ceil(extract(epoch FROM lane.due_at - clock.now) / nullif(clock.rate, 0) * 1000)),
                        0)::bigint AS wait_ms
        FROM lane
        CROSS JOIN clock
        LEFT JOIN client_policy p ON p.client_id = lane.client_id
        """
    }
}

/// What a promotion moved.
package struct Promotion: Sendable, Hashable {
    /// How many jobs are ready now.
    package var count = 0
    /// Whether nothing else is due.
    package var isComplete = true
    /// Their lanes, with the time until the first job of each is due.
    var lanes: [QueueName: [SightedLane]] = [:]

    /// Makes an empty promotion.
    package init() {}

    static func += (left: inout Promotion, right: Promotion) {
        left.count += right.count
        left.lanes.merge(right.lanes) { $0 + $1 }
    }
}
