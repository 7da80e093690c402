// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension AccountCurve {
    /// Scores of the week as they might be: one draw from what is not known, for choosing times to learn from.
    ///
    /// f* = f̂ + Lᶜz with z standard normal and Lᶜ the factor of the posterior covariance (Thompson 1933): an hour that is not known yet is
    /// drawn high now and then, one that is known to be poor hardly ever.
    ///
    /// - Parameters:
    ///   - posts: The account's posts.
    ///   - platform: What its platform's accounts have in common.
    ///   - seed: Decides the draw; the same seed gives the same scores.
    /// - Returns: A factor on a typical post's engagement for each of the 168 hours.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package static func drawnScores(
        _ posts: [TimingPost], platform: PlatformCurve, seed: UInt64
    ) throws(Cholesky.NotPositiveDefinite) -> [Double] {
        let statistics = SlotStatistics(CleanedPosts(posts))
        let fit = try Self.fit(statistics, platform, KernelChoice(platform))
        var covariance = fit.posterior.covariance
        for hour in 0..<HourOfWeek.count { covariance[hour, hour] += Self.drawJitter }
        var chance = Chance(seed: seed)
        let noise = (0..<HourOfWeek.count).map { _ in chance.normal() }
        let drawn = zip(fit.posterior.mean, try Cholesky(covariance).coloured(noise)).map { $0 + $1 }
        let typical = zip(Self.habit(statistics), drawn).reduce(0) { $0 + $1.0 * $1.1 }
        let spread = fit.variance.squareRoot() * platform.calibration
        return drawn.map { exp(spread * ($0 - typical)) }
    }

    /// Keeps a covariance with hours that are certain positive definite.
    private static let drawJitter = 1e-8
}
