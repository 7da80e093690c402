// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
import PluginKit

/// The append-only samples.
package enum SampleRepository {
    private static let columns: Statement = """
        SELECT client_id, account_id, sample_id, publication_id, read_at, source, definition, views, reach, likes, comments,
               shares, saves, clicks, video_views, watch_time_ms, profile_visits, follows, engagements, followers,
               reactions, day_ends
        FROM sample
        """

    /// Appends samples with COPY; numbers outside the common schema stay in the raw answer.
    package static func insert(_ samples: [SampleRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !samples.isEmpty else { return }
        try await db.copyIn(
            """
            COPY sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, views, reach, likes,
                         comments, shares, saves, clicks, video_views, watch_time_ms, profile_visits, follows, engagements,
                         followers, reactions, day_ends, raw)
            FROM STDIN (FORMAT binary)
            """,
            rows: samples.lazy.map { sample in
                var row: BindRow = [
                    sample.client, sample.account, sample.id, sample.publication, sample.readAt, sample.source,
                    Int32(sample.definition),
                ]
                for name in MetricName.all { row.append(sample.values[name]) }
                row.append(SampleRow.stored(sample.reactions))
                row.append(sample.dayEnds)
                row.append(sample.raw)
                return row
            })
    }

    /// The readings of some publications, oldest first.
    package static func list(
        publications: [PublicationID], of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [SampleRow] {
        try await db.query(
            Self.columns
                + " WHERE client_id = \(client) AND publication_id = ANY(\(publications)) ORDER BY read_at, sample_id"
        ).decoded(SampleRow.init(row:))
    }

    /// The readings of an account itself, newest first.
    package static func list(
        account: AccountID, of client: ClientID, limit: Int = 30, on db: inout some SQLSession & ~Copyable
    ) async throws -> [SampleRow] {
        try await db.query(
            Self.columns
                + """
                 WHERE client_id = \(client) AND account_id = \(account) AND publication_id IS NULL
                ORDER BY read_at DESC, sample_id DESC LIMIT \(Int64(limit))
                """
        ).decoded(SampleRow.init(row:))
    }
}
