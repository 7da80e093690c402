// SPDX-License-Identifier: MIT

import Domain

/// What is known of a weekly curve after some of its hours were seen: the posterior of a Gaussian process.
///
/// f̂ = g + P·ₒΣ⁻¹(mₒ − gₒ) and C = P − P·ₒΣ⁻¹Pₒ· with Σ = Pₒₒ + κ11ᵀ + D (Rasmussen and Williams 2006, equations 2.25 and 2.26). κ is the
/// variance of an unknown level that all seen hours share: only differences between hours count.
struct CurvePosterior: Sendable {
    /// The variance of the unknown level.
    static let level = 0.5

    /// f̂: the curve.
    let mean: [Double]
    private let prior: SquareMatrix
    /// R⁻ᵀPₒ·, row by row: what the seen hours tell of all.
    private let told: [Double]
    private let seen: Int

    /// Computes it.
    ///
    /// - Parameters:
    ///   - prior: The covariance of the curve before.
    ///   - priorMean: The curve before.
    ///   - observed: The hours that were seen.
    ///   - values: What was seen there.
    ///   - noise: The variance of each of those.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when the covariance cannot be factored.
    init(
        prior: SquareMatrix, priorMean: [Double], observed: [Int], values: [Double], noise: [Double]
    ) throws(Cholesky.NotPositiveDefinite) {
        self.prior = prior
        self.seen = observed.count
        guard !observed.isEmpty else {
            self.mean = priorMean
            self.told = []
            return
        }
        let factor = try Cholesky(Self.covariance(prior, observed: observed, noise: noise))
        let width = prior.count
        var told: [Double] = []
        told.reserveCapacity(observed.count * width)
        for row in observed { told += prior.elements[(row * width)..<((row + 1) * width)] }
        factor.whiten(&told, width: width)
        let residual = factor.whitened(zip(observed, values).map { $1 - priorMean[$0] })
        var mean = priorMean
        for (row, share) in residual.enumerated() {
            for column in 0..<width { mean[column] += share * told[row * width + column] }
        }
        self.mean = mean
        self.told = told
    }

    /// Σ: the covariance of what is seen.
    static func covariance(_ prior: SquareMatrix, observed: [Int], noise: [Double]) -> SquareMatrix {
        var sigma = prior.block(observed)
        for index in sigma.elements.indices { sigma.elements[index] += Self.level }
        for (index, variance) in noise.enumerated() { sigma[index, index] += variance }
        return sigma
    }

    /// The diagonal of C: the variance of each hour.
    var variances: [Double] {
        let width = self.prior.count
        var variances = self.prior.diagonal
        for row in 0..<self.seen {
            for column in 0..<width {
                let told = self.told[row * width + column]
                variances[column] -= told * told
            }
        }
        return variances
    }

    /// C times a column.
    func covariance(times column: [Double]) -> [Double] {
        let width = self.prior.count
        var result = self.prior.times(column)
        for row in 0..<self.seen {
            var sum = 0.0
            for index in 0..<width { sum += self.told[row * width + index] * column[index] }
            for index in 0..<width { result[index] -= sum * self.told[row * width + index] }
        }
        return result
    }

    /// C.
    var covariance: SquareMatrix {
        let width = self.prior.count
        var covariance = self.prior
        for row in 0..<self.seen {
            let told = self.told[(row * width)..<((row + 1) * width)].map { $0 }
            for left in 0..<width {
                let share = told[left]
                for right in 0..<width { covariance.elements[left * width + right] -= share * told[right] }
            }
        }
        return covariance
    }
}
