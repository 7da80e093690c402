// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

/// Tells whether readings are news for the best times of an account: the first ones with engagement of publications at an age at which they
/// count.
struct TimingNews: Sendable {
    var client: ClientID
    var account: AccountID
    var platform: PlatformID

    /// The job that fits the account, when readings that are about to be written are news; those without engagement never are.
    func job(before entries: [SampleRecord.Entry], on db: inout some SQLSession & ~Copyable) async throws -> NewJob? {
        let publications = entries.filter(\.reading.hasEngagement).compactMap(\.publication)
        guard !publications.isEmpty else { return nil }
        let age: Statement =
            "make_interval(hours => \(Int32(SelectionRules.mature(on: self.platform).minimumAgeHours)))"
        let rows = try await db.query(
            """
            SELECT world_now() AS now
            WHERE EXISTS (
                SELECT FROM publication
                WHERE publication.client_id = \(self.client) AND publication.publication_id = ANY (\(publications))
                  AND NOT publication.paid AND publication.published_at <= world_now() - \(age)
                  AND NOT EXISTS (
                      SELECT FROM sample
                      WHERE sample.client_id = publication.client_id
                        AND sample.publication_id = publication.publication_id
                        AND sample.read_at >= publication.published_at + \(age)
                        AND num_nonnulls(sample.engagements, sample.likes, sample.comments, sample.shares, sample.saves)
                            > 0))
            """)
        guard let now: Date = try rows.first?.get("now") else { return nil }
        return .fitTimes(account: self.account, client: self.client, platform: self.platform, now: now)
    }
}

extension MetricReading {
    /// Whether it says anything of engagement.
    fileprivate var hasEngagement: Bool {
        !self.isGone
            && [MetricName.engagements, .likes, .comments, .shares, .saves].contains { self.values[$0] != nil }
    }
}
