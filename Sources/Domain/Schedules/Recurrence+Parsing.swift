// SPDX-License-Identifier: MIT

extension Recurrence {
    /// The parts that are understood, as shown in messages.
    private static let known = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "COUNT", "UNTIL"]

    /// What RFC 5545 has besides, each with what to do instead.
    private static let unsupported = [
        "BYMONTH": "make one rule for each month, or use FREQ=MONTHLY with INTERVAL",
        "BYYEARDAY": "name the day with BYMONTHDAY", "BYWEEKNO": "use FREQ=WEEKLY with INTERVAL",
        "BYSETPOS": "name the day with BYDAY, as in -1FR for the last Friday",
        "BYSECOND": "slots are whole minutes: use BYMINUTE",
    ]

    /// Reads a rule; letters may be small, and `RRULE:` may stand before it.
    ///
    /// - Throws: ``RecurrenceError`` that says what would be right.
    package init(parsing text: some StringProtocol) throws(RecurrenceError) {
        let given = text.uppercased().filter { !$0.isWhitespace }
        let body = given.hasPrefix("RRULE:") ? given.dropFirst(6) : given[...]
        var values: [String: String] = [:]
        for part in body.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw RecurrenceError(
                    .malformed, "'\(part.prefix(40))' is no part of a rule: write it as FREQ=WEEKLY;BYDAY=MO;BYHOUR=9")
            }
            guard values.updateValue(pair[1], forKey: pair[0]) == nil else {
                throw RecurrenceError(.malformed, "\(pair[0]) stands twice in the rule")
            }
        }
        guard let frequency = values["FREQ"] else {
            throw RecurrenceError(
                .malformed, "the rule does not say FREQ: write it as FREQ=DAILY;BYHOUR=9;BYMINUTE=30")
        }
        try self.init(frequency: Self.frequency(frequency))
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where name != "FREQ" {
            try self.take(name, value)
        }
        try self.check()
    }

    private init(frequency: Frequency) { self.frequency = frequency }

    private static func frequency(_ text: String) throws(RecurrenceError) -> Frequency {
        if let frequency = Frequency(rawValue: text) { return frequency }
        let names = Frequency.allCases.map(\.rawValue).joined(separator: ", ")
        throw RecurrenceError(
            ["YEARLY", "MINUTELY", "SECONDLY"].contains(text) ? .unsupported : .malformed,
            "FREQ=\(text.prefix(20)) is not supported: use \(names)")
    }

    private mutating func take(_ name: String, _ value: String) throws(RecurrenceError) {
        switch name {
        case "INTERVAL": self.interval = try Self.number(name, value, in: 1...1_000)
        case "COUNT": self.count = try Self.number(name, value, in: 1...100_000)
        case "UNTIL": self.until = try Self.until(value)
        case "BYHOUR": self.hours = try Self.numbers(name, value, in: 0...23)
        case "BYMINUTE": self.minutes = try Self.numbers(name, value, in: 0...59)
        case "BYMONTHDAY":
            self.monthDays = try Self.numbers(name, value, in: -31...31)
            guard !self.monthDays.contains(0) else {
                throw RecurrenceError(.malformed, "BYMONTHDAY=0 is no day: use 1 to 31, or -1 for the last day")
            }
        case "BYDAY":
            var days: Set<Day> = []
            for word in value.split(separator: ",") { days.insert(try Self.day(word)) }
            self.days = days.sorted { ($0.weekday, $0.ordinal ?? 0) < ($1.weekday, $1.ordinal ?? 0) }
        case "WKST":
            guard value == "MO" else {
                throw RecurrenceError(.unsupported, "WKST=\(value.prefix(20)) is not supported: weeks begin on Monday")
            }
        default:
            if let instead = Self.unsupported[name] {
                throw RecurrenceError(.unsupported, "\(name) is not supported: \(instead)")
            }
            throw RecurrenceError(
                .malformed,
                "'\(name.prefix(20))' is no part of a rule; there are: \(Self.known.joined(separator: ", "))")
        }
    }

    private static func number(
        _ name: String, _ text: some StringProtocol, in range: ClosedRange<Int>
    ) throws(RecurrenceError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw RecurrenceError(
                .malformed,
                "\(name)=\(text.prefix(20)): use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func numbers(
        _ name: String, _ text: String, in range: ClosedRange<Int>
    ) throws(RecurrenceError) -> [Int] {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            numbers.insert(try Self.number(name, part, in: range))
        }
        return numbers.sorted()
    }

    private static func day(_ word: Substring) throws(RecurrenceError) -> Day {
        let ordinal = word.dropLast(2)
        if let weekday = Day.names.firstIndex(of: String(word.suffix(2))) {
            if ordinal.isEmpty { return Day(weekday: weekday) }
            if let number = Int(ordinal), (1...5).contains(abs(number)) {
                return Day(weekday: weekday, ordinal: number)
            }
        }
        throw RecurrenceError(
            .malformed,
            "BYDAY=\(word.prefix(20)): use \(Day.names.joined(separator: ", ")), or 1MO to 5MO and -1MO in a month")
    }

    /// `20261231` is the whole day, `20261231T180000` the local time.
    private static func until(_ text: String) throws(RecurrenceError) -> WallTime {
        guard !text.hasSuffix("Z") else {
            throw RecurrenceError(
                .unsupported, "UNTIL=\(text.prefix(20)): write the local time of the schedule's zone, without Z")
        }
        let digits = text.filter(\.isNumber).compactMap(\.wholeNumberValue)
        let shape = String(text.map { $0.isNumber ? "0" : $0 })
        if digits.count == shape.count - (shape.count == 15 ? 1 : 0), ["00000000", "00000000T000000"].contains(shape) {
            func value(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
            let hasTime = shape.count == 15
            let wall = WallTime(
                year: value(0..<4), month: value(4..<6), day: value(6..<8), hour: hasTime ? value(8..<10) : 23,
                minute: hasTime ? value(10..<12) : 59, second: hasTime ? value(12..<14) : 59)
            if let wall { return wall }
        }
        throw RecurrenceError(.malformed, "UNTIL=\(text.prefix(20)): write it as 20261231 or 20261231T180000")
    }

    /// Refuses parts that do not go together.
    private func check() throws(RecurrenceError) {
        if self.count != nil, self.until != nil {
            throw RecurrenceError(.contradictory, "the rule says COUNT and UNTIL: keep one of them")
        }
        if self.frequency != .monthly, self.days.contains(where: { $0.ordinal != nil }) {
            throw RecurrenceError(
                .contradictory,
                "BYDAY=\(self.days.map(\.description).joined(separator: ",")) counts days of a month: use FREQ=MONTHLY")
        }
        if self.frequency == .weekly, !self.monthDays.isEmpty {
            throw RecurrenceError(.contradictory, "BYMONTHDAY does not go with FREQ=WEEKLY: use FREQ=MONTHLY or DAILY")
        }
    }
}
