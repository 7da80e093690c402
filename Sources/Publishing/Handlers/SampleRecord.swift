// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit

/// Appends readings of one account: of itself, or of its publications.
struct SampleRecord: Sendable {
    /// One reading and what it is of.
    struct Entry: Sendable {
        /// The publication; `nil` for the account itself.
        var publication: PublicationID?
        var reading: MetricReading
    }

    var client: ClientID
    var account: AccountID
    var entries: [Entry]
    /// Stops the boosts of what is gone.
    var stop: BoostStop

    func write(on db: inout Transaction) async throws {
        let gone = self.entries.filter(\.reading.isGone).compactMap(\.publication)
        if !gone.isEmpty {
            // The boosts first, as whoever looks at them does.
            try await self.stopBoosts(of: gone, on: &db)
            try await db.execute(
                """
                UPDATE publication SET state = 'gone'
                WHERE client_id = \(self.client) AND publication_id = ANY(\(gone)) AND state IN ('live', 'edited')
                """)
        }
        let read = self.entries.filter { $0.publication == nil || !$0.reading.isGone }
        guard !read.isEmpty else { return }
        func values(_ name: MetricName) -> [Int64?] { read.map { $0.reading.values[name] } }
        try await db.execute(
            """
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, views, reach, likes,
                                comments, shares, saves, clicks, video_views, watch_time_ms, profile_visits, follows, engagements,
                                followers, reactions, day_ends, raw)
            SELECT \(self.client), \(self.account), given.sample_id, given.publication_id, (SELECT world_now()), 'platform',
                   given.definition, given.views, given.reach, given.likes, given.comments, given.shares, given.saves, given.clicks,
                   given.video_views, given.watch_time_ms, given.profile_visits, given.follows, given.engagements, given.followers,
                   given.reactions, given.day_ends, given.raw
            FROM unnest(\(read.map { _ in UUID.version7() }), \(read.map(\.publication)),
                        \(read.map { Int32($0.reading.definition) }), \(values(.views)), \(values(.reach)), \(values(.likes)),
                        \(values(.comments)), \(values(.shares)), \(values(.saves)), \(values(.clicks)), \(values(.videoViews)),
                        \(values(.watchTimeMilliseconds)), \(values(.profileVisits)), \(values(.follows)),
                        \(values(.engagements)), \(values(.followers)), \(read.map { SampleRow.stored($0.reading.reactions) }),
                        \(read.map(\.reading.dayEnds)), \(read.map { JSONText($0.reading.raw) }))
                 AS given (sample_id, publication_id, definition, views, reach, likes, comments, shares, saves, clicks,
                           video_views, watch_time_ms, profile_visits, follows, engagements, followers, reactions, day_ends, raw)
            """)
        let followers = read.filter { $0.publication == nil }.compactMap { $0.reading.values[.followers] }.last
        if let followers {
            try await db.execute(
                "UPDATE account SET followers = \(followers) WHERE client_id = \(self.client) AND account_id = \(self.account)"
            )
        }
    }

    private func stopBoosts(of gone: [PublicationID], on db: inout Transaction) async throws {
        let boosts: [BoostID] = try await db.query(
            """
            SELECT boost_id FROM boost
            WHERE client_id = \(self.client) AND publication_id = ANY(\(gone)) AND stop_asked_at IS NULL
              AND state IN ('awaiting-release', 'planned', 'starting', 'unknown', 'held', 'in-review', 'running', 'paused')
            ORDER BY boost_id
            """
        ).column()
        for boost in boosts {
            try await self.stop.ask(
                boost, of: self.client, actor: "posthorn", reason: "its publication is gone", on: &db)
        }
    }
}
