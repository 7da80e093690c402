// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PQClient

extension JobStore {
    /// Calls of more jobs than this are large enough for a transaction of their own.
    static let largestShared = 100

    /// Enqueues jobs in a transaction that is not the caller's: when the call returns they are committed.
    ///
    /// Callers of a few jobs at the same moment share a transaction, and its commit; each gets its own answer or error.
    ///
    /// - Returns: One answer per job, in order.
    @discardableResult
    package func enqueue(_ jobs: [NewJob]) async throws -> [Enqueued] {
        guard !jobs.isEmpty, jobs.count <= Self.largestShared else { return try await self.enqueueAlone(jobs) }
        return try await self.enqueuing.write(jobs) { calls in
            var rest = try await self.enqueueAlone(calls.flatMap(\.self))[...]
            return calls.map { call in
                defer { rest = rest.dropFirst(call.count) }
                return Array(rest.prefix(call.count))
            }
        }
    }

    /// Enqueues jobs in the caller's transaction: they exist when it commits.
    ///
    /// A job whose key the client already used for a job of that kind is not made; the first one's identity is
    /// answered, also after that job has finished. Work that is due now wakes workers at commit.
    ///
    /// - Returns: One answer per job, in order.
    @discardableResult
    package func enqueue(_ jobs: [NewJob], on db: inout some SQLSession & ~Copyable) async throws -> [Enqueued] {
        try await self.enqueue(jobs, on: &db, isAlone: false)
    }

    /// Enqueues in one round trip.
    ///
    /// A pipeline is a transaction of its own. Keys are written in one order, so no two deadlock.
    private func enqueueAlone(_ jobs: [NewJob]) async throws -> [Enqueued] {
        try await self.pool.withConnection { db in try await self.enqueue(jobs, on: &db, isAlone: true) }
    }

    /// Plan settings hold until the end of a transaction, so only one of the queue's own gets them.
    private func enqueue(
        _ jobs: [NewJob], on db: inout some SQLSession & ~Copyable, isAlone: Bool
    ) async throws -> [Enqueued] {
        guard !jobs.isEmpty else { return [] }
        let hasKeys = jobs.contains { $0.key != nil }
        let lead = isAlone && hasKeys && jobs.count > 1 ? [Self.planOnIndexes] : []
        let rows = try await db.pipeline(lead + self.statements(toEnqueue: jobs))[lead.count]
        guard hasKeys else { return jobs.map { Enqueued(id: $0.id, isNew: true) } }
        return try Self.answers(rows, count: jobs.count)
    }

    /// The statements that enqueue jobs in a transaction, for a round trip with others, where nobody asks which jobs are new.
    package func statements(toEnqueue jobs: [NewJob]) -> [Statement] {
        guard let first = jobs.first else { return [] }
        let source = jobs.count == 1 ? Self.row(first) : Self.unnest(jobs)
        let insertion =
            jobs.contains { $0.key != nil }
            ? Self.insertKeyed(from: source) : Self.insert(from: source, isDue: jobs.allSatisfy { $0.dueAt == nil })
        return [insertion] + (self.wake(jobs).map { [$0] } ?? [])
    }

    /// Enqueues many jobs through COPY, in one transaction: faster than ``enqueue(_:)`` from some ten thousand on.
    ///
    /// - Returns: How many were new.
    @discardableResult
    package func importJobs(_ jobs: [NewJob], on db: inout Transaction) async throws -> [Enqueued] {
        guard !jobs.isEmpty else { return [] }
        try await db.execute(
            """
            CREATE TEMPORARY TABLE job_import (
                client_id uuid, job_id uuid, queue text, kind text, provider text, account_id uuid, subject_id uuid,
                payload jsonb,
                priority smallint, due_at timestamptz, max_attempts integer, recovery text, key text,
                    key_seconds double precision,
                ordinal bigint
            ) ON COMMIT DROP
            """)
        try await db.copyIn(
            """
            COPY job_import (client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority,
                due_at, max_attempts,
                             recovery, key, key_seconds, ordinal)
            FROM STDIN (FORMAT binary)
            """,
            rows: jobs.enumerated().lazy.map { index, job in Self.row(job, ordinal: Int64(index + 1)) })
        var statements = [
            Self.insertKeyed(
                from: """
                    SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                        max_attempts,
                           recovery, key, key_seconds, ordinal
                    FROM job_import
                    """),
            "DROP TABLE job_import",
        ]
        if let wake = self.wake(jobs) { statements.append(wake) }
        return try Self.answers(try await db.pipeline(statements)[0], count: jobs.count)
    }

    private static func answers(_ rows: Rows, count: Int) throws -> [Enqueued] {
        var answers = [Enqueued?](repeating: nil, count: count)
        for row in rows {
            let ordinal: Int64 = try row.get("ordinal")
            answers[Int(ordinal) - 1] = Enqueued(id: try row.get("job_id"), isNew: try row.get("is_new"))
        }
        return answers.compactMap { $0 }
    }

    /// The statement that wakes workers at commit when work is due now, if the throttle allows it.
    ///
    /// A notification names the queue, and the lane when it is one: then nobody looks for it.
    private func wake(_ jobs: [NewJob]) -> Statement? {
        var news: [QueueName: (earliest: Date?, lanes: Set<Lane>)] = [:]
        for job in jobs {
            let lane = Lane(client: job.client, account: job.account ?? .none)
            guard let known = news[job.queue] else {
                news[job.queue] = (job.dueAt, [lane])
                continue
            }
            if let before = known.earliest { news[job.queue]?.earliest = job.dueAt.map { min(before, $0) } }
            if known.lanes.count < 2 { news[job.queue]?.lanes.insert(lane) }
        }
        let admitted = self.throttle.admit(Set(news.keys)).map { queue -> (payload: String, earliest: Date?) in
            guard let found = news[queue], found.lanes.count == 1, let lane = found.lanes.first else {
                return (queue.rawValue, news[queue]?.earliest)
            }
            return ("\(queue) \(lane.client) \(lane.account)", found.earliest)
        }
        guard !admitted.isEmpty else { return nil }
        return """
            SELECT pg_notify(\(Self.channel), payload)
            FROM unnest(\(admitted.map(\.payload)), \(admitted.map(\.earliest))) AS given (payload, due_at)
            WHERE due_at IS NULL OR due_at <= world_now()
            """
    }

    /// The channel's name; a channel belongs to the whole database, so the schema is in it.
    static let channel: Statement = "'posthorn_' || left(md5(current_schema()), 16)"

    private static func unnest(_ jobs: [NewJob]) -> Statement {
        """
        SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
            max_attempts, recovery, key,
               key_seconds, ordinal
        FROM unnest(\(jobs.map(\.client)), \(jobs.map(\.id)), \(jobs.map(\.queue)), \(jobs.map(\.kind)),
            \(jobs.map(\.provider)),
                    \(jobs.map { $0.account ?? AccountID.none }), \(jobs.map(\.subject)), \(jobs.map(\.payload)),
                        \(jobs.map(\.priority)),
                    \(jobs.map(\.dueAt)), \(jobs.map { Int32(clamping: $0.maximumAttempts) }), \(jobs.map(\.recovery)),
                    \(jobs.map(\.key)), \(jobs.map(\.keyLifetime.seconds)))
             WITH ORDINALITY AS given (
                 client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority,
                 due_at, max_attempts, recovery, key, key_seconds, ordinal
             )
        """
    }

    /// One job without arrays: the planner knows that it is one, and keeps its plan.
    private static func row(_ job: NewJob) -> Statement {
        """
        SELECT \(job.client) AS client_id, \(job.id) AS job_id, \(job.queue) AS queue, \(job.kind) AS kind,
               \(job.provider) AS provider, \(job.account ?? AccountID.none) AS account_id, \(job.subject) AS subject_id,
               \(job.payload) AS payload, \(job.priority) AS priority, \(job.dueAt) AS due_at,
               \(Int32(clamping: job.maximumAttempts)) AS max_attempts, \(job.recovery) AS recovery, \(job.key) AS key,
               \(job.keyLifetime.seconds) AS key_seconds, 1::bigint AS ordinal
        """
    }

    private static func row(_ job: NewJob, ordinal: Int64) -> BindRow {
        [
            job.client, job.id, job.queue, job.kind, job.provider, job.account ?? AccountID.none, job.subject,
            job.payload, job.priority,
            job.dueAt, Int32(clamping: job.maximumAttempts), job.recovery, job.key, job.keyLifetime.seconds, ordinal,
        ]
    }

    /// Without keys every job is new: nothing is looked up and nothing read back.
    ///
    /// - Parameters:
    ///   - source: The rows.
    ///   - isDue: Whether none of them says when it is due.
    /// - Returns: The statement; it returns no rows.
    private static func insert(from source: Statement, isDue: Bool) -> Statement {
        guard !isDue else {
            return """
                INSERT INTO job_ready (\(unescaped: Self.written), era)
                SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority,
                       coalesce(due_at, (SELECT world_now())), max_attempts, recovery, key, (SELECT world_now()),
                       \(ReadyEra.current)
                FROM (\(source)) AS input
                """
        }
        return """
            WITH clock AS MATERIALIZED (SELECT world_now() AS now),
            input AS MATERIALIZED (\(source)),
            \(Self.places(from: "input"))
            SELECT
            """
    }

    /// What an enqueued job is written with.
    private static let written: StaticString = """
        client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, max_attempts, recovery,
        key, created_at
        """

    /// What is due goes to ready, the rest to scheduled; `clock` is there.
    private static func places(from jobs: Statement, where condition: Statement = "true") -> Statement {
        """
        ready AS (
            INSERT INTO job_ready (\(unescaped: Self.written), era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority,
                   coalesce(due_at, now), max_attempts, recovery, key, now, \(ReadyEra.current)
            FROM \(jobs)
            CROSS JOIN clock
            WHERE \(condition) AND coalesce(due_at, now) <= now
        ),
        scheduled AS (
            INSERT INTO job_scheduled (\(unescaped: Self.written))
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                   max_attempts, recovery, key, now
            FROM \(jobs)
            CROSS JOIN clock
            WHERE \(condition) AND due_at > now
        )
        """
    }

    /// Keys first, in an order that two batches share; whoever wrote a key first decides which job stands for it.
    private static func insertKeyed(from source: Statement) -> Statement {
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now),
        input AS MATERIALIZED (\(source)),
        wanted AS (
            SELECT DISTINCT ON (client_id, kind, key)
                   client_id, kind, sha256(convert_to(key, 'UTF8')) AS key_hash, job_id, key_seconds
            FROM input
            WHERE key IS NOT NULL
            ORDER BY client_id, kind, key, ordinal
        ),
        keyed AS (
            INSERT INTO job_key AS k (client_id, scope, key_hash, job_id, expires_at, made_real)
            SELECT client_id, kind, key_hash, job_id, now + make_interval(secs => key_seconds), statement_timestamp()
            FROM wanted
            CROSS JOIN clock
            ORDER BY client_id, kind, key_hash
            ON CONFLICT (client_id, scope, key_hash) DO UPDATE
            SET job_id = CASE WHEN k.expires_at <= (SELECT now FROM clock) THEN excluded.job_id ELSE k.job_id END,
                expires_at = CASE WHEN k.expires_at <= (SELECT now FROM clock) THEN excluded.expires_at
                    ELSE k.expires_at END,
                made_real = CASE WHEN k.expires_at <= (SELECT now FROM clock) THEN excluded.made_real
                    ELSE k.made_real END
            RETURNING client_id, scope, key_hash, job_id, made_real = statement_timestamp() AS is_new
        ),
        settled AS MATERIALIZED (
            SELECT input.*, input.job_id AS own_id, coalesce(keyed.job_id, input.job_id) AS standing_id,
                   input.key IS NULL OR (keyed.is_new AND keyed.job_id = input.job_id) AS is_new
            FROM input
            LEFT JOIN keyed
                   ON keyed.client_id = input.client_id AND keyed.scope = input.kind
                  AND keyed.key_hash = sha256(convert_to(input.key, 'UTF8'))
        ),
        \(Self.places(from: "settled", where: "is_new"))
        SELECT ordinal, standing_id AS job_id, is_new
        FROM settled
        """
    }
}
