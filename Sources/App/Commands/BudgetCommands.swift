// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import Publishing

/// `posthorn budget`.
struct BudgetCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "budget", "Set and show what clients may spend on boosts.",
        examples: ["budget set --client acme --month 500.00EUR", "budget show --client acme"],
        subcommands: [Set.self, Show.self, Costs.self])

    struct Set: PosthornCommand {
        static let configuration = CommandConfiguration(
            "set", "Set the cap of a month, for a client or one of its campaigns.",
            details:
                """
                The month begins and ends in the client's zone. Boosts need a cap of the client; a campaign's cap counts besides it, so it is in the
                same currency. Who raises or removes --release-above is bound by the former limit until somebody else sets it.
                """,
            examples: [
                "budget set --client acme --month 500.00EUR",
                "budget set --client acme --campaign spring --month 200.00EUR --for 2026-12",
                "budget set --client acme --month 500.00EUR --for 2027-01 --months 12",
                "budget set --client acme --release-above 100.00EUR",
            ], keys: BudgetRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("One of its campaigns; the whole client when not given.", valueName: "campaign"))
        var campaign: String?
        @Option(
            name: .customLong("month"),
            help: ArgumentHelp("The cap of each month, with its currency.", valueName: "amount"))
        var amount: String?
        @Option(
            help: ArgumentHelp(
                "What a boost of the client may cost before a second person must release it; `none` for no limit.",
                valueName: "amount"))
        var releaseAbove: String?
        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("The month, as 2026-12; the present one when not given.", valueName: "month"))
        var first: String?
        @Option(help: ArgumentHelp("For how many months from then on.", valueName: "n"))
        var months: Int = 1

        func validate() throws {
            guard self.amount != nil || self.releaseAbove != nil else {
                throw ValidationError("Say what is set: --month AMOUNT, or --release-above AMOUNT.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let first = try BudgetRows.month(self.first)
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let client = try await services.clients.show(self.client).client
                    let what = self.amount.map { "\($0) a month" } ?? "a release above \(self.releaseAbove ?? "")"
                    return context.output.note("would set \(what) for \(client.slug)")
                }
                if let releaseAbove {
                    let limit = try await services.budgets.setReleaseLimit(
                        releaseAbove == "none" ? nil : releaseAbove, client: self.client, actor: Actor.current)
                    context.output.success(
                        limit.amount.map { "a boost that may cost more than \($0) needs a second person's release" }
                            ?? "no boost needs a second person's release")
                    if let before = limit.before {
                        context.output.note(
                            "yours, and those of your rules, need it above \(before) until somebody else sets the limit"
                        )
                    }
                }
                guard let amount else { return }
                let rows = try await services.budgets.set(
                    amount, client: self.client, campaign: self.campaign ?? "", from: first, months: self.months,
                    actor: Actor.current)
                context.output.success("set \(rows.count) cap(s)")
                context.output.show(Listing(BudgetRows.columns, rows: rows.map(BudgetRows.record), idKey: "month"))
            }
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show the caps of a client and what is used of them.",
            details: """
                A new boost finds room in what is left less what is planned: boosts that have not begun have set nothing aside yet, but they will.
                """,
            examples: ["budget show --client acme", "budget show --client acme --for 2026-12"],
            keys: BudgetRows.standingColumns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: ClientMonthOptions

        func run(_ context: CommandContext) async throws {
            let month = try BudgetRows.month(self.which.month)
            let rows = try await context.withServices {
                try await $0.budgets.standing(client: self.which.client, month: month, registry: $0.registry)
            }
            context.output.show(
                Listing(
                    BudgetRows.standingColumns, rows: rows.map(BudgetRows.record), idKey: "month",
                    empty: "no budget is set; set one with `posthorn budget set`"))
        }
    }
}

extension BudgetCommands {
    struct Costs: PosthornCommand {
        static let configuration = CommandConfiguration(
            "costs", "Show what platforms charged for publishing and reading.",
            details: """
                Counted when a post is known to be published, and when numbers or earlier posts were read, at the prices of `plugin info`. Looks at the
                platform after a lost answer and `account check` are not counted. What is charged at a price that no document names has no cost here
                (shown as –). The agency pays all this: it is no part of a client's budget for boosts.
                """,
            examples: ["budget costs --client acme", "budget costs --client acme --for 2026-12 -o csv"],
            keys: CostRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: ClientMonthOptions

        func run(_ context: CommandContext) async throws {
            let month = try BudgetRows.month(self.which.month)
            let rows = try await context.withServices {
                try await $0.budgets.costs(client: self.which.client, month: month)
            }
            context.output.show(
                Listing(
                    CostRows.columns, rows: rows.map(CostRows.record), idKey: "month",
                    empty: "no platform charged for anything yet"))
            if rows.contains(where: { $0.microdollars == nil }) {
                context.output.note("some of it is charged at a price that no document names")
            }
        }
    }
}

/// Which client's money is shown, and of which month.
struct ClientMonthOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
    var client: String
    @Option(name: .customLong("for"), help: ArgumentHelp("Only this month, as 2026-12.", valueName: "month"))
    var month: String?
}

/// How costs of calls are shown.
enum CostRows {
    static let columns = [
        Column("month", "MONTH", "the month, in the client's zone"), Column("platform", "PLATFORM", "the platform"),
        Column("account", "ACCOUNT", "the account's slug"), Column("action", "WHAT", "what was done"),
        Column("count", "COUNT", "how many pieces"),
        Column("cost", "COST", "the sum, rounded up to a cent; none when the price is not known"),
        Column("microdollars", nil, "the exact sum in millionths of a US dollar"),
    ]

    static func record(_ row: ApiCostRow) -> Record {
        Record([
            "month": .text("\(row.month)"), "platform": .text(row.platform.rawValue), "account": .text(row.account),
            "action": .text(row.action), "count": .integer(row.count),
            "cost": row.microdollars.map { .money(minorUnits: ($0 + 9_999) / 10_000, currency: "USD", places: 2) }
                ?? .none,
            "microdollars": .optional(row.microdollars),
        ])
    }
}

/// How budgets are shown.
enum BudgetRows {
    static let columns = [
        Column("month", "MONTH", "the month"),
        Column("campaign", "CAMPAIGN", "the campaign; empty for the whole client"),
        Column("cap", "CAP", "the cap: minor units and currency"), Column("used", "USED", "what counts against it"),
        Column("left", "LEFT", "what is left"), Column("reserved", nil, "what was set aside"),
        Column("committed", nil, "what platforms confirmed"), Column("spent", "SPENT", "what was spent"),
        Column("released", nil, "what was given back"), Column("time_zone", "ZONE", "where the month begins and ends"),
        Column("set_by", nil, "who set it"),
    ]

    static func record(_ row: BudgetRow) -> Record {
        func money(_ units: Int64) -> Field { .money(Money(minorUnits: units, currency: row.cap.currency)) }
        return Record([
            "month": .text("\(row.month)"), "campaign": .optional(row.campaign.isEmpty ? nil : row.campaign),
            "cap": .money(row.cap),
            "used": money(row.used), "left": money(row.cap.minorUnits - row.used), "reserved": money(row.reserved),
            "committed": money(row.committed), "spent": money(row.spent), "released": money(row.released),
            "time_zone": .text(row.timeZone), "set_by": .text(row.setBy),
        ])
    }

    static let standingColumns =
        Self.columns + [Column("planned", "PLANNED", "the most that boosts may cost which have not begun")]

    static func record(_ standing: BudgetStanding) -> Record {
        let planned = Money(minorUnits: standing.planned, currency: standing.row.cap.currency)
        return Record(
            entries: Self.record(standing.row).fields + [Record.Entry(key: "planned", value: .money(planned))])
    }

    static func month(_ text: String?) throws -> CalendarMonth? {
        guard let text else { return nil }
        guard let month = CalendarMonth(text) else {
            throw CommandError.usage("“\(text)” is no month", remedy: "write it as 2026-12")
        }
        return month
    }
}
