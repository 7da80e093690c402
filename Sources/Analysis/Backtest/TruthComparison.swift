// SPDX-License-Identifier: MIT

package import Domain

/// How near a learnt week is to a true one, where the truth is known: in a simulation.
package struct TruthComparison: Sendable, Hashable {
    /// Spearman's rank correlation of the scores with the truth over the week: 1 is the same order.
    package let rankCorrelation: Double
    /// What the recommended hours reach of what as many hours, one a day, could reach at best.
    ///
    /// 1 is the best plan; nil without recommended hours.
    package let reached: Double?

    /// Compares.
    ///
    /// - Parameters:
    ///   - scores: What each hour is held to be worth, Monday 00:00 first.
    ///   - truth: What each hour is worth, in any unit.
    ///   - plan: The recommended hours.
    package init(scores: [Double], truth: [Double], plan: some Collection<HourOfWeek>) {
        precondition(scores.count == truth.count)
        self.rankCorrelation = Self.correlation(Self.ranks(scores), Self.ranks(truth))
        var days: Set<Int> = []
        let best = HourOfWeek.all.sorted { (-truth[$0.index], $0) < (-truth[$1.index], $1) }
            .filter { days.insert($0.weekday).inserted }
            .prefix(plan.count)
        let possible = best.reduce(0) { $0 + truth[$1.index] }
        self.reached = plan.isEmpty || possible <= 0 ? nil : plan.reduce(0) { $0 + truth[$1.index] } / possible
    }

    /// Ranks from 1; equal values share the mean of theirs.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }

    private static func correlation(_ left: [Double], _ right: [Double]) -> Double {
        let count = Double(left.count)
        let means = (left.reduce(0, +) / count, right.reduce(0, +) / count)
        var (cross, first, second) = (0.0, 0.0, 0.0)
        for (one, other) in zip(left, right) {
            cross += (one - means.0) * (other - means.1)
            first += (one - means.0) * (one - means.0)
            second += (other - means.1) * (other - means.1)
        }
        return first > 0 && second > 0 ? cross / (first * second).squareRoot() : 0
    }
}
