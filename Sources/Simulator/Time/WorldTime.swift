// SPDX-License-Identifier: MIT

/// An instant of the simulated world, in milliseconds since 1970 UTC.
struct WorldTime: Hashable, Sendable, Comparable, Codable {
    var milliseconds: Int64

    static func < (lhs: WorldTime, rhs: WorldTime) -> Bool { lhs.milliseconds < rhs.milliseconds }

    static func + (time: WorldTime, seconds: Double) -> WorldTime {
        WorldTime(milliseconds: time.milliseconds + Int64((seconds * 1000).rounded()))
    }

    /// Seconds from `rhs` to `lhs`.
    static func - (lhs: WorldTime, rhs: WorldTime) -> Double { Double(lhs.milliseconds - rhs.milliseconds) / 1000 }

    /// Seconds since 1970 UTC.
    var epochSeconds: Double { Double(self.milliseconds) / 1000 }

    /// Whole seconds since 1970 UTC, rounded up: the earliest second by which the instant has passed.
    var epochSecondsRoundedUp: Int64 { (self.milliseconds + 999).flooredQuotient(1000) }

    /// The beginning of its second.
    var wholeSecond: WorldTime { WorldTime(milliseconds: self.milliseconds.flooredQuotient(1000) * 1000) }

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init(epochSeconds: Double) { self.milliseconds = Int64((epochSeconds * 1000).rounded()) }

    init(from decoder: any Decoder) throws {
        self.milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.milliseconds)
    }
}

extension WorldTime {
    /// The instant as ISO 8601 in UTC with milliseconds, `2026-11-21T09:24:00.123Z`.
    var iso8601: String {
        let days = self.milliseconds.flooredQuotient(86_400_000)
        let rest = self.milliseconds - days * 86_400_000
        let date = Self.civil(fromDays: days)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let fraction = String(1000 + rest % 1000).dropFirst()
        let clock = "\(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):\(two(rest / 1000 % 60)).\(fraction)Z"
        let year = String(date.year)
        return
            "\(String(repeating: "0", count: max(0, 4 - year.count)))\(year)-\(two(date.month))-\(two(date.day))T\(clock)"
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`.
    init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54 || bytes[10] == 0x74,
            bytes[13] == 0x3A, bytes[16] == 0x3A
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int64(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), (1...12).contains(month),
            let day = number(8..<10), (1...Self.days(in: month, of: year)).contains(day),
            let hour = number(11..<13), hour < 24, let minute = number(14..<16), minute < 60,
            let second = number(17..<19), second <= 60
        else { return nil }
        var index = 19
        var milliseconds: Int64 = 0
        if index < bytes.count, bytes[index] == 0x2E {
            let start = index + 1
            index = start
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > start else { return nil }
            let digits = String(decoding: bytes[start..<min(index, start + 3)], as: UTF8.self)
            milliseconds = Int64(digits.padding3) ?? 0
        }
        guard index < bytes.count else { return nil }
        var offset: Int64 = 0
        switch bytes[index] {
        case 0x5A, 0x7A:
            guard index + 1 == bytes.count else { return nil }
        case 0x2B, 0x2D:
            guard index + 6 == bytes.count, bytes[index + 3] == 0x3A, let hours = number(index + 1..<index + 3),
                let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[index] == 0x2B ? 1 : -1)
        default: return nil
        }
        let days = Self.days(fromCivil: year, month, day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.milliseconds = seconds * 1000 + milliseconds
    }

    // Proleptic Gregorian calendar by eras of 400 years that begin in March.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity; the divisor is positive.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

extension String {
    fileprivate var padding3: String { self + String(repeating: "0", count: 3 - self.count) }
}
