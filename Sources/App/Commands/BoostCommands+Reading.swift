// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import PluginKit
import Publishing

extension BoostCommands {
    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a boost with its ledger and its history.",
            examples: ["boost show 0198f2c4-…", "boost show 0198f2c4-… --value clicks=0.50"],
            keys: BoostRows.columns + [
                Column("audience", nil, "whom it is shown to"), Column("results", nil, "paid results by name"),
                Column("effect", nil, "what results cost, beside the account's organic posts"),
                Column("ledger", nil, "its entries"), Column("history", nil, "who changed what, when and why"),
            ])

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The boost's id.", valueName: "boost"))
        var boost: String
        @Option(
            name: .customLong("value"),
            help: ArgumentHelp(
                "What one result is worth, as clicks=0.50; may be given several times. Return on spend is the sum of results times value, by spend.",
                valueName: "result=amount"))
        var value: [String] = []

        private func values(_ currency: Currency) throws -> [String: Int64] {
            var values: [String: Int64] = [:]
            for text in self.value {
                let (name, amount) = try CommandError.pair(text, of: "--value")
                guard let money = Money(amount, defaultCurrency: currency), money.currency == currency else {
                    throw CommandError.usage("--value “\(text)”: “\(amount)” is no amount in \(currency)")
                }
                values[name] = money.minorUnits
            }
            return values
        }

        func run(_ context: CommandContext) async throws {
            let (detail, effect) = try await context.withServices { services in
                let detail = try await services.boosts.show(self.boost)
                return (detail, try await services.boosts.results(of: detail.boost))
            }
            let values = try self.values(detail.boost.budget.currency)
            let zone = detail.client.timeZone
            var record = BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue)
            let results = detail.boost.results.sorted { $0.key < $1.key }.map {
                Record.Entry(key: $0.key, value: .integer($0.value))
            }
            record.fields += [
                Record.Entry(key: "audience", value: BoostRows.audience(detail.boost.audience)),
                Record.Entry(key: "results", value: results.isEmpty ? .none : .record(Record(entries: results))),
                Record.Entry(
                    key: "effect", value: EffectRows.field(effect, values: values, results: detail.boost.results)),
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
            BoostRows.warn([detail.boost], context.output)
        }
    }

    struct Ledger: PosthornCommand {
        static let configuration = CommandConfiguration(
            "ledger", "Show the money: what was set aside, confirmed, spent and given back.",
            details: """
                With --check every boost that a platform ran is asked for there, and what it reports stands beside what is booked; exit code 1
                when they differ, 2 when some could not be asked. With --book as well, what a platform billed or took back after a boost's bill was
                final is booked.
                """,
            examples: [
                "boost ledger --client acme", "boost ledger --client acme --for 2026-12 -o csv",
                "boost ledger --client acme --check", "boost ledger --client acme --check --book",
            ],
            keys: LedgerRows.columns + ComparisonRows.columns.filter { $0.key != "boost" })

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Only of this boost.", valueName: "boost"))
        var boost: String?
        @Option(name: .customLong("for"), help: ArgumentHelp("Only of this month, as 2026-12.", valueName: "month"))
        var month: String?

        @Flag(name: .customLong("check"), help: "Compare with what the platforms report.")
        var isCheck = false
        @Flag(name: .customLong("book"), help: "With --check: book what came after a bill was final.")
        var books = false

        func validate() throws {
            guard !self.books || self.isCheck else { throw ValidationError("--book goes with --check.") }
        }

        func run(_ context: CommandContext) async throws {
            let month = try BudgetRows.month(self.month)
            let boost = try self.boost.map { text in
                guard let id = BoostID(text) else { throw CommandError.notFound("boost", text) }
                return id
            }
            guard !self.isCheck else { return try await self.check(boost, context) }
            let (client, entries) = try await context.withServices {
                try await $0.budgets.ledger(client: self.client, boost: boost, month: month)
            }
            context.output.show(
                Listing(
                    LedgerRows.columns, rows: entries.map { LedgerRows.record($0, zone: client.timeZone) },
                    idKey: "entry",
                    empty: "nothing is booked yet"))
        }

        private func check(_ boost: BoostID?, _ context: CommandContext) async throws {
            let rows = try await context.withServices {
                try await LedgerCheck(services: $0.handlers).compare(
                    client: self.client, boost: boost, bookingAs: self.books ? Actor.current : nil)
            }
            context.output.show(
                Listing(
                    ComparisonRows.columns, rows: rows.map(ComparisonRows.record), idKey: "boost",
                    empty: "no platform ran a boost yet"))
            let different = rows.count { $0.difference.map { $0 != 0 } ?? false }
            let unasked = rows.count { $0.reported == nil }
            context.output.note("\(rows.count) boost(s): \(different) differ, \(unasked) could not be asked")
            guard different == 0 else {
                throw CommandError(
                    .failed, "the ledger differs from what the platforms report for \(different) boost(s)",
                    remedy:
                        "spend of the last hours is booked with a boost's next look; what came after a bill was final with --book"
                )
            }
            guard unasked == 0 else {
                throw CommandError(.partlyFailed, "\(unasked) boost(s) could not be compared")
            }
        }
    }
}
