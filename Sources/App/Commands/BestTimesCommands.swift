// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Persistence
import Publishing

/// `posthorn best-times`.
struct BestTimesCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "best-times", "See when an account's posts did well, and what that is worth.",
        examples: ["best-times show --account acme/x", "best-times explain --account acme/x"],
        subcommands: [
            Show.self, BestTimesExplainCommand.self, BestTimesRankCommand.self, BestTimesBacktestCommand.self,
        ])

    struct Show: PosthornCommand {
        private static let columns = [
            Column("weekday", "DAY", "0 is Monday"), Column("hour", "HOUR", "local hour, 0 to 23"),
            Column("posts", "POSTS", "how many posts were used"),
            Column("median", "MEDIAN", "median engagement against the account's own; null without posts"),
            Column("mean", "MEAN", "mean engagement against the account's own; null without posts"),
            Column("marked", "MARKED", "whether there are enough posts to say anything"),
        ]
        static let configuration = CommandConfiguration(
            "show", "Show a week: engagement by hour against the account's typical post.",
            details: """
                Counts and medians of what was posted, in the zone of the account's audience; no model. Boosted posts, and posts whose numbers
                were read at an age below 24 hours, are left out and counted. An hour is only marked from five posts on.
                """,
            examples: [
                "best-times show --account acme/instagram",
                "best-times show --account acme/instagram -o csv > week.csv",
            ],
            keys: columns)

        @OptionGroup var options: CommandOptions
        @Option(
            help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
        var account: String
        @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
        var client: String?
        @Option(name: .customLong("tz"), help: ArgumentHelp("Another zone than the account's.", valueName: "zone"))
        var timeZone: String?

        func run(_ context: CommandContext) async throws {
            let given: ZoneID?
            do {
                given = try self.timeZone.map { text throws(TimeError) in try ZoneID(parsing: text) }
            } catch {
                throw CommandError(.badData, error.message)
            }
            let (client, account, readings) = try await context.withServices {
                try await PostingHistory(pool: $0.pool).readings(of: self.account, client: self.client)
            }
            let zone = given ?? ZoneID(rawValue: account.timeZone) ?? .utc
            let samples = readings.map {
                PostSample($0, account: account.slug.rawValue, platform: account.platform, zone: zone)
            }
            let table = HourOfWeekTable.make(samples, zone: zone)
            guard context.output.format == .table, !context.output.isQuiet else {
                return context.output.show(
                    Listing(Self.columns, rows: table.slots.map { Self.record($0, table) }, idKey: "hour"))
            }
            let map = HeatMapText(
                colour: context.output.terminal.coloursOutput ? Self.colour() : .none,
                width: context.output.terminal.width ?? 80)
            context.output.text(map.render(table, title: "\(client.slug)/\(account.slug) — \(account.name)"))
        }

        private static func colour() -> HeatMapText.Colour {
            let term = ProcessInfo.processInfo.environment["COLORTERM"] ?? ""
            return term == "truecolor" || term == "24bit" ? .trueColour : .palette
        }

        private static func record(_ slot: HourOfWeekTable.Slot, _ table: HourOfWeekTable) -> Record {
            Record([
                "weekday": .count(slot.hour.weekday), "hour": .count(slot.hour.hour), "posts": .count(slot.posts),
                "median": slot.median.map { .number($0, places: 2) } ?? .none,
                "mean": slot.mean.map { .number($0, places: 2) } ?? .none,
                "marked": .flag(table.mark(slot.hour) != nil),
            ])
        }
    }
}
