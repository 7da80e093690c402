// SPDX-License-Identifier: MIT

import Domain

/// A day that is not like its weekday.
package struct Holiday: Sendable, Hashable {
    /// Whole days since 1 January 1970, on the wall.
    package var dayNumber: Int
    /// What it is called.
    package var name: String

    /// Makes a holiday.
    package init(dayNumber: Int, name: String) {
        self.dayNumber = dayNumber
        self.name = name
    }

    /// The day as `2026-12-25`.
    package var date: String { WallTime(clockSeconds: Int64(self.dayNumber) * 86_400).date }

    /// Reads a file of holidays, an iCalendar (RFC 5545) or a CSV file with the columns date and name.
    ///
    /// - Returns: The holidays in the order of days, each day once.
    /// - Throws: ``HolidayFileError`` with the line and how to write it.
    package static func read(_ text: String) throws(HolidayFileError) -> [Holiday] {
        let isCalendar = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.uppercased().hasPrefix("BEGIN:VCALENDAR")
        let found = isCalendar ? try HolidayCalendar.read(text) : try Self.table(text)
        var days: Set<Int> = []
        return found.sorted { ($0.dayNumber, $0.name) < ($1.dayNumber, $1.name) }
            .filter { days.insert($0.dayNumber).inserted }
    }

    private static func table(_ text: String) throws(HolidayFileError) -> [Holiday] {
        do {
            var table = try CSVTable(CSVReader(text: text), required: ["date"])
            var holidays: [Holiday] = []
            while let next = try table.next() {
                let row = try next.get()
                guard let text = row["date"], let day = Self.day(text) else {
                    throw row.problem("date", "is no day; write it as 2026-12-25")
                }
                holidays.append(Holiday(dayNumber: day, name: row["name"] ?? ""))
            }
            return holidays
        } catch {
            throw HolidayFileError("\(error)")
        }
    }

    private static func day(_ text: String) -> Int? {
        guard text.utf8.count == 10, let wall = try? WallTime(parsing: "\(text)T00:00") else { return nil }
        return wall.dayNumber
    }
}

/// Why a file of holidays cannot be read.
package struct HolidayFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, and how to write it.
    package var description: String

    /// Makes an error.
    package init(_ description: String) { self.description = description }
}
