// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// How alike the values of two hours of the week are held to be before any post is seen.
///
/// per(h,h') = exp(−2 sin²(π(h−h')/24)/ℓ²) is the periodic kernel (MacKay 1998; Rasmussen and Williams, section 4.2.3), over the hours of
/// a day; day(d,d') is 1 for the same day, ½ for two days that are both in the working week or both at the weekend, else 0.
/// The covariance is A·per + B·day + C·per·day, in units of an account's residual variance.
package struct WeeklyKernel: Sendable, Hashable, Codable {
    /// A: the variance of a curve over the hours that all days share.
    package var hours: Double
    /// B: the variance of the days' levels.
    package var days: Double
    /// C: the variance of curves that a day has for itself, half of it shared inside working week and weekend.
    package var both: Double
    /// ℓ: how smooth a curve over the hours is; 0.8 is about three hours.
    package var length: Double

    /// Makes a kernel.
    package init(hours: Double, days: Double, both: Double, length: Double) {
        self.hours = hours
        self.days = days
        self.both = both
        self.length = length
    }

    /// The variance of one hour's value.
    package var variance: Double { self.hours + self.days + self.both }

    /// The same kernel with its variances multiplied.
    func scaled(by factor: Double) -> WeeklyKernel {
        WeeklyKernel(
            hours: self.hours * factor, days: self.days * factor, both: self.both * factor, length: self.length)
    }

    /// The next one to try where the largest so far is the likeliest; nil beyond differences that no audience has.
    var larger: WeeklyKernel? { self.variance < 1 ? self.scaled(by: 2.5) : nil }

    /// The covariance of all 168 hours.
    package func covariance() -> SquareMatrix {
        let around = (0..<24).map { hour in
            let angle = sin(Double.pi * Double(hour) / 24)
            return exp(-2 * angle * angle / (self.length * self.length))
        }
        return SquareMatrix(count: HourOfWeek.count) { row, column in
            let apart = abs(row % 24 - column % 24)
            // The shorter way around, so that both ways give the same bits.
            let near = around[min(apart, 24 - apart)]
            let day = row / 24
            let other = column / 24
            let same = (day == other ? 0.5 : 0) + ((day < 5) == (other < 5) ? 0.5 : 0)
            return self.hours * near + self.days * same + self.both * near * same
        }
    }

    /// What speaks against a kernel far from what accounts usually are; it matters only where there is little data.
    var penalty: Double {
        func off(_ value: Double, _ usual: Double, _ width: Double) -> Double {
            let distance = (log(value) - log(usual)) / width
            return 0.5 * distance * distance
        }
        return off(self.hours, 0.03, 1.5) + off(self.days, 0.005, 1.5) + off(self.both, 0.01, 1.5)
            + off(self.length, 0.6, 0.5)
    }

    /// The kernels that are tried for what the accounts of a platform have in common.
    static let shared = [0.2, 0.4, 1, 2.5, 6].map {
        WeeklyKernel(hours: 0.03, days: 0.005, both: 0.01, length: 0.8).scaled(by: $0)
    }
    /// The kernels that are tried for how an account differs from that.
    static let own = [0.012, 0.03, 0.08, 0.2].flatMap { hours in
        [0.18, 0.8].map { WeeklyKernel(hours: hours, days: hours / 6, both: hours / 3, length: $0) }
    }
    /// The variance of how accounts differ, before it is chosen.
    static let usualOwnVariance = 0.027
}
