// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
package import Foundation
import PQClient
import Persistence

/// The posts that a fit was made of, and those that were left out.
package struct TimingEvidence: Sendable {
    /// A post that was used.
    package struct Post: Sendable, Hashable {
        /// Its publication.
        package var publication: PublicationID
        /// When it appeared.
        package var postedAt: Date
        /// The kind of content.
        package var contentType: String?
        /// What it got.
        package var engagement: Int64
        /// Whether its time was drawn to learn from.
        package var isExperiment: Bool
        /// What the model makes of it.
        package var taken: PostEvidence.Post
    }

    /// A post that was not used.
    package struct LeftOut: Sendable, Hashable {
        /// Its publication.
        package var publication: PublicationID
        /// When it appeared.
        package var postedAt: Date
        /// The kind of content.
        package var contentType: String?
        /// What it got, where that is known.
        package var engagement: Int64?
        /// Why: an ``Exclusion``, or the state of a publication that is no longer there, `deleted` or `gone`.
        package var reason: String
    }

    /// The used posts, in the order in which ``evidence`` has them.
    package var posts: [Post]
    /// The others, in the order of time.
    package var leftOut: [LeftOut]
    /// How much each used post counts.
    package var evidence: PostEvidence
    /// Whether these are still the posts that the fit was made of: what is deleted, boosted or imported later changes a fit of the past.
    package var isWhole: Bool
}

extension TimingService {
    /// The posts behind a fit.
    ///
    /// A kept fit's are those that had the numbers that count when it was made, as far as they are still known.
    ///
    /// - Throws: ``PQError``.
    /// - Returns: What was used and what was left out.
    package func evidence(for timing: AccountTiming) async throws -> TimingEvidence {
        let (account, zone) = (timing.account, timing.fit.zone)
        let moment = timing.isFresh ? Date.distantFuture : timing.fit.fittedAt
        let readings = try await PostingHistory(pool: self.pool).readings(
            ofAccount: account.id, client: account.client, platform: account.platform
        ).filter { $0.postedAt <= moment }
        let holidays = try await self.pool.withConnection { db in
            try await HolidayStore.days(of: account.client, on: &db)[account.client] ?? []
        }
        let rules = SelectionRules.mature(on: account.platform)
        var used: [PostedReading] = []
        var leftOut = try await self.removed(from: account, before: moment)
        for reading in readings {
            let sample = PostSample(reading, account: account.id.description, platform: account.platform, zone: zone)
            // The reading that counts was not made yet: what there was then was too young.
            let isLate = reading.readAt.map { $0 > moment } ?? false
            let isHoliday = holidays.contains(zone.wallTime(at: reading.postedAt).dayNumber)
            if let reason = rules.exclusion(of: sample) ?? (isLate ? .tooYoung : isHoliday ? .holiday : nil) {
                leftOut.append(
                    TimingEvidence.LeftOut(
                        publication: reading.publication, postedAt: reading.postedAt, contentType: reading.contentType,
                        engagement: isLate ? nil : reading.engagement, reason: reason.rawValue))
            } else {
                used.append(reading)
            }
        }
        let history = GatheredPosts(
            used, client: account.client, account: account.id, name: account.id.description,
            platform: account.platform, zone: zone, holidays: []
        ).history
        let evidence = PostEvidence(history.posts)
        let clock = zone.table
        // The order of `PostEvidence`; posts that are alike in all three count the same.
        let sorted = used.sorted {
            (clock.clockSeconds(at: $0.postedAt), $0.engagement ?? 0, $0.contentType ?? "") < (
                clock.clockSeconds(at: $1.postedAt), $1.engagement ?? 0, $1.contentType ?? ""
            )
        }
        precondition(sorted.count == evidence.posts.count, "the model takes other posts than are listed")
        return TimingEvidence(
            posts: zip(sorted, evidence.posts).map { reading, taken in
                TimingEvidence.Post(
                    publication: reading.publication, postedAt: reading.postedAt, contentType: reading.contentType,
                    engagement: reading.engagement ?? 0, isExperiment: reading.isExperiment, taken: taken)
            },
            leftOut: leftOut.sorted { ($0.postedAt, $0.publication) < ($1.postedAt, $1.publication) },
            evidence: evidence,
            isWhole: history.digest == timing.fit.digest)
    }

    /// Publications that are no longer there.
    private func removed(from account: AccountRow, before moment: Date) async throws -> [TimingEvidence.LeftOut] {
        try await self.pool.query(
            """
            SELECT publication_id, published_at, content_type, state
            FROM publication
            WHERE client_id = \(account.client) AND account_id = \(account.id) AND state IN ('deleted', 'gone')
            """
        ).map { row throws in
            TimingEvidence.LeftOut(
                publication: try row.get("publication_id"), postedAt: try row.get("published_at"),
                contentType: try row.get("content_type"), engagement: nil, reason: try row.get("state"))
        }.filter { $0.postedAt <= moment }
    }
}
