// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// An account's posts, each as how much better or worse it did than the account's posts of those weeks usually did.
///
/// Logarithms, less the slow trend, less the content type, without outliers: a viral post, growth and a weekly show do not look like hours.
package struct CleanedPosts: Sendable {
    /// The hour of the week of each post, 0 to 167, in the order of time.
    package private(set) var slots: [Int] = []
    /// How much better than usual: a difference of natural logarithms, 0 on average.
    package private(set) var values: [Double] = []
    /// How much each counts; posts of one hour share their luck.
    package private(set) var weights: [Double] = []
    /// How much each still tells of the present, at most 1: half as much with every year that it is older than the newest.
    package private(set) var recency: [Double] = []
    /// The calendar week of each, by a number.
    package private(set) var weeks: [Int64] = []
    /// The correlation of date and hour of the day, 0 with few posts: far from 0, growth and hours cannot be told apart.
    package private(set) var drift = 0.0

    /// Days to both sides over which the trend is a median.
    static let trendSeconds: Int64 = 28 * 86_400
    /// Posts to both sides that the trend has at least, where there are as many.
    private static let trendPosts = 15
    /// How many posts of a type it takes to believe half of its difference.
    static let typePosts = 10.0
    /// Standard deviations beyond which a value is taken for an accident.
    private static let clip = 3.0
    private static let smallestSpread = 0.1
    /// With fewer posts a strong correlation is chance: of 20 independent ones one in forty has more than 0.5.
    private static let driftPosts = 20
    /// The correlation of two posts of an account within one hour.
    private static let burst = 0.3
    /// After how many days a post tells half as much.
    private static let memory = 365.0

    /// Cleans the posts of one account.
    ///
    /// - Parameter posts: The posts, in any order.
    package init(_ posts: [TimingPost]) {
        let posts = posts.sorted(by: TimingPost.isBefore)
        guard !posts.isEmpty else { return }
        self.slots = posts.map(\.hour.index)
        self.weeks = posts.map(\.week)
        self.weights = Self.weights(posts)
        self.recency = Self.recency(posts)
        self.drift = Self.drift(posts)
        var values = Self.withoutTrend(posts)
        Self.removeTypes(posts, from: &values)
        Self.clip(&values)
        self.values = values
    }

    /// What each post got beyond the median of its time: ln(1 + engagement) − b.
    static func withoutTrend(_ posts: [TimingPost]) -> [Double] {
        let logarithms = posts.map(\.logarithm)
        var first = 0
        var end = 0
        let windows = posts.indices.map { index in
            let time = posts[index].clockSeconds
            while posts[first].clockSeconds < time - Self.trendSeconds { first += 1 }
            while end < posts.count, posts[end].clockSeconds <= time + Self.trendSeconds { end += 1 }
            return max(0, min(first, index - Self.trendPosts))..<min(posts.count, max(end, index + Self.trendPosts + 1))
        }
        return zip(logarithms, Median.moving(logarithms, over: windows)).map { $0 - $1 }
    }

    private static func removeTypes(_ posts: [TimingPost], from values: inout [Double]) {
        var sums: [Int32: (sum: Double, count: Double)] = [:]
        for (post, value) in zip(posts, values) {
            let sofar = sums[post.contentType] ?? (0, 0)
            sums[post.contentType] = (sofar.sum + value, sofar.count + 1)
        }
        for (index, post) in posts.enumerated() {
            guard let type = sums[post.contentType] else { continue }
            values[index] -= type.sum / (type.count + Self.typePosts)
        }
    }

    private static func clip(_ values: inout [Double]) {
        guard let middle = Median.of(values) else { return }
        let reach = Self.reach(of: values)
        values = values.map { min(max($0 - middle, -reach), reach) }
        let mean = values.reduce(0, +) / Double(values.count)
        values = values.map { $0 - mean }
    }

    /// How far from the middle of some values one is taken for an accident.
    static func reach(of values: [Double]) -> Double {
        guard let middle = Median.of(values), let deviation = Median.of(values.map { abs($0 - middle) }) else {
            return 0
        }
        // 1.4826 makes the median deviation the standard deviation of a normal distribution.
        return Self.clip * max(Self.smallestSpread, 1.4826 * deviation)
    }

    private static func weights(_ posts: [TimingPost]) -> [Double] {
        var weights: [Double] = []
        weights.reserveCapacity(posts.count)
        var start = 0
        while start < posts.count {
            var end = start + 1
            while end < posts.count, posts[end].hourNumber == posts[start].hourNumber { end += 1 }
            let weight = 1 / (1 + Self.burst * Double(end - start - 1))
            weights += Array(repeating: weight, count: end - start)
            start = end
        }
        return weights
    }

    private static func recency(_ posts: [TimingPost]) -> [Double] {
        guard let newest = posts.last?.clockSeconds else { return [] }
        return posts.map { exp2(-Double(newest - $0.clockSeconds) / 86_400 / Self.memory) }
    }

    private static func drift(_ posts: [TimingPost]) -> Double {
        guard posts.count >= Self.driftPosts else { return 0 }
        let count = Double(posts.count)
        let origin = posts[0].clockSeconds
        let dates = posts.map { Double($0.clockSeconds - origin) / 86_400 }
        let hours = posts.map { Double($0.hour.hour) }
        let meanDate = dates.reduce(0, +) / count
        let meanHour = hours.reduce(0, +) / count
        var (together, date, hour) = (0.0, 0.0, 0.0)
        for (left, right) in zip(dates, hours) {
            together += (left - meanDate) * (right - meanHour)
            date += (left - meanDate) * (left - meanDate)
            hour += (right - meanHour) * (right - meanHour)
        }
        return date > 0 && hour > 0 ? together / (date * hour).squareRoot() : 0
    }
}

extension CleanedPosts {
    /// The posts of a stretch of time, as they were cleaned among all of them.
    ///
    /// - Parameter range: Which ones, in the order of time.
    /// - Returns: Those posts, the newest of which counts 1.
    func part(_ range: Range<Int>) -> CleanedPosts {
        var part = self
        part.slots = Array(self.slots[range])
        part.values = Array(self.values[range])
        part.weights = Array(self.weights[range])
        part.weeks = Array(self.weeks[range])
        let newest = self.recency[range].last ?? 1
        part.recency = self.recency[range].map { $0 / newest }
        return part
    }
}
