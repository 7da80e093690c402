// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

/// `posthorn boost`.
struct BoostCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "boost", "Promote publications with money, within budgets.",
        examples: [
            "budget set --client acme --month 500.00EUR",
            "boost create --target 0198f2c4-… --when-published --objective engagement --budget 20.00 --days 3",
            "boost list --client acme",
            "boost ledger --client acme",
        ],
        subcommands: [Create.self, List.self, Show.self, Ledger.self])

    struct Create: PosthornCommand {
        static let configuration = CommandConfiguration(
            "create", "Plan a boost of a publication, or of a target once it is published.",
            details: """
                Objective, budget, currency and dates are checked against the platform's rules, and the most that the boost may cost
                against the client's budget of the month. The money is set aside when a worker starts it.
                """,
            examples: [
                "boost create --publication 0198f2c4-… --objective reach --budget 20.00 --days 3",
                "boost create --target 0198f2c4-… --when-published --ad-account main --objective engagement --budget 5.00 --daily --days 7",
                "boost create --target 0198f2c4-… --when-published --objective reach --budget 20.00 --days 3 --audience berlin.json",
            ], keys: BoostRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("The publication's id.", valueName: "publication"))
        var publication: String?
        @Option(help: ArgumentHelp("The target's id.", valueName: "target"))
        var target: String?
        @Flag(name: .customLong("when-published"), help: "Wait until the target is published.")
        var whenPublished = false
        @Option(
            help: ArgumentHelp("The ad account's slug; the client's only one when not given.", valueName: "ad-account"))
        var adAccount: String?
        @Option(help: ArgumentHelp("What it is for, as in `plugin info`.", valueName: "objective"))
        var objective: String
        @Option(help: ArgumentHelp("The amount, in the ad account's currency.", valueName: "amount"))
        var budget: String
        @Flag(name: .customLong("daily"), help: "The budget is for each day.")
        var isDaily = false
        @Option(
            help: ArgumentHelp(
                "When it begins, in the client's local time; as soon as possible when not given.", valueName: "time"))
        var start: String?
        @Option(name: .customLong("tz"), help: ArgumentHelp("The zone of --start.", valueName: "zone"))
        var timeZone: String?
        @Option(help: ArgumentHelp("How many days it runs.", valueName: "n"))
        var days: Int
        @Option(
            help: ArgumentHelp(
                "JSON with min_age, max_age, genders, countries, interests, custom_audiences; everybody when not given.",
                valueName: "file"))
        var audience: String?
        @Option(help: ArgumentHelp("The campaign; the post's own when not given.", valueName: "campaign"))
        var campaign: String?
        @Option(help: ArgumentHelp("The button of the boost, where the platform has one.", valueName: "name"))
        var cta: String?
        @Option(
            help: ArgumentHelp(
                "The legal category of the advertisement, where the platform asks for it.", valueName: "name"))
        var specialAdCategory: String?

        func validate() throws {
            guard (self.publication != nil) != (self.target != nil) else {
                throw ValidationError("Say what is boosted: --publication P, or --target T.")
            }
        }

        func run(_ context: CommandContext) async throws {
            if self.cta != nil || self.specialAdCategory != nil {
                throw CommandError(
                    .badData, "no platform of this binary takes --cta or --special-ad-category for a boost",
                    remedy: "leave them out; `posthorn plugin info PLATFORM` shows what it takes")
            }
            let subject: BoostPlan.Subject = self.publication.map { .publication($0) } ?? .target(self.target ?? "")
            var plan = BoostPlan(
                subject, adAccount: self.adAccount, objective: self.objective, budget: self.budget,
                kind: self.isDaily ? .daily : .lifetime, days: self.days, campaign: self.campaign ?? "")
            if let start { plan.start = try CommandError.time(start, zone: self.timeZone) }
            if let audience { plan.audience = try Self.audience(audience) }
            try await context.withServices { services in
                let boost = try await services.boosts.create(plan, isDryRun: true, actor: Actor.current)
                if boost.state == .waiting, !self.whenPublished {
                    throw CommandError(
                        .conflict, "the target is not published yet", remedy: "add --when-published to wait for it")
                }
                guard !self.change.isDryRun else { return context.output.note("would plan a boost of \(boost.budget)") }
                let made = try await services.boosts.create(plan, actor: Actor.current)
                let detail = try await services.boosts.show(made.id.description)
                context.output.success(made.state == .waiting ? "planned for when the target is published" : "planned")
                context.output.show(
                    BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue))
            }
        }

        private static func audience(_ file: String) throws -> Audience {
            do {
                return try JSONDecoder().decode(Audience.self, from: try CommandError.contents(of: file))
            } catch let error as DecodingError {
                throw CommandError(
                    .badData, "\(file) is no audience", details: [String(describing: error).singleLine],
                    remedy: #"write it as {"min_age": 18, "countries": ["DE"], "interests": []}"#)
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List boosts, newest first.",
            examples: ["boost list --client acme", "boost list --state running,in-review -o json"],
            keys: BoostRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(
            name: .customLong("state"),
            help: ArgumentHelp("Only in these states, separated by commas.", valueName: "states"))
        var states: String?
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100

        func run(_ context: CommandContext) async throws {
            let states = try (self.states ?? "").split(separator: ",").map { word in
                guard let state = BoostState(rawValue: String(word)) else {
                    throw CommandError.usage(
                        "there is no state “\(word)”",
                        remedy: "states are: \(BoostState.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return state
            }
            try await context.withServices { services in
                let boosts = try await services.boosts.list(
                    client: self.client, states: states, limit: max(1, self.limit))
                let known = try await services.accounts.list()
                let rows = boosts.compactMap { boost in
                    known.first { $0.account.id == boost.account }.map {
                        BoostRows.record(boost, client: $0.client, account: $0.account.slug.rawValue)
                    }
                }
                context.output.show(Listing(BoostRows.columns, rows: rows, empty: "no boosts match"))
            }
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a boost with its ledger and its history.", examples: ["boost show 0198f2c4-…"],
            keys: BoostRows.columns + [
                Column("audience", nil, "whom it is shown to"), Column("results", nil, "paid results by name"),
                Column("ledger", nil, "its entries"), Column("history", nil, "who changed what, when and why"),
            ])

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The boost's id.", valueName: "boost"))
        var boost: String

        func run(_ context: CommandContext) async throws {
            let detail = try await context.withServices { try await $0.boosts.show(self.boost) }
            let zone = detail.client.timeZone
            var record = BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue)
            let results = detail.boost.results.sorted { $0.key < $1.key }.map {
                Record.Entry(key: $0.key, value: .integer($0.value))
            }
            record.fields += [
                Record.Entry(key: "audience", value: BoostRows.audience(detail.boost.audience)),
                Record.Entry(key: "results", value: results.isEmpty ? .none : .record(Record(entries: results))),
                Record.Entry(
                    key: "ledger", value: .list(detail.entries.map { .record(LedgerRows.record($0, zone: zone)) })),
                Record.Entry(
                    key: "history",
                    value: .list(
                        detail.history.map { change in
                            .record(
                                Record([
                                    "at": .time(change.at, in: zone), "to": .state(change.to),
                                    "actor": .text(change.actor),
                                    "reason": .optional(change.reason),
                                ]))
                        })),
            ]
            context.output.show(record)
        }
    }

    struct Ledger: PosthornCommand {
        static let configuration = CommandConfiguration(
            "ledger", "Show the money: what was set aside, confirmed, spent and given back.",
            examples: ["boost ledger --client acme", "boost ledger --client acme --for 2026-12 -o csv"],
            keys: LedgerRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Only of this boost.", valueName: "boost"))
        var boost: String?
        @Option(name: .customLong("for"), help: ArgumentHelp("Only of this month, as 2026-12.", valueName: "month"))
        var month: String?

        func run(_ context: CommandContext) async throws {
            let month = try BudgetRows.month(self.month)
            let boost = try self.boost.map { text in
                guard let id = BoostID(text) else { throw CommandError.notFound("boost", text) }
                return id
            }
            let (client, entries) = try await context.withServices {
                try await $0.budgets.ledger(client: self.client, boost: boost, month: month)
            }
            context.output.show(
                Listing(
                    LedgerRows.columns, rows: entries.map { LedgerRows.record($0, zone: client.timeZone) },
                    idKey: "entry",
                    empty: "nothing is booked yet"))
        }
    }
}

/// How boosts are shown.
enum BoostRows {
    static let columns = [
        Column("client", "CLIENT", "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
        Column("objective", "OBJECTIVE", "what it is for"),
        Column("budget", "BUDGET", "the budget: minor units and currency"),
        Column("budget_kind", "PER", "daily or lifetime"),
        Column("spend", "SPENT", "what was spent, when the platform said"),
        Column("starts_at", "FROM", "when it begins"), Column("ends_at", "TO", "when it ends"),
        Column("state", "STATE", "where it stands"), Column("campaign", nil, "the campaign"),
        Column("target", nil, "the target's id"), Column("publication", nil, "the publication's id"),
        Column("remote_id", nil, "the platform's identity of it"), Column("job", nil, "the job that starts it"),
        Column("failure_code", nil, "the class of what went wrong"), Column("failure_message", nil, "what went wrong"),
        Column("id", "BOOST", "its id"),
    ]

    static func record(_ boost: BoostRow, client: ClientRow, account: String) -> Record {
        let currency = boost.budget.currency
        return Record([
            "id": .text("\(boost.id)"), "client": .text(client.slug.rawValue), "account": .text(account),
            "objective": .text(boost.objective), "budget": .money(boost.budget),
            "budget_kind": .text(boost.budgetKind.rawValue),
            "spend": boost.spendMinorUnits.map { .money(Money(minorUnits: $0, currency: currency)) } ?? .none,
            "starts_at": .time(boost.startsAt, in: client.timeZone),
            "ends_at": .time(boost.endsAt, in: client.timeZone),
            "state": .state(boost.state.rawValue), "campaign": .optional(boost.campaign.isEmpty ? nil : boost.campaign),
            "target": .optional(boost.target?.description), "publication": .optional(boost.publication?.description),
            "remote_id": .optional(boost.remoteID), "job": .optional(boost.job?.description),
            "failure_code": .optional(boost.failureCode), "failure_message": .optional(boost.failureMessage),
        ])
    }

    static func audience(_ audience: Audience) -> Field {
        var entries: [Record.Entry] = []
        if let age = audience.minimumAge { entries.append(Record.Entry(key: "min_age", value: .count(age))) }
        if let age = audience.maximumAge { entries.append(Record.Entry(key: "max_age", value: .count(age))) }
        let lists = [
            ("genders", audience.genders), ("countries", audience.countries), ("interests", audience.interests),
            ("custom_audiences", audience.customAudiences),
        ]
        for (name, values) in lists where !values.isEmpty {
            entries.append(Record.Entry(key: name, value: .list(values.map { .text($0) })))
        }
        return entries.isEmpty ? .text("everybody") : .record(Record(entries: entries))
    }
}

/// How ledger entries are shown.
enum LedgerRows {
    static let columns = [
        Column("entry", "ENTRY", "its number"), Column("at", "WHEN", "when it was booked"),
        Column("kind", "KIND", "reserve, commit, spend or release"),
        Column("amount", "AMOUNT", "minor units and currency"), Column("month", "MONTH", "the month it counts in"),
        Column("campaign", "CAMPAIGN", "the campaign"), Column("boost", "BOOST", "the boost's id"),
        Column("actor", nil, "who"),
        Column("reason", "WHY", "why", isFlexible: true),
    ]

    static func record(_ entry: LedgerRow, zone: String) -> Record {
        Record([
            "entry": .text(String(entry.number)), "at": .time(entry.at, in: zone), "kind": .text(entry.kind),
            "amount": .money(entry.amount), "month": .text("\(entry.month)"),
            "campaign": .optional(entry.campaign.isEmpty ? nil : entry.campaign), "boost": .text("\(entry.boost)"),
            "actor": .text(entry.actor), "reason": .text(entry.reason),
        ])
    }
}
