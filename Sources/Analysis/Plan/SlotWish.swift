// SPDX-License-Identifier: MIT

package import Domain

/// What a person allows when the program chooses the time of a post.
package struct SlotWish: Sendable, Hashable, Codable {
    /// Minutes of the local day, 0 to 1,440, from when on; ``until`` below it reaches over midnight.
    package var from: Int
    /// Minutes of the local day until when, exclusive.
    package var until: Int
    /// Days of the week that are left out; Monday is 0.
    package var weekdays: Set<Int>
    /// Local dates that are left out, as `2026-12-24`: holidays, a day without news.
    package var dates: Set<String>
    /// How many days ahead are looked at.
    package var days: Int
    /// How far apart two posts of the account are at least.
    package var distance: Duration
    /// Whether the time may be drawn where the account learns; not for posts that matter.
    package var mayDraw = true
    /// Whether the client's holidays may have a post too.
    package var mayUseHolidays = false
    /// Spans that are left out besides.
    package var quiet: [QuietTimes.Hours] = []

    /// Makes a wish; by default in the next seven days between 06:00 and 23:00, three hours from every other post.
    package init(
        from: Int = 6 * 60, until: Int = 23 * 60, weekdays: Set<Int> = [], dates: Set<String> = [], days: Int = 7,
        distance: Duration = .seconds(3 * 3_600)
    ) {
        self.from = from
        self.until = until
        self.weekdays = weekdays
        self.dates = dates
        self.days = days
        self.distance = distance
    }

    /// The minutes of an hour of the day that are allowed, 0 to 59.
    package func minutes(of hour: Int) -> [Int] {
        (0..<60).filter { minute in
            let time = hour * 60 + minute
            return QuietTimes.Hours(from: self.from, until: self.until).contains(time)
                && !self.quiet.contains { $0.contains(time) }
        }
    }

    /// The wish without what is quiet, and with the larger distance.
    package func without(_ quiet: QuietTimes) -> SlotWish {
        var wish = self
        wish.quiet += quiet.hours
        wish.weekdays.formUnion(quiet.weekdays)
        wish.distance = max(wish.distance, .seconds(quiet.distance))
        return wish
    }

    /// Whether a local day may have a post.
    package func allows(day: WallTime) -> Bool {
        !self.weekdays.contains(day.weekday) && !self.dates.contains(day.date)
    }
}
