// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// The posts of one account that a backtest asks: what was said of their hours beside what came of them.
struct AskedPosts: Sendable {
    /// What the posts come to.
    struct Answer: Sendable, Hashable {
        /// The lift of the best fifth, in units of the account's spread.
        var lift: Double
        /// The same as a difference of natural logarithms of engagement.
        var gain: Double
        /// Σ (said − mean) (came − mean).
        var together: Double
        /// Σ (said − mean)².
        var said: Double
    }

    /// The logarithm of each post's score, in the order of time.
    private let said: [Double]
    /// How much better than usual each did.
    private let came: [Double]
    /// The posts, best said first.
    private let order: [Int]
    /// The posts of each calendar week.
    let weeks: [[Int]]

    private static let fifth = 0.2
    private static let smallestSpread = 1e-9

    /// Asks.
    ///
    /// - Parameters:
    ///   - curve: What was learnt before.
    ///   - posts: All posts of the account in the order of time; the trend is told from all of them.
    ///   - cut: The first one that is asked.
    init(_ curve: AccountCurve, _ posts: [TimingPost], from cut: Int) {
        let said = posts[cut...].map { log(curve.hours[$0.hour.index].score) }
        self.said = said
        self.came = Array(CleanedPosts.withoutTrend(posts)[cut...])
        self.order = said.indices.sorted { (-said[$0], $0) < (-said[$1], $1) }
        var weeks: [[Int]] = []
        var last: Int64?
        for (index, post) in posts[cut...].enumerated() {
            if post.week != last { weeks.append([]) }
            weeks[weeks.count - 1].append(index)
            last = post.week
        }
        self.weeks = weeks
    }

    var count: Int { self.said.count }

    /// What all of them come to.
    var answer: Answer { self.answer([Double](repeating: 1, count: self.count)) }

    /// What they come to when each counts so often.
    func answer(_ counts: [Double]) -> Answer {
        let total = counts.reduce(0, +)
        func mean(_ values: [Double]) -> Double { zip(values, counts).reduce(0) { $0 + $1.0 * $1.1 } / total }
        let level = mean(self.came)
        let values = self.came.map { $0 - level }
        let variance = zip(values, counts).reduce(0) { $0 + $1.1 * $1.0 * $1.0 } / total
        let best = self.best(values, counts, wanted: total * Self.fifth)
        let middle = mean(self.said)
        var answer = Answer(
            lift: best / max(variance.squareRoot(), Self.smallestSpread), gain: best, together: 0, said: 0)
        for index in values.indices {
            let distance = self.said[index] - middle
            answer.together += counts[index] * distance * values[index]
            answer.said += counts[index] * distance * distance
        }
        return answer
    }

    /// The mean of the values that were said to be the best; posts of one score share the places that are left.
    private func best(_ values: [Double], _ counts: [Double], wanted: Double) -> Double {
        var (sum, taken, place) = (0.0, 0.0, 0)
        while taken < wanted, place < self.order.count {
            var end = place
            while end < self.order.count, self.said[self.order[end]] == self.said[self.order[place]] { end += 1 }
            let group = self.order[place..<end]
            let size = group.reduce(0) { $0 + counts[$1] }
            if size > 0 {
                let used = min(size, wanted - taken)
                sum += group.reduce(0) { $0 + counts[$1] * values[$1] } / size * used
                taken += used
            }
            place = end
        }
        return taken > 0 ? sum / taken : 0
    }
}
