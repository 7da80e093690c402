// SPDX-License-Identifier: MIT

import Domain

extension PlatformCurve {
    /// The standard deviation of how much comes true from platform to platform, before any post is seen.
    private static let calibrationSpread = 0.5

    /// How much of what the model says comes true later, measured on the accounts' own past.
    ///
    /// Each past is cut in time. What would have been said after the earlier posts is compared with what the later posts did: the slope b of
    /// later values on earlier predictions, over all accounts (Cox 1958; van Houwelingen 2000). Audiences change: where an hour came to
    /// matter more over the years, b is above 1, and what is said of the time to come is too little by as much. b is shrunk towards 1 by how
    /// sure it is.
    ///
    /// - Parameters:
    ///   - members: The platform's accounts.
    ///   - curve: Its curve, for the kernels.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: The factor; 1 where nothing is known of it.
    static func calibration(
        of members: [PlatformMember], curve: PlatformCurve
    ) throws(Cholesky.NotPositiveDefinite) -> Double {
        let pasts = members.compactMap { member in
            member.past.flatMap { past in member.statistics.variance.map { (past: past, variance: $0) } }
        }
        guard let shared = curve.shared, pasts.count >= Self.leastAccounts else { return 1 }
        var earlier = curve
        earlier.forget()
        let weeks = Self.weeks(pasts.map(\.past.slotWeeks)).bySlot
        for _ in 0..<2 {
            try earlier.learn(pasts.map { ($0.past.earlier, $0.variance) }, weeks, among: shared)
        }
        let prior = earlier.covariance + curve.own.covariance()
        var slope = CalibrationSlope()
        for (past, variance) in pasts {
            let observed = past.earlier.observed
            let values = past.earlier.scaledMeans(variance: variance)
            let predicted = try CurvePosterior(
                prior: prior, priorMean: earlier.mean, observed: observed, values: observed.map { values[$0] },
                noise: observed.map { 1 / past.earlier.weights[$0] }
            ).mean
            slope.add(
                predicted: predicted, later: past.later.scaledMeans(variance: variance), weights: past.later.weights)
        }
        guard let found = slope.estimate(common: earlier.covariance) else { return 1 }
        let spread = Self.calibrationSpread * Self.calibrationSpread
        return max(0, 1 + spread / (spread + found.variance) * (found.slope - 1))
    }

    /// The curve before anything was learnt.
    private mutating func forget() {
        self.mean = [Double](repeating: 0, count: HourOfWeek.count)
        self.covariance = SquareMatrix(count: HourOfWeek.count)
    }
}

/// The slope of later values on what was predicted, over several accounts.
private struct CalibrationSlope {
    /// Of each account, Σ n (x − x̄)(y − ȳ) and Σ n (x − x̄)².
    private var terms: [(together: Double, said: Double)] = []
    /// Σ n (x − x̄) in each hour, over all accounts.
    private var pull = [Double](repeating: 0, count: HourOfWeek.count)

    mutating func add(predicted: [Double], later: [Double], weights: [Double]) {
        let total = weights.reduce(0, +)
        guard total > 0 else { return }
        var (predictedMean, laterMean) = (0.0, 0.0)
        for slot in weights.indices {
            predictedMean += weights[slot] * predicted[slot] / total
            laterMean += weights[slot] * later[slot] / total
        }
        var term = (together: 0.0, said: 0.0)
        for slot in weights.indices {
            let distance = predicted[slot] - predictedMean
            self.pull[slot] += weights[slot] * distance
            term.together += weights[slot] * distance * (later[slot] - laterMean)
            term.said += weights[slot] * distance * distance
        }
        self.terms.append(term)
    }

    /// The slope and its variance; nil where nothing was predicted.
    ///
    /// Its variance has two parts: how the accounts scatter around it, and what all of them share, the error of the common curve.
    ///
    /// - Parameter common: The covariance of what was not known of the common curve.
    /// - Returns: Both.
    func estimate(common: SquareMatrix) -> (slope: Double, variance: Double)? {
        let said = self.terms.reduce(0) { $0 + $1.said }
        guard said > 0, self.terms.count > 1 else { return nil }
        let slope = self.terms.reduce(0) { $0 + $1.together } / said
        let scatter = self.terms.reduce(0) { sum, term in
            let off = term.together - slope * term.said
            return sum + off * off
        }
        let accounts = Double(self.terms.count)
        // Values have the variance 1 around their hours; accounts that differ have more.
        let own = max(1 / said, scatter / (said * said) * accounts / (accounts - 1))
        let shared = zip(self.pull, common.times(self.pull)).reduce(0) { $0 + $1.0 * $1.1 } / (said * said)
        return (slope, own + shared)
    }
}
