// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
package import PluginKit

extension EarlyResults {
    /// Reads the publications of a client's active accounts since an instant, with their readings of a metric until now.
    ///
    /// Readings from after the beginning of a boost are left out: what money bought is no result of the post.
    static func read(
        client: ClientID, account: AccountID?, metric: MetricName, since: Date,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> EarlyResults {
        let rows = try await db.query(
            """
            SELECT publication.publication_id, publication.account_id, publication.published_at,
                   \(ImportedTwin.isPaid) AND boosts.first_at IS NULL AS is_paid, boosts.by_persons,
                   left(coalesce(target.content -> 'parts' -> 0 ->> 'text', publication.text, ''), 80) AS text,
                   sample.read_at, sample.value
            FROM publication
            JOIN account ON account.client_id = publication.client_id AND account.account_id = publication.account_id
                        AND account.state = 'active'
            LEFT JOIN target ON target.client_id = publication.client_id AND target.target_id = publication.target_id
            CROSS JOIN LATERAL (
                SELECT min(boost.starts_at) FILTER (WHERE boost.remote_id IS NOT NULL) AS first_at,
                       count(*) FILTER (WHERE boost.rule_id IS NULL AND boost.state NOT IN ('failed', 'cancelled'))::bigint
                           AS by_persons
                FROM boost
                WHERE boost.client_id = publication.client_id AND boost.publication_id = publication.publication_id
            ) AS boosts
            LEFT JOIN LATERAL (
                SELECT read_at, \(Self.value(metric)) AS value FROM sample
                WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                  AND (boosts.first_at IS NULL OR sample.read_at < boosts.first_at)
            ) AS sample ON sample.value IS NOT NULL
            WHERE publication.client_id = \(client) AND (\(account) IS NULL OR publication.account_id = \(account))
              AND publication.published_at >= \(since) AND publication.state IN ('live', 'edited')
              AND NOT \(ImportedTwin.isRepeated)
            ORDER BY publication.published_at, publication.publication_id, sample.read_at
            """)
        var posts: [EarlyPost] = []
        for row in rows {
            let publication: PublicationID = try row.get("publication_id")
            if posts.last?.publication != publication {
                posts.append(
                    EarlyPost(
                        publication: publication, account: try row.get("account_id"),
                        publishedAt: try row.get("published_at"), isPaid: try row.get("is_paid"),
                        boosts: Int(try row.get("by_persons", as: Int64.self)), text: try row.get("text"), readings: [])
                )
            }
            if let at: Date = try row.get("read_at"), let value: Int64 = try row.get("value") {
                posts[posts.count - 1].readings.append(EarlyPost.Reading(at: at, value: value))
            }
        }
        return EarlyResults(posts)
    }

    /// The metrics that a rule can compare by.
    package static let metrics: [MetricName] = [
        .engagements, .views, .reach, .likes, .comments, .shares, .saves, .clicks, .videoViews,
    ]

    private static func value(_ metric: MetricName) -> Statement {
        switch metric {
        case .views: "sample.views"
        case .reach: "sample.reach"
        case .likes: "sample.likes"
        case .comments: "sample.comments"
        case .shares: "sample.shares"
        case .saves: "sample.saves"
        case .clicks: "sample.clicks"
        case .videoViews: "sample.video_views"
        default:
            // As the platform counts them, else what is given of likes, comments, shares and saves together.
            """
            coalesce(sample.engagements, CASE WHEN num_nonnulls(sample.likes, sample.comments, sample.shares, sample.saves) > 0
                THEN coalesce(sample.likes, 0) + coalesce(sample.comments, 0) + coalesce(sample.shares, 0)
                     + coalesce(sample.saves, 0) END)
            """
        }
    }
}
