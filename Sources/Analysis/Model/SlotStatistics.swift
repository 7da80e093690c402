// SPDX-License-Identifier: MIT

import Domain

/// What an account's posts say of each hour of the week: all that the curves need.
package struct SlotStatistics: Sendable, Hashable {
    /// How many posts each hour's mean is worth; 0 without posts.
    package private(set) var weights = [Double](repeating: 0, count: HourOfWeek.count)
    /// The weighted mean in each hour; 0 without posts.
    package private(set) var means = [Double](repeating: 0, count: HourOfWeek.count)
    /// How many posts each hour has.
    package private(set) var posts = [Int](repeating: 0, count: HourOfWeek.count)
    /// The variance of a post around its hour's value; nil with fewer posts than ``leastPosts``.
    package private(set) var variance: Double?

    /// With fewer posts an account says nothing of its own.
    package static let leastPosts = 3
    /// How many posts the overall spread counts for in the variance.
    private static let priorPosts = 10.0
    private static let smallestVariance = 0.001

    /// Sums up.
    package init(_ cleaned: CleanedPosts) {
        for slot in cleaned.slots { self.posts[slot] += 1 }
        let count = cleaned.values.count
        guard count >= Self.leastPosts else { return }
        var squares = 0.0
        for (index, slot) in cleaned.slots.enumerated() {
            let weight = cleaned.weights[index]
            self.weights[slot] += weight
            self.means[slot] += weight * cleaned.values[index]
            squares += weight * cleaned.values[index] * cleaned.values[index]
        }
        for slot in self.observed { self.means[slot] /= self.weights[slot] }
        var within = 0.0
        for (index, slot) in cleaned.slots.enumerated() {
            let distance = cleaned.values[index] - self.means[slot]
            within += cleaned.weights[index] * distance * distance
        }
        let total = self.weights.reduce(0, +)
        let freedom = max(0, total - Double(self.observed.count))
        let spread = (within + Self.priorPosts * squares / total) / (freedom + Self.priorPosts)
        self.variance = max(Self.smallestVariance, spread * (1 + 2 / Double(count)))
        self.favourNew(cleaned)
    }

    /// Lets each hour's mean follow the newer posts.
    ///
    /// A mean of posts that count r each is as uncertain as one of (Σ w r)² / Σ w r² posts that count the same (Kish 1965): fewer than
    /// there are, more than Σ w r.
    private mutating func favourNew(_ cleaned: CleanedPosts) {
        var sums = [Double](repeating: 0, count: HourOfWeek.count)
        var (values, squares) = (sums, sums)
        for (index, slot) in cleaned.slots.enumerated() {
            let counted = cleaned.weights[index] * cleaned.recency[index]
            sums[slot] += counted
            values[slot] += counted * cleaned.values[index]
            squares[slot] += counted * cleaned.recency[index]
        }
        for slot in self.observed where squares[slot] > 0 {
            self.means[slot] = values[slot] / sums[slot]
            self.weights[slot] = sums[slot] * sums[slot] / squares[slot]
        }
    }

    /// The hours that say something.
    package var observed: [Int] { self.weights.indices.filter { self.weights[$0] > 0 } }

    /// The means in units of the account's own spread, so that accounts can be compared.
    func scaledMeans(variance: Double) -> [Double] {
        let spread = variance.squareRoot()
        return self.means.map { $0 / spread }
    }
}
