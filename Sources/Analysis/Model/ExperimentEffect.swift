// SPDX-License-Identifier: MIT

import Foundation

/// What posts at drawn times did against the account's other posts of the same weeks: the only ones whose hour nobody chose, so the honest
/// yardstick.
package struct ExperimentEffect: Sendable, Hashable {
    /// How many posts at drawn times there are.
    package var posts: Int
    /// How many of them have at least ``ExperimentComparison/leastAround`` other posts around them to be compared with.
    package var compared = 0
    /// How many other posts those are together.
    package var others = 0
    /// Their difference to the others as a factor on engagement; nil where either side has fewer than ``leastPosts``.
    package var factor: Double?
    /// The ends of its 80 % interval.
    package var interval: ClosedRange<Double>?

    /// With fewer posts on either side nothing is said of them.
    package static let leastPosts = 50

    /// Compares; nil without a post at a drawn time.
    ///
    /// - Parameters:
    ///   - posts: The account's posts.
    ///   - drawn: Which of them were at drawn times, in the same order.
    package init?(_ posts: [TimingPost], drawn: [Bool]) {
        self.posts = drawn.count(where: \.self)
        guard self.posts > 0 else { return nil }
        let comparison = ExperimentComparison(posts, drawn: drawn)
        (self.compared, self.others) = (comparison.drawn.count, comparison.others.count)
        guard self.compared >= Self.leastPosts, self.others >= Self.leastPosts else { return }
        let difference = Self.mean(comparison.drawn) - Self.mean(comparison.others)
        let error = (Self.error(comparison.drawn) + Self.error(comparison.others)).squareRoot()
        let reach = NormalDistribution.quantile90 * error
        self.factor = exp(difference)
        self.interval = exp(difference - reach)...exp(difference + reach)
    }

    /// What can be said.
    package var sentence: String {
        let words = "\(self.posts) \(self.posts == 1 ? "post" : "posts") at drawn times"
        guard let factor, let interval else { return "\(words): \(self.shortage)" }
        let counted = self.compared < self.posts ? ", \(self.compared) of them compared," : ""
        return
            "\(words)\(counted) did \(AccountCurve.percent(factor)) against the account's \(self.others) other posts of the same weeks (80 % range \(AccountCurve.percent(interval.lowerBound)) … \(AccountCurve.percent(interval.upperBound)))"
    }

    /// Which side is short of posts.
    private var shortage: String {
        guard self.posts >= Self.leastPosts else {
            return "too few to say what they did against the others (it takes \(Self.leastPosts))"
        }
        guard self.compared > 0 else {
            return
                "no other posts at the same time to compare with (it takes \(ExperimentComparison.leastAround) within four weeks: some with --no-experiment, or at times of your own)"
        }
        guard self.compared >= Self.leastPosts else {
            return
                "only \(self.compared) of them have \(ExperimentComparison.leastAround) other posts within four weeks to compare with (it takes \(Self.leastPosts) such)"
        }
        return
            "only \(self.others) other posts of the same weeks to compare with (it takes \(Self.leastPosts))"
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// The variance of the mean.
    private static func error(_ values: [Double]) -> Double {
        let mean = Self.mean(values)
        let count = Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count
    }
}
