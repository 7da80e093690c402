// SPDX-License-Identifier: MIT

import Analysis
import Domain
package import Foundation
package import PQClient
import Persistence

/// Lets accounts draw their times for a while instead of taking the best so far, which would only see again what it likes already.
package struct TimingLearning: Sendable {
    private let pool: ConnectionPool

    /// Makes it.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Until when an account learns; `nil` when it never did.
    static func until(
        account: AccountID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> Date? {
        try await db.query(
            "SELECT until FROM timing_learning WHERE client_id = \(client) AND account_id = \(account)"
        ).first?.get("until")
    }

    /// Begins learning, or ends it.
    ///
    /// - Parameters:
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    ///   - weeks: For how long; `nil` ends it.
    /// - Returns: The account as `client/account`, and until when it learns.
    /// - Throws: `ServiceError` with code `notFound`.
    package func set(
        account: String, client: String?, weeks: Int?
    ) async throws -> (account: String, until: Date?) {
        try await self.pool.withTransaction { db in
            let (owner, row) = try await ClientDirectory.account(account, client: client, on: &db)
            let name = "\(owner.slug)/\(row.slug)"
            guard let weeks else {
                try await db.execute(
                    "DELETE FROM timing_learning WHERE client_id = \(owner.id) AND account_id = \(row.id)")
                return (name, nil)
            }
            let until: Date = try await db.query(
                """
                INSERT INTO timing_learning (client_id, account_id, until)
                VALUES (\(owner.id), \(row.id), world_now() + make_interval(weeks => \(Int32(clamping: weeks))))
                ON CONFLICT (client_id, account_id) DO UPDATE SET until = excluded.until
                RETURNING until
                """
            ).single()
            return (name, until)
        }
    }
}
