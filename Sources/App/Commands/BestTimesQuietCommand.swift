// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Publishing

/// `posthorn best-times quiet`.
struct BestTimesQuietCommand: PosthornCommand {
    private static let columns = [
        Column("account", "ACCOUNT", "the account's slug; none for every account of the client"),
        Column("hours", "HOURS", "spans of the local day"), Column("days", "DAYS", "days of the week"),
        Column("distance", "DISTANCE", "the least distance of two posts, in seconds"),
    ]
    static let configuration = CommandConfiguration(
        "quiet", "Keep the hours and days at which no time is chosen for a client's posts.",
        details: """
            Holds for `post create --best` and `--next-slot`, `best-times plan`, queue slots and the hours that `best-times show` outlines; what a
            command allows is narrowed by it, never widened. A time that a person names (--at) is taken as it is. An account has its own quiet times
            besides its client's. What is given takes the place of what was kept; without an option, shows what is kept.
            """,
        examples: [
            "best-times quiet --client acme --hours 20:00-08:00 --days sun",
            "best-times quiet --client acme --account instagram --distance 6h", "best-times quiet --client acme",
            "best-times quiet --client acme --none",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client")) var client: String
    @Option(help: ArgumentHelp("One account; every account when not given.", valueName: "account")) var account: String?
    @Option(help: ArgumentHelp("A quiet span of the local day, as 20:00-08:00; may be repeated.", valueName: "from-to"))
    var hours: [String] = []
    @Option(help: ArgumentHelp("Quiet days with commas: mon … sun.", valueName: "days")) var days: String?
    @Option(help: ArgumentHelp("How far apart two posts are at least, as 6h.", valueName: "duration"))
    var distance: String?
    @Flag(name: .customLong("none"), help: "Forget what is kept.") var isNone = false

    private var isChange: Bool { !self.hours.isEmpty || self.days != nil || self.distance != nil }

    func validate() throws {
        guard !self.isNone || !self.isChange else { throw ValidationError("Give either --none or what is quiet.") }
    }

    func run(_ context: CommandContext) async throws {
        let quiet = try self.quiet()
        let entries = try await context.withServices { services in
            let store = QuietStore(pool: services.pool)
            if self.isChange || self.isNone {
                try await store.set(quiet, client: self.client, account: self.account)
            }
            return try await store.list(client: self.client)
        }
        if self.isChange || self.isNone { context.output.success("posts that are planned stay where they are") }
        context.output.show(
            Listing(Self.columns, rows: entries.map(Self.record), idKey: "account", empty: "nothing is quiet"))
    }

    private func quiet() throws -> QuietTimes {
        var quiet = QuietTimes()
        for span in self.hours {
            let (from, until) = try SlotWishOptions.hours(span, of: "--hours")
            quiet.hours.append(QuietTimes.Hours(from: from, until: until))
        }
        for name in self.days?.split(separator: ",") ?? [] {
            guard let day = HourOfWeek.weekdayNames.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
                throw CommandError.usage("--days “\(name)” is no day", remedy: "write mon … sun, with commas")
            }
            quiet.weekdays.insert(day)
        }
        if let distance { quiet.distance = try JobRows.duration(distance).components.seconds }
        return quiet
    }

    private static func record(_ entry: QuietStore.Entry) -> Record {
        func clock(_ minute: Int) -> String { "\(minute / 600)\(minute / 60 % 10):\(minute % 60 / 10)\(minute % 10)" }
        let spans = entry.quiet.hours.map { "\(clock($0.from))-\(clock($0.until))" }
        return Record([
            "account": .optional(entry.account), "hours": .text(spans.joined(separator: " ")),
            "days": .text(
                entry.quiet.weekdays.sorted().map { HourOfWeek.weekdayNames[$0].lowercased() }.joined(separator: ",")),
            "distance": .integer(entry.quiet.distance),
        ])
    }
}
