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

    /// How long a claim may have waited, after its lease's time was taken, for a rival who was taking the same slot.
    ///
    /// When that rival's run ended meanwhile too, the two seem to overlap. Limits of clients, apps and platforms are claimed under a lock, without such a wait.
    private static let slotWait: Statement = "interval '250 ms'"

    /// One sweep over the beginnings and ends of runs, in the order of time, limit by limit.
    ///
    /// At the same moment ends come first: a run that ends gives its slot to the one that begins.
    ///
    /// A run of an account begins ``slotWait`` later there: its lease's time is taken before the slot is.
    ///
    /// Rows without a lease are ends without a run, and a stale one tells of a run whose end is another row. Work of no account
    /// has any number of slots.
    private static let runningHistory: Statement = """
        WITH run AS MATERIALIZED (
            SELECT client_id, account_id, queue, provider, lease_no, started_real, recorded_at AS ended_real
            FROM attempt
            WHERE lease_no IS NOT NULL AND outcome <> 'stale'
            UNION ALL
            SELECT client_id, account_id, queue, provider, lease_no, claimed_real, NULL
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
                   greatest('-infinity',
                            CASE WHEN changed_real > min(first_real) OVER (PARTITION BY scope)
                                THEN changed_real + interval '1 minute' END,
                            CASE WHEN joined_real > first_real THEN joined_real + interval '1 minute' END) AS from_real
            FROM bounded b
        ),
        counted AS MATERIALIZED (
            SELECT k.number, r.lease_no, r.ended_real,
                   CASE WHEN starts_with(k.scope, 'account:') THEN least(r.started_real + \(Self.slotWait), r.ended_real)
                        ELSE r.started_real END AS started_real
            FROM run r
            JOIN known k ON k.client_id = r.client_id AND k.account_id = r.account_id AND k.queue = r.queue
                AND k.provider = r.provider
            WHERE r.started_real >= k.from_real
        ),
        swept AS (
            SELECT number, step, at, lease_no,
                   sum(step) OVER (PARTITION BY number ORDER BY at, step, lease_no ROWS UNBOUNDED PRECEDING) AS running
            FROM (
                SELECT number, lease_no, started_real AS at, 1 AS step FROM counted
                UNION ALL
                SELECT number, lease_no, ended_real, -1 FROM counted WHERE ended_real IS NOT NULL
            ) AS event
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
        LEFT JOIN swept s ON s.number = k.number AND s.step = 1
        GROUP BY k.number, k.scope, k.allowed, k.is_set, k.is_partial
        ORDER BY k.scope
        """
}
