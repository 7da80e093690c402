// SPDX-License-Identifier: MIT

import Domain

/// What the accounts of one platform have in common over the week, in units of each account's own spread.
///
/// It is an aggregate: nothing of a single account can be read from it. With fewer than three accounts or four calendar weeks it is flat.
package struct PlatformCurve: Sendable, Hashable {
    /// g: the common curve, 0 on average.
    package internal(set) var mean: [Double]
    /// C_g: the covariance of what is not known of it.
    package internal(set) var covariance: SquareMatrix
    /// K_g: how the common curve was held to vary; nil while it is flat.
    package private(set) var shared: WeeklyKernel?
    /// K_δ: how much an account differs from it.
    package private(set) var own: WeeklyKernel
    /// The median variance of a post around its hour's value; 1 without accounts.
    package private(set) var typicalVariance: Double
    /// How much of what is said comes true later, and what differences between hours are multiplied by; see ``calibration(of:curve:)``.
    package private(set) var calibration = 1.0
    /// How many accounts it is of.
    package let accounts: Int
    /// How many calendar weeks have posts.
    package let weeks: Int

    /// With fewer accounts there is nothing in common.
    package static let leastAccounts = 3
    /// With fewer calendar weeks one holiday would rule.
    package static let leastWeeks = 4
    /// The variance that all accounts share in one week of one hour: news, a holiday.
    private static let weekVariance = 0.06
    /// What keeps the level of an account with few posts near 0.
    private static let levelPrior = 2.0

    /// Learns the curve.
    ///
    /// - Parameter accounts: The accounts of the platform, in an order that does not change.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package init(_ accounts: [PlatformMember]) throws(Cholesky.NotPositiveDefinite) {
        let members = accounts.filter { $0.statistics.variance != nil }
        self.accounts = members.count
        self.typicalVariance = Median.of(members.compactMap(\.statistics.variance)) ?? 1
        self.mean = [Double](repeating: 0, count: HourOfWeek.count)
        self.covariance = SquareMatrix(count: HourOfWeek.count)
        self.own = WeeklyKernel(hours: 0.018, days: 0.003, both: 0.006, length: 0.8)
        let weeksOfSlots = Self.weeks(members)
        self.weeks = weeksOfSlots.all
        if members.count >= Self.leastAccounts, self.weeks >= Self.leastWeeks {
            // The levels of the accounts depend on the curve, and the curve on them.
            let posts = members.map(\.observed)
            for _ in 0..<2 { try self.learn(posts, weeksOfSlots.bySlot, among: nil) }
        }
        try self.chooseOwn(members)
        self.calibration = try Self.calibration(of: members, curve: self)
    }

    /// A curve that was learnt before.
    package init(
        mean: [Double], covariance: SquareMatrix, shared: WeeklyKernel?, own: WeeklyKernel, typicalVariance: Double,
        calibration: Double, accounts: Int, weeks: Int
    ) {
        precondition(mean.count == HourOfWeek.count && covariance.count == HourOfWeek.count)
        self.mean = mean
        self.covariance = covariance
        self.shared = shared
        self.own = own
        self.typicalVariance = typicalVariance
        self.calibration = calibration
        self.accounts = accounts
        self.weeks = weeks
    }

    /// Learns what some accounts have in common.
    ///
    /// - Parameters:
    ///   - posts: What each account's posts say.
    ///   - weeks: In how many calendar weeks each hour has a post.
    ///   - kernel: How the curve is held to vary; nil chooses.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    mutating func learn(
        _ posts: [PlatformMember.Observed], _ weeks: [Int], among kernel: WeeklyKernel?
    ) throws(Cholesky.NotPositiveDefinite) {
        var sums = [Double](repeating: 0, count: HourOfWeek.count)
        var precisions = sums
        for (statistics, variance) in posts {
            let values = statistics.scaledMeans(variance: variance)
            let observed = statistics.observed
            let precision = observed.map { 1 / (1 / statistics.weights[$0] + WeeklyKernel.usualOwnVariance) }
            var (level, total) = (0.0, Self.levelPrior)
            for (slot, precision) in zip(observed, precision) {
                level += precision * (values[slot] - self.mean[slot])
                total += precision
            }
            level /= total
            for (slot, precision) in zip(observed, precision) {
                sums[slot] += precision * (values[slot] - level)
                precisions[slot] += precision
            }
        }
        let observed = precisions.indices.filter { precisions[$0] > 0 }
        let values = observed.map { sums[$0] / precisions[$0] }
        let noise = observed.map { 1 / precisions[$0] + Self.weekVariance / Double(max(1, weeks[$0])) }
        let flat = [Double](repeating: 0, count: HourOfWeek.count)
        var best: (evidence: Double, kernel: WeeklyKernel, covariance: SquareMatrix)?
        var kernels = kernel.map { [$0] } ?? WeeklyKernel.shared
        var tried = 0
        while tried < kernels.count {
            let (kernel, prior) = (kernels[tried], kernels[tried].covariance())
            let factor = try Cholesky(CurvePosterior.covariance(prior, observed: observed, noise: noise))
            let evidence = factor.logEvidence(values) - kernel.penalty
            tried += 1
            guard best.map({ evidence > $0.evidence }) ?? true else { continue }
            best = (evidence, kernel, prior)
            // Audiences that differ by more than any that is known are still found.
            if tried == kernels.count, kernels.count > 1, let larger = kernel.larger { kernels.append(larger) }
        }
        guard let best else { return }
        let posterior = try CurvePosterior(
            prior: best.covariance, priorMean: flat, observed: observed, values: values, noise: noise)
        let average = posterior.mean.reduce(0, +) / Double(HourOfWeek.count)
        self.mean = posterior.mean.map { $0 - average }
        self.covariance = posterior.covariance
        self.shared = best.kernel
    }

    /// Chooses how much accounts differ: the kernel under which all their posts together are likeliest.
    private mutating func chooseOwn(_ members: [PlatformMember]) throws(Cholesky.NotPositiveDefinite) {
        guard !members.isEmpty else { return }
        var best: (evidence: Double, kernel: WeeklyKernel)?
        var kernels = WeeklyKernel.own
        var tried = 0
        while tried < kernels.count {
            let kernel = kernels[tried]
            let prior = self.covariance + kernel.covariance()
            var evidence = -kernel.penalty
            for member in members {
                evidence += try member.statistics.logEvidence(prior: prior, mean: self.mean) ?? 0
            }
            tried += 1
            if best.map({ evidence > $0.evidence }) ?? true { best = (evidence, kernel) }
            if tried == kernels.count, let best, best.kernel.hours >= kernel.hours, let larger = best.kernel.larger {
                kernels.append(larger)
            }
        }
        if let best { self.own = best.kernel }
    }

    private static func weeks(_ members: [PlatformMember]) -> (bySlot: [Int], all: Int) {
        Self.weeks(members.map(\.slotWeeks))
    }

    /// How many calendar weeks have a post in each hour, and in all.
    static func weeks(_ used: [[PlatformMember.SlotWeek]]) -> (bySlot: [Int], all: Int) {
        var weeks = [Set<Int64>](repeating: [], count: HourOfWeek.count)
        for account in used {
            for (slot, week) in account { weeks[slot].insert(week) }
        }
        return (weeks.map(\.count), weeks.reduce(into: Set<Int64>()) { $0.formUnion($1) }.count)
    }
}

extension SlotStatistics {
    /// How likely the account's posts are under a covariance of its curve; nil when they say nothing.
    func logEvidence(prior: SquareMatrix, mean: [Double]) throws(Cholesky.NotPositiveDefinite) -> Double? {
        let observed = self.observed
        guard let variance = self.variance, !observed.isEmpty else { return nil }
        let values = self.scaledMeans(variance: variance)
        let factor = try Cholesky(
            CurvePosterior.covariance(prior, observed: observed, noise: observed.map { 1 / self.weights[$0] }))
        return factor.logEvidence(observed.map { values[$0] - mean[$0] })
    }
}
