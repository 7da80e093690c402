// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Publishing

/// `posthorn best-times slots`.
struct BestTimesSlotsCommand: PosthornCommand {
    private static let columns = [
        Column("at", "AT", "local time"), Column("tz", "ZONE", "the audience's zone"),
        Column("day", "DAY", "the day of the week"),
        Column("score", "SCORE", "1.18 is 18 % more than a typical post"),
        Column("lower", "FROM", "the lower end of the 80 % interval"), Column("upper", "TO", "the upper end"),
    ]
    static let configuration = CommandConfiguration(
        "slots", "Give an account queue slots that follow its best times, and show the free ones.",
        details: """
            --posts gives the account so many slots a week: the best hour of each day, then the best of those days, inside what is allowed.
            `post create --next-slot` takes the next free one. Slots are planned from the newest fit whenever they are asked for, so they move
            with what is learnt; posts that are planned stay where they are, and count in their week. Without --posts, shows the free
            slots.
            """,
        examples: [
            "best-times slots --account acme/instagram --posts 5 --between 08:00-21:00 --not sun",
            "best-times slots --account acme/instagram --weeks 4 -o json",
            "best-times slots --account acme/instagram --off",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("How many slots a week it has from now on.", valueName: "n")) var posts: Int?
    @Option(help: ArgumentHelp("How many weeks are shown, the present one included.", valueName: "n")) var weeks = 2
    @Flag(name: .customLong("off"), help: "Take its slots away; planned posts stay.") var isOff = false
    @OptionGroup var wish: SlotWishOptions

    func validate() throws {
        guard self.posts.map({ (1...100).contains($0) }) ?? true, (1...26).contains(self.weeks) else {
            throw ValidationError("--posts must be 1 to 100, --weeks 1 to 26.")
        }
        guard self.posts != nil || !self.wish.isGiven else {
            throw ValidationError(
                "--between, --not, --within, --distance, --no-experiment and --on-holidays go with --posts.")
        }
        guard self.wish.within == nil else {
            throw ValidationError("--within does not go with slots: they go on week after week.")
        }
        guard !self.isOff || self.posts == nil else { throw ValidationError("Give either --posts or --off.") }
    }

    func run(_ context: CommandContext) async throws {
        let setting = try self.posts.map { SlotSetting(perWeek: $0, wish: try self.wish.wish()) }
        let free = try await context.withServices { services -> FreeSlots? in
            let slots = PostingSlots(pool: services.pool)
            if setting != nil || self.isOff {
                try await slots.set(setting, account: self.account, client: self.client)
            }
            return self.isOff
                ? nil : try await slots.free(account: self.account, client: self.client, weeks: self.weeks)
        }
        guard let free else { return context.output.success("\(self.account) has no queue slots") }
        if setting != nil {
            context.output.success("\(free.timing.name) has \(free.setting.perWeek) queue slot(s) a week")
        }
        let hours = free.timing.fit.curve.hours
        let rows = free.slots.map { slot in
            let hour = hours[slot.hour.index]
            return Record([
                "at": .text("\(slot.wall.date)T\(slot.wall.clock)"), "tz": .text(free.timing.fit.zone.rawValue),
                "day": .text(HourOfWeek.weekdayNames[slot.wall.weekday]), "score": .number(hour.score, places: 2),
                "lower": .number(hour.lower, places: 2), "upper": .number(hour.upper, places: 2),
            ])
        }
        context.output.show(Listing(Self.columns, rows: rows, idKey: "at", empty: "no slot is free in those weeks"))
        if free.isDrawn { context.output.note("the account learns: these times are drawn, not the best so far") }
    }
}
