// SPDX-License-Identifier: MIT

package import Foundation

/// What an outside system says of one of its limits.
package struct LimitReading: Sendable, Hashable {
    /// Which limit.
    package var key: LimitKey
    /// How many calls its window has, when it says.
    package var calls: Int?
    /// How many are left.
    package var rest: Int
    /// When it begins to count anew, in world time.
    package var reset: Date

    /// Makes a reading.
    package init(key: LimitKey, calls: Int?, rest: Int, reset: Date) {
        self.key = key
        self.calls = calls
        self.rest = rest
        self.reset = reset
    }
}
