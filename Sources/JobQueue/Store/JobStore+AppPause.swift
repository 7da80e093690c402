// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

extension JobStore {
    /// The app that an account's work is done with; its platform when none is known for it.
    ///
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func app(
        of account: AccountID?, client: ClientID, provider: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> LimitScope {
        let app: AppID? = try await db.query(
            "SELECT app_id FROM lane_policy WHERE client_id = \(client) AND account_id = \(account ?? .none)"
        ).first?.get(0)
        return app.map { .app($0) } ?? .provider(provider)
    }

    /// The column of the app's pauses that a job is under, as a query of one value.
    static func app(of job: JobSpec) -> Statement {
        """
        SELECT coalesce(
            (SELECT 'app:' || p.app_id FROM lane_policy p
             WHERE p.client_id = \(job.client) AND p.account_id = \(job.account ?? .none)),
            'provider:' || \(job.provider)::text)
        """
    }

    /// Stops a queue of an app for what a run was told, in the transaction that ends the run; not when somebody resumed the app after the run
    /// was claimed: what it was told is settled.
    ///
    /// - Parameters:
    ///   - app: The app that the run's calls were made with.
    ///   - run: The run, whose queue is stopped.
    ///   - person: Who says so.
    ///   - reason: Why.
    ///   - db: The caller's session.
    /// - Returns: Whether it is stopped.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func pause(
        _ app: LimitScope, after run: ClaimedJob, by person: String, reason: String?, on db: inout Transaction
    ) async throws -> Bool {
        // A resume that is under way comes before or after this, never in between; two stops do not wait for each other.
        try await db.execute("SELECT pg_advisory_xact_lock_shared(\(Self.resumeLock(app)))")
        let isSettled: Bool = try await db.query(
            """
            SELECT EXISTS (
                SELECT FROM app_resume WHERE app = \(app.description) AND lease_no >= \(run.lease.number))
            """
        ).single()
        guard !isSettled else { return false }
        try await Self.pause(.app(app, run.queue), by: person, reason: reason, on: &db)
        return true
    }

    /// Ends all pauses of an app, in the caller's transaction; what was claimed until now does not stop it again.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    @discardableResult
    package static func resumeApp(_ app: LimitScope, on db: inout Transaction) async throws -> Bool {
        try await db.execute("SELECT pg_advisory_xact_lock(\(Self.resumeLock(app)))")
        try await db.execute(
            """
            INSERT INTO app_resume (app, lease_no)
            SELECT \(app.description), CASE WHEN is_called THEN last_value ELSE 0 END
            FROM job_lease_no
            ON CONFLICT (app) DO UPDATE SET lease_no = excluded.lease_no
            """)
        return try await db.execute("DELETE FROM queue_control WHERE app = \(app.description)") > 0
    }

    private static func resumeLock(_ app: LimitScope) -> Statement {
        "hashtextextended('posthorn.resume.' || current_schema() || '.' || \(app.description)::text, 0)"
    }

    /// Some of an app's accounts that have ready work in a queue, in the order of their identities: one look for each lane of the queue,
    /// however much work it has.
    ///
    /// - Parameters:
    ///   - app: Whose accounts.
    ///   - queue: The queue.
    ///   - last: The page before ended with it; `nil` begins.
    /// - Returns: The accounts, and where the next page begins; `nil` when this was the last.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func accounts(
        of app: LimitScope, waitingIn queue: QueueName, after last: AppLanes.Place? = nil
    ) async throws -> AppLanes {
        let rows = try await self.pool.withConnection { db in
            try await db.pipeline([
                Self.planOnIndexes, Self.appLanes(app, queue, after: last?.lane ?? Lane(client: .none, account: .none)),
            ])[1]
        }
        var lanes = AppLanes()
        for row in rows {
            let lane = Lane(client: try row.get("client_id"), account: try row.get("account_id"))
            if try row.get("is_meant") { lanes.accounts.append((lane.client, lane.account)) }
            lanes.next = AppLanes.Place(lane: lane)
        }
        if rows.count < AppLanes.pageSize { lanes.next = nil }
        return lanes
    }

    static func appLanes(_ app: LimitScope, _ queue: QueueName, after lane: Lane) -> Statement {
        """
        WITH RECURSIVE walk AS (
            SELECT \(lane.client) AS client_id, \(lane.account) AS account_id, '' AS provider, 0 AS steps
            UNION ALL
            SELECT next.client_id, next.account_id, next.provider, walk.steps + 1
            FROM walk
            CROSS JOIN LATERAL (
                SELECT r.client_id, r.account_id, r.provider
                FROM job_ready r
                WHERE r.era = \(ReadyEra.current) AND r.queue = \(queue) AND (r.client_id, r.account_id) > (walk.client_id, walk.account_id)
                ORDER BY r.client_id, r.account_id
                LIMIT 1
            ) AS next
            WHERE walk.steps < \(Int32(AppLanes.pageSize))
        )
        SELECT walk.client_id, walk.account_id,
               walk.account_id <> \(AccountID.none)
               AND coalesce('app:' || p.app_id, 'provider:' || walk.provider) = \(app.description) AS is_meant
        FROM walk
        LEFT JOIN lane_policy p ON p.client_id = walk.client_id AND p.account_id = walk.account_id
        WHERE walk.steps > 0
        ORDER BY walk.steps
        """
    }
}

/// A page of an app's accounts that have ready work.
package struct AppLanes: Sendable {
    /// Where a page ends.
    package struct Place: Sendable, Hashable {
        var lane: Lane
    }

    /// How many lanes are looked at for a page.
    static let pageSize = 100

    /// The accounts.
    package internal(set) var accounts: [(client: ClientID, account: AccountID)] = []
    /// Where the next page begins.
    package internal(set) var next: Place?
}
