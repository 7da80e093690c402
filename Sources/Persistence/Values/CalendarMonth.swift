// SPDX-License-Identifier: MIT

/// A month of the calendar, without a zone.
package struct CalendarMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The year.
    package var year: Int
    /// The month, 1 to 12.
    package var month: Int

    /// Makes a month.
    ///
    /// - Returns: `nil` when there is no such month.
    package init?(year: Int, month: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        self.year = year
        self.month = month
    }

    /// Parses `2026-11`, or the first day of the month, `2026-11-01`.
    ///
    /// - Returns: `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 || (parts.count == 3 && parts[2] == "01"), parts[0].utf8.count == 4,
            parts[1].utf8.count == 2,
            let year = Int(parts[0]), let month = Int(parts[1])
        else { return nil }
        self.init(year: year, month: month)
    }

    /// The form `2026-11`.
    package var description: String { Self.padded(self.year, 4) + "-" + Self.padded(self.month, 2) }

    /// The first day, as the database takes a date: `2026-11-01`.
    package var firstDay: String { "\(self)-01" }

    /// Orders by time.
    package static func < (left: Self, right: Self) -> Bool { (left.year, left.month) < (right.year, right.month) }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
