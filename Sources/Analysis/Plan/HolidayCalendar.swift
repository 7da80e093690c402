// SPDX-License-Identifier: MIT

import Domain

/// The whole-day events of an iCalendar (RFC 5545): single days, several days, and the same day every year.
///
/// Other recurrences are refused with their line: a holiday that is left out unseen would be recommended.
struct HolidayCalendar {
    /// Until which year a day of every year is written out.
    private static let lastYear = WallTime.years.upperBound

    private struct Event {
        var line: Int
        var start: WallTime?
        var days = 1
        var end: WallTime?
        var name = ""
        var rule: String?
        var isCancelled = false
        /// How many components stand open inside it: an alarm has times of its own.
        var nested = 0
    }

    static func read(_ text: String) throws(HolidayFileError) -> [Holiday] {
        var holidays: [Holiday] = []
        var event: Event?
        for (line, content) in Self.unfolded(text) {
            guard let colon = Self.colon(content) else { continue }
            let value = String(content[content.index(after: colon)...])
            let parts = content[..<colon].split(separator: ";").map { $0.uppercased() }
            guard let name = parts.first else { continue }
            switch (name, value.uppercased()) {
            case ("BEGIN", "VEVENT"): event = Event(line: line)
            case ("END", "VEVENT"):
                if let event { holidays += try Self.holidays(event) }
                event = nil
            case _ where event == nil: break
            case ("BEGIN", _): event?.nested += 1
            case ("END", _): event?.nested -= 1
            case _ where event?.nested != 0: break
            case ("DTSTART", _): event?.start = try Self.day(value, line)
            case ("DTEND", _): event?.end = try Self.day(value, line)
            case ("DURATION", _): event?.days = try Self.days(value, line)
            case ("SUMMARY", _): event?.name = Self.unescaped(value)
            case ("STATUS", "CANCELLED"): event?.isCancelled = true
            case ("RRULE", _): event?.rule = value.uppercased()
            case ("RDATE", _), ("EXDATE", _), ("EXRULE", _):
                throw HolidayFileError(
                    "line \(line): \(name) is not understood; write these days as events of their own")
            default: break
            }
        }
        return holidays
    }

    /// The lines with what was folded put together, each with the number of its first one.
    private static func unfolded(_ text: String) -> [(Int, String)] {
        var lines: [(Int, String)] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if let first = line.first, first == " " || first == "\t", !lines.isEmpty {
                lines[lines.count - 1].1 += line.dropFirst()
            } else {
                lines.append((index + 1, String(line)))
            }
        }
        return lines
    }

    /// Where the value begins: the first colon outside quotes.
    private static func colon(_ line: String) -> String.Index? {
        var isQuoted = false
        for index in line.indices {
            if line[index] == "\"" { isQuoted.toggle() }
            if line[index] == ":", !isQuoted { return index }
        }
        return nil
    }

    private static func day(_ value: String, _ line: Int) throws(HolidayFileError) -> WallTime {
        let digits = value.prefix(8)
        guard value.utf8.count == 8, let year = Int(digits.prefix(4)), let month = Int(digits.dropFirst(4).prefix(2)),
            let day = Int(digits.suffix(2)), let wall = WallTime(year: year, month: month, day: day)
        else { throw HolidayFileError("line \(line): “\(value.prefix(20))” is no whole day; write it as 20261225") }
        return wall
    }

    private static func days(_ value: String, _ line: Int) throws(HolidayFileError) -> Int {
        let value = value.uppercased()
        let number = value.dropFirst().dropLast()
        guard value.hasPrefix("P"), let count = Int(number), (1...366).contains(count),
            value.hasSuffix("D") || value.hasSuffix("W")
        else { throw HolidayFileError("line \(line): “\(value.prefix(20))” are no whole days; write them as P2D") }
        return value.hasSuffix("W") ? 7 * count : count
    }

    private static func holidays(_ event: Event) throws(HolidayFileError) -> [Holiday] {
        guard !event.isCancelled else { return [] }
        guard let start = event.start else { throw HolidayFileError("line \(event.line): the event has no DTSTART") }
        let count = event.end.map { max(1, $0.dayNumber - start.dayNumber) } ?? event.days
        return try Self.starts(event, from: start).flatMap { first in
            (0..<count).map { Holiday(dayNumber: first + $0, name: event.name) }
        }
    }

    /// The first day of every occurrence.
    private static func starts(_ event: Event, from start: WallTime) throws(HolidayFileError) -> [Int] {
        guard let rule = event.rule else { return [start.dayNumber] }
        var (count, until) = (Int.max, Int.max)
        var isYearly = false
        for part in rule.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            switch (pair.first, pair.count > 1 ? pair[1] : "") {
            case ("FREQ", "YEARLY"): isYearly = true
            case ("INTERVAL", "1"), ("WKST", _): break
            case ("BYMONTH", let month) where Int(month) == start.month: break
            case ("BYMONTHDAY", let day) where Int(day) == start.day: break
            case ("COUNT", let text) where Int(text).map { $0 >= 1 } ?? false: count = Int(text) ?? count
            case ("UNTIL", let text): until = try Self.day(String(text.prefix(8)), event.line).dayNumber
            default:
                throw HolidayFileError(
                    "line \(event.line): the rule “\(rule.prefix(60))” is not understood, only the same day every year; write its days as events of their own"
                )
            }
        }
        guard isYearly else {
            throw HolidayFileError(
                "line \(event.line): the rule “\(rule.prefix(60))” is not understood, only FREQ=YEARLY")
        }
        return (start.year...Self.lastYear)
            .compactMap { WallTime(year: $0, month: start.month, day: start.day)?.dayNumber }
            .prefix(count).filter { $0 <= until }
    }

    private static func unescaped(_ value: String) -> String {
        var (result, isEscaped) = ("", false)
        for character in value {
            if isEscaped {
                result.append(character == "n" || character == "N" ? " " : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
