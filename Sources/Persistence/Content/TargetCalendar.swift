// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// Which targets a person wants to see.
package struct TargetFilter: Sendable {
    /// The client; `nil` for all.
    package var client: ClientID?
    /// The accounts; empty for all.
    package var accounts: [AccountID] = []
    /// The states; empty for all.
    package var states: [TargetState] = []
    /// The campaign.
    package var campaign: String?
    /// Due at or after.
    package var from: Date?
    /// Due before.
    package var before: Date?
    /// At most so many.
    package var limit = 100

    /// Makes a filter for everything.
    package init() {}
}

/// One line of the calendar: a target with the names that people know.
package struct CalendarEntry: Sendable {
    /// The target.
    package var target: TargetRow
    /// The client's slug.
    package var client: String
    /// The client's zone.
    package var clientTimeZone: String
    /// The account's slug.
    package var account: String
    /// The post's campaign.
    package var campaign: String?
    /// The post's labels.
    package var labels: [String]
    /// Where it can be seen, once published.
    package var url: String?

    init(row: Row) throws {
        self.target = try TargetRow(row: row)
        self.client = try row.get("client_slug")
        self.clientTimeZone = try row.get("client_time_zone")
        self.account = try row.get("account_slug")
        self.campaign = try row.get("campaign")
        self.labels = try row.get("labels")
        self.url = try row.get("url")
    }
}

/// The calendar: targets in the order of their due times.
package enum TargetCalendar {
    /// Lists targets.
    package static func list(
        _ filter: TargetFilter, on db: inout some SQLSession & ~Copyable
    ) async throws -> [CalendarEntry] {
        try await db.query(
            """
            SELECT target.client_id, target.target_id, target.post_id, target.revision_no, target.account_id, target.platform,
                   target.content, target.content_hash, target.due_at, target.local_time, target.time_zone, target.gap_policy,
                   target.overlap_policy, target.zone_version, target.state, target.generation, target.job_id,
                   target.experiment, target.fit_id, target.failure_code, target.failure_message, target.next_action,
                   target.published_at,
                   client.slug AS client_slug, client.time_zone AS client_time_zone, account.slug AS account_slug,
                   post.campaign, post.labels, publication.url
            FROM target
            JOIN client ON client.client_id = target.client_id
            JOIN account ON account.client_id = target.client_id AND account.account_id = target.account_id
            JOIN post ON post.client_id = target.client_id AND post.post_id = target.post_id
            LEFT JOIN publication ON publication.client_id = target.client_id AND publication.target_id = target.target_id
            WHERE (\(filter.client) IS NULL OR target.client_id = \(filter.client))
              AND (cardinality(\(filter.accounts)) = 0 OR target.account_id = ANY(\(filter.accounts)))
              AND (cardinality(\(filter.states)) = 0 OR target.state = ANY(\(filter.states)))
              AND (\(filter.campaign) IS NULL OR post.campaign = \(filter.campaign))
              AND (\(filter.from) IS NULL OR target.due_at >= \(filter.from))
              AND (\(filter.before) IS NULL OR target.due_at < \(filter.before))
            ORDER BY target.due_at NULLS LAST, target.target_id
            LIMIT \(Int64(filter.limit))
            """
        ).decoded(CalendarEntry.init(row:))
    }

    /// Counts targets by client, platform and state.
    package static func counts(
        on db: inout some SQLSession & ~Copyable
    ) async throws -> [(client: String, platform: PlatformID, state: TargetState, count: Int)] {
        try await db.query(
            """
            SELECT client.slug, target.platform, target.state, count(*) AS count
            FROM target JOIN client USING (client_id)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """
        ).decoded { row in
            (try row.get("slug"), try row.get("platform"), try row.get("state"), try row.get("count"))
        }
    }
}
