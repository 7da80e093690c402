// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
package import Persistence
import PluginKit

extension BoostService {
    /// What a boost brought, beside the account's organic posts of the 90 days before it.
    ///
    /// - Throws: ``PQError``.
    package func results(of boost: BoostRow) async throws -> BoostResults {
        let rows = try await self.pool.query(
            """
            WITH last AS (
                SELECT DISTINCT ON (publication.publication_id) sample.views,
                       coalesce(
                           sample.engagements,
                           CASE WHEN num_nonnulls(sample.likes, sample.comments, sample.shares, sample.saves) > 0
                               THEN coalesce(sample.likes, 0) + coalesce(sample.comments, 0) + coalesce(sample.shares, 0)
                                    + coalesce(sample.saves, 0)
                           END) AS engagements
                FROM publication
                JOIN sample ON sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                WHERE publication.client_id = \(boost.client) AND publication.account_id = \(boost.account)
                  AND NOT publication.paid AND publication.publication_id IS DISTINCT FROM \(boost.publication)
                  AND publication.published_at BETWEEN \(boost.startsAt.addingTimeInterval(-90 * 86_400))
                                                   AND \(boost.startsAt)
                  AND sample.views > 0
                ORDER BY publication.publication_id, sample.read_at DESC
            )
            SELECT count(*) AS posts, percentile_cont(0.5) WITHIN GROUP (ORDER BY views::double precision) AS views,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY engagements::double precision / views) AS rate
            FROM last
            """)
        let spend = boost.spendMinorUnits.map { Money(minorUnits: $0, currency: boost.budget.currency) }
        guard let row = rows.first else { return BoostResults(spend: spend, results: boost.results) }
        return BoostResults(
            spend: spend, results: boost.results, organicRate: try row.get("rate"), organicViews: try row.get("views"),
            organicPosts: Int(try row.get("posts", as: Int64.self)))
    }
}
