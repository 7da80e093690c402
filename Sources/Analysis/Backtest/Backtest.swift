// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// What the model would have been worth on posts that it had not seen: each account's past is cut in time, the first part is learnt from, the
/// rest is asked.
///
/// The posts of the rest that stand in the best fifth of their hours are compared with all of the rest. Nobody drew those hours by lot, so
/// the difference also holds what was posted then; learning mode is the stricter judge.
package struct Backtest: Sendable, Hashable {
    /// How it is cut.
    package struct Plan: Sendable, Hashable, Codable {
        /// The share of each account's posts that is learnt from.
        package var share: Double
        /// At most so many posts of each account are learnt from, the last ones; nil for all.
        package var known: Int?

        /// Makes a plan.
        package init(share: Double = 0.7, known: Int? = nil) {
            self.share = share
            self.known = known
        }
    }

    /// How many accounts had enough posts.
    package let accounts: Int
    /// How many posts were asked.
    package let posts: Int
    /// The lift of the best fifth, as a difference of logarithms in units of each account's spread.
    package let lift: Double
    /// The lift's 95 % interval, by drawing accounts anew; nil with fewer than ``leastDrawn`` accounts, which show no spread.
    package let interval: ClosedRange<Double>?
    /// The same lift in engagement: 0.13 is 13 % more.
    package let gain: Double
    /// How much of what is said comes true: 1 when 10 % said are 10 % seen, below 1 when too much is said.
    package let calibration: Double

    /// Fewer posts to ask say nothing.
    package static let leastAsked = 10
    /// Fewer posts to learn from say nothing.
    package static let leastKnown = 10
    /// With fewer accounts nothing can be said of how much they differ.
    package static let leastDrawn = 5
    private static let fifth = 0.2
    private static let draws = 2_000

    /// Cuts, learns and asks.
    ///
    /// - Returns: nil when no account has enough posts.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package static func run(
        _ histories: [TimingHistory], plan: Plan = Plan()
    ) throws(Cholesky.NotPositiveDefinite) -> Backtest? {
        var learnt: [TimingHistory] = []
        var asked: [[TimingPost]] = []
        for history in histories.sorted(by: { ($0.account, $0.platform) < ($1.account, $1.platform) }) {
            let posts = history.posts.sorted(by: TimingPost.isBefore)
            let cut = Int(Double(posts.count) * plan.share)
            guard cut >= Self.leastKnown, posts.count - cut >= Self.leastAsked else { continue }
            var known = history
            known.posts = Array(posts[..<cut].suffix(plan.known ?? cut))
            learnt.append(known)
            asked.append(posts)
        }
        guard !learnt.isEmpty else { return nil }
        let model = try BestTimes(learnt)
        return Self.judge(model, asked, share: plan.share)
    }

    private static func judge(_ model: BestTimes, _ asked: [[TimingPost]], share: Double) -> Backtest {
        var lifts: [Double] = []
        var gains: [Double] = []
        var (posts, together, said) = (0, 0.0, 0.0)
        for (account, all) in zip(model.accounts, asked) {
            let cut = Int(Double(all.count) * share)
            let rest = Self.unclipped(CleanedPosts.withoutTrend(all), from: cut)
            let hours = all[cut...].map { account.curve.hours[$0.hour.index] }
            let scores = hours.map { log($0.score) }
            let mean = scores.reduce(0, +) / Double(scores.count)
            for (score, value) in zip(scores, rest.values) {
                together += (score - mean) * value
                said += (score - mean) * (score - mean)
            }
            let best = Self.best(scores, rest.values)
            lifts.append(best / rest.spread)
            gains.append(best)
            posts += rest.values.count
        }
        let count = Double(lifts.count)
        return Backtest(
            accounts: lifts.count, posts: posts, lift: lifts.reduce(0, +) / count, interval: Self.interval(lifts),
            gain: exp(gains.reduce(0, +) / count) - 1, calibration: said > 0 ? together / said : 0)
    }

    /// The values from a place on, 0 on average, and their spread.
    private static func unclipped(_ values: [Double], from cut: Int) -> (values: [Double], spread: Double) {
        let rest = values[cut...]
        let mean = rest.reduce(0, +) / Double(rest.count)
        let centred = rest.map { $0 - mean }
        let variance = centred.reduce(0) { $0 + $1 * $1 } / Double(centred.count)
        return (centred, max(variance.squareRoot(), 1e-9))
    }

    /// The mean of the values whose scores are in the best fifth; posts of one score share the places that are left.
    private static func best(_ scores: [Double], _ values: [Double]) -> Double {
        let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        let wanted = Double(scores.count) * Self.fifth
        var (sum, taken, place) = (0.0, 0.0, 0)
        while taken < wanted, place < order.count {
            var end = place
            while end < order.count, scores[order[end]] == scores[order[place]] { end += 1 }
            let here = order[place..<end].reduce(0) { $0 + values[$1] } / Double(end - place)
            let used = min(Double(end - place), wanted - taken)
            sum += here * used
            taken += used
            place = end
        }
        return taken > 0 ? sum / taken : 0
    }

    /// The middle 95 % of the means of accounts that are drawn with replacement.
    private static func interval(_ lifts: [Double]) -> ClosedRange<Double>? {
        guard lifts.count >= Self.leastDrawn else { return nil }
        var chance = Chance(seed: 1)
        let means = (0..<Self.draws).map { _ in
            (0..<lifts.count).reduce(0) { sum, _ in sum + lifts[Int(chance.next() % UInt64(lifts.count))] }
                / Double(lifts.count)
        }.sorted()
        return means[Self.draws / 40]...means[Self.draws - 1 - Self.draws / 40]
    }
}
