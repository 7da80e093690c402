// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Publishing

/// `posthorn best-times plan`.
struct BestTimesPlanCommand: PosthornCommand {
    private static let columns = [
        Column("at", "AT", "local time, to be given to `post create --at`"),
        Column("tz", "ZONE", "the audience's zone"),
        Column("day", "DAY", "the day of the week"), Column("score", "SCORE", "1.18 is 18 % more than a typical post"),
        Column("lower", "FROM", "the lower end of the 80 % interval"), Column("upper", "TO", "the upper end"),
    ]
    static let configuration = CommandConfiguration(
        "plan", "Propose times for the next posts of an account.",
        details: """
            The best hour of each day, then the best of those days; a second time on a day only when the days are used up. Times are inside
            what is allowed and away from what is planned or was just published. The minute is not the full hour, when everybody posts, and
            stays the same when asked again. Nothing is planned: `post create --best` takes the best free time.
            """,
        examples: [
            "best-times plan --account acme/instagram --posts 5",
            "best-times plan --account acme/x --posts 10 --within 14 --between 09:00-18:00 --not sun --not 2026-12-24",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("How many posts.", valueName: "n")) var posts = 5
    @OptionGroup var wish: SlotWishOptions

    func validate() throws {
        guard (1...1_000).contains(self.posts) else { throw ValidationError("--posts must be 1 to 1000.") }
    }

    func run(_ context: CommandContext) async throws {
        let wish = try self.wish.wish()
        let plan = try await context.withServices {
            try await SlotAdvisor(pool: $0.pool).plan(
                self.posts, account: self.account, client: self.client, wish: wish)
        }
        let hours = plan.timing.fit.curve.hours
        let rows = plan.slots.map { slot in
            let hour = hours[slot.hour.index]
            return Record([
                "at": .text("\(slot.wall.date)T\(slot.wall.clock)"), "tz": .text(plan.timing.fit.zone.rawValue),
                "day": .text(HourOfWeek.weekdayNames[slot.wall.weekday]), "score": .number(hour.score, places: 2),
                "lower": .number(hour.lower, places: 2), "upper": .number(hour.upper, places: 2),
            ])
        }
        context.output.show(
            Listing(Self.columns, rows: rows, idKey: "at", empty: "no time is free inside what is allowed"))
        if plan.slots.count < self.posts {
            context.output.note(
                "\(plan.slots.count) of \(self.posts): allow more with --between, --within or --distance")
        }
        if plan.isDrawn { context.output.note("the account learns: these times are drawn, not the best so far") }
        if plan.timing.fit.curve.isFlat {
            context.output.note("for this account the hour makes no measurable difference: post when it suits you")
        }
    }
}
