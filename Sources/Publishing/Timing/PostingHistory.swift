// SPDX-License-Identifier: MIT

import Analysis
package import Domain
package import Foundation
package import PQClient
package import Persistence

/// One publication with the reading that counts for posting times.
package struct PostedReading: Sendable, Hashable {
    /// Which publication.
    package var publication: PublicationID
    /// When it appeared.
    package var postedAt: Date
    /// The kind of content.
    package var contentType: String?
    /// Whether money was spent on it before its numbers were read.
    package var isPaid: Bool
    /// When the reading was made; `nil` without one.
    package var readAt: Date?
    /// All engagements: as the platform counts them, else likes, comments, shares and saves together where given.
    package var engagement: Int64?
    /// How often it was shown.
    package var views: Int64?
    /// Whether the reading was counted in another way than the account's numbers are counted now.
    package var isOutdated = false
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
                    of: "account.client_id = \(owner.id) AND account.account_id = \(found.id)", minimumAgeHours: 24))
            let readings = try rows.map { row throws in try PostedReading(row) }
            return (owner, found, readings)
        }
    }

    /// Hands out the accounts of one platform, each by `client/account` with its zone and its publications: what an account may borrow from.
    ///
    /// They are read some at a time, so that memory holds no more than those and what is made of them. An account that moved to another
    /// client is left out: the platform lists the same posts there.
    ///
    /// - Parameters:
    ///   - platform: The platform.
    ///   - minimumAgeHours: How old a post has to be when its numbers are final; the first reading from then on counts.
    ///   - atOnce: How many publications are read at once; an account with more is read whole.
    ///   - body: Takes one account with a publication; in order, its publications in the order they appeared. What was deleted or is gone
    ///     is not among them.
    /// - Throws: ``PQError``.
    package func eachAccount(
        on platform: PlatformID, minimumAgeHours: Int, atOnce: Int = 20_000, _ body: (PostedAccount) throws -> Void
    ) async throws {
        let rows = try await self.pool.query(
            """
            SELECT account.client_id, account.account_id, count(*) AS posts
            FROM account
            JOIN client USING (client_id)
            JOIN publication USING (client_id, account_id)
            WHERE account.platform = \(platform) AND account.state <> 'moved'
            GROUP BY client.slug, account.slug, account.client_id, account.account_id
            ORDER BY client.slug, account.slug, account.account_id
            """)
        let counts = try rows.map { row throws in Int(try row.get("posts", as: Int64.self)) }
        for batch in Self.batches(of: counts, atOnce: atOnce) {
            let clients = try batch.map { try rows[$0].get("client_id", as: ClientID.self) }
            let accounts = try batch.map { try rows[$0].get("account_id", as: AccountID.self) }
            let found = try await self.pool.query(
                Self.readings(
                    of: """
                        (account.client_id, account.account_id) IN (
                            SELECT asked.client_id, asked.account_id
                            FROM unnest(\(clients), \(accounts)) AS asked (client_id, account_id))
                        """, minimumAgeHours: minimumAgeHours))
            try Self.accounts(found, body)
        }
    }

    /// Which accounts are read together: as many as have no more publications than are wanted, and at least one.
    static func batches(of counts: [Int], atOnce: Int) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var (start, sum) = (0, 0)
        for (index, count) in counts.enumerated() {
            if index > start, sum + count > atOnce {
                batches.append(start..<index)
                (start, sum) = (index, 0)
            }
            sum += count
        }
        if start < counts.count { batches.append(start..<counts.count) }
        return batches
    }

    private static func accounts(_ rows: Rows, _ body: (PostedAccount) throws -> Void) throws {
        var account: PostedAccount?
        for row in rows {
            let id: AccountID = try row.get("account_id")
            if account?.id != id {
                if let account { try body(account) }
                account = PostedAccount(
                    client: try row.get("client_id"), id: id,
                    account: "\(try row.get("client", as: String.self))/\(try row.get("account", as: String.self))",
                    zone: ZoneID(rawValue: try row.get("time_zone")) ?? .utc, readings: [])
            }
            account?.readings.append(try PostedReading(row))
        }
        if let account { try body(account) }
    }

    /// The publications of one account in the order they appeared, each with the reading that counts on its platform.
    ///
    /// - Throws: ``PQError``.
    package func readings(
        ofAccount account: AccountID, client: ClientID, platform: PlatformID
    ) async throws -> [PostedReading] {
        let rows = try await self.pool.query(
            Self.readings(
                of: "account.client_id = \(client) AND account.account_id = \(account)",
                minimumAgeHours: SelectionRules.mature(on: platform).minimumAgeHours))
        return try rows.map { row throws in try PostedReading(row) }
    }

    /// The publications of some accounts, account by account in the order they appeared.
    ///
    /// A reading counts that has engagement, was counted as the account's numbers are counted now, and was made at the age that is wanted; of
    /// those the first, of a file's the one that was taken in last. Where there is none, the one that comes nearest, which says why the
    /// publication is left out. Of a publication that we boosted only readings from before the boost count: with one of that age it is
    /// organic.
    private static func readings(of condition: Statement, minimumAgeHours: Int) -> Statement {
        let age: Statement = "make_interval(hours => \(Int32(clamping: minimumAgeHours)))"
        return """
            WITH asked AS MATERIALIZED (
                SELECT client.slug AS client, account.slug AS account, account.client_id, account.account_id,
                       account.time_zone,
                       (SELECT sample.definition FROM sample
                        WHERE sample.client_id = account.client_id AND sample.account_id = account.account_id
                          AND sample.source = 'platform' AND sample.publication_id IS NOT NULL
                        ORDER BY sample.read_at DESC, sample.sample_id DESC LIMIT 1) AS definition
                FROM account
                JOIN client USING (client_id)
                WHERE \(condition)
            )
            SELECT asked.client, asked.account, asked.client_id, asked.account_id, asked.time_zone,
                   publication.publication_id, publication.published_at, publication.content_type,
                   \(ImportedTwin.isPaid)
                       AND (boosts.first_at IS NULL OR reading.engagement IS NULL OR reading.is_young) AS paid,
                   reading.read_at, reading.engagement, reading.views,
                   coalesce(reading.is_outdated AND reading.engagement IS NOT NULL, false) AS is_outdated,
                   coalesce(target.experiment, false) AS experiment
            FROM asked
            JOIN publication USING (client_id, account_id)
            LEFT JOIN target ON target.client_id = publication.client_id AND target.target_id = publication.target_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN publication.paid THEN (
                    SELECT min(boost.starts_at) FROM boost
                    WHERE boost.client_id = publication.client_id AND boost.publication_id = publication.publication_id
                      AND boost.remote_id IS NOT NULL) END AS first_at
            ) AS boosts
            LEFT JOIN LATERAL (
                SELECT given.read_at, given.views, given.engagement, given.is_outdated, given.is_young
                FROM (
                    SELECT sample.read_at, sample.recorded_at, sample.sample_id, sample.source, sample.views,
                           sample.read_at < publication.published_at + \(age) AS is_young,
                           sample.source = 'platform' AND sample.definition <> asked.definition AS is_outdated,
                           coalesce(engagements,
                                    CASE WHEN num_nonnulls(likes, comments, shares, saves) > 0
                                         THEN coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0)
                                              + coalesce(saves, 0)
                                    END) AS engagement
                    FROM sample
                    WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                      AND (boosts.first_at IS NULL OR sample.read_at < boosts.first_at)
                ) AS given
                ORDER BY given.engagement IS NULL, given.is_outdated, given.is_young,
                         CASE WHEN given.source = 'import' THEN given.recorded_at END DESC NULLS LAST,
                         CASE WHEN NOT given.is_young THEN given.read_at END, given.read_at DESC, given.sample_id DESC
                LIMIT 1
            ) AS reading ON true
            WHERE publication.state NOT IN ('deleted', 'gone') AND NOT \(ImportedTwin.isRepeated)
            ORDER BY asked.client, asked.account, asked.account_id, publication.published_at, publication.publication_id
            """
    }
}

extension PostedReading {
    fileprivate init(_ row: Row) throws {
        self.init(
            publication: try row.get("publication_id"), postedAt: try row.get("published_at"),
            contentType: try row.get("content_type"),
            isPaid: try row.get("paid"), readAt: try row.get("read_at"), engagement: try row.get("engagement"),
            views: try row.get("views"), isOutdated: try row.get("is_outdated"),
            isExperiment: try row.get("experiment"))
    }
}
