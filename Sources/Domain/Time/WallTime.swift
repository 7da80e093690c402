// SPDX-License-Identifier: MIT

/// What a calendar and a clock on the wall show, without a zone: 1 November 2026, 09:30:00.
///
/// Years 1970 to 2099 of the Gregorian calendar, no leap seconds. It becomes an instant only together with a zone: see ``LocalPlan``.
package struct WallTime: Hashable, Comparable, Sendable {
    /// The year, 1970 to 2099.
    package let year: Int
    /// The month, 1 to 12.
    package let month: Int
    /// The day of the month, from 1.
    package let day: Int
    /// The hour, 0 to 23.
    package let hour: Int
    /// The minute, 0 to 59.
    package let minute: Int
    /// The second, 0 to 59.
    package let second: Int

    /// The years that can be planned and read.
    package static let years = 1970...2099

    /// Makes a wall time from its parts.
    ///
    /// - Returns: `nil` when there is no such day or time of day.
    package init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard Self.years.contains(year), (1...12).contains(month),
            (1...Self.days(inMonth: month, of: year)).contains(day), (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Makes the wall time that lies so many seconds after 1970-01-01T00:00 on the same wall.
    ///
    /// The inverse of ``clockSeconds``. Any value is taken; outside ``years`` the parts are still those of the Gregorian calendar.
    package init(clockSeconds: Int64) {
        let dayNumber = Int(clockSeconds.flooredQuotient(by: 86400))
        let rest = Int(clockSeconds - Int64(dayNumber) * 86400)
        // Days to civil date, after Howard Hinnant's "chrono-compatible low-level date algorithms".
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        self.year = yearOfEra + era * 400 + (monthFromMarch < 10 ? 0 : 1)
        self.hour = rest / 3600
        self.minute = rest / 60 % 60
        self.second = rest % 60
    }

    /// Whole days since 1 January 1970.
    package var dayNumber: Int {
        let years = self.month <= 2 ? self.year - 1 : self.year
        let era = (years >= 0 ? years : years - 399) / 400
        let yearOfEra = years - era * 400
        let dayOfYear = (153 * (self.month > 2 ? self.month - 3 : self.month + 9) + 2) / 5 + self.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Seconds since 1970-01-01T00:00 on the same wall, as if no clock were ever moved.
    package var clockSeconds: Int64 {
        Int64(self.dayNumber) * 86400 + Int64(self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// The day of the week: Monday is 0, Sunday 6.
    package var weekday: Int { ((self.dayNumber + 3) % 7 + 7) % 7 }

    /// The same time of day so many days later (or earlier, when negative).
    package func adding(days: Int) -> WallTime { WallTime(clockSeconds: self.clockSeconds + Int64(days) * 86400) }

    /// Midnight at the beginning of the same day.
    package var startOfDay: WallTime { WallTime(clockSeconds: Int64(self.dayNumber) * 86400) }

    /// Orders as a calendar does.
    package static func < (left: Self, right: Self) -> Bool { left.clockSeconds < right.clockSeconds }

    /// How many days a month has.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; `divisor` is positive.
    package func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
