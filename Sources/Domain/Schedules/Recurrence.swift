// SPDX-License-Identifier: MIT

/// A rule that says at which local times something comes again: the part of RFC 5545's RRULE that people use.
///
/// ```
/// FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=9;BYMINUTE=30
/// FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17
/// ```
///
/// It knows wall times only; with a start, a zone and what to do when clocks are moved it becomes a ``RecurrencePlan``. What it leaves
/// open comes from the start: the minute, the hour, and the day of the week or month. The start itself is an occurrence only when it
/// fits the rule. Weeks begin on Monday.
package struct Recurrence: Hashable, Sendable {
    /// The period that is repeated.
    package enum Frequency: String, Hashable, Sendable, CaseIterable {
        /// Hours.
        case hourly = "HOURLY"
        /// Days.
        case daily = "DAILY"
        /// Weeks, from Monday.
        case weekly = "WEEKLY"
        /// Months.
        case monthly = "MONTHLY"
    }

    /// A day of the week, or one of those days of a month.
    package struct Day: Hashable, Sendable, CustomStringConvertible {
        /// Monday is 0, Sunday 6.
        package var weekday: Int
        /// The how-manieth of the month, from the end when negative; `nil` is every one.
        package var ordinal: Int?

        /// The two letters of each day, Monday first.
        static let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

        /// As in the rule: `MO`, `1MO`, `-1FR`.
        package var description: String { (self.ordinal.map(String.init) ?? "") + Self.names[self.weekday] }
    }

    /// The period that is repeated.
    package internal(set) var frequency: Frequency
    /// Every how-manieth period counts, from 1.
    package internal(set) var interval = 1
    /// Only these days of the week; empty is every one, or the start's for a weekly rule.
    package internal(set) var days: [Day] = []
    /// Only these days of the month, from the end when negative.
    package internal(set) var monthDays: [Int] = []
    /// Only these hours.
    package internal(set) var hours: [Int] = []
    /// Only these minutes.
    package internal(set) var minutes: [Int] = []
    /// It ends after so many local times, those left out by a moved clock included.
    package internal(set) var count: Int?
    /// The last local time it may come at.
    package internal(set) var until: WallTime?

    /// What to do in a gap unless a person chose: an hourly rule goes by the clock, so it leaves out what the clock leaves out.
    package var usualGap: GapPolicy { self.frequency == .hourly ? .skip : .shiftForward }

    /// What to do in an overlap unless a person chose: an hourly rule comes in both hours.
    package var usualOverlap: OverlapPolicy { self.frequency == .hourly ? .both : .first }
}

extension Recurrence: CustomStringConvertible {
    /// The rule in one way of writing it: parts in a fixed order, values sorted, nothing that goes without saying.
    package var description: String {
        var parts = ["FREQ=\(self.frequency.rawValue)"]
        func list(_ name: String, _ values: [some CustomStringConvertible]) {
            guard !values.isEmpty else { return }
            parts.append("\(name)=\(values.map(\.description).joined(separator: ","))")
        }
        if self.interval != 1 { parts.append("INTERVAL=\(self.interval)") }
        list("BYMONTHDAY", self.monthDays)
        list("BYDAY", self.days)
        list("BYHOUR", self.hours)
        list("BYMINUTE", self.minutes)
        if let count { parts.append("COUNT=\(count)") }
        if let until { parts.append("UNTIL=\(until.description.filter { $0 != "-" && $0 != ":" })") }
        return parts.joined(separator: ";")
    }
}
