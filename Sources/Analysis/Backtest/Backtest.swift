// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// What the model would have been worth on posts that it had not seen: the past is cut in time, the first part is learnt from, the rest is
/// asked.
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
        /// Whether nothing is learnt from what others posted after an account's cut.
        ///
        /// Without it every account is cut by its own count of posts, so what it borrows may be younger than what it is asked: the
        /// question then is what the model is worth on unseen posts, not on unseen days.
        package var isStrict: Bool

        /// Makes a plan.
        package init(share: Double = 0.7, known: Int? = nil, isStrict: Bool = false) {
            self.share = share
            self.known = known
            self.isStrict = isStrict
        }

        /// How many of an account's posts are before the cut.
        func cut(_ posts: Int) -> Int { Int(Double(posts) * self.share) }

        /// Whether an account with so many posts has enough on either side.
        func isEnough(_ posts: Int) -> Bool {
            let cut = self.cut(posts)
            return cut >= Backtest.leastKnown && posts - cut >= Backtest.leastAsked
        }

        /// How many posts an account needs.
        package var leastPosts: Int {
            let total = Double(Backtest.leastKnown + Backtest.leastAsked)
            let most = Int(total / max(1e-6, min(self.share, 1 - self.share))) + 2
            return (1...most).first { self.isEnough($0) } ?? most
        }
    }

    /// How many accounts had enough posts.
    package let accounts: Int
    /// How many posts were asked.
    package let posts: Int
    /// How many posts of those accounts were learnt from.
    package let learnt: Int
    /// Of one account: when the first post that was asked appeared, on the wall clock of its audience.
    package let cut: WallTime?
    /// In how many calendar weeks of one account there are posts that were asked.
    package let weeks: Int
    /// The lift of the best fifth, as a difference of logarithms in units of each account's spread.
    package let lift: Double
    /// The lift's 95 % interval, by drawing anew; nil with fewer than ``leastDrawn`` accounts or weeks, which show no spread.
    ///
    /// Accounts are drawn, or calendar weeks where there is one account: posts of one week share their luck.
    package let interval: ClosedRange<Double>?
    /// The same lift in engagement: 0.13 is 13 % more.
    package let gain: Double
    /// How much of what is said comes true: 1 when 10 % said are 10 % seen, below 1 when too much is said.
    package let calibration: Double
    /// Its 95 % interval, from the same draws.
    package let calibrationInterval: ClosedRange<Double>?

    /// Fewer posts to ask say nothing.
    package static let leastAsked = 10
    /// Fewer posts to learn from say nothing.
    package static let leastKnown = 10
    /// With fewer accounts, or weeks of one account, nothing can be said of how much they differ.
    package static let leastDrawn = 5

    /// Cuts the past of every account, learns and asks.
    ///
    /// - Returns: nil when no account has enough posts.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package static func run(
        _ histories: [TimingHistory], plan: Plan = Plan()
    ) throws(Cholesky.NotPositiveDefinite) -> Backtest? {
        let all = Self.sorted(histories)
        let cuts = all.filter { plan.isEnough($0.posts.count) }.map { TimingCut($0, plan) }
        guard !cuts.isEmpty else { return nil }
        var asked: [AskedPosts] = []
        if plan.isStrict {
            for cut in cuts { asked.append(cut.asked(of: try cut.curve(among: all))) }
        } else {
            let model = try BestTimes(cuts.map(\.learnt))
            asked = zip(model.accounts, cuts).map { $1.asked(of: $0.curve) }
        }
        return Backtest(asked, cuts)
    }

    /// Cuts the past of one account at one date, learns from what was there before it, its own and others', and asks.
    ///
    /// - Parameters:
    ///   - account: The account's name.
    ///   - platform: Its platform.
    ///   - histories: Its past and that of the accounts that it borrows from.
    ///   - plan: How it is cut; always strict.
    /// - Returns: nil when the account has not enough posts.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package static func run(
        of account: String, on platform: PlatformID, among histories: [TimingHistory], plan: Plan = Plan()
    ) throws(Cholesky.NotPositiveDefinite) -> Backtest? {
        let all = Self.sorted(histories)
        guard let own = all.first(where: { $0.account == account && $0.platform == platform }),
            plan.isEnough(own.posts.count)
        else { return nil }
        let cut = TimingCut(own, plan)
        return Backtest([cut.asked(of: try cut.curve(among: all))], [cut])
    }

    private init(_ asked: [AskedPosts], _ cuts: [TimingCut]) {
        let answers = asked.map(\.answer)
        let count = Double(answers.count)
        self.accounts = answers.count
        self.posts = asked.reduce(0) { $0 + $1.count }
        self.learnt = cuts.reduce(0) { $0 + $1.learnt.posts.count }
        self.lift = answers.reduce(0) { $0 + $1.lift } / count
        self.gain = exp(answers.reduce(0) { $0 + $1.gain } / count) - 1
        self.calibration = Self.slope(answers) ?? 0
        let drawn: DrawnAnew?
        if let one = asked.first, asked.count == 1 {
            self.cut = cuts.first.map { WallTime(clockSeconds: $0.date) }
            self.weeks = one.weeks.count
            drawn = DrawnAnew(units: one.weeks.count) { draw in
                var counts = [Double](repeating: 0, count: one.count)
                for week in draw {
                    for post in one.weeks[week] { counts[post] += 1 }
                }
                let answer = one.answer(counts)
                return (answer.lift, Self.slope([answer]))
            }
        } else {
            self.cut = nil
            self.weeks = 0
            drawn = DrawnAnew(units: answers.count) { draw in
                let again = draw.map { answers[$0] }
                return (again.reduce(0) { $0 + $1.lift } / count, Self.slope(again))
            }
        }
        self.interval = drawn?.lift
        self.calibrationInterval = drawn?.calibration
    }

    /// How much of what was said came; nil where nothing was.
    private static func slope(_ answers: [AskedPosts.Answer]) -> Double? {
        let said = answers.reduce(0) { $0 + $1.said }
        return said > 0 ? answers.reduce(0) { $0 + $1.together } / said : nil
    }

    private static func sorted(_ histories: [TimingHistory]) -> [TimingHistory] {
        histories.sorted { ($0.account, $0.platform) < ($1.account, $1.platform) }
    }
}

/// The middle 95 % of what a result is when accounts or weeks are drawn with replacement.
private struct DrawnAnew {
    var lift: ClosedRange<Double>
    var calibration: ClosedRange<Double>?

    private static let draws = 2_000

    /// Draws; nil with too few to draw from.
    init?(units: Int, _ result: ([Int]) -> (lift: Double, calibration: Double?)) {
        guard units >= Backtest.leastDrawn else { return nil }
        var chance = Chance(seed: 1)
        let results = (0..<Self.draws).map { _ in
            result((0..<units).map { _ in Int(chance.next() % UInt64(units)) })
        }
        self.lift = Self.middle(results.map(\.lift))
        let slopes = results.compactMap(\.calibration)
        self.calibration = slopes.count == results.count ? Self.middle(slopes) : nil
    }

    private static func middle(_ values: [Double]) -> ClosedRange<Double> {
        let sorted = values.sorted()
        return sorted[Self.draws / 40]...sorted[Self.draws - 1 - Self.draws / 40]
    }
}
