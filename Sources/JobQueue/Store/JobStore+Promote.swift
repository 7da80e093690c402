// SPDX-License-Identifier: MIT

import PQClient

extension JobStore {
    /// Moves due work from scheduled to ready, what falls due within the next second of real time included; any worker,
    /// at any time.
    ///
    /// The claim looks at the due time again, so moving early costs nothing and takes the move off the way to the
    /// start.
    ///
    /// - Returns: What was moved; fewer jobs than `limit` means that nothing else is due.
    @discardableResult
    package func promote(limit: Int = 2_000) async throws -> Promotion {
        try await self.pool.withConnection { db in
            let rows = try await db.pipeline([Self.planOnIndexes, Self.promote(limit)])[1]
            var promotion = Promotion()
            for row in rows {
                promotion.count += Int(try row.get("count", as: Int64.self))
                promotion.dueIn.append(.milliseconds(try row.get("wait_ms", as: Int64.self)))
            }
            return promotion
        }
    }

    private static func promote(_ limit: Int) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now, w.rate FROM world w WHERE w.only_row),
        due AS MATERIALIZED (
            SELECT s.client_id, s.job_id
            FROM job_scheduled s
            WHERE s.due_at <= (SELECT now + make_interval(secs => rate) FROM clock)
            ORDER BY s.due_at, s.job_id
            LIMIT \(Int32(clamping: limit))
            FOR UPDATE SKIP LOCKED
        ),
        moved AS (
            DELETE FROM job_scheduled s
            USING due
            WHERE s.client_id = due.client_id AND s.job_id = due.job_id
            RETURNING s.*
        ),
        ready AS (
            INSERT INTO job_ready (\(unescaped: JobSpec.columns))
            SELECT \(unescaped: JobSpec.columns)
            FROM moved
            RETURNING due_at
        )
        SELECT count(*) AS count,
               coalesce(greatest(0, ceil(extract(epoch FROM ready.due_at - clock.now) / nullif(clock.rate,
                   0) * 50) * 20), 0)::bigint AS wait_ms
        FROM ready
        CROSS JOIN clock
        GROUP BY wait_ms
        ORDER BY wait_ms
        """
    }
}

/// What a promotion moved.
package struct Promotion: Sendable, Hashable {
    /// How many jobs are ready now.
    package var count = 0
    /// When they fall due, in real time from now, in steps of 20 ms.
    package var dueIn: [Duration] = []

    /// Makes an empty promotion.
    package init() {}
}
