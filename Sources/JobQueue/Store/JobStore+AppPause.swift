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

    /// Ends all pauses of an app, in the caller's transaction.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    @discardableResult
    package static func resumeApp(
        _ app: LimitScope, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute("DELETE FROM queue_control WHERE app = \(app.description)") > 0
    }

    /// The accounts that have ready or held work and whose work is done with an app.
    ///
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func waitingAccounts(
        of app: LimitScope, on db: inout some SQLSession & ~Copyable
    ) async throws -> [(client: ClientID, account: AccountID)] {
        let rows = try await db.query(
            """
            SELECT w.client_id, w.account_id
            FROM (SELECT client_id, account_id, provider FROM job_ready
                  UNION SELECT client_id, account_id, provider FROM job_hold) AS w
            LEFT JOIN lane_policy p ON p.client_id = w.client_id AND p.account_id = w.account_id
            WHERE coalesce('app:' || p.app_id, 'provider:' || w.provider) = \(app.description)
              AND w.account_id <> \(AccountID.none)
            ORDER BY w.client_id, w.account_id
            """)
        return try rows.map { row throws in (try row.get("client_id"), try row.get("account_id")) }
    }
}
