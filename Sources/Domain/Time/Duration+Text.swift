// SPDX-License-Identifier: MIT

package import Foundation

extension Duration {
    /// The duration for a person, two units at most: `640 ms`, `2.4 s`, `42 s`, `1 h 05 min`, `3 d 4 h`.
    package var readable: String {
        let (seconds, attoseconds) = self.components
        if seconds < 0 || attoseconds < 0 { return "-\((Duration.zero - self).readable)" }
        let milliseconds = attoseconds / 1_000_000_000_000_000
        switch seconds {
        case 0 where milliseconds == 0: return attoseconds == 0 ? "0 s" : "< 1 ms"
        case 0: return "\(milliseconds) ms"
        case ..<10: return milliseconds / 100 == 0 ? "\(seconds) s" : "\(seconds).\(milliseconds / 100) s"
        case ..<60: return "\(seconds) s"
        case ..<3600: return Self.pair(seconds / 60, "min", seconds % 60, "s", padded: true)
        case ..<86400: return Self.pair(seconds / 3600, "h", seconds / 60 % 60, "min", padded: true)
        default: return Self.pair(seconds / 86400, "d", seconds / 3600 % 24, "h", padded: false)
        }
    }

    /// How far away in time, one unit: `in 3 d`, `5 min ago`, `now` within a second.
    package var relative: String {
        let seconds = self.components.seconds
        if seconds == 0 { return "now" }
        let size = abs(seconds)
        let amount =
            switch size {
            case ..<60: "\(size) s"
            case ..<3600: "\(size / 60) min"
            case ..<86400: "\(size / 3600) h"
            default: "\(size / 86400) d"
            }
        return seconds > 0 ? "in \(amount)" : "\(amount) ago"
    }

    private static func pair(
        _ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String, padded: Bool
    ) -> String {
        if small == 0 { return "\(large) \(unit)" }
        return "\(large) \(unit) \(padded ? WallTime.two(Int(small)) : String(small)) \(smallUnit)"
    }
}

extension Date {
    /// How far this instant lies from another, as ``Swift/Duration``; positive when it is later.
    package func duration(since other: Date) -> Duration { .seconds(self.timeIntervalSince(other)) }
}
