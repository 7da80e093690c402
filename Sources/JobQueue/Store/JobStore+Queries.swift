// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import PQClient

extension JobStore {
    /// One job, wherever it is.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - client: Its owner, when known; without it every client's jobs are probed.
    /// - Returns: nil when there is none, or its history is gone.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func job(_ id: JobID, client: ClientID? = nil) async throws -> JobSummary? {
        guard let client = try await self.owner(of: id, client: client) else { return nil }
        let rows = try await self.pool.withConnection { db in
            try await db.pipeline([
                Self.planOnIndexes,
                Self.places(states: Set(JobState.allCases), condition: "p.client_id = \(client) AND p.job_id = \(id)")
                    + " ORDER BY place, event_no DESC LIMIT 1",
            ])[1]
        }
        return try rows.first.map { row throws in try JobSummary(row) }
    }

    /// Where a live job is, in the caller's transaction.
    ///
    /// - Returns: nil when it has ended or there is none.
    package static func place(
        of id: JobID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> JobState? {
        let places: [JobState] = try await db.query(
            """
            SELECT 'leased' FROM job_lease WHERE client_id = \(client) AND job_id = \(id)
            UNION ALL
            SELECT 'ready' FROM job_ready WHERE client_id = \(client) AND job_id = \(id)
            UNION ALL
            SELECT 'scheduled' FROM job_scheduled WHERE client_id = \(client) AND job_id = \(id)
            UNION ALL
            SELECT 'held' FROM job_hold WHERE client_id = \(client) AND job_id = \(id)
            """
        ).column()
        return places.first
    }

    /// The owner of a job of which only the identity may be known.
    package func owner(of id: JobID, client: ClientID? = nil) async throws -> ClientID? {
        if let client { return client }
        return try await self.pool.query("SELECT job_client(\(id))").single()
    }

    /// Jobs, the latest made first.
    package func list(_ filter: JobFilter = JobFilter()) async throws -> [JobSummary] {
        let states = filter.states.isEmpty ? Set(JobState.allCases) : filter.states
        var condition: Statement = "true"
        if let client = filter.client { condition += " AND p.client_id = \(client)" }
        if let account = filter.account { condition += " AND p.account_id = \(account)" }
        if let queue = filter.queue { condition += " AND p.queue = \(queue)" }
        if let kind = filter.kind { condition += " AND p.kind = \(kind)" }
        if let provider = filter.provider { condition += " AND p.provider = \(provider)" }
        if let subject = filter.subject { condition += " AND p.subject_id = \(subject)" }
        if let dueBefore = filter.dueBefore { condition += " AND p.due_at < \(dueBefore)" }
        if let before = filter.before { condition += " AND p.job_id < \(before)" }
        let statement =
            Self.places(states: states, condition: condition)
            + " ORDER BY job_id DESC LIMIT \(Int32(clamping: filter.limit))"
        return try await self.pool.query(statement).map { row throws in try JobSummary(row) }
    }

    /// Everything that was done about a job, the oldest first.
    package func attempts(of id: JobID, client: ClientID? = nil) async throws -> [AttemptSummary] {
        guard let client = try await self.owner(of: id, client: client) else { return [] }
        let rows = try await self.pool.query(
            "\(Self.attempts) WHERE client_id = \(client) AND job_id = \(id) ORDER BY event_no")
        return try rows.map { row throws in try AttemptSummary(row) }
    }

    /// The last thing that was done about a job and counted; what a run said whose lease was lost does not.
    func lastAttempt(of id: JobID, client: ClientID) async throws -> AttemptSummary? {
        let last: Statement = """
            \(Self.attempts)
            WHERE client_id = \(client) AND job_id = \(id) AND outcome <> 'stale'
            ORDER BY event_no DESC
            LIMIT 1
            """
        let rows = try await self.pool.withConnection { db in try await db.pipeline([Self.planOnIndexes, last])[1] }
        return try rows.first.map { row throws in try AttemptSummary(row) }
    }

    private static let attempts: Statement = """
        SELECT event_no, outcome, final, attempt, lease_no, worker_id, due_at, started_at, finished_at,
               duration_ms, next_due_at, reason, error_code, error_message, http_status, request_id
        FROM attempt
        """

    /// The places a job can be in, as one list; a finished job is there once, by its last end, unless it was brought
    /// back since.
    private static func places(states: Set<JobState>, condition: Statement) -> Statement {
        var branches: [Statement] = []
        if states.contains(.leased) {
            branches.append(
                """
                SELECT 1 AS place, 0::bigint AS event_no, \(unescaped: JobSpec.columns), 'leased' AS state, lease_no,
                    worker_id,
                       claimed_at AS since, cancel_reason AS reason, NULL AS error_code, NULL AS error_message,
                       NULL::integer AS http_status, NULL AS request_id
                FROM job_lease p WHERE \(condition)
                """)
        }
        for (state, table) in [(JobState.ready, "job_ready" as StaticString), (.scheduled, "job_scheduled")]
        where states.contains(state) {
            branches.append(
                """
                SELECT 1 AS place, 0::bigint AS event_no, \(unescaped: JobSpec.columns), \(state.rawValue) AS state,
                    NULL::bigint AS lease_no,
                       NULL::uuid AS worker_id, NULL::timestamptz AS since, NULL AS reason, NULL AS error_code,
                           NULL AS error_message,
                       NULL::integer AS http_status, NULL AS request_id
                FROM \(unescaped: table) p WHERE \(condition)
                """)
        }
        if states.contains(.held) {
            branches.append(
                """
                SELECT 1 AS place, 0::bigint AS event_no, \(unescaped: JobSpec.columns), 'held' AS state,
                    NULL::bigint AS lease_no,
                       NULL::uuid AS worker_id, held_at AS since, reason, error_code, error_message,
                           NULL::integer AS http_status,
                       NULL AS request_id
                FROM job_hold p WHERE \(condition)
                """)
        }
        let ends = states.filter(\.isFinal).map(\.rawValue)
        if !ends.isEmpty {
            branches.append(
                """
                SELECT 2 AS place, event_no, client_id, job_id, queue, kind, provider, account_id, subject_id,
                       coalesce(payload, '{}') AS payload, priority, due_at,
                           attempt - (lease_no IS NOT NULL)::integer AS attempt,
                       crash_count, defer_count, max_attempts, recovery, generation, key, created_at, outcome AS state,
                           lease_no, worker_id,
                       finished_at AS since, reason, error_code, error_message, http_status, request_id
                FROM attempt p
                WHERE final AND outcome = ANY (\(ends)) AND \(condition)
                  AND NOT EXISTS (
                      SELECT FROM attempt later
                      WHERE later.client_id = p.client_id AND later.job_id = p.job_id AND later.final
                          AND later.event_no > p.event_no)
                  AND NOT EXISTS (SELECT FROM job_ready l WHERE l.client_id = p.client_id AND l.job_id = p.job_id)
                  AND NOT EXISTS (SELECT FROM job_lease l WHERE l.client_id = p.client_id AND l.job_id = p.job_id)
                  AND NOT EXISTS (SELECT FROM job_scheduled l WHERE l.client_id = p.client_id AND l.job_id = p.job_id)
                  AND NOT EXISTS (SELECT FROM job_hold l WHERE l.client_id = p.client_id AND l.job_id = p.job_id)
                """)
        }
        return branches.dropFirst().reduce(branches[0]) { $0 + " UNION ALL " + $1 }
    }
}

extension JobSummary {
    fileprivate init(_ row: Row) throws(PQError) {
        self.spec = try JobSpec(row, from: 2)
        self.state = try row.get("state")
        if let number: Int64 = try row.get("lease_no"), let worker: WorkerID = try row.get("worker_id") {
            self.lease = Lease(number: number, worker: worker)
        }
        self.since = try row.get("since")
        self.reason = try row.get("reason")
        self.failure = try JobFailure(row)
    }
}

extension AttemptSummary {
    fileprivate init(_ row: Row) throws(PQError) {
        self.event = try row.get("event_no")
        self.outcome = try row.get("outcome")
        self.isFinal = try row.get("final")
        self.attempt = Int(try row.get("attempt", as: Int32.self))
        self.leaseNumber = try row.get("lease_no")
        self.worker = try row.get("worker_id")
        self.dueAt = try row.get("due_at")
        self.startedAt = try row.get("started_at")
        self.finishedAt = try row.get("finished_at")
        self.duration = try row.get("duration_ms", as: Int64?.self).map { .milliseconds($0) }
        self.nextDueAt = try row.get("next_due_at")
        self.reason = try row.get("reason")
        self.failure = try JobFailure(row)
        self.requestID = try row.get("request_id")
    }
}

extension JobFailure {
    fileprivate init?(_ row: Row) throws(PQError) {
        guard let code: String = try row.get("error_code") else { return nil }
        self.init(
            code: code, message: try row.get("error_message", as: String?.self) ?? "",
            httpStatus: try row.get("http_status", as: Int32?.self).map(Int.init), requestID: try row.get("request_id"))
    }
}
