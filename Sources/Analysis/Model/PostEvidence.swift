// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// What the model makes of each post of an account, and how much each counts for what is said of an hour.
///
/// The logarithm of a score is linear in the posts: ln score = b + Σ wᵢ vᵢ, where vᵢ is what the post did against the usual and b what the
/// platform's curve alone says. With the notation of ``CurvePosterior``, A = (Pₛₒ − hᵀP·ₒ)Σ⁻¹ for the habit h, and post i of the hour o with
/// the weight cᵢ has wᵢ = A_o · cᵢ / Σc, times the platform's calibration.
package struct PostEvidence: Sendable {
    /// One post as the model takes it.
    package struct Post: Sendable, Hashable {
        /// Its hour.
        package var hour: HourOfWeek
        /// What the account's posts of those weeks usually got: a median.
        package var usual: Double
        /// v: what it did against that, as a logarithm, without its content type's part and cut at three standard deviations.
        package var value: Double
        /// How much it counts in its hour's mean, at most 1: posts of one hour share their luck, older ones tell less.
        package var count: Double
    }

    /// How much of what is said of one hour comes from where.
    package struct Share: Sendable, Hashable {
        /// w of each post, in the order of time: 0.02 moves the hour by 0.2 % when the post does 10 % better.
        ///
        /// Below 0 where a post counts more for the typical post that the hour is held against than for the hour.
        package var posts: [Double]
        /// The sum over the posts of each of the 168 hours.
        package var hours: [Double]
        /// What the platform's curve alone says: a factor on the typical post.
        package var borrowed: Double
    }

    /// The posts in the order of time, ties by engagement and content type.
    package let posts: [Post]
    private let statistics: SlotStatistics

    /// Looks at the posts of one account.
    package init(_ posts: [TimingPost]) {
        let posts = posts.sorted(by: TimingPost.isBefore)
        let cleaned = CleanedPosts(posts)
        let beyond = CleanedPosts.withoutTrend(posts)
        self.statistics = SlotStatistics(cleaned)
        self.posts = posts.indices.map { index in
            Post(
                hour: posts[index].hour, usual: expm1(log1p(max(0, posts[index].engagement)) - beyond[index]),
                value: cleaned.values[index], count: cleaned.weights[index] * cleaned.recency[index])
        }
    }

    /// What the account's own posts of an hour did against the usual, newer ones more: a factor; nil without posts that say anything.
    package func seen(in hour: HourOfWeek) -> Double? {
        self.statistics.weights[hour.index] > 0 ? exp(self.statistics.means[hour.index]) : nil
    }

    /// Divides what is said of an hour among the posts.
    ///
    /// - Parameters:
    ///   - hour: The hour.
    ///   - curve: The fit that was made of these posts.
    ///   - platform: What its platform's accounts have in common, as it was for that fit.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: Each post's part.
    package func share(
        of hour: HourOfWeek, in curve: AccountCurve, platform: PlatformCurve
    ) throws(Cholesky.NotPositiveDefinite) -> Share {
        let prior = platform.covariance + curve.own.covariance()
        let habit = AccountCurve.habit(self.statistics)
        let ofHabit = prior.times(habit)
        let observed = self.statistics.observed
        let typical = zip(habit, platform.mean).reduce(0) { $0 + $1.0 * $1.1 }
        let pull = try Self.solve(
            CurvePosterior.covariance(
                prior, observed: observed, noise: observed.map { 1 / self.statistics.weights[$0] }),
            observed.map { prior[hour.index, $0] - ofHabit[$0] })
        var hours = [Double](repeating: 0, count: HourOfWeek.count)
        var unseen = platform.mean[hour.index] - typical
        for (slot, part) in zip(observed, pull) {
            hours[slot] = platform.calibration * part
            unseen -= part * platform.mean[slot]
        }
        var counts = [Double](repeating: 0, count: HourOfWeek.count)
        for post in self.posts { counts[post.hour.index] += post.count }
        return Share(
            posts: self.posts.map { hours[$0.hour.index] * $0.count / counts[$0.hour.index] }, hours: hours,
            borrowed: exp(platform.calibration * curve.variance.squareRoot() * unseen))
    }

    /// Σ⁻¹b.
    private static func solve(
        _ sigma: SquareMatrix, _ right: [Double]
    ) throws(Cholesky.NotPositiveDefinite) -> [Double] {
        guard !right.isEmpty else { return [] }
        let factor = try Cholesky(sigma)
        let white = factor.whitened(right)
        var inverse = SquareMatrix(count: right.count) { $0 == $1 ? 1 : 0 }.elements
        factor.whiten(&inverse, width: right.count)
        return right.indices.map { column in
            white.indices.reduce(0) { $0 + white[$1] * inverse[$1 * right.count + column] }
        }
    }
}
