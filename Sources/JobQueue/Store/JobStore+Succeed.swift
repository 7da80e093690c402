// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Ends runs that succeeded: the lease goes, the history stays.
    ///
    /// Most runs end so, and a fifth of the general statement does it. A run with a send under way is left to the general statement (``finish(_:)``), which asks about that; so is one whose lease is
    /// gone, or was written since it was claimed and stands elsewhere now.
    ///
    /// - Returns: The statement; its rows are the numbers of the leases that were ended.
    static func succeed(_ runs: [Finish]) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now),
        done AS (
            DELETE FROM job_lease l
            USING unnest(\(runs.map(\.job.place)), \(runs.map(\.job.client)), \(runs.map(\.job.id)),
                         \(runs.map(\.job.lease.number)), \(runs.map(\.duration.milliseconds)),
                         \(runs.map { $0.requestID?.storable }), \(runs.map(\.mayHaveSent)))
                  AS run (place, client_id, job_id, lease_no, duration_ms, request_id, may_have_sent)
            -- The place finds the row, and the whole key tells whether it is ours: compared so, no index is preferred to the place.
            WHERE l.ctid = run.place AND l.lease_no = run.lease_no
              AND l.job_id IS NOT DISTINCT FROM run.job_id AND l.client_id IS NOT DISTINCT FROM run.client_id
              -- Found by the job: the index of open sends is full of those that were open before.
              AND NOT (run.may_have_sent AND EXISTS (
                  SELECT FROM effect e
                  WHERE e.job_id = run.job_id AND e.client_id IS NOT DISTINCT FROM run.client_id
                    AND e.state IS NOT DISTINCT FROM 'sending' AND e.lease_no = run.lease_no))
            RETURNING l.*, run.duration_ms, run.request_id
        ),
        freed AS (
            DELETE FROM lease_slot s
            USING done
            WHERE (SELECT EXISTS (SELECT FROM lease_slot)) AND s.lease_no = done.lease_no
        )
        INSERT INTO attempt (
            client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_at, started_real, duration_ms,
            queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt, crash_count, defer_count,
            max_attempts, recovery, generation, key, created_at, request_id
        )
        SELECT client_id, job_id, clock.now, 'succeeded', true, lease_no, worker_id, claimed_at, claimed_real, duration_ms,
               queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt + 1, crash_count,
               defer_count, max_attempts, recovery, generation, key, created_at, request_id
        FROM done
        CROSS JOIN clock
        RETURNING lease_no
        """
    }
}
