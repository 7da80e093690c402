// SPDX-License-Identifier: MIT

import Analysis
package import Domain
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
    /// Whether its time was drawn to learn from.
    package var isExperiment = false
}

/// The publications of one account.
package struct PostedAccount: Sendable, Hashable {
    /// Its client.
    package var client: ClientID
    /// Its identity.
    package var id: AccountID
    /// Its name as `client/account`.
    package var account: String
    /// The zone of its audience.
    package var zone: ZoneID
    /// Its publications with their readings, in the order they appeared.
    package var readings: [PostedReading]
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
                Self.readings(
                    of: "publication.client_id = \(owner.id) AND publication.account_id = \(found.id)",
                    minimumAgeHours: 24))
            let readings = try rows.map { row throws in try PostedReading(row) }
            return (owner, found, readings)
        }
    }

    /// The publications of all accounts of one platform, each account by `client/account` with its zone: what an account may borrow from.
    ///
    /// - Parameters:
    ///   - platform: The platform.
    ///   - minimumAgeHours: How old a post has to be when its numbers are final; the first reading from then on counts.
    /// - Returns: The accounts in order, their publications in the order they appeared; what was deleted or is gone is not among them.
    /// - Throws: ``PQError``.
    package func readings(on platform: PlatformID, minimumAgeHours: Int) async throws -> [PostedAccount] {
        let rows = try await self.pool.query(
            Self.readings(of: "account.platform = \(platform)", minimumAgeHours: minimumAgeHours))
        var accounts: [PostedAccount] = []
        for row in rows {
            let id: AccountID = try row.get("account_id")
            if accounts.last?.id != id {
                accounts.append(
                    PostedAccount(
                        client: try row.get("client_id"), id: id,
                        account: "\(try row.get("client", as: String.self))/\(try row.get("account", as: String.self))",
                        zone: ZoneID(rawValue: try row.get("time_zone")) ?? .utc, readings: []))
            }
            accounts[accounts.count - 1].readings.append(try PostedReading(row))
        }
        return accounts
    }

    /// The publications of one account in the order they appeared, each with the reading that counts on its platform.
    ///
    /// - Throws: ``PQError``.
    package func readings(
        ofAccount account: AccountID, client: ClientID, platform: PlatformID
    ) async throws -> [PostedReading] {
        let rows = try await self.pool.query(
            Self.readings(
                of: "publication.client_id = \(client) AND publication.account_id = \(account)",
                minimumAgeHours: SelectionRules.mature(on: platform).minimumAgeHours))
        return try rows.map { row throws in try PostedReading(row) }
    }

    /// The publications of some accounts, account by account in the order they appeared.
    private static func readings(of condition: Statement, minimumAgeHours: Int) -> Statement {
        let age: Statement = "make_interval(hours => \(Int32(clamping: minimumAgeHours)))"
        return """
            SELECT client.slug AS client, account.slug AS account, account.client_id, account.account_id, account.time_zone,
                   publication.published_at, publication.content_type, publication.paid, reading.read_at,
                   reading.engagement, reading.views, coalesce(target.experiment, false) AS experiment
            FROM publication
            JOIN account USING (client_id, account_id)
            JOIN client USING (client_id)
            LEFT JOIN target ON target.client_id = publication.client_id AND target.target_id = publication.target_id
            LEFT JOIN LATERAL (
                SELECT read_at, views,
                       coalesce(engagements,
                                CASE WHEN num_nonnulls(likes, comments, shares, saves) > 0
                                     THEN coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0)
                                END) AS engagement
                FROM sample
                WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                ORDER BY read_at < publication.published_at + \(age),
                         CASE WHEN read_at >= publication.published_at + \(age) THEN read_at END, read_at DESC
                LIMIT 1
            ) AS reading ON true
            WHERE \(condition) AND publication.state NOT IN ('deleted', 'gone')
            ORDER BY client.slug, account.slug, account.account_id, publication.published_at, publication.publication_id
            """
    }
}

extension PostedReading {
    fileprivate init(_ row: Row) throws {
        self.init(
            postedAt: try row.get("published_at"), contentType: try row.get("content_type"),
            isPaid: try row.get("paid"), readAt: try row.get("read_at"), engagement: try row.get("engagement"),
            views: try row.get("views"), isExperiment: try row.get("experiment"))
    }
}
