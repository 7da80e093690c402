// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// A claim of some lanes of one queue.
struct LaneClaim: Sendable {
    /// Whose slots.
    var queue: QueueName
    /// Who asks; it must be registered and active.
    var worker: WorkerID
    /// What it can run.
    var abilities: [JobAbility]
    /// What is asked of which lane; one share a lane.
    var shares: [LaneShare]
    /// Whether the caller holds the locks of the limits of these lanes' clients, apps and platforms.
    var isUnderLock = false
    /// The platforms whose limits are locked, by lane: of such a lane that platform's jobs alone are taken.
    var providers: [Lane: String] = [:]
}

/// What a claim took, and why lanes gave nothing.
struct LaneClaimAnswer: Sendable {
    /// Jobs under new leases.
    var jobs: [ClaimedJob] = []
    /// What became of each share.
    var answers: [LaneAnswer] = []
}

extension JobStore {
    /// Takes ready jobs of some lanes under new leases and looks for further lanes, in one round trip.
    ///
    /// Pauses, gates and slots are looked at here, whatever the caller believes. What closes a lane is one probe, never
    /// a walk over its backlog.
    func claim(
        _ claim: LaneClaim?, scout: (queue: QueueName, after: Lane)? = nil
    ) async throws -> (claimed: LaneClaimAnswer, sighted: [SightedLane]) {
        let yields = self.rivals.areNear
        let rows: [Rows]
        do {
            rows = try await self.claim(claim, scout: scout, yields: yields)
        } catch let error as PQError where !yields && ClaimRivals.areTold(by: error) {
            self.rivals.met()
            rows = try await self.claim(claim, scout: scout, yields: true)
        }
        return (
            try claim.map { claim in try Self.answer(rows[1], to: claim) } ?? LaneClaimAnswer(),
            scout == nil ? [] : try Self.sighted(rows[rows.count - 1])
        )
    }

    private func claim(
        _ claim: LaneClaim?, scout: (queue: QueueName, after: Lane)?, yields: Bool
    ) async throws -> [Rows] {
        var statements = [Self.planOnIndexes]
        if let claim { statements.append(Self.claim(claim, yields: yields)) }
        if let scout { statements.append(Self.scout(scout.queue, after: scout.after)) }
        let batch = statements
        return try await self.pool.withConnection { db in try await db.pipeline(batch) }
    }

    /// Reads what a claim's statement returned: jobs, then lanes that gave nothing.
    static func answer(_ rows: Rows, to claim: LaneClaim) throws -> LaneClaimAnswer {
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(rows.count)
        var taken: [Lane: Int] = [:]
        var reports: [Int: LaneReport] = [:]
        for row in rows {
            if let turn: Int64 = try row.get(0) {
                let wait: Int64? = try row.get(2)
                reports[Int(turn) - 1] = LaneReport(
                    reason: try row.get(1), wait: wait.map { .milliseconds($0) })
            } else {
                let job = try ClaimedJob(row, worker: claim.worker)
                taken[Lane(client: job.client, account: job.account ?? .none), default: 0] += 1
                jobs.append(job)
            }
        }
        let answers = claim.shares.enumerated().map { index, share in
            LaneAnswer(share: share, taken: taken[share.lane] ?? 0, report: reports[index])
        }
        return LaneClaimAnswer(jobs: jobs, answers: answers)
    }

    /// The slots of an account in a queue that has no number of its own.
    static let accountSlots: Int32 = 4

    /// The gates and limits of a lane, each also for the one queue; `provider` is that of its first job.
    private static func scopes(_ queue: QueueName) -> Statement {
        """
        ARRAY['account:' || given.account_id, 'account:' || given.account_id || '/' || \(queue),
              'client:' || given.client_id, 'client:' || given.client_id || '/' || \(queue),
              'app:' || p.app_id, 'app:' || p.app_id || '/' || \(queue),
              'provider:' || head.provider, 'provider:' || head.provider || '/' || \(queue)]
        """
    }

    /// Takes jobs from ready and puts them under leases.
    ///
    /// - Parameters:
    ///   - claim: Which lanes.
    ///   - yields: Whether a slot that a rival takes at the same moment is left to it. Without that the statement fails
    ///     then, and costs a tenth less: nothing is asked of the slots' index before, and a job leaves its place by where it stands.
    /// - Returns: The statement; its rows are jobs under new leases, then lanes that gave nothing.
    static func claim(_ claim: LaneClaim, yields: Bool) -> Statement {
        """
        WITH clock AS MATERIALIZED (
            SELECT world_now() AS now, rate, \(ReadyEra.current) AS era, \(LeaseEra.current) AS lease_era
            FROM world
            WHERE only_row
        ),
        asked AS MATERIALIZED (\(Self.lanes(claim))),
        -- Slots are taken in one order, so that rivals wait for each other and never in a circle.
        lane AS MATERIALIZED (
            SELECT asked.*,
                   CASE WHEN is_paused THEN 'paused' WHEN closed_until IS NOT NULL THEN 'closed'
                        WHEN is_limited THEN 'limited' WHEN free = '{}' THEN 'full' END AS reason
            FROM asked
            ORDER BY client_id, account_id
        ),
        picked AS MATERIALIZED (
            SELECT lane.turn, lane.reason, lane.closed_until, lane.client_id AS lane_client,
                   lane.account_id AS lane_account, lane.free[job.number] AS slot, job.*
            FROM lane
            LEFT JOIN LATERAL (
                SELECT found.*, row_number() OVER () AS number
                FROM (
                    SELECT r.ctid AS place\(yields ? Self.wholeRow : Self.nothingMore)
                    FROM job_ready r
                    WHERE lane.reason IS NULL AND r.era = (SELECT era FROM clock) AND r.queue = \(claim.queue)
                      AND r.client_id = lane.client_id
                      AND r.account_id = lane.account_id
                      AND r.due_at <= (SELECT now FROM clock)
                      AND \(Self.canRun(claim))
                      AND (NOT \(Self.limitsProviders)
                           OR coalesce(r.provider = lane.provider, NOT \(Self.isLimited("r.provider", claim.queue))))
                    ORDER BY r.priority, r.due_at, r.job_id
                    LIMIT least(lane.wanted, cardinality(lane.free))
                    FOR UPDATE SKIP LOCKED
                ) AS found
            ) AS job ON true
        ),
        \(yields ? Self.leaseAndRemove(claim.worker) : Self.removeAndLease(claim.worker))
        SELECT NULL::bigint AS turn, NULL AS reason, NULL::bigint AS wait_ms,
               \(unescaped: JobSpec.columns), lease_no, claimed_at, place
        FROM leased
        UNION ALL
        SELECT turn,
               coalesce(reason, CASE WHEN head.due_at IS NULL THEN 'empty' WHEN head.due_at > now THEN 'waiting'
                                     ELSE 'busy' END),
               ceil(extract(epoch FROM coalesce(closed_until, head.due_at) - now) / nullif(rate, 0) * 1000)::bigint,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL
        FROM picked
        CROSS JOIN clock
        LEFT JOIN LATERAL (
            SELECT r.due_at
            FROM job_ready r
            WHERE picked.reason IS NULL AND r.era = (SELECT era FROM clock) AND r.queue = \(claim.queue)
              AND r.client_id = picked.lane_client
              AND r.account_id = picked.lane_account
            ORDER BY r.priority, r.due_at, r.job_id
            LIMIT 1
        ) AS head ON true
        WHERE picked.place IS NULL
        """
    }

    /// Whether the worker can run a ready job.
    static func canRun(_ claim: LaneClaim) -> Statement {
        """
        (r.kind = ANY (\(claim.abilities.filter { $0.provider == nil }.map(\.kind)))
         OR r.kind || '/' || r.provider = ANY (\(claim.abilities.map(\.text))))
        """
    }

    /// Whether any platform has a limit of running jobs: looked at once.
    static let limitsProviders: Statement = """
        (SELECT EXISTS (SELECT FROM running_limit WHERE starts_with(scope, 'provider:')))
        """

    /// Whether a platform has one for a queue.
    private static func isLimited(_ provider: StaticString, _ queue: QueueName) -> Statement {
        """
        EXISTS (
            SELECT FROM running_limit m
            WHERE m.scope IN ('provider:' || \(unescaped: provider), 'provider:' || \(unescaped: provider) || '/' || \(queue)))
        """
    }

    private static let wholeRow: Statement = ", r.*"
    /// What leaves ready by its place is read there once more: until then its place is enough, and a narrow row is cheaper.
    private static let nothingMore: Statement = ""

    /// Leases what has a slot still, and takes that from ready.
    private static func leaseAndRemove(_ worker: WorkerID) -> Statement {
        """
        leased AS (
            INSERT INTO job_lease (\(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at, slot, era)
            SELECT \(unescaped: JobSpec.columns), nextval('job_lease_no'), \(worker), (SELECT now FROM clock), slot,
                   (SELECT lease_era FROM clock)
            FROM picked
            WHERE job_id IS NOT NULL
            ON CONFLICT (era, client_id, account_id, queue, slot) DO NOTHING
            RETURNING \(unescaped: JobSpec.columns), lease_no, claimed_at, ctid AS place
        ),
        gone AS (
            DELETE FROM job_ready r
            USING leased l
            -- ANY: an equality of the key's first column lets the planner read the whole index and compare each entry, which
            -- is what it does for a table that was empty when the plan was made (1.5 s a claim were seen behind a flood).
            WHERE r.job_id = ANY (ARRAY[l.job_id]) AND r.client_id IS NOT DISTINCT FROM l.client_id
        )
        """
    }

    /// Takes jobs from where they stand in ready, and leases what was there.
    private static func removeAndLease(_ worker: WorkerID) -> Statement {
        """
        gone AS (
            DELETE FROM job_ready r
            USING picked p
            WHERE r.ctid = p.place
            RETURNING r.*, p.slot
        ),
        leased AS (
            INSERT INTO job_lease (\(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at, slot, era)
            SELECT \(unescaped: JobSpec.columns), nextval('job_lease_no'), \(worker), (SELECT now FROM clock), slot,
                   (SELECT lease_era FROM clock)
            FROM gone
            RETURNING \(unescaped: JobSpec.columns), lease_no, claimed_at, ctid AS place
        )
        """
    }

    /// What is asked of each lane, what closes it, and the numbers of its free slots.
    ///
    /// Tables that hold exceptions only are looked at once when they are empty. Work of no account has any number of
    /// slots without a number.
    private static func lanes(_ claim: LaneClaim) -> Statement {
        """
        SELECT given.turn, given.client_id, given.account_id, given.wanted, given.provider,
               (SELECT EXISTS (SELECT FROM queue_control)) AND EXISTS (
                   SELECT FROM queue_control c
                   WHERE c.client_id IN (given.client_id, \(ClientID.none))
                     AND c.account_id IN (given.account_id, \(AccountID.none)) AND c.queue IN ('', \(claim.queue))
                     AND c.app IN ('', coalesce('app:' || p.app_id, 'provider:' || head.provider))
               ) AS is_paused,
               CASE WHEN (SELECT EXISTS (SELECT FROM lane_gate)) THEN (
                   SELECT max(g.blocked_until)
                   FROM lane_gate g
                   WHERE g.scope = ANY (\(Self.scopes(claim.queue))) AND g.blocked_until > (SELECT now FROM clock)
               ) END AS closed_until,
               NOT \(claim.isUnderLock) AND (SELECT EXISTS (SELECT FROM running_limit)) AND EXISTS (
                   SELECT FROM running_limit m WHERE m.scope = ANY (\(Self.scopes(claim.queue)))
               ) AS is_limited,
               CASE WHEN given.account_id = \(AccountID.none) THEN array_fill(NULL::integer, ARRAY[given.wanted])
                    ELSE ARRAY(
                        SELECT s
                        FROM generate_series(1, coalesce(p.slots, (
                            SELECT q.account_slots FROM queue_policy q WHERE q.queue = \(claim.queue)
                        ), \(Self.accountSlots))) AS s
                        WHERE s <> ALL (ARRAY(
                            SELECT l.slot
                            FROM job_lease l
                            WHERE l.era = (SELECT lease_era FROM clock) AND l.client_id = given.client_id
                              AND l.account_id = given.account_id AND l.queue = \(claim.queue)
                            ORDER BY l.slot))
                        LIMIT given.wanted)
               END AS free
        FROM unnest(\(claim.shares.map(\.lane.client)), \(claim.shares.map(\.lane.account)),
                    \(claim.shares.map { Int32(clamping: $0.count) }), \(claim.shares.map { claim.providers[$0.lane] }))
             WITH ORDINALITY AS given (client_id, account_id, wanted, provider, turn)
        LEFT JOIN lane_policy p ON p.client_id = given.client_id AND p.account_id = given.account_id
        LEFT JOIN LATERAL (
            SELECT r.provider
            FROM job_ready r
            WHERE ((SELECT EXISTS (SELECT FROM lane_gate)) OR (SELECT EXISTS (SELECT FROM queue_control WHERE app <> ''))
                   OR \(Self.limitsProviders))
              AND r.era = (SELECT era FROM clock) AND r.queue = \(claim.queue)
              AND r.client_id = given.client_id AND r.account_id = given.account_id
              AND (NOT \(Self.limitsProviders) OR \(Self.canRun(claim)))
            ORDER BY r.priority, r.due_at, r.job_id
            LIMIT 1
        ) AS head ON true
        WHERE EXISTS (SELECT FROM worker w WHERE w.worker_id = \(claim.worker) AND w.state = 'active')
        """
    }
}

extension ClaimedJob {
    /// Reads a claim's row, where three columns come before the job's.
    fileprivate convenience init(_ row: Row, worker: WorkerID) throws(PQError) {
        self.init(
            spec: try JobSpec(row, from: 3),
            lease: Lease(number: try row.get(3 + JobSpec.columnCount), worker: worker),
            claimedAt: try row.get(4 + JobSpec.columnCount), place: try row.get(5 + JobSpec.columnCount))
    }
}
