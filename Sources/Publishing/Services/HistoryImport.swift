// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import JobQueue
package import PQClient
import Persistence
import PluginKit

/// One past post from a file.
package struct PastPost: Sendable, Hashable {
    /// The account as the file names it.
    package var account: String
    /// The platform.
    package var platform: PlatformID
    /// When it appeared.
    package var postedAt: Date
    /// Reactions, comments and shares together; `nil` when the file has none.
    package var engagement: Int64?
    /// How often it was shown.
    package var impressions: Int64?
    /// How many followers the account had.
    package var followers: Int64?
    /// Whether money was spent on it.
    package var isPaid: Bool
    /// The kind of content.
    package var contentType: String?
    /// When the numbers were read; `nil` when they are final.
    package var observedAt: Date?
    /// The audience's zone; `nil` when the file has none.
    package var zone: ZoneID?

    /// Makes a past post.
    package init(
        account: String, platform: PlatformID, postedAt: Date, engagement: Int64?, impressions: Int64? = nil,
        followers: Int64? = nil, isPaid: Bool = false, contentType: String? = nil, observedAt: Date? = nil,
        zone: ZoneID? = nil
    ) {
        self.account = account
        self.platform = platform
        self.postedAt = postedAt
        self.engagement = engagement
        self.impressions = impressions
        self.followers = followers
        self.isPaid = isPaid
        self.contentType = contentType
        self.observedAt = observedAt
        self.zone = zone
    }
}

/// What became of a history import.
package struct HistoryReport: Sendable {
    /// How many posts were read.
    package var posts = 0
    /// How many publications are new.
    package var newPublications = 0
    /// How many were taken in before and have another content type, or another word on whether money was spent on them, now.
    package var changedPublications = 0
    /// How many the platform tells of too, with numbers of its own: those are what best times are learnt from.
    package var toldPublications = 0
    /// How many readings are new.
    package var newSamples = 0
    /// The accounts by the file's names, as `client/account`.
    package var accounts: [String: String] = [:]
    /// The accounts that were made for it.
    package var newAccounts: [String] = []
    /// Whether it was written.
    package var isWritten = false
}

/// Takes past posts with their engagement into publications and samples of origin `import`; the same file again adds nothing, a corrected one
/// corrects them.
///
/// What the platform tells of as well stands there twice: both are kept as they were told, and one of them counts (`ImportedTwin`).
package struct HistoryImport: Sendable {
    let pool: ConnectionPool

    /// Makes an import.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// How many rows one COPY sends, which bounds memory.
    private static let batch = 5000

    /// Imports posts in one transaction.
    ///
    /// - Parameters:
    ///   - client: The client's slug or identity.
    ///   - accounts: The client's accounts by the file's names; others are looked up, and made when missing, as `<platform>-<account>`.
    ///   - isDryRun: Whether everything is undone at the end.
    ///   - actor: Who does it.
    ///   - next: Gives the next post; `nil` at the end.
    /// - Returns: What became of it.
    /// - Throws: `ServiceError` with code `notFound`, and what `next` throws.
    package func run(
        client: String, accounts: [String: String] = [:], isDryRun: Bool = false, actor: String,
        next: () throws -> PastPost?
    ) async throws -> HistoryReport {
        let jobs = JobStore(pool: self.pool)
        do {
            return try await self.pool.withTransaction { db in
                let directory = try await ClientDirectory.load(client, on: &db)
                var intake = HistoryIntake(directory: directory, given: accounts, actor: actor)
                try await Self.makeStage(on: &db)
                var rows: [BindRow] = []
                while let post = try next() {
                    intake.report.posts += 1
                    rows.append(try await intake.row(post, on: &db))
                    if rows.count == Self.batch {
                        try await Self.send(rows, on: &db)
                        rows.removeAll(keepingCapacity: true)
                    }
                }
                try await Self.send(rows, on: &db)
                try await Self.settle(directory.client.id, &intake.report, jobs: jobs, on: &db)
                guard !isDryRun else { throw DryRun(report: intake.report) }
                intake.report.isWritten = true
                return intake.report
            }
        } catch let dry as DryRun {
            return dry.report
        }
    }

    /// Undoes a transaction that was only tried.
    private struct DryRun: Error {
        var report: HistoryReport
    }

    private static func makeStage(on db: inout Transaction) async throws {
        try await db.execute(
            """
            CREATE TEMPORARY TABLE history_stage (
                account_id uuid, platform text, remote_id text, publication_id uuid, posted_at timestamptz, content_type text,
                paid boolean, sample_id uuid, observed_at timestamptz, engagements bigint, views bigint, followers bigint
            ) ON COMMIT DROP
            """)
    }

    private static func send(_ rows: [BindRow], on db: inout Transaction) async throws {
        guard !rows.isEmpty else { return }
        try await db.copyIn(
            """
            COPY history_stage (account_id, platform, remote_id, publication_id, posted_at, content_type, paid, sample_id,
                                observed_at, engagements, views, followers)
            FROM STDIN (FORMAT binary)
            """, rows: rows)
    }

    private static func settle(
        _ client: ClientID, _ report: inout HistoryReport, jobs: JobStore, on db: inout Transaction
    ) async throws {
        try await db.execute("ANALYZE history_stage")
        let changed = try await Self.accounts(
            """
            UPDATE publication SET paid = stage.paid, content_type = coalesce(stage.content_type, publication.content_type)
            FROM history_stage AS stage
            WHERE publication.client_id = \(client) AND publication.account_id = stage.account_id
              AND publication.remote_id = stage.remote_id
              AND (publication.paid, publication.content_type)
                  IS DISTINCT FROM (stage.paid, coalesce(stage.content_type, publication.content_type))
            RETURNING publication.account_id
            """, on: &db)
        let new = try await Self.accounts(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, content_type, origin,
                                     paid)
            SELECT \(client), publication_id, account_id, platform, remote_id, posted_at, content_type, 'import', paid
            FROM history_stage
            ON CONFLICT (client_id, account_id, remote_id) DO NOTHING
            RETURNING account_id
            """, on: &db)
        // A reading without a time is final: it counts as read when the file was taken in, and once whatever the day. What was taken in last
        // counts, so numbers that a file takes back are written again.
        let read = try await Self.accounts(
            """
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, engagements, views,
                                followers)
            SELECT publication.client_id, publication.account_id, stage.sample_id, publication.publication_id,
                   coalesce(stage.observed_at, CASE WHEN stage.posted_at < world_now() THEN world_now()
                                                    ELSE stage.posted_at + interval '30 days' END),
                   'import', 1,
                   stage.engagements, stage.views, stage.followers
            FROM history_stage AS stage
            JOIN publication ON publication.client_id = \(client) AND publication.account_id = stage.account_id
                            AND publication.remote_id = stage.remote_id
            WHERE coalesce(stage.engagements, stage.views) IS NOT NULL
              AND NOT EXISTS (
                  SELECT FROM (
                      SELECT known.engagements, known.views FROM sample AS known
                      WHERE known.client_id = \(client) AND known.publication_id = publication.publication_id
                        AND known.source = 'import'
                        AND (stage.observed_at IS NULL OR known.read_at = stage.observed_at)
                      ORDER BY known.recorded_at DESC, known.sample_id DESC
                      LIMIT 1
                  ) AS last
                  WHERE last.engagements IS NOT DISTINCT FROM stage.engagements
                    AND last.views IS NOT DISTINCT FROM stage.views)
            RETURNING account_id
            """, on: &db)
        report.newPublications = new.values.reduce(0, +)
        report.changedPublications = changed.values.reduce(0, +)
        report.newSamples = read.values.reduce(0, +)
        report.toldPublications = Int(
            try await db.query(
                """
                SELECT count(*)
                FROM history_stage AS stage
                JOIN publication ON publication.client_id = \(client) AND publication.account_id = stage.account_id
                                AND publication.remote_id = stage.remote_id
                WHERE \(ImportedTwin.isRepeated)
                """
            ).single(Int64.self))
        try await Self.planFits(of: Set(new.keys).union(changed.keys).union(read.keys), client, jobs: jobs, on: &db)
    }

    /// How many rows of each account a statement wrote.
    private static func accounts(_ writing: Statement, on db: inout Transaction) async throws -> [AccountID: Int] {
        let rows = try await db.query(
            "WITH written AS (\(writing)) SELECT account_id, count(*) AS count FROM written GROUP BY account_id")
        var counts: [AccountID: Int] = [:]
        for row in rows { counts[try row.get("account_id")] = Int(try row.get("count", as: Int64.self)) }
        return counts
    }

    /// Plans the fits of what there is to learn, as after a past that a platform told.
    private static func planFits(
        of accounts: Set<AccountID>, _ client: ClientID, jobs: JobStore, on db: inout Transaction
    ) async throws {
        let run = UUID.version7()
        let rows = try await db.query(
            """
            SELECT account_id, platform, world_now() AS now FROM account
            WHERE client_id = \(client) AND account_id = ANY(\(accounts.sorted()))
            ORDER BY account_id
            """)
        let fits = try rows.map { row throws in
            NewJob.fitTimes(
                account: try row.get("account_id"), client: client, platform: try row.get("platform"), after: run,
                now: try row.get("now"))
        }
        if !fits.isEmpty { _ = try await jobs.enqueue(fits, on: &db) }
    }
}
