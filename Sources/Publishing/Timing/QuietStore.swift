// SPDX-License-Identifier: MIT

package import Analysis
import Domain
import Foundation
import JobQueue
package import PQClient
import Persistence

/// Keeps when Posthorn chooses no time for posts: of a whole client, and of single accounts besides.
package struct QuietStore: Sendable {
    /// What is quiet, and for whom.
    package struct Entry: Sendable, Hashable {
        /// The account's slug; `nil` for every account of the client.
        package var account: String?
        /// What is quiet.
        package var quiet: QuietTimes
    }

    private let pool: ConnectionPool

    /// Makes a store.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Sets what is quiet for a client or one of its accounts, in the place of what was.
    ///
    /// - Parameters:
    ///   - quiet: What is quiet; nothing of it takes the entry away. Posts that are planned stay.
    ///   - client: The client's slug or identity.
    ///   - account: The account's slug or identity; `nil` for every account.
    /// - Throws: `ServiceError` with code `notFound`.
    package func set(_ quiet: QuietTimes, client: String, account: String?) async throws {
        try await self.pool.withTransaction { db in
            let directory = try await ClientDirectory.load(client, on: &db)
            let id = try account.map { try directory.account($0).id } ?? AccountID.none
            guard !quiet.isEmpty else {
                try await db.execute(
                    "DELETE FROM posting_quiet WHERE client_id = \(directory.client.id) AND account_id = \(id)")
                return
            }
            try await db.execute(
                """
                INSERT INTO posting_quiet (client_id, account_id, quiet)
                VALUES (\(directory.client.id), \(id), \(try JSONColumn.encode(quiet)))
                ON CONFLICT (client_id, account_id) DO UPDATE SET quiet = excluded.quiet
                """)
        }
    }

    /// What is kept for a client: its own first, then its accounts' by slug.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String) async throws -> [Entry] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await db.query(
                """
                SELECT account.slug, quiet FROM posting_quiet
                LEFT JOIN account USING (client_id, account_id)
                WHERE client_id = \(owner.id) ORDER BY account.slug NULLS FIRST
                """
            ).decoded { row in Entry(account: try row.get("slug"), quiet: try JSONColumn.decode(try row.get("quiet"))) }
        }
    }

    /// What is quiet for an account: its own, and its client's.
    func quiet(of account: AccountRow) async throws -> QuietTimes {
        try await self.pool.withConnection { db in try await Self.quiet(of: account, on: &db) }
    }

    /// What is quiet for an account, on a connection of the caller's.
    static func quiet(of account: AccountRow, on db: inout some SQLSession & ~Copyable) async throws -> QuietTimes {
        try await db.query(
            """
            SELECT quiet FROM posting_quiet
            WHERE client_id = \(account.client) AND account_id IN (\(account.id), \(AccountID.none)) ORDER BY account_id
            """
        ).decoded { row in try JSONColumn.decode(try row.get("quiet")) as QuietTimes }
            .reduce(QuietTimes()) { $0.joined(with: $1) }
    }
}
