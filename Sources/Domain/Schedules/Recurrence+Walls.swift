// SPDX-License-Identifier: MIT

extension Recurrence {
    /// The local times of the rule in order, from `wall` on.
    ///
    /// - Parameters:
    ///   - wall: The first local time that may come.
    ///   - start: Where the rule begins.
    /// - Returns: The local times, found when they are asked for.
    func walls(from wall: WallTime, start: WallTime) -> Walls { Walls(rule: self, start: start, from: wall) }

    /// Whether a local time is one of the rule's.
    func contains(_ wall: WallTime, start: WallTime) -> Bool {
        var walls = self.walls(from: wall, start: start)
        return walls.next() == wall
    }

    /// Walks over the periods of a rule, and over the local times inside each.
    struct Walls: Sequence, IteratorProtocol {
        private let rule: Recurrence
        private let start: WallTime
        private let from: WallTime
        /// How many periods after the start's the next one to look at lies.
        private var period: Int
        private var remaining: Int?
        /// The times of the period looked at last that are still to come, the last one first.
        private var pending: [WallTime] = []

        fileprivate init(rule: Recurrence, start: WallTime, from: WallTime) {
            self.rule = rule
            self.start = start
            self.from = Swift.max(from, start)
            self.remaining = rule.count
            // A rule that counts must be counted from its start; any other is entered where it is wanted.
            let distance = rule.count == nil ? rule.period(of: self.from) - rule.period(of: start) : 0
            self.period = distance / rule.interval * rule.interval
        }

        mutating func next() -> WallTime? {
            while let wall = self.advance() {
                if wall >= self.from { return wall }
            }
            return nil
        }

        /// The next local time, whether it is wanted or only counted.
        private mutating func advance() -> WallTime? {
            guard self.remaining != 0 else { return nil }
            while self.pending.isEmpty {
                let number = self.rule.period(of: self.start) + self.period
                guard self.rule.firstYear(ofPeriod: number) <= WallTime.years.upperBound else { return nil }
                self.pending = self.rule.times(inPeriod: number, start: self.start)
                self.pending.removeAll { $0 < self.start }
                self.pending.reverse()
                self.period += self.rule.interval
            }
            let wall = self.pending.removeLast()
            if let until = self.rule.until, wall > until {
                self.remaining = 0
                return nil
            }
            self.remaining = self.remaining.map { $0 - 1 }
            return wall
        }
    }

    /// The number of the period a local time lies in.
    private func period(of wall: WallTime) -> Int {
        switch self.frequency {
        case .hourly: wall.dayNumber * 24 + wall.hour
        case .daily: wall.dayNumber
        case .weekly: (wall.dayNumber - wall.weekday + 3) / 7  // Day 0 was a Thursday.
        case .monthly: wall.year * 12 + wall.month - 1
        }
    }

    private func firstYear(ofPeriod number: Int) -> Int {
        switch self.frequency {
        case .hourly: Self.day(number / 24).year
        case .daily: Self.day(number).year
        case .weekly: Self.day(number * 7 - 3).year
        case .monthly: number / 12
        }
    }

    /// The local times inside a period, in order.
    private func times(inPeriod number: Int, start: WallTime) -> [WallTime] {
        let minutes = self.minutes.isEmpty ? [start.minute] : self.minutes
        let days: [WallTime]
        let hours: [Int]
        if self.frequency == .hourly {
            let hour = number % 24
            guard self.hours.isEmpty || self.hours.contains(hour) else { return [] }
            hours = [hour]
            days = self.filtered([Self.day(number / 24)])
        } else {
            hours = self.hours.isEmpty ? [start.hour] : self.hours
            days = self.days(inPeriod: number, start: start)
        }
        return days.flatMap { day in
            hours.flatMap { hour in
                minutes.map { minute in
                    WallTime(clockSeconds: day.clockSeconds + Int64(hour * 3600 + minute * 60 + start.second))
                }
            }
        }
    }

    /// The days inside a period of days, weeks or months, in order, each at midnight.
    private func days(inPeriod number: Int, start: WallTime) -> [WallTime] {
        switch self.frequency {
        case .hourly, .daily: return self.filtered([Self.day(number)])
        case .weekly:
            let week = (0..<7).map { Self.day(number * 7 - 3 + $0) }
            return self.days.isEmpty ? [week[start.weekday]] : self.filtered(week)
        case .monthly:
            let (year, month) = (number / 12, number % 12 + 1)
            let last = WallTime.days(inMonth: month, of: year)
            guard let first = WallTime(year: year, month: month, day: 1) else { return [] }
            let all = (0..<last).map { first.adding(days: $0) }
            guard self.days.isEmpty, self.monthDays.isEmpty else { return self.filtered(all) }
            // The 31st does not come in a month of 30 days, as RFC 5545 has it.
            return start.day <= last ? [all[start.day - 1]] : []
        }
    }

    /// The days that fit both the days of the week and those of the month.
    private func filtered(_ days: [WallTime]) -> [WallTime] {
        days.filter { day in
            let last = WallTime.days(inMonth: day.month, of: day.year)
            let fitsMonth =
                self.monthDays.isEmpty || self.monthDays.contains { $0 == day.day || $0 == day.day - last - 1 }
            guard fitsMonth, !self.days.isEmpty else { return fitsMonth }
            return self.days.contains { wanted in
                guard wanted.weekday == day.weekday else { return false }
                guard let ordinal = wanted.ordinal else { return true }
                return ordinal > 0 ? (day.day - 1) / 7 + 1 == ordinal : (last - day.day) / 7 + 1 == -ordinal
            }
        }
    }

    /// Midnight of a day.
    private static func day(_ number: Int) -> WallTime { WallTime(clockSeconds: Int64(number) * 86_400) }
}
