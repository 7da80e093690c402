// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Persistence
import Publishing

/// `posthorn best-times show`.
struct BestTimesShowCommand: PosthornCommand {
    private static let columns = [
        Column("weekday", "DAY", "0 is Monday"), Column("hour", "HOUR", "local hour, 0 to 23"),
        Column("score", "SCORE", "engagement against the account's typical post: 1.18 is 18 % more"),
        Column("lower", "FROM", "the lower end of the 80 % interval"), Column("upper", "TO", "the upper end"),
        Column("own_share", "OWN", "how much comes from the account's own posts, 0 to 1"),
        Column("posts", "POSTS", "the account's posts in this hour"),
        Column("recommended", "RECOMMENDED", "whether it is among the hours that a week of posts would take"),
    ]
    static let configuration = CommandConfiguration(
        "show", "Show a week: what each hour is worth against the account's typical post.",
        details: """
            The model's week as a heat map, in the zone of the account's audience: colour is the score, and a sign or number stands only
            where the interval does not hold 1. --svg writes the picture for a report. --counts shows medians of what was posted
            instead: no model, boosted and young posts left out, an hour marked from five posts on; its columns are weekday, hour, posts,
            median, mean, marked.
            """,
        examples: [
            "best-times show --account acme/instagram", "best-times show --account acme/instagram --svg week.svg",
            "best-times show --account acme/instagram -o csv > week.csv",
            "best-times show --account acme/instagram --counts",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("Write the picture to this file.", valueName: "file")) var svg: String?
    @Flag(name: .customLong("counts"), help: "Medians of what was posted, without the model.") var isCounts = false
    @Flag(help: "Fit anew for this answer.") var fresh = false
    @Option(
        name: .customLong("tz"),
        help: ArgumentHelp("With --counts: another zone than the account's.", valueName: "zone"))
    var timeZone: String?

    /// How many posts a week the recommended hours are for.
    private static let posts = 5

    func validate() throws {
        guard self.timeZone == nil || self.isCounts else {
            throw ValidationError("--tz goes with --counts: the model knows the audience's zone only.")
        }
        guard self.svg == nil || !self.isCounts else {
            throw ValidationError("--svg shows the model: leave out --counts.")
        }
    }

    func run(_ context: CommandContext) async throws {
        if self.isCounts { return try await self.showCounts(context) }
        let (timing, wish) = try await context.withServices { services in
            let timing = try await TimingService(pool: services.pool).timing(
                of: self.account, client: self.client, isFresh: self.fresh)
            return (timing, try await PostingSlots(pool: services.pool).wish(of: timing.account))
        }
        let curve = timing.fit.curve
        let marked = timing.recommended(posts: Self.posts, wish: wish)
        if let svg = self.svg {
            let picture = CurveMapSVG(
                title: "\(timing.account.name) on \(timing.account.platform)", zone: timing.fit.zone, marked: marked,
                lines: [timing.dataLine] + timing.sentences
            ).render(curve)
            do {
                try Data((picture + "\n").utf8).write(to: URL(fileURLWithPath: svg), options: .atomic)
            } catch {
                throw CommandError(
                    .badData, "cannot write the file \(svg)", details: [error.localizedDescription],
                    remedy: "is there such a folder, room on the disk, and may this user write there?")
            }
            context.output.success("the week is drawn in \(svg)")
        }
        guard context.output.format == .table, !context.output.isQuiet else {
            let rows = curve.hours.map { Self.record($0, isMarked: marked.contains($0.hour)) }
            return context.output.show(Listing(Self.columns, rows: rows, idKey: "hour"))
        }
        guard self.svg == nil else { return }
        context.output.text(
            context.heatMap.render(
                curve, title: "\(timing.name) — \(timing.account.name)", zone: timing.fit.zone, marked: marked,
                lines: [timing.dataLine] + timing.sentences))
    }

    private static func record(_ hour: AccountCurve.Hour, isMarked: Bool) -> Record {
        Record([
            "weekday": .count(hour.hour.weekday), "hour": .count(hour.hour.hour),
            "score": .number(hour.score, places: 2),
            "lower": .number(hour.lower, places: 2), "upper": .number(hour.upper, places: 2),
            "own_share": .number(hour.ownShare, places: 2), "posts": .count(hour.posts), "recommended": .flag(isMarked),
        ])
    }
}

// MARK: Without the model

extension BestTimesShowCommand {
    private static let countColumns = [
        Column("weekday", "DAY", "0 is Monday"), Column("hour", "HOUR", "local hour, 0 to 23"),
        Column("posts", "POSTS", "how many posts were used"),
        Column("median", "MEDIAN", "median engagement against the account's own; null without posts"),
        Column("mean", "MEAN", "mean engagement against the account's own; null without posts"),
        Column("marked", "MARKED", "whether there are enough posts to say anything"),
    ]

    private func showCounts(_ context: CommandContext) async throws {
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
                Listing(Self.countColumns, rows: table.slots.map { Self.record($0, table) }, idKey: "hour"))
        }
        context.output.text(context.heatMap.render(table, title: "\(client.slug)/\(account.slug) — \(account.name)"))
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

extension CommandContext {
    /// A drawer for this terminal.
    fileprivate var heatMap: HeatMapText {
        let term = ProcessInfo.processInfo.environment["COLORTERM"] ?? ""
        let colour: HeatMapText.Colour = term == "truecolor" || term == "24bit" ? .trueColour : .palette
        return HeatMapText(
            colour: self.output.terminal.coloursOutput ? colour : .none, width: self.output.terminal.width ?? 80)
    }
}
