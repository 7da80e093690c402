// SPDX-License-Identifier: MIT

package import Domain
import PQClient

/// What a rescue found.
package struct RescueReport: Sendable, Hashable {
    /// Workers that stopped beating, newly declared dead.
    package var deadWorkers: [WorkerID] = []
    /// Jobs taken from dead workers, and from live ones that did not end them in time.
    package var rescued = 0
    /// Of these, how many ran over their deadline on a worker that lives.
    package var overdue = 0
    /// Of these, how many now wait for a person.
    package var held = 0
    /// Sends whose outcome is now unknown.
    package var unknownEffects = 0
    /// Held or cancelled jobs of which the handler's record could not be written.
    package var unrecorded = 0

    /// Makes an empty report.
    package init() {}
}

extension JobStore {
    /// Declares workers dead that stopped beating, and takes their jobs back; any worker, one at a time in the fleet.
    ///
    /// A job goes where its recovery policy says; after `crashLimit` crashes it is held as `poison`. What it was
    /// sending becomes unknown, and
    /// what it had only prepared can no longer be sent under the old lease.
    ///
    /// - Parameters:
    ///   - crashLimit: The number of crashes at which a job is held.
    ///   - limit: The most jobs taken in one call.
    ///   - record: Answers what is to be written, in the same transaction, with a job that is held or cancelled here. A record that fails
    ///     for good is left out and counted: it must not keep the other jobs from being taken back.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: What was found and done.
    package func rescue(
        crashLimit: Int = 3, limit: Int = 500,
        record: @Sendable (JobOutcome, ClaimedJob) -> JobResult.Record? = { _, _ in nil }
    ) async throws -> RescueReport {
        try await self.pool.withTransaction(retrying: 3) { db in
            var report = RescueReport()
            let isAlone: Bool = try await db.query(
                "SELECT pg_try_advisory_xact_lock(hashtextextended('posthorn.rescue.' || current_schema(), 0))"
            ).single()
            guard isAlone else { return report }
            report.deadWorkers = try await db.query(Self.declareDead).column()
            // The leases are locked in a statement of their own: what a fence wrote before it let go of the lease must
            // be seen by the next one.
            var leases: [Int64] = try await db.query(
                """
                SELECT l.lease_no
                FROM job_lease l
                WHERE l.era = \(LeaseEra.current)
                  AND l.worker_id IN (SELECT w.worker_id FROM worker w WHERE w.state IN ('dead', 'stopped'))
                ORDER BY l.client_id, l.job_id
                LIMIT \(Int32(clamping: limit))
                FOR UPDATE OF l SKIP LOCKED
                """
            ).column()
            let overdue: [Int64] = try await db.query(Self.overdueLeases(limit)).column()
            report.overdue = overdue.count
            leases += overdue
            if !leases.isEmpty {
                let taken = try await db.query(Self.takeBack(leases, crashLimit: crashLimit)).map { row in
                    try TakenJob(row)
                }
                report.rescued = taken.count
                report.held = taken.count { $0.isHeld }
                report.unknownEffects = taken.first?.unknownEffects ?? 0
                for job in taken {
                    guard let outcome = job.outcome, let write = record(outcome, job.job) else { continue }
                    report.unrecorded += try await Self.isWritten(write, on: &db) ? 0 : 1
                }
            }
            report.unknownEffects += try await db.query(Self.unleasedSends).affected
            _ = try await db.pipeline([ReconcileJob.replaceLost, ReconcileJob.wakeForgotten])
            try await db.execute(Self.strandedSlots)
            return report
        }
    }

    /// Writes what belongs to one job's end, without failing the others' when it cannot be written.
    private static func isWritten(_ record: JobResult.Record, on db: inout Transaction) async throws -> Bool {
        do {
            try await db.savepoint { db in try await record(&db) }
            return true
        } catch let error as PQError where error.isTransient {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            return false
        }
    }

    /// A server that restarted a moment ago gives everybody the time to beat again.
    private static let declareDead: Statement = """
        UPDATE worker
        SET state = 'dead', ended_at = clock_timestamp()
        WHERE state IN ('active', 'draining')
          AND beat_at < clock_timestamp() - make_interval(secs => dead_after_ms / 1000.0)
          AND pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => dead_after_ms / 1000.0)
        RETURNING worker_id
        """

    /// Runs that their worker, though it beats, has not ended by the time it said it would.
    private static func overdueLeases(_ limit: Int) -> Statement {
        """
        SELECT l.lease_no
        FROM worker w
        JOIN job_lease l ON l.worker_id = w.worker_id
        WHERE l.era = \(LeaseEra.current) AND w.state IN ('active', 'draining')
          AND l.claimed_real < clock_timestamp()
              - make_interval(secs => (w.run_limits_ms ->> l.kind)::double precision / 1000)
        ORDER BY l.client_id, l.job_id
        LIMIT \(Int32(clamping: limit))
        FOR UPDATE OF l SKIP LOCKED
        """
    }

    private static func takeBack(_ leases: [Int64], crashLimit: Int) -> Statement {
        """
        WITH lost AS (
            DELETE FROM job_lease l
            USING worker w
            WHERE l.era = \(LeaseEra.current) AND l.lease_no = ANY (\(leases)) AND w.worker_id = l.worker_id
            RETURNING l.*, CASE WHEN w.state = 'stopped' THEN 0 ELSE 1 END AS crash,
                CASE WHEN w.state IN ('dead', 'stopped') THEN 'worker-died' ELSE 'overdue' END AS error_code,
                CASE WHEN w.state IN ('dead', 'stopped') THEN 'the worker died while the job ran'
                     ELSE 'the run was over its deadline and its worker did not end it'
                END AS error_message
        ),
        freed AS (
            DELETE FROM lease_slot s
            USING lost
            WHERE s.lease_no = lost.lease_no
        ),
        routed AS MATERIALIZED (
            SELECT lost.*, world_now() AS now,
                   CASE WHEN cancel_reason IS NOT NULL THEN 'cancelled' WHEN crash = 1 THEN 'crashed' ELSE 'released'
                       END AS outcome,
                   CASE WHEN cancel_reason IS NOT NULL THEN NULL
                        WHEN crash = 1 AND crash_count + 1 >= \(Int32(clamping: crashLimit)) THEN 'poison'
                        WHEN \(ReconcileJob.isUnsettled("lost")) THEN \(HoldReason.unknownOutcome)
                        WHEN crash = 1 AND recovery = 'hold' THEN 'crashed'
                   END AS hold_reason
            FROM lost
        ),
        unsure AS (
            UPDATE effect e
            SET state = 'unknown', \(ReconcileJob.identity)
            FROM routed r
            WHERE e.client_id IS NOT DISTINCT FROM r.client_id AND e.job_id = r.job_id AND e.state = 'sending' AND e.lease_no = r.lease_no
            \(ReconcileJob.returning)
        ),
        reconcile AS (
            \(ReconcileJob.insert(from: "unsure"))
        ),
        unsure_send AS (
            UPDATE effect_send s
            SET outcome = 'unknown'
            FROM unsure u
            WHERE s.client_id = u.client_id AND s.op_key = u.op_key AND s.part = u.part AND s.send_no = u.send_no
                AND s.outcome IS NULL
        ),
        fenced AS (
            UPDATE effect e
            SET min_lease_no = greatest(e.min_lease_no, r.lease_no + 1)
            FROM routed r
            WHERE e.client_id IS NOT DISTINCT FROM r.client_id AND e.job_id = r.job_id AND e.state = 'prepared'
        ),
        ready AS (
            INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt,
                   crash_count + crash, defer_count, max_attempts, recovery, generation, key, created_at,
                   \(ReadyEra.current)
            FROM routed
            WHERE hold_reason IS NULL AND outcome <> 'cancelled'
        ),
        held AS (
            INSERT INTO job_hold (\(unescaped: JobSpec.columns), reason, error_code, error_message, held_at)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt,
                   crash_count + crash, defer_count, max_attempts, recovery, generation, key, created_at,
                   hold_reason, error_code, error_message, now
            FROM routed
            WHERE hold_reason IS NOT NULL
        ),
        history AS (
            INSERT INTO attempt (
                client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_at, started_real,
                duration_ms, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                attempt, crash_count, defer_count, max_attempts, recovery, generation, key, created_at,
                reason, error_code, error_message
            )
            SELECT client_id, job_id, now, outcome, outcome = 'cancelled', lease_no, worker_id, claimed_at, claimed_real,
                   (extract(epoch FROM clock_timestamp() - claimed_real) * 1000)::bigint, queue, kind, provider,
                       account_id, subject_id,
                   CASE WHEN outcome = 'cancelled' THEN payload END, priority, due_at, attempt + 1,
                       crash_count + crash, defer_count,
                   max_attempts, recovery, generation, key, created_at, coalesce(cancel_reason, hold_reason),
                   error_code, error_message
            FROM routed
        )
        SELECT \(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at, crash_count + crash AS crashes, hold_reason,
               cancel_reason, error_code, error_message, (SELECT count(*) FROM unsure) AS unknown
        FROM routed
        """
    }

    /// A run may end at the moment at which a new limit counts it: its slot belongs to nobody.
    private static let strandedSlots: Statement = """
        DELETE FROM lease_slot s
        WHERE NOT EXISTS (
            SELECT FROM job_lease l
            WHERE l.client_id = s.client_id AND l.job_id = s.job_id AND l.lease_no = s.lease_no)
        """

    /// A fence whose answer was lost may commit after its run was ended; no lease, no sender.
    private static let unleasedSends: Statement = """
        WITH unsure AS (
            UPDATE effect e
            SET state = 'unknown', \(ReconcileJob.identity)
            WHERE e.state = 'sending'
              AND NOT EXISTS (
                  SELECT FROM job_lease l
                  WHERE l.client_id = e.client_id AND l.job_id = e.job_id AND l.lease_no = e.lease_no)
            \(ReconcileJob.returning)
        ),
        reconcile AS (
            \(ReconcileJob.insert(from: "unsure"))
        )
        UPDATE effect_send s
        SET outcome = 'unknown'
        FROM unsure u
        WHERE s.client_id = u.client_id AND s.op_key = u.op_key AND s.part = u.part AND s.send_no = u.send_no
            AND s.outcome IS NULL
        """
}

/// A job that was taken from a dead worker.
private struct TakenJob {
    var job: ClaimedJob
    var crashes: Int32
    var holdReason: String?
    var cancelReason: String?
    var failure: JobFailure
    var unknownEffects: Int

    var isHeld: Bool { self.holdReason != nil }

    /// How it ended for whoever waits for it; `nil` when it goes on.
    var outcome: JobOutcome? {
        if let cancelReason { return .cancelled(reason: cancelReason) }
        guard let holdReason else { return nil }
        var failure = self.failure
        if failure.code == "worker-died", self.crashes > 1 {
            failure.message = "the worker died \(self.crashes) times while the job ran"
        }
        return .held(reason: holdReason, failure)
    }

    init(_ row: Row) throws(PQError) {
        self.job = try ClaimedJob(row)
        self.crashes = try row.get("crashes")
        self.holdReason = try row.get("hold_reason")
        self.cancelReason = try row.get("cancel_reason")
        self.failure = JobFailure(code: try row.get("error_code"), message: try row.get("error_message"))
        self.unknownEffects = Int(try row.get("unknown", as: Int64.self))
    }
}
