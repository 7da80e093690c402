// SPDX-License-Identifier: MIT

import Foundation

/// The exponential function.
func exponential(_ value: Double) -> Double { exp(value) }

/// A draw from the standard normal distribution (Box and Muller).
func standardNormal(_ generator: inout SplitMix64) -> Double {
    let radius = (-2 * log(1 - generator.unit())).squareRoot()
    return radius * cos(2 * .pi * generator.unit())
}

/// `base` to the power of `exponent`.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
