// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PQClient
package import Persistence

/// One publication with the reading that counts for posting times.
package struct PostedReading: Sendable, Hashable {
    /// When it appeared.
    package var postedAt: Date
    /// The kind of content.
    package var contentType: String?
    /// Whether money was spent on it.
    package var isPaid: Bool
    /// When the reading was made; `nil` without one.
    package var readAt: Date?
    /// All engagements: as the platform counts them, else likes, comments, shares and saves together where given.
    package var engagement: Int64?
    /// How often it was shown.
    package var views: Int64?
}

/// Reads what an account posted and what came of it, for the analysis of posting times.
package struct PostingHistory: Sendable {
    let pool: ConnectionPool

    /// Makes a reader.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// The publications of an account in the order they appeared, each with its first reading at an age of 24 hours or more, else with its
    /// last one.
    ///
    /// - Parameters:
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    /// - Returns: The client, the account, and its publications with their readings.
    /// - Throws: `ServiceError` with code `notFound`.
    package func readings(
        of account: String, client: String? = nil
    ) async throws -> (client: ClientRow, account: AccountRow, readings: [PostedReading]) {
        try await self.pool.withConnection { db in
            let (owner, found) = try await ClientDirectory.account(account, client: client, on: &db)
            let rows = try await db.query(
                """
                SELECT publication.published_at, publication.content_type, publication.paid, reading.read_at, reading.engagement,
                       reading.views
                FROM publication
                LEFT JOIN LATERAL (
                    SELECT read_at, views,
                           coalesce(engagements,
                                    CASE WHEN num_nonnulls(likes, comments, shares, saves) > 0
                                         THEN coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0)
                                    END) AS engagement
                    FROM sample
                    WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                    ORDER BY read_at < publication.published_at + interval '24 hours',
                             CASE WHEN read_at >= publication.published_at + interval '24 hours' THEN read_at END, read_at DESC
                    LIMIT 1
                ) AS reading ON true
                WHERE publication.client_id = \(owner.id) AND publication.account_id = \(found.id)
                ORDER BY publication.published_at, publication.publication_id
                """)
            let readings = try rows.map { row in
                PostedReading(
                    postedAt: try row.get("published_at"), contentType: try row.get("content_type"),
                    isPaid: try row.get("paid"),
                    readAt: try row.get("read_at"), engagement: try row.get("engagement"), views: try row.get("views"))
            }
            return (owner, found, readings)
        }
    }
}
