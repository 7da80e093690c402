// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

extension JobStore {
    /// Ends a job that waits, or asks the worker that runs it to stop; it hears of it with its next beat.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - client: Its owner.
    ///   - reason: Why, for the history.
    /// - Returns: Whether it has ended already; false when a worker was asked.
    /// - Throws: ``JobQueueError`` with code `notFound`; `conflict` when it has finished, or an effect of it is being
    ///   sent, is confirmed or
    ///   unknown.
    @discardableResult
    package func cancel(_ id: JobID, client: ClientID, reason: String) async throws -> Bool {
        try await self.pool.withTransaction(retrying: 3) { db in
            try await self.cancel(id, client: client, reason: reason, on: &db)
        }
    }

    /// Cancels in the caller's transaction.
    @discardableResult
    package func cancel(_ id: JobID, client: ClientID, reason: String, on db: inout Transaction) async throws -> Bool {
        let place = try await self.lockLive(id, client: client, doing: "cancelled", on: &db)
        let touched: [String] = try await db.query(
            """
            SELECT DISTINCT state
            FROM effect
            WHERE client_id = \(client) AND job_id = \(id) AND state IN ('sending', 'confirmed', 'unknown')
            """
        ).column()
        guard touched.isEmpty else {
            let states = touched.sorted().joined(separator: ", ")
            throw JobQueueError(
                touched.contains("unknown") ? .unknownEffect : .conflict,
                "job \(id) cannot be cancelled: what it sends outside is already \(states)",
                job: id)
        }
        if place == .leased {
            try await db.execute(
                """
                UPDATE job_lease
                SET cancel_reason = \(reason.storable)
                WHERE client_id = \(client) AND job_id = \(id)
                """)
            return false
        }
        try await db.execute(
            """
            WITH gone AS (\(Self.remove(id, client, from: place)))
            INSERT INTO attempt (
                client_id, job_id, finished_at, outcome, final, queue, kind, provider, account_id,
                subject_id, payload, priority, due_at, attempt, crash_count, defer_count, max_attempts,
                recovery, generation, key, created_at, reason
            )
            SELECT client_id, job_id, world_now(), 'cancelled', true, queue, kind, provider, account_id, subject_id,
                payload, priority,
                   due_at, attempt, crash_count, defer_count, max_attempts, recovery, generation, key, created_at,
                       \(reason.storable)
            FROM gone
            """)
        return true
    }

    /// Brings a failed or held job back with its identity and a fresh count of attempts, due now unless the wish says when.
    ///
    /// - Throws: ``JobQueueError`` with code `notFound`; `unknownEffect` when the outcome of an effect is not known, so
    ///   that running again
    ///   might do it twice; `conflict` when it is neither failed nor held.
    package func retry(_ id: JobID, client: ClientID, _ wish: JobWish = JobWish()) async throws {
        try await self.pool.withTransaction(retrying: 3) { db in
            try await self.retry(id, client: client, wish, on: &db)
        }
    }

    /// Retries in the caller's transaction.
    package func retry(
        _ id: JobID, client: ClientID, _ wish: JobWish = JobWish(), on db: inout Transaction
    ) async throws {
        try await self.lockIdentity(id, on: &db)
        let open: Int64 = try await db.query(
            """
            SELECT count(*)
            FROM effect
            WHERE client_id = \(client) AND job_id = \(id) AND state IN ('sending', 'unknown')
            """
        ).single()
        if let place = try await self.findLive(id, client: client, on: &db) {
            guard place == .held else {
                throw JobQueueError(.conflict, "job \(id) cannot be retried: it is \(place.rawValue)", job: id)
            }
            guard open == 0 else { throw Self.unknownEffect(id) }
            try await db.execute(
                """
                WITH gone AS (\(Self.remove(id, client, from: .held)))
                \(Self.afresh(wish, from: "gone"))
                """)
            return
        }
        guard open == 0 else { throw Self.unknownEffect(id) }
        let back = try await db.query(
            """
            WITH last AS (
                SELECT client_id, job_id, outcome, queue, kind, provider, account_id, subject_id, payload, priority,
                    defer_count,
                       max_attempts, recovery, generation, key, created_at
                FROM attempt
                WHERE client_id = \(client) AND job_id = \(id) AND final
                ORDER BY event_no DESC
                LIMIT 1
            ),
            back AS (
                \(Self.afresh(wish, from: "last"))
                WHERE outcome = 'failed'
                RETURNING queue
            )
            SELECT outcome
            FROM last
            """)
        guard let row = back.first else { throw Self.notFound(id) }
        let outcome: String = try row.get("outcome")
        guard outcome == "failed" else {
            throw JobQueueError(
                .conflict, "job \(id) cannot be retried: it \(outcome == "cancelled" ? "was " : "")\(outcome)", job: id)
        }
    }

    /// Writes jobs with a fresh count of attempts: to ready when they are due now, else to scheduled, where they are promoted from.
    private static func afresh(_ wish: JobWish, from jobs: Statement) -> Statement {
        guard let dueAt = wish.dueAt else {
            return """
                INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
                SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload,
                       coalesce(\(wish.priority), priority), world_now(), 0, 0, defer_count, max_attempts, recovery,
                       generation + 1, coalesce(\(wish.key), key), created_at, \(ReadyEra.current)
                FROM \(jobs)
                """
        }
        return """
            INSERT INTO job_scheduled (\(unescaped: JobSpec.columns))
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload,
                   coalesce(\(wish.priority), priority), \(dueAt), 0, 0, defer_count, max_attempts, recovery,
                   generation + 1, coalesce(\(wish.key), key), created_at
            FROM \(jobs)
            """
    }

    /// Lets a held job go on as it was, due now, with its counts kept.
    ///
    /// - Throws: ``JobQueueError`` with code `notFound`, or `conflict` when it is not held.
    package func release(_ id: JobID, client: ClientID) async throws {
        try await self.pool.withTransaction(retrying: 3) { db in try await self.release(id, client: client, on: &db) }
    }

    /// Releases in the caller's transaction.
    package func release(_ id: JobID, client: ClientID, on db: inout Transaction) async throws {
        let place = try await self.lockLive(id, client: client, doing: "released", on: &db)
        guard place == .held else {
            throw JobQueueError(
                .conflict, "job \(id) cannot be released: it is \(place.rawValue), not held", job: id)
        }
        try await self.move(id, client, from: .held, JobWish(), on: &db)
    }

    /// Gives a waiting or held job another due time, in world time.
    ///
    /// - Throws: ``JobQueueError`` with code `notFound`, or `conflict` when it runs or has finished.
    package func reschedule(_ id: JobID, client: ClientID, to dueAt: Date) async throws {
        try await self.pool.withTransaction(retrying: 3) { db in
            try await self.reschedule(id, client: client, to: dueAt, on: &db)
        }
    }

    /// Reschedules in the caller's transaction.
    package func reschedule(_ id: JobID, client: ClientID, to dueAt: Date, on db: inout Transaction) async throws {
        try await self.reschedule(id, client: client, JobWish(dueAt: dueAt), on: &db)
    }

    /// Reschedules with a wish, in the caller's transaction; due now when it does not say when.
    package func reschedule(_ id: JobID, client: ClientID, _ wish: JobWish, on db: inout Transaction) async throws {
        let place = try await self.lockLive(id, client: client, doing: "rescheduled", on: &db)
        guard place != .leased else {
            throw JobQueueError(.conflict, "job \(id) cannot be rescheduled: a worker runs it", job: id)
        }
        if place == .held, try await self.hasUnknownEffect(id, client: client, on: &db) {
            throw JobQueueError(
                .unknownEffect, "job \(id) cannot be rescheduled: the outcome of what it sent is not known", job: id)
        }
        try await self.move(id, client, from: place, wish, on: &db)
    }

    private func move(
        _ id: JobID, _ client: ClientID, from place: JobState, _ wish: JobWish, on db: inout Transaction
    ) async throws {
        try await db.execute(
            """
            WITH gone AS (\(Self.remove(id, client, from: place)))
            INSERT INTO job_scheduled (\(unescaped: JobSpec.columns))
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload,
                   coalesce(\(wish.priority), priority), coalesce(\(wish.dueAt), world_now()), attempt, crash_count,
                   defer_count, max_attempts, recovery, generation + 1, coalesce(\(wish.key), key), created_at
            FROM gone
            """)
    }

    private static func remove(_ id: JobID, _ client: ClientID, from place: JobState) -> Statement {
        """
        DELETE FROM \(unescaped: place.table)
        WHERE client_id = \(client) AND job_id = \(id)
        RETURNING \(unescaped: JobSpec.columns)
        """
    }

    /// Orders what people do to one job; what workers do is ordered by the rows.
    private func lockIdentity(_ id: JobID, on db: inout Transaction) async throws {
        try await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('posthorn.job.' || \(id.description), 0))")
    }

    /// Finds a live job and locks its row.
    ///
    /// A job that moves while it is looked for is looked for again.
    private func findLive(_ id: JobID, client: ClientID, on db: inout Transaction) async throws -> JobState? {
        for _ in 0..<20 {
            for place in [JobState.scheduled, .ready, .leased, .held] {
                let found = try await db.query(
                    """
                    SELECT job_id
                    FROM \(unescaped: place.table)
                    WHERE client_id = \(client) AND job_id = \(id)
                    FOR UPDATE
                    """)
                if !found.isEmpty { return place }
            }
            // One statement has one snapshot, and in one snapshot a live job is in one place.
            let isLive: Bool = try await db.query(
                """
                SELECT EXISTS (SELECT FROM job_scheduled WHERE client_id = \(client) AND job_id = \(id))
                    OR EXISTS (SELECT FROM job_ready WHERE client_id = \(client) AND job_id = \(id))
                    OR EXISTS (SELECT FROM job_lease WHERE client_id = \(client) AND job_id = \(id))
                    OR EXISTS (SELECT FROM job_hold WHERE client_id = \(client) AND job_id = \(id))
                """
            ).single()
            guard isLive else { return nil }
        }
        throw JobQueueError(.conflict, "job \(id) moves too fast; try again", job: id)
    }

    private func lockLive(
        _ id: JobID, client: ClientID, doing verb: String, on db: inout Transaction
    ) async throws -> JobState {
        try await self.lockIdentity(id, on: &db)
        if let place = try await self.findLive(id, client: client, on: &db) { return place }
        let ended: [String] = try await db.query(
            """
            SELECT outcome
            FROM attempt
            WHERE client_id = \(client) AND job_id = \(id) AND final
            ORDER BY event_no DESC
            LIMIT 1
            """
        ).column()
        guard let outcome = ended.first else { throw Self.notFound(id) }
        throw JobQueueError(.conflict, "job \(id) cannot be \(verb): it has ended (\(outcome))", job: id)
    }

    private func hasUnknownEffect(_ id: JobID, client: ClientID, on db: inout Transaction) async throws -> Bool {
        try await db.query(
            "SELECT EXISTS (SELECT FROM effect WHERE client_id = \(client) AND job_id = \(id) AND state = 'unknown')"
        ).single()
    }

    private static func notFound(_ id: JobID) -> JobQueueError {
        JobQueueError(.notFound, "there is no job \(id) of that client", job: id)
    }

    private static func unknownEffect(_ id: JobID) -> JobQueueError {
        JobQueueError(
            .unknownEffect,
            "job \(id) cannot be retried: the outcome of what it sent is not known; reconcile or resolve it first",
            job: id)
    }
}

extension JobState {
    /// The table of a place where live jobs are.
    fileprivate var table: StaticString {
        switch self {
        case .scheduled: "job_scheduled"
        case .ready: "job_ready"
        case .leased: "job_lease"
        case .held: "job_hold"
        case .succeeded, .failed, .cancelled: preconditionFailure("a finished job has no place")
        }
    }
}
