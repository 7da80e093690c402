// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Counts, from the history and the leases that are held, how many jobs ran at once within each limit; the caller's
    /// transaction holds the snapshot.
    static func runningChecks(on db: inout Transaction) async throws -> [RunningCheck] {
        try await db.query(Self.runningHistory).map { row in
            RunningCheck(
                scope: try row.get("scope"), allowed: Int(try row.get("allowed", as: Int32.self)),
                isSet: try row.get("is_set"), isPartial: try row.get("is_partial"),
                runs: Int(try row.get("runs", as: Int64.self)), most: Int(try row.get("most", as: Int64.self)),
                beyond: Int(try row.get("beyond", as: Int64.self)), example: try row.get("example"))
        }
    }

    /// How long a claim of an account's slot may have waited, after its lease's time was taken, for a rival who took the same slot.
    ///
    /// The wait has no such bound; but a longer one hides more of what an account's slots are to be proved by.
    private static let slotWait: Statement = "interval '250 ms'"

    /// How long after a number was set a claim may come that was under way then and does not know of it.
    private static let changeWait: Statement = "interval '5 s'"

    /// One sweep over the beginnings and ends of runs, in the order of time, limit by limit.
    ///
    /// At the same moment ends come first: a run that ends gives its slot to the one that begins.
    ///
    /// A claim that waited for a rival's slot has its time from before the wait: where another worker's run was claimed at most ``slotWait``
    /// before an account's run and ended at most that after its beginning, and before its end, the run counts from there. The slot itself is
    /// not in the history. A worker's own claims of a lane follow each other, and limits of clients, apps and platforms are claimed under
    /// a lock: there nothing is put off. Only accounts that otherwise had more than they may are looked at so.
    ///
    /// Rows without a lease are ends without a run, and a stale one tells of a run whose end is another row. Work of no account
    /// has any number of slots.
    private static let runningHistory: Statement = """
        WITH run AS MATERIALIZED (
            SELECT client_id, account_id, queue, provider, lease_no, worker_id, started_real, recorded_at AS ended_real
            FROM attempt
            WHERE lease_no IS NOT NULL AND outcome <> 'stale'
            UNION ALL
            SELECT client_id, account_id, queue, provider, lease_no, worker_id, claimed_real, NULL
            FROM job_lease
        ),
        lane AS MATERIALIZED (
            SELECT client_id, account_id, queue, provider, min(started_real) AS first_real
            FROM run
            GROUP BY client_id, account_id, queue, provider
        ),
        bounded AS (
            SELECT l.*, 'account:' || l.account_id || '/' || l.queue AS scope,
                   coalesce(p.slots, q.account_slots, \(Self.accountSlots)) AS allowed, p.slots IS NOT NULL AS is_set,
                   greatest(a.changed_real, u.changed_real) AS changed_real, NULL::timestamptz AS joined_real
            FROM lane l
            LEFT JOIN lane_policy p ON p.client_id = l.client_id AND p.account_id = l.account_id
            LEFT JOIN queue_policy q ON q.queue = l.queue
            LEFT JOIN concurrency_change a ON a.scope = 'account:' || l.account_id
            -- The account's own number counts more than its queue's.
            LEFT JOIN concurrency_change u ON u.scope = 'queue:' || l.queue AND p.slots IS NULL
            WHERE l.account_id <> \(AccountID.none)
            UNION ALL
            SELECT l.*, m.scope, m.max_running, true, c.changed_real, j.changed_real
            FROM lane l
            LEFT JOIN lane_policy p ON p.client_id = l.client_id AND p.account_id = l.account_id
            JOIN running_limit m
              ON m.scope = ANY (ARRAY['client:' || l.client_id, 'client:' || l.client_id || '/' || l.queue,
                                      'app:' || p.app_id, 'app:' || p.app_id || '/' || l.queue,
                                      'provider:' || l.provider, 'provider:' || l.provider || '/' || l.queue])
            LEFT JOIN concurrency_change c ON c.scope = m.scope
            LEFT JOIN concurrency_change j ON j.scope = 'app of account:' || l.account_id AND starts_with(m.scope, 'app:')
        ),
        known AS MATERIALIZED (
            SELECT b.*, dense_rank() OVER (ORDER BY scope) AS number,
                   greatest('-infinity', \(Self.startOfProof("changed_real", "min(first_real) OVER (PARTITION BY scope)")),
                            \(Self.startOfProof("joined_real", "first_real"))) AS from_real
            FROM bounded b
        ),
        counted AS MATERIALIZED (
            SELECT k.number, k.allowed, starts_with(k.scope, 'account:') AS is_account, r.lease_no, r.worker_id,
                   r.started_real, r.ended_real
            FROM run r
            JOIN known k ON k.client_id = r.client_id AND k.account_id = r.account_id AND k.queue = r.queue
                AND k.provider = r.provider
            WHERE r.started_real >= k.from_real
        ),
        crowd AS MATERIALIZED (
            SELECT *, is_account AND bool_or(running > allowed) OVER (PARTITION BY number) AS is_crowded
            FROM (\(Self.sweep("counted"))) AS moment
        ),
        -- All runs that end soon after a moment, by frames of time: no join, whose plan might compare each run with each.
        near AS (
            SELECT *, array_agg(started_real) FILTER (WHERE step = -1) OVER soon AS starts,
                   array_agg(ended_real) FILTER (WHERE step = -1) OVER soon AS ends,
                   array_agg(worker_id) FILTER (WHERE step = -1) OVER soon AS workers
            FROM crowd
            WHERE is_crowded
            WINDOW soon AS (PARTITION BY number ORDER BY at RANGE BETWEEN CURRENT ROW AND \(Self.slotWait) FOLLOWING)
        ),
        placed AS MATERIALIZED (
            SELECT n.number, n.allowed, n.lease_no, n.ended_real, coalesce((
                       SELECT max(e.ended_real)
                       FROM unnest(n.starts, n.ends, n.workers) AS e (started_real, ended_real, worker_id)
                       WHERE e.worker_id <> n.worker_id
                         AND e.started_real > n.started_real - \(Self.slotWait)
                         AND e.ended_real > n.started_real
                         AND e.ended_real < least(n.started_real + \(Self.slotWait), n.ended_real)
                   ), n.started_real) AS started_real
            FROM near n
            WHERE n.step = 1
        ),
        swept AS (
            SELECT number, lease_no, at, running FROM crowd WHERE step = 1 AND NOT is_crowded
            UNION ALL
            SELECT number, lease_no, at, running FROM (\(Self.sweep("placed"))) AS moment WHERE step = 1
        ),
        scope AS (
            SELECT number, scope, allowed, is_set, bool_or(isfinite(from_real)) AS is_partial
            FROM known
            GROUP BY number, scope, allowed, is_set
        )
        SELECT k.scope, k.allowed, k.is_set, k.is_partial, count(s.lease_no) AS runs, coalesce(max(s.running), 0) AS most,
               count(*) FILTER (WHERE s.running > k.allowed) AS beyond,
               (array_agg(s.lease_no ORDER BY s.at) FILTER (WHERE s.running > k.allowed))[1] AS example
        FROM scope k
        LEFT JOIN swept s ON s.number = k.number
        GROUP BY k.number, k.scope, k.allowed, k.is_set, k.is_partial
        ORDER BY k.scope
        """

    /// From when on runs are held against a number: from a minute after it was set when there were some before, and from ``changeWait`` after
    /// when the first came within that; else all are.
    private static func startOfProof(_ changed: StaticString, _ first: StaticString) -> Statement {
        """
        CASE WHEN \(unescaped: changed) > \(unescaped: first) THEN \(unescaped: changed) + interval '1 minute'
             WHEN \(unescaped: changed) > \(unescaped: first) - \(Self.changeWait)
                 THEN \(unescaped: changed) + \(Self.changeWait) END
        """
    }

    /// How many runs go on after the beginning and the end of each.
    private static func sweep(_ runs: StaticString) -> Statement {
        """
        SELECT *, sum(step) OVER (PARTITION BY number ORDER BY at, step, lease_no ROWS UNBOUNDED PRECEDING) AS running
        FROM (
            SELECT *, started_real AS at, 1 AS step FROM \(unescaped: runs)
            UNION ALL
            SELECT *, ended_real, -1 FROM \(unescaped: runs) WHERE ended_real IS NOT NULL
        ) AS event
        """
    }
}
