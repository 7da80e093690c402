// SPDX-License-Identifier: MIT

import Foundation

/// The standard normal distribution.
enum NormalDistribution {
    /// The quantile of 90 %: an interval of ± this many standard deviations holds 80 %.
    static let quantile90 = 1.2816

    /// The probability of a value below.
    static func below(_ value: Double) -> Double { 0.5 * erfc(-value / 2.0.squareRoot()) }
}
