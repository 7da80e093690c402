// SPDX-License-Identifier: MIT

import Domain
import PQClient

/// The slots for a job's queue, at the living workers that can run it.
///
/// Each queue of a worker has slots of its own: what is free for another queue is of no use.
package struct PoolView: Sendable, Hashable {
    /// How many workers can run it.
    package var workers: Int
    /// How many slots they have for its queue; nil when one of them did not say.
    package var slots: Int?
    /// How many of its queue's jobs they have in hand, which may be a few more than the slots.
    package var running: Int
    /// How many of the slots no job in hand is for; nil when a worker did not say how many it has.
    package var free: Int?
    /// Who has them when none is free, the longest first; at most ``mostHolders``.
    package var holders: [SlotHolder] = []

    /// So many jobs with a slot are named.
    package static let mostHolders = 100
}

extension JobStore {
    /// The slots that could take a job.
    ///
    /// - Parameter spec: The job.
    /// - Returns: nil when no living worker can run it, with how many serve its queue.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    func workerPool(for spec: JobSpec) async throws -> (pool: PoolView?, serving: Int) {
        let rows = try await self.pool.query(
            """
            SELECT w.worker_id, (w.queue_slots ->> \(spec.queue))::integer AS slots, coalesce(l.running, 0) AS running,
                   w.abilities && ARRAY[\(spec.kind) || '/*', \(spec.kind) || '/' || \(spec.provider)] AS can
            FROM worker w
            LEFT JOIN (
                SELECT worker_id, count(*) AS running
                FROM job_lease
                WHERE era = \(LeaseEra.current) AND queue = \(spec.queue)
                GROUP BY worker_id
            ) AS l ON l.worker_id = w.worker_id
            WHERE w.state = 'active' AND \(spec.queue) = ANY (w.queues)
              AND w.queue_slots ->> \(spec.queue) IS DISTINCT FROM '0'
              AND w.beat_at > clock_timestamp() - make_interval(secs => w.dead_after_ms / 1000.0)
            """)
        var pool = PoolView(workers: 0, slots: 0, running: 0, free: 0)
        var able: [WorkerID] = []
        for row in rows where try row.get("can") {
            able.append(try row.get("worker_id"))
            let running = Int(try row.get("running", as: Int64.self))
            let slots = try row.get("slots", as: Int32?.self).map(Int.init)
            pool.workers += 1
            pool.running += running
            pool.slots = slots.flatMap { own in pool.slots.map { $0 + own } }
            pool.free = slots.flatMap { own in pool.free.map { $0 + max(0, own - running) } }
        }
        guard !able.isEmpty else { return (nil, rows.count) }
        if pool.free == 0 { pool.holders = try await self.holders(of: spec.queue, at: able) }
        return (pool, rows.count)
    }

    private func holders(of queue: QueueName, at workers: [WorkerID]) async throws -> [SlotHolder] {
        try await self.pool.query(
            """
            SELECT job_id, worker_id, claimed_at
            FROM job_lease
            WHERE era = \(LeaseEra.current) AND queue = \(queue) AND worker_id = ANY (\(workers))
            ORDER BY claimed_at, job_id
            LIMIT \(Int32(PoolView.mostHolders))
            """
        ).map { row throws in try SlotHolder(row) }
    }

    /// How long jobs of a queue ran lately, whoever's they are, on average, in real time; of a sample when there were many.
    ///
    /// By the runs of the last ten minutes, and only where there were none by those of the last hour: the history is found by its time alone,
    /// and an hour of it may be long.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - sample: So many runs are enough.
    /// - Returns: nil when none ran in the last hour.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    func averageRun(in queue: QueueName, sample: Int = 50_000) async throws -> Duration? {
        for minutes in [10.0, 60.0] {
            let lately: Statement = """
                SELECT avg(duration_ms)::double precision
                FROM (
                    SELECT duration_ms
                    FROM attempt
                    WHERE finished_at > world_now() - make_interval(secs => \(minutes * 60)) AND queue = \(queue)
                      AND outcome IN ('succeeded', 'retry', 'failed') AND duration_ms IS NOT NULL
                    LIMIT \(Int32(clamping: sample))
                ) AS lately
                """
            let rows = try await self.pool.withConnection { db in
                try await db.pipeline([Self.planOnProbes, lately])[1]
            }
            if let average: Double = try rows.first?.get(0) { return .milliseconds(Int64(average)) }
        }
        return nil
    }
}
