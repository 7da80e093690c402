// SPDX-License-Identifier: MIT

import Foundation

/// Posts at drawn times and the other posts of the same weeks, each as the logarithm of what it got beyond the other posts' usual.
///
/// The trend is of the others alone: were drawn posts in it, an account that draws nearly all of its times would be compared with itself, and
/// drawing would seem to change nothing.
struct ExperimentComparison {
    /// How many other posts, within four weeks to either side, it takes to know what was usual.
    static let leastAround = 15

    /// Values of the drawn posts that others surround.
    private(set) var drawn: [Double] = []
    /// Values of the others around them.
    private(set) var others: [Double] = []

    private var types: [Int32: (sum: Double, count: Double)] = [:]

    /// Compares.
    ///
    /// - Parameters:
    ///   - posts: The account's posts, in any order.
    ///   - drawn: Which of them were at drawn times, in the same order.
    init(_ posts: [TimingPost], drawn: [Bool]) {
        let order = posts.indices.sorted { TimingPost.isBefore(posts[$0], posts[$1]) }
        let experiments = order.filter { drawn[$0] }.map { posts[$0] }
        let usual = order.filter { !drawn[$0] }.map { posts[$0] }
        let beside = Self.windows(experiments, in: usual)
        let kept = experiments.indices.filter { beside[$0].count >= Self.leastAround }
        let around = Self.union(kept.map { beside[$0] })
        let own = Self.windows(usual, in: usual)
        let near = around.filter { own[$0].count >= Self.leastAround }
        let logarithms = usual.map(\.logarithm)
        func beyond(_ posts: [TimingPost], _ windows: [Range<Int>]) -> [Double] {
            zip(posts, Median.moving(logarithms, over: windows)).map { $0.logarithm - $1 }
        }
        var others = beyond(near.map { usual[$0] }, near.map { own[$0] })
        for (place, value) in zip(near, others) {
            let sofar = self.types[usual[place].contentType] ?? (0, 0)
            self.types[usual[place].contentType] = (sofar.sum + value, sofar.count + 1)
        }
        others = zip(near, others).map { $1 - self.worth(of: usual[$0].contentType) }
        let values = beyond(kept.map { experiments[$0] }, kept.map { beside[$0] })
        let reach = CleanedPosts.reach(of: others)
        self.others = Self.clipped(others, reach)
        self.drawn = Self.clipped(
            zip(kept, values).map { $1 - self.worth(of: experiments[$0].contentType) }, reach)
    }

    /// What a content type does beyond the others, by the posts that nobody drew.
    private func worth(of type: Int32) -> Double {
        self.types[type].map { $0.sum / ($0.count + CleanedPosts.typePosts) } ?? 0
    }

    /// Around which of the others each post stands.
    private static func windows(_ posts: [TimingPost], in others: [TimingPost]) -> [Range<Int>] {
        var (first, end) = (0, 0)
        return posts.map { post in
            let time = post.clockSeconds
            while first < others.count, others[first].clockSeconds < time - CleanedPosts.trendSeconds { first += 1 }
            while end < others.count, others[end].clockSeconds <= time + CleanedPosts.trendSeconds { end += 1 }
            return first..<max(first, end)
        }
    }

    /// The places that are in any of some ranges whose ends never go back.
    private static func union(_ ranges: [Range<Int>]) -> [Int] {
        var next = 0
        return ranges.flatMap { range in
            let new = max(next, range.lowerBound)..<max(next, range.upperBound)
            next = new.upperBound
            return Array(new)
        }
    }

    /// Without accidents: each side around its own middle, so that a large effect is not cut off.
    private static func clipped(_ values: [Double], _ reach: Double) -> [Double] {
        guard let middle = Median.of(values) else { return [] }
        return values.map { middle + min(max($0 - middle, -reach), reach) }
    }
}
