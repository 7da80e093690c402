// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// How much work waits, runs and was done.
package struct QueueStats: Sendable {
    /// How many jobs of a queue are in a state.
    package struct Count: Sendable, Hashable {
        /// The queue.
        package var queue: QueueName
        /// Where the jobs are.
        package var state: JobState
        /// How many.
        package var count: Int
        /// The earliest due time among them, in world time.
        package var oldestDue: Date?
    }

    /// How late jobs started.
    package struct Lateness: Sendable, Hashable {
        /// The queue; nil for all together.
        package var queue: QueueName?
        /// The outside system; empty for work of our own that calls none.
        package var provider: String
        /// Whose jobs; nil for everybody's together.
        package var client: ClientID?
        /// How many runs started in the time looked at.
        package var runs: Int
        /// Half of them started at most this late, in world time.
        package var p50: Duration
        /// 95 of 100 started at most this late.
        package var p95: Duration
        /// 99 of 100 started at most this late.
        package var p99: Duration
    }

    /// What is live now, by queue and state.
    package var live: [Count]
    /// What ended in the time looked at, by queue and outcome; the oldest due time is absent.
    package var ended: [Count]
    /// Lateness by outside system, and by outside system and client, of all queues together.
    package var lateness: [Lateness]
    /// The same for each queue by itself: what a full queue or a guard slows on purpose does not hide behind another.
    package var latenessByQueue: [Lateness]
    /// The world's time of this reading.
    package var at: Date
}

extension JobStore {
    /// Counts and lateness.
    ///
    /// - Parameter window: How far back ended work is looked at, in world time.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: Counts and lateness.
    package func stats(window: Duration = .seconds(3_600)) async throws -> QueueStats {
        let rows = try await self.pool.withConnection { db in
            try await db.pipeline([
                """
                SELECT queue, 'scheduled' AS state, count(*) AS count, min(due_at) AS oldest
                    FROM job_scheduled GROUP BY queue
                UNION ALL SELECT queue, 'ready', count(*), min(due_at) FROM job_ready GROUP BY queue
                UNION ALL SELECT queue, 'leased', count(*), min(due_at) FROM job_lease
                    WHERE era = \(LeaseEra.current) GROUP BY queue
                UNION ALL SELECT queue, 'held', count(*), min(due_at) FROM job_hold GROUP BY queue
                ORDER BY queue, state
                """,
                """
                SELECT queue, outcome AS state, count(*) AS count, NULL::timestamptz AS oldest
                FROM attempt
                WHERE final AND finished_at > world_now() - make_interval(secs => \(window.seconds))
                GROUP BY queue, outcome
                ORDER BY queue, outcome
                """,
                """
                SELECT queue, provider, client_id, grouping(client_id) = 1 AS is_total, count(*) AS runs,
                       percentile_cont(ARRAY[0.5, 0.95, 0.99])
                           WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM started_at - due_at))) AS late
                FROM attempt
                WHERE started_at IS NOT NULL AND finished_at > world_now() - make_interval(secs => \(window.seconds))
                GROUP BY GROUPING SETS (
                    (provider), (provider, client_id), (queue, provider), (queue, provider, client_id)
                )
                ORDER BY queue, provider, is_total DESC, client_id
                """,
                "SELECT world_now() AS now",
            ])
        }
        guard let now = rows[3].first else { throw JobQueueError(.worldMissing, "the database has no world yet") }
        let lateness = try rows[2].map { row throws in try QueueStats.Lateness(row) }
        return QueueStats(
            live: try rows[0].map { row throws in try QueueStats.Count(row) },
            ended: try rows[1].map { row throws in try QueueStats.Count(row) },
            lateness: lateness.filter { $0.queue == nil }, latenessByQueue: lateness.filter { $0.queue != nil },
            at: try now.get("now"))
    }
}

extension QueueStats.Lateness {
    fileprivate init(_ row: Row) throws(PQError) {
        let late: [Double] = try row.get("late")
        let isTotal: Bool = try row.get("is_total")
        self.init(
            queue: try row.get("queue"), provider: try row.get("provider"),
            client: isTotal ? nil : try row.get("client_id", as: ClientID.self),
            runs: Int(try row.get("runs", as: Int64.self)), p50: .seconds(late[0]), p95: .seconds(late[1]),
            p99: .seconds(late[2]))
    }
}

extension QueueStats.Count {
    fileprivate init(_ row: Row) throws(PQError) {
        self.init(
            queue: try row.get("queue"), state: try row.get("state"), count: Int(try row.get("count", as: Int64.self)),
            oldestDue: try row.get("oldest"))
    }
}
