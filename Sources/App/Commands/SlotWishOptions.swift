// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation

/// What a person allows when the program chooses times, as flags.
struct SlotWishOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hours of the local day that are allowed, as 09:00-21:00; 06:00-23:00 when not given.", valueName: "from-to"
        ))
    var between: String?
    @Option(
        name: .customLong("not"),
        help: ArgumentHelp("A day to leave out: mon … sun, or a date as 2026-12-24.", valueName: "day"))
    var left: [String] = []
    @Option(help: ArgumentHelp("How many days ahead to look; 7 when not given.", valueName: "days")) var within: Int?
    @Option(help: ArgumentHelp("How far from the account's other posts, as 3h.", valueName: "duration"))
    var distance: String?
    @Flag(name: .customLong("no-experiment"), help: "Never a drawn time, also while the account learns.")
    var isNoExperiment = false

    @Flag(name: .customLong("on-holidays"), help: "Also days that `best-times holidays` keeps.")
    var isOnHolidays = false

    /// Whether any of them was given.
    var isGiven: Bool {
        self.between != nil || !self.left.isEmpty || self.within != nil || self.distance != nil || self.isNoExperiment
            || self.isOnHolidays
    }

    /// The flags as a wish.
    ///
    /// - Throws: ``CommandError`` with exit code 64 that says how it is written.
    func wish() throws -> SlotWish {
        var wish = SlotWish()
        wish.mayDraw = !self.isNoExperiment
        wish.mayUseHolidays = self.isOnHolidays
        if let between { (wish.from, wish.until) = try Self.hours(between, of: "--between") }
        for word in self.left { try Self.leave(word, out: &wish) }
        if let within {
            guard (1...366).contains(within) else {
                throw CommandError.usage("--within takes 1 to 366 days, not \(within)")
            }
            wish.days = within
        }
        if let distance { wish.distance = try JobRows.duration(distance) }
        return wish
    }

    /// Reads a span of hours, say `09:00-21:00`, as minutes of the day.
    ///
    /// - Throws: ``CommandError`` with exit code 64 that names the option.
    static func hours(_ text: String, of option: String) throws -> (Int, Int) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Self.minute($0) }
        guard ends.count == 2, let from = ends[0], let until = ends[1], from != until, from < 1_440 else {
            throw CommandError.usage("\(option) “\(text)” is no span of hours", remedy: "write it as 09:00-21:00")
        }
        return (from, until)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
            (0...24).contains(hour), (0...59).contains(minute), hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }

    private static func leave(_ word: String, out wish: inout SlotWish) throws {
        if let day = HourOfWeek.weekdayNames.firstIndex(where: { $0.lowercased() == word.lowercased() }) {
            wish.weekdays.insert(day)
        } else if word.count == 10, let wall = try? WallTime(parsing: "\(word)T00:00") {
            wish.dates.insert(wall.date)
        } else {
            throw CommandError.usage("--not “\(word)” is no day", remedy: "write mon … sun, or a date as 2026-12-24")
        }
    }
}
