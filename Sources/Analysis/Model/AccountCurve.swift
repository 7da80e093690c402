// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// What a post of one account is worth in each hour of the week against the account's typical post, and how sure that is.
package struct AccountCurve: Sendable, Hashable, Codable {
    /// One hour of the week.
    package struct Hour: Sendable, Hashable, Codable {
        /// Which hour, in the account's zone.
        package var hour: HourOfWeek
        /// The factor on the engagement of a typical post: 1.18 is 18 % more.
        package var score: Double
        /// The lower end of the interval that holds the truth in 80 % of cases.
        package var lower: Double
        /// The upper end.
        package var upper: Double
        /// How much of it comes from the account's own posts, 0 to 1; the rest is the platform's curve.
        package var ownShare: Double
        /// The probability that it is better than typical.
        package var chance: Double
        /// How many of the account's posts are in it.
        package var posts: Int

        /// Makes an hour.
        package init(
            hour: HourOfWeek, score: Double, lower: Double, upper: Double, ownShare: Double, chance: Double, posts: Int
        ) {
            self.hour = hour
            self.score = score
            self.lower = lower
            self.upper = upper
            self.ownShare = ownShare
            self.chance = chance
            self.posts = posts
        }
    }

    /// All 168 hours, Monday 00:00 first.
    package let hours: [Hour]
    /// The variance of a post around its hour's value, on the logarithmic scale.
    package let variance: Double
    /// How the account's own curve was held to vary around the platform's.
    package let own: WeeklyKernel
    /// The correlation of date and hour; beyond ± ``strongDrift`` growth and hour cannot be told apart, and the intervals are wider.
    package let drift: Double

    /// From which correlation of date and hour on the intervals are widened.
    package static let strongDrift = 0.5
    private static let driftFactor = 1.5
    /// What makes up for taking the chosen kernel for the true one: it brings simulated 80 % intervals from 72 to 78 %.
    private static let narrowness = 1.15
    /// By how much the logarithm of the evidence has to be better for a kernel of the account's own.
    private static let ownEvidence = 3.0
    /// Posts spread over the week that the habit is mixed with.
    private static let habitPosts = 5.0

    /// Fits the curve.
    ///
    /// - Parameters:
    ///   - statistics: What the account's posts say.
    ///   - drift: The correlation of date and hour.
    ///   - platform: What the platform's accounts have in common.
    ///   - kernels: The kernels to choose from with their covariances.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    init(
        _ statistics: SlotStatistics, drift: Double, platform: PlatformCurve, kernels: KernelChoice
    ) throws(Cholesky.NotPositiveDefinite) {
        let fit = try Self.fit(statistics, platform, kernels)
        self.variance = fit.variance
        self.own = fit.kernel
        self.drift = drift
        self.hours = Self.hours(fit, statistics, drift: drift, calibration: platform.calibration)
    }

    /// What the fit of one account comes to.
    struct Fit: Sendable {
        var kernel: WeeklyKernel
        var prior: SquareMatrix
        var posterior: CurvePosterior
        var variance: Double
    }

    static func fit(
        _ statistics: SlotStatistics, _ platform: PlatformCurve, _ kernels: KernelChoice
    ) throws(Cholesky.NotPositiveDefinite) -> Fit {
        let variance = statistics.variance ?? platform.typicalVariance
        let chosen = try Self.choose(statistics, platform, kernels)
        let observed = statistics.observed
        let values = statistics.scaledMeans(variance: variance)
        let posterior = try CurvePosterior(
            prior: chosen.prior, priorMean: platform.mean, observed: observed, values: observed.map { values[$0] },
            noise: observed.map { 1 / statistics.weights[$0] })
        return Fit(kernel: chosen.kernel, prior: chosen.prior, posterior: posterior, variance: variance)
    }

    /// How often the account posts in each hour, as shares: its typical post is one at its usual hours.
    static func habit(_ statistics: SlotStatistics) -> [Double] {
        let total = statistics.weights.reduce(0, +) + Self.habitPosts
        return statistics.weights.map { ($0 + Self.habitPosts / Double(HourOfWeek.count)) / total }
    }

    /// A curve that was fitted before.
    ///
    /// - Parameters:
    ///   - hours: All 168 hours, Monday 00:00 first.
    ///   - variance: The variance of a post around its hour's value.
    ///   - own: How the account's own curve was held to vary.
    ///   - drift: The correlation of date and hour.
    package init(hours: [Hour], variance: Double, own: WeeklyKernel, drift: Double) {
        precondition(hours.count == HourOfWeek.count)
        self.hours = hours
        self.variance = variance
        self.own = own
        self.drift = drift
    }

    /// Fits one account to a platform's curve that was learnt before.
    ///
    /// - Parameters:
    ///   - posts: The account's posts.
    ///   - platform: The curve.
    ///   - own: How the account's own curve was held to vary at its last fit, which then is not chosen anew; nil chooses.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package init(
        _ posts: [TimingPost], platform: PlatformCurve, own: WeeklyKernel? = nil
    ) throws(Cholesky.NotPositiveDefinite) {
        let cleaned = CleanedPosts(posts)
        try self.init(
            SlotStatistics(cleaned), drift: cleaned.drift, platform: platform,
            kernels: own.map { KernelChoice(platform, only: $0) } ?? KernelChoice(platform))
    }

    private static func choose(
        _ statistics: SlotStatistics, _ platform: PlatformCurve, _ kernels: KernelChoice
    ) throws(Cholesky.NotPositiveDefinite) -> (kernel: WeeklyKernel, prior: SquareMatrix) {
        var best = kernels.usual
        guard !kernels.others.isEmpty else { return best }
        guard let usual = try statistics.logEvidence(prior: best.prior, mean: platform.mean) else { return best }
        var limit = usual + Self.ownEvidence
        for other in kernels.others {
            guard let evidence = try statistics.logEvidence(prior: other.prior, mean: platform.mean), evidence > limit
            else { continue }
            (best, limit) = (other, evidence)
        }
        return best
    }

    private static func hours(
        _ fit: Fit, _ statistics: SlotStatistics, drift: Double, calibration: Double
    ) -> [Hour] {
        let (posterior, prior, variance) = (fit.posterior, fit.prior, fit.variance)
        let habit = Self.habit(statistics)
        let ofHabit = posterior.covariance(times: habit)
        let habitVariance = zip(habit, ofHabit).reduce(0) { $0 + $1.0 * $1.1 }
        let typical = zip(habit, posterior.mean).reduce(0) { $0 + $1.0 * $1.1 }
        let spread = variance.squareRoot()
        // Where less comes true than is said, the rest is not known any better.
        let wider = Self.narrowness * (abs(drift) > Self.strongDrift ? Self.driftFactor : 1) * max(1, calibration)
        let variances = posterior.variances
        return HourOfWeek.all.map { hour in
            let slot = hour.index
            let effect = (posterior.mean[slot] - typical) * calibration
            let error = max(0, variances[slot] - 2 * ofHabit[slot] + habitVariance).squareRoot() * wider
            let reach = NormalDistribution.quantile90 * error
            return Hour(
                hour: hour, score: exp(spread * effect), lower: exp(spread * (effect - reach)),
                upper: exp(spread * (effect + reach)),
                ownShare: min(1, max(0, 1 - variances[slot] / prior[slot, slot])),
                chance: error > 0 ? NormalDistribution.below(effect / error) : (effect > 0 ? 1 : 0.5),
                posts: statistics.posts[slot])
        }
    }
}

/// The kernels that an account can have on one platform, with the covariance of its curve under each.
struct KernelChoice: Sendable {
    /// The platform's choice.
    let usual: (kernel: WeeklyKernel, prior: SquareMatrix)
    /// The others.
    let others: [(kernel: WeeklyKernel, prior: SquareMatrix)]

    init(_ platform: PlatformCurve) {
        func with(_ kernel: WeeklyKernel) -> (kernel: WeeklyKernel, prior: SquareMatrix) {
            (kernel, platform.covariance + kernel.covariance())
        }
        self.usual = with(platform.own)
        self.others = WeeklyKernel.own.filter { $0 != platform.own }.map(with)
    }

    /// No choice.
    init(_ platform: PlatformCurve, only kernel: WeeklyKernel) {
        self.usual = (kernel, platform.covariance + kernel.covariance())
        self.others = []
    }
}
