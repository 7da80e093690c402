// SPDX-License-Identifier: MIT

import Analysis
package import Domain
package import Foundation
package import PQClient
import Persistence
package import PluginKit

/// Whether a publication is worth a boost, and why.
package struct BoostAdvice: Sendable, Hashable {
    /// The publication.
    package var publication: PublicationID
    /// When it appeared.
    package var publishedAt: Date
    /// What it says, for a person.
    package var text: String
    /// What its hour is worth.
    package var hour: HourWorth
    /// `boost`, or why not.
    package var verdict: RuleVerdict.Code
    /// How many times what was to be expected of its age and hour it had.
    package var ratio: Double?
    /// Why, as a sentence for a person.
    package var reason: String
}

/// What is advised for one account.
package struct BoostAdvices: Sendable {
    /// The account as `client/account`.
    package var account: String
    /// Its zone.
    package var zone: ZoneID
    /// Every publication of those ages with a reading, the best first.
    package var posts: [BoostAdvice]
    /// Whether no hour of the account can be told from another.
    package var isFlat: Bool
}

/// Says which publications of an account are worth a boost: by what they did early against the account's typical post of that age, and
/// against what the posting-time curve lets expect of their hour.
///
/// A post that does well in a poor hour earns more than one that does as expected in a good one. Nothing that money bought is in either.
package struct BoostAdvisor: Sendable {
    private let pool: ConnectionPool

    /// Makes an advisor.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Looks at the publications of an account.
    ///
    /// - Parameters:
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    ///   - metric: What is compared.
    ///   - threshold: How many times what was to be expected earns a boost.
    ///   - ages: The ages of publications that are looked at, in hours.
    ///   - minimumPosts: With how many other posts one is compared at least.
    /// - Returns: What is advised, the best first.
    /// - Throws: `ServiceError`: `notFound`; `invalid` for a threshold or ages that cannot be.
    package func advise(
        account: String, client: String?, metric: MetricName = .engagements, threshold: Double = 2,
        ages: ClosedRange<Double> = 6...72, minimumPosts: Int = 10
    ) async throws -> BoostAdvices {
        // A rule whose limits on rules' own boosts never bind.
        let rule = BoostRule(
            metric: metric, threshold: threshold, minimumAgeHours: ages.lowerBound, maximumAgeHours: ages.upperBound,
            minimumPosts: minimumPosts, perDay: 100, coolDownHours: 0, byHour: true, objective: "", budget: "", days: 1)
        guard rule.problems.isEmpty else {
            throw ServiceError(.invalid, rule.problems.joined(separator: "; "))
        }
        let timing = try await TimingService(pool: self.pool).timing(of: account, client: client)
        let (now, results, made) = try await self.pool.withConnection { db in
            let now = try await WorldTime.now(on: &db)
            let since = now.addingTimeInterval(-120 * 86_400)
            let results = try await EarlyResults.read(
                client: timing.client.id, account: timing.account.id, metric: metric, since: since, on: &db)
            return (now, results, try await BoostRuleRow.made(of: timing.client.id, since: since, on: &db))
        }
        let judge = RuleJudge(rule: rule, zone: timing.fit.zone, fits: [timing.account.id: timing.fit])
        // Every one is judged for itself: advice is no boost yet, and what rules boost is not advised again.
        let advices = judge.candidates(results, at: now).map { candidate in
            let ruled = made.filter { $0.publication == candidate.post.publication }
            let verdict = judge.verdict(on: candidate, made: ruled, at: now)
            let post = candidate.post
            return BoostAdvice(
                publication: post.publication, publishedAt: post.publishedAt, text: post.text,
                hour: HourWorth(at: post.publishedAt, timing.fit), verdict: verdict.code, ratio: verdict.ratio,
                reason: verdict.reason)
        }
        return BoostAdvices(
            account: timing.name, zone: timing.fit.zone, posts: advices, isFlat: timing.fit.curve.isFlat)
    }
}
