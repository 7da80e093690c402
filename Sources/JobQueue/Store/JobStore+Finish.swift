// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

extension JobStore {
    /// Ends runs, many in one round trip; each only while its lease is still the one it was claimed under.
    ///
    /// A run whose lease was lost changes nothing; an attempt of outcome `stale` tells of it. Calling again with the
    /// same runs, after a lost
    /// answer, changes nothing either.
    ///
    /// - Returns: One answer per run, in order.
    @discardableResult
    package func finish(_ runs: [Finish]) async throws -> [FinishResult] {
        guard !runs.isEmpty else { return [] }
        return try await self.pool.withConnection { db in try await Self.finish(runs, on: &db) }
    }

    /// Ends runs in the caller's transaction.
    ///
    /// - Parameters:
    ///   - runs: The runs.
    ///   - before: What is run before, in the same round trip.
    ///   - db: The session or transaction.
    /// - Returns: One answer per run, in order.
    /// - Throws: What the database throws.
    static func finish(
        _ runs: [Finish], after before: [Statement] = [], on db: inout some SQLSession & ~Copyable
    ) async throws -> [FinishResult] {
        let succeeded = runs.indices.filter { runs[$0].outcome == .succeeded }
        let others = runs.indices.filter { runs[$0].outcome != .succeeded }
        var statements = before + [Self.planOnProbes]
        if !succeeded.isEmpty { statements.append(Self.succeed(succeeded.map { runs[$0] })) }
        if !others.isEmpty { statements.append(Self.finish(others.map { runs[$0] })) }
        let answers = try await db.pipeline(statements)
        var results = [FinishResult](repeating: .stale, count: runs.count)
        if !succeeded.isEmpty {
            let ended: Set<Int64> = Set(try answers[before.count + 1].column())
            for index in succeeded where ended.contains(runs[index].job.lease.number) { results[index] = .applied }
        }
        if !others.isEmpty { try Self.note(answers[statements.count - 1], of: others, in: &results) }
        // A success that is left has a send under way, or its lease is gone.
        let left = succeeded.filter { results[$0] != .applied }
        if !left.isEmpty {
            let answers = try await db.pipeline([Self.planOnProbes, Self.finish(left.map { runs[$0] })])
            try Self.note(answers[1], of: left, in: &results)
        }
        let rest = runs.indices.filter { results[$0] != .applied }
        guard !rest.isEmpty else { return results }
        let known = try await db.pipeline([Self.planOnProbes, Self.stale(rest.map { runs[$0] })])[1]
        for row in known {
            let isApplied: Bool = try row.get("is_applied")
            results[rest[Int(try row.get("ordinal", as: Int64.self)) - 1]] = isApplied ? .alreadyApplied : .stale
        }
        return results
    }

    /// Notes which runs the general statement ended, by their positions in it.
    private static func note(_ rows: Rows, of runs: [Int], in results: inout [FinishResult]) throws {
        for row in rows { results[runs[Int(try row.get("ordinal", as: Int64.self)) - 1]] = .applied }
    }

    /// Ends runs; the statement's rows are the positions of those that were ours, from 1 on.
    static func finish(_ runs: [Finish]) -> Statement {
        let words = runs.map(OutcomeColumns.init)
        return """
            WITH clock AS MATERIALIZED (SELECT world_now() AS now),
            input AS MATERIALIZED (
                SELECT given.*
                FROM unnest(\(runs.map(\.job.client)), \(runs.map(\.job.id)), \(runs.map(\.job.lease.number)),
                            \(runs.map(\.duration.milliseconds)), \(words.map(\.outcome)), \(words.map(\.until)),
                                \(words.map(\.pause)),
                            \(words.map(\.reason)), \(words.map(\.errorCode)), \(words.map(\.errorMessage)),
                            \(words.map(\.httpStatus)), \(words.map(\.requestID)), \(words.map(\.keepsPlace)))
                     WITH ORDINALITY AS given (
                         client_id, job_id, lease_no, duration_ms, asked, until, pause, why,
                         error_code, error_message, http_status, request_id, keeps_place, ordinal
                     )
            ),
            done AS (
                DELETE FROM job_lease l
                USING input i
                WHERE l.job_id = i.job_id AND l.client_id IS NOT DISTINCT FROM i.client_id AND l.lease_no = i.lease_no
                RETURNING l.*, i.ordinal, i.duration_ms, i.asked, i.until, i.pause, i.why, i.error_code,
                    i.error_message, i.http_status,
                          i.request_id, i.keeps_place
            ),
            freed AS (
                DELETE FROM lease_slot s
                USING done
                WHERE (SELECT EXISTS (SELECT FROM lease_slot)) AND s.lease_no = done.lease_no
            ),
            routed AS MATERIALIZED (
                SELECT done.*, clock.now,
                       CASE WHEN cancel_reason IS NOT NULL AND asked IN ('retry', 'deferred', 'released')
                           THEN 'cancelled'
                            WHEN is_unsettled AND asked IN ('retry', 'deferred', 'released', 'held') THEN 'held'
                            WHEN asked = 'retry' AND attempt + 1 >= max_attempts THEN 'failed'
                            ELSE asked
                       END AS outcome,
                       CASE WHEN is_unsettled THEN \(HoldReason.unknownOutcome) ELSE coalesce(why, 'held') END
                           AS hold_reason,
                       coalesce(until, now + make_interval(secs => pause)) AS next_due_at
                FROM done
                CROSS JOIN clock
                CROSS JOIN LATERAL (SELECT \(ReconcileJob.isUnsettled("done")) AS is_unsettled) AS sent
            ),
            unsettled AS (
                UPDATE effect e
                SET state = 'unknown', \(ReconcileJob.identity)
                FROM routed r
                WHERE (SELECT EXISTS (SELECT FROM effect o WHERE o.state = 'sending')) AND e.client_id IS NOT DISTINCT FROM r.client_id AND e.job_id = r.job_id AND e.state = 'sending'
                    AND e.lease_no = r.lease_no
                \(ReconcileJob.returning)
            ),
            reconcile AS (
                \(ReconcileJob.insert(from: "unsettled"))
            ),
            unsettled_send AS (
                UPDATE effect_send s
                SET outcome = 'unknown'
                FROM unsettled u
                WHERE s.client_id = u.client_id AND s.op_key = u.op_key AND s.part = u.part AND s.send_no = u.send_no
            ),
            scheduled AS (
                INSERT INTO job_scheduled (\(unescaped: JobSpec.columns))
                SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, next_due_at,
                       attempt + (outcome = 'retry')::integer, crash_count,
                           defer_count + (outcome = 'deferred')::integer, max_attempts,
                       recovery, generation, key, created_at
                FROM routed
                WHERE outcome IN ('retry', 'deferred') AND NOT keeps_place
            ),
            ready AS (
                INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
                SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                       attempt, crash_count, defer_count + (outcome = 'deferred')::integer, max_attempts, recovery,
                       generation, key, created_at, \(ReadyEra.current)
                FROM routed
                WHERE outcome = 'released' OR (outcome = 'deferred' AND keeps_place)
            ),
            held AS (
                INSERT INTO job_hold (\(unescaped: JobSpec.columns), reason, error_code, error_message, held_at)
                SELECT \(unescaped: JobSpec.columns), hold_reason, error_code, coalesce(error_message, why), now
                FROM routed
                WHERE outcome = 'held'
            ),
            history AS (
                INSERT INTO attempt (
                    client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_at, started_real,
                    duration_ms, queue, kind, provider, account_id, subject_id, payload, priority,
                    due_at, attempt, crash_count, defer_count, max_attempts, recovery, generation,
                    key, created_at, next_due_at, reason, error_code, error_message, http_status,
                    request_id
                )
                SELECT client_id, job_id, now, outcome, outcome IN ('succeeded', 'failed', 'cancelled'), lease_no,
                    worker_id, claimed_at, claimed_real,
                       duration_ms, queue, kind, provider, account_id, subject_id,
                       CASE WHEN outcome IN ('succeeded', 'failed', 'cancelled') THEN payload END, priority, due_at,
                           attempt + 1,
                       crash_count, defer_count, max_attempts, recovery, generation, key, created_at,
                       CASE WHEN outcome IN ('retry', 'deferred') THEN next_due_at END,
                       CASE WHEN outcome = 'cancelled' THEN coalesce(why, cancel_reason)
                            WHEN outcome = 'held' THEN hold_reason
                            ELSE why
                       END,
                       error_code,
                           error_message,
                       http_status, request_id
                FROM routed
            )
            SELECT ordinal
            FROM routed
            """
    }

    /// Runs whose lease is gone: told by an attempt row of the same lease number, which says whether the end was ours.
    private static func stale(_ runs: [Finish]) -> Statement {
        let words = runs.map(OutcomeColumns.init)
        return """
            WITH input AS MATERIALIZED (
                SELECT given.*
                FROM unnest(\(runs.map(\.job.client)), \(runs.map(\.job.id)), \(runs.map(\.job.lease.number)),
                            \(runs.map(\.duration.milliseconds)), \(words.map(\.outcome)), \(words.map(\.errorCode)),
                            \(words.map(\.errorMessage)), \(words.map(\.httpStatus)), \(words.map(\.requestID)))
                     WITH ORDINALITY AS given (
                         client_id, job_id, lease_no, duration_ms, asked, error_code,
                         error_message, http_status, request_id, ordinal
                     )
            ),
            known AS MATERIALIZED (
                SELECT i.ordinal, i.lease_no, i.duration_ms AS ran_ms, i.asked, i.error_code AS code,
                    i.error_message AS message,
                       i.http_status AS status, i.request_id AS request, a.*
                FROM input i
                CROSS JOIN LATERAL (
                    SELECT a.client_id, a.job_id, coalesce(a.error_code IN ('worker-died', 'overdue'), false) AS is_rescued,
                        a.worker_id, a.started_at, a.started_real, a.queue, a.kind, a.provider, a.account_id,
                           a.subject_id, a.priority, a.due_at, a.attempt, a.crash_count, a.defer_count, a.max_attempts,
                               a.recovery,
                           a.generation, a.key, a.created_at
                    FROM attempt a
                    WHERE a.client_id = i.client_id AND a.job_id = i.job_id AND a.lease_no = i.lease_no
                        AND a.outcome <> 'stale'
                    ORDER BY a.event_no
                    LIMIT 1
                ) AS a
            ),
            told AS (
                INSERT INTO attempt (
                    client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_at, started_real,
                    duration_ms, queue, kind, provider, account_id, subject_id, priority, due_at,
                    attempt, crash_count, defer_count, max_attempts, recovery, generation, key,
                    created_at, reason, error_code, error_message, http_status, request_id
                )
                SELECT client_id, job_id, world_now(), 'stale', false, lease_no, worker_id, started_at, started_real, ran_ms, queue,
                    kind, provider,
                       account_id, subject_id, priority, due_at, attempt, crash_count, defer_count, max_attempts,
                           recovery, generation,
                       key, created_at, 'the run ended as ' || asked || ' after its lease was lost', code, message,
                           status, request
                FROM known
                WHERE is_rescued
                  AND NOT EXISTS (
                      SELECT FROM attempt s
                      WHERE s.client_id = known.client_id AND s.job_id = known.job_id AND s.lease_no = known.lease_no
                        AND s.outcome = 'stale')
            )
            SELECT ordinal, NOT is_rescued AS is_applied
            FROM known
            """
    }
}

/// A run's outcome as the columns of the finish statement.
///
/// Text loses NUL characters, which PostgreSQL cannot store.
struct OutcomeColumns: Sendable {
    var outcome: String
    var until: Date?
    var pause: Double?
    var reason: String?
    var errorCode: String?
    var errorMessage: String?
    var httpStatus: Int32?
    var requestID: String?
    var keepsPlace = false

    init(_ run: Finish) {
        self.outcome = run.outcome.word
        var failure: JobFailure?
        switch run.outcome {
        case .succeeded, .released: break
        case .retry(let after, let cause):
            self.pause = after.pauseSeconds
            failure = cause
        case .deferred(let until, let reason):
            self.until = until
            self.reason = reason.storable
        case .deferredFor(let pause, let reason):
            self.pause = pause.pauseSeconds
            self.reason = reason.storable
        case .keptBack(let pause, let reason):
            self.pause = pause.pauseSeconds
            self.reason = reason.storable
            self.keepsPlace = true
        case .failed(let cause): failure = cause
        case .held(let reason, let cause):
            self.reason = reason.storable
            failure = cause
        case .cancelled(let reason): self.reason = reason.storable
        }
        self.errorCode = failure?.code.storable
        self.errorMessage = failure?.message.storable
        self.httpStatus = failure?.httpStatus.map(Int32.init(clamping:))
        self.requestID = (failure?.requestID ?? run.requestID)?.storable
    }
}

extension JobOutcome {
    /// The word in the history, before the attempts are counted and a request to cancel is looked at.
    package var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .retry: "retry"
        case .deferred, .deferredFor, .keptBack: "deferred"
        case .failed: "failed"
        case .held: "held"
        case .cancelled: "cancelled"
        case .released: "released"
        }
    }
}

extension String {
    /// The text without NUL and at most 4,000 characters of it.
    var storable: String { String(self.replacing("\0", with: "").prefix(4_000)) }
}
