// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient

/// Notices that a run stands still, so that it ends with reasons instead of never.
struct ChaosWatchdog: Sendable {
    private let start: ContinuousClock.Instant
    private let limit: Duration
    private let stall: Duration
    private var open: Int?
    private var changedAt: ContinuousClock.Instant

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - start: when the work began.
    ///   - limit: the longest it may take.
    ///   - stall: how long nothing may change.
    init(start: ContinuousClock.Instant, limit: Duration, stall: Duration) {
        self.start = start
        self.limit = limit
        self.stall = stall
        self.changedAt = start
    }

    /// Looks at what is open now.
    ///
    /// - Returns: what is wrong; `nil` while the work goes on.
    mutating func look(open: Int, now: ContinuousClock.Instant) -> String? {
        if open != self.open {
            self.open = open
            self.changedAt = now
        }
        if now - self.changedAt > self.stall { return "nothing has changed for \(self.stall.components.seconds) s" }
        if now - self.start > self.limit { return "the run takes longer than \(self.limit.components.seconds) s" }
        return nil
    }

    /// Why some of the open jobs do not run.
    static func reasons(_ services: ServiceContext) async throws -> [String] {
        try await services.pool.patiently { pool in
            let jobs: [JobID] = try await pool.query(
                """
                SELECT job_id
                FROM (SELECT job_id, 1 AS place FROM job_hold
                      UNION ALL SELECT job_id, 2 FROM job_lease
                      UNION ALL SELECT job_id, 3 FROM job_ready
                      UNION ALL SELECT job_id, 4 FROM job_scheduled WHERE due_at < world_now()) AS open
                ORDER BY place, job_id
                LIMIT 8
                """
            ).column()
            var reasons: [String] = []
            for job in jobs {
                guard let explanation = try await services.jobs.explain(job) else { continue }
                let hindrances = explanation.hindrances.map { "\($0)".prefix(300) }.joined(separator: "; ")
                reasons.append(
                    "\(explanation.job.spec.kind) \(job) is \(explanation.job.state.rawValue): "
                        + (hindrances.isEmpty ? "any worker may take it" : hindrances))
            }
            return reasons
        }
    }
}
