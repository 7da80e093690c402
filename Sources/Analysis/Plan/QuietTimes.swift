// SPDX-License-Identifier: MIT

/// When no time is chosen for posts, whatever the model says.
package struct QuietTimes: Sendable, Hashable, Codable {
    /// A span of the local day.
    package struct Hours: Sendable, Hashable, Codable {
        /// The first minute, 0 to 1,439.
        package var from: Int
        /// The minute after the last, 1 to 1,440; below ``from`` it reaches over midnight.
        package var until: Int

        /// Makes a span.
        package init(from: Int, until: Int) {
            self.from = from
            self.until = until
        }

        /// Whether a minute of the day lies in it.
        package func contains(_ minute: Int) -> Bool {
            self.from < self.until
                ? (self.from..<self.until).contains(minute) : minute >= self.from || minute < self.until
        }
    }

    /// The quiet hours.
    package var hours: [Hours]
    /// The quiet days of the week; Monday is 0.
    package var weekdays: Set<Int>
    /// The least distance of two posts of an account, in seconds.
    package var distance: Int64

    /// Makes quiet times; by default there are none.
    package init(hours: [Hours] = [], weekdays: Set<Int> = [], distance: Int64 = 0) {
        self.hours = hours
        self.weekdays = weekdays
        self.distance = distance
    }

    /// Whether nothing is quiet.
    package var isEmpty: Bool { self.hours.isEmpty && self.weekdays.isEmpty && self.distance == 0 }

    /// Both together.
    package func joined(with other: QuietTimes) -> QuietTimes {
        QuietTimes(
            hours: self.hours + other.hours, weekdays: self.weekdays.union(other.weekdays),
            distance: max(self.distance, other.distance))
    }
}
