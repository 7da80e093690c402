// SPDX-License-Identifier: MIT

import Foundation

/// What posts at drawn times did against the account's other posts: the only ones whose hour nobody chose, so the honest yardstick.
package struct ExperimentEffect: Sendable, Hashable {
    /// How many posts at drawn times there are.
    package var posts: Int
    /// Their difference to the others as a factor on engagement; nil below ``leastPosts``.
    package var factor: Double?
    /// The ends of its 80 % interval.
    package var interval: ClosedRange<Double>?

    /// With fewer posts nothing is said of them.
    package static let leastPosts = 50

    /// Compares; nil without a post at a drawn time.
    ///
    /// - Parameters:
    ///   - posts: The account's posts.
    ///   - drawn: Which of them were at drawn times, in the same order.
    package init?(_ posts: [TimingPost], drawn: [Bool]) {
        self.posts = drawn.count(where: \.self)
        guard self.posts > 0 else { return nil }
        let order = posts.indices.sorted { TimingPost.isBefore(posts[$0], posts[$1]) }
        let values = CleanedPosts(posts).values
        var (own, others): ([Double], [Double]) = ([], [])
        for (value, index) in zip(values, order) {
            if drawn[index] { own.append(value) } else { others.append(value) }
        }
        guard own.count >= Self.leastPosts, others.count >= Self.leastPosts else { return }
        let difference = Self.mean(own) - Self.mean(others)
        let error = (Self.variance(own) / Double(own.count) + Self.variance(others) / Double(others.count)).squareRoot()
        let reach = NormalDistribution.quantile90 * error
        self.factor = exp(difference)
        self.interval = exp(difference - reach)...exp(difference + reach)
    }

    /// What can be said.
    package var sentence: String {
        let words = "\(self.posts) \(self.posts == 1 ? "post" : "posts") at drawn times"
        guard let factor, let interval else {
            return "\(words): too few to say what they did against the others (it takes \(Self.leastPosts))"
        }
        return
            "\(words) did \(AccountCurve.percent(factor)) against the account's other posts (80 % range \(AccountCurve.percent(interval.lowerBound)) … \(AccountCurve.percent(interval.upperBound)))"
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func variance(_ values: [Double]) -> Double {
        let mean = Self.mean(values)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
}
