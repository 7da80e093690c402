// SPDX-License-Identifier: MIT

import Foundation

/// Random numbers that a seed decides: SplitMix64 (Steele, Lea and Flood 2014).
package struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Begins with a seed.
    package init(seed: UInt64) { self.state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The next number above 0 and at most 1.
    package mutating func unit() -> Double { Double((self.next() >> 11) + 1) * 0x1p-53 }

    /// The next number of a standard normal distribution (Box and Muller 1958).
    package mutating func normal() -> Double {
        (-2 * log(self.unit())).squareRoot() * cos(2 * Double.pi * self.unit())
    }
}
