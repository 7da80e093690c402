// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Publishing

/// `posthorn best-times holidays`.
struct BestTimesHolidaysCommand: PosthornCommand {
    private static let columns = [
        Column("day", "DAY", "the local day"), Column("weekday", "WEEKDAY", "its day of the week"),
        Column("name", "NAME", "what it is called"),
    ]
    static let configuration = CommandConfiguration(
        "holidays", "Keep the days that are not like their weekday for a client's audiences.",
        details: """
            Posts of those local days are left out when best times are learnt, and counted; `post create --best`, `best-times plan` and queue
            slots leave the days out unless --on-holidays is given. The days come from a file of yours: an iCalendar with whole-day events,
            also every year, or CSV with the columns date and name. Without --file and --clear, shows what is kept.
            """,
        examples: [
            "best-times holidays --client acme --file feiertage.ics",
            "best-times holidays --client acme --file days.csv --replace", "best-times holidays --client acme -o csv",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client")) var client: String
    @Option(help: ArgumentHelp("Add the days of this file.", valueName: "file")) var file: String?
    @Flag(help: "With --file: forget all others.") var replace = false
    @Flag(help: "Forget all of them.") var clear = false

    func validate() throws {
        guard self.file == nil || !self.clear else { throw ValidationError("Give either --file or --clear.") }
        guard self.file != nil || !self.replace else { throw ValidationError("--replace goes with --file.") }
    }

    func run(_ context: CommandContext) async throws {
        if self.file != nil || self.clear {
            let holidays = try self.file.map { try Self.read($0) } ?? []
            let count = try await context.withServices {
                try await HolidayStore(pool: $0.pool).set(
                    holidays, client: self.client, replaces: self.replace || self.clear)
            }
            return context.output.success(
                "\(count) holiday(s) are kept for \(self.client); the next fit leaves them out")
        }
        let holidays = try await context.withServices {
            try await HolidayStore(pool: $0.pool).list(client: self.client)
        }
        let rows = holidays.map { holiday in
            Record([
                "day": .text(holiday.date),
                "weekday": .text(
                    HourOfWeek.weekdayNames[WallTime(clockSeconds: Int64(holiday.dayNumber) * 86_400).weekday]),
                "name": .text(holiday.name),
            ])
        }
        context.output.show(Listing(Self.columns, rows: rows, idKey: "day", empty: "no holidays are kept"))
    }

    private static func read(_ path: String) throws -> [Holiday] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandError(
                .badData, "cannot read the file \(path)", details: [error.localizedDescription],
                remedy: "is the path right, readable for this user, and the file in UTF-8?")
        }
        do {
            let holidays = try Holiday.read(text)
            guard !holidays.isEmpty else {
                throw CommandError(.badData, "there is no holiday in \(path)", remedy: "see --help for what is read")
            }
            return holidays
        } catch let error as HolidayFileError {
            throw CommandError(.badData, "\(path): \(error)", remedy: "see `posthorn best-times holidays --help`")
        }
    }
}
