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
            "boost stop 0198f2c4-… --reason 'wrong audience'",
            "boost ledger --client acme",
        ],
        subcommands: [
            Create.self, List.self, Show.self, Stop.self, Release.self, Settle.self, BoostRuleCommands.self,
            Ledger.self,
        ])

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
        @OptionGroup var terms: BoostTermOptions
        @Option(
            help: ArgumentHelp(
                "When it begins, in the client's local time; as soon as possible when not given.", valueName: "time"))
        var start: String?
        @Option(name: .customLong("tz"), help: ArgumentHelp("The zone of --start.", valueName: "zone"))
        var timeZone: String?
        @Option(help: ArgumentHelp("The campaign; the post's own when not given.", valueName: "campaign"))
        var campaign: String?
        @Flag(
            name: .customLong("stop-when-idle"),
            help: "Stop it when it has run for a day and spent less than a tenth of its plan; otherwise that is said.")
        var stopWhenIdle = false

        func validate() throws {
            guard (self.publication != nil) != (self.target != nil) else {
                throw ValidationError("Say what is boosted: --publication P, or --target T.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let subject: BoostPlan.Subject = self.publication.map { .publication($0) } ?? .target(self.target ?? "")
            var plan = BoostPlan(
                subject, adAccount: self.terms.adAccount, objective: self.terms.objective, budget: self.terms.budget,
                kind: self.terms.kind, days: self.terms.days, audience: try self.terms.people(),
                campaign: self.campaign ?? "")
            plan.callToAction = self.terms.button
            plan.specialAdCategories = self.terms.specialAdCategory
            plan.stopsWhenIdle = self.stopWhenIdle
            if let start { plan.start = try CommandError.time(start, zone: self.timeZone) }
            try await context.withServices { services in
                let boost = try await services.boosts.create(plan, isDryRun: true, actor: Actor.current)
                if boost.state == .waiting, !self.whenPublished {
                    throw CommandError(
                        .conflict, "the target is not published yet", remedy: "add --when-published to wait for it")
                }
                guard !self.change.isDryRun else { return context.output.note("would plan a boost of \(boost.budget)") }
                let made = try await services.boosts.create(plan, actor: Actor.current)
                let detail = try await services.boosts.show(made.id.description)
                context.output.success(Self.words(made))
                context.output.show(
                    BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue))
            }
        }

        private static func words(_ boost: BoostRow) -> String {
            let most = Money(minorUnits: boost.mostMinorUnits, currency: boost.budget.currency)
            let release =
                "; it may cost \(most), so a second person must release it: posthorn boost release \(boost.id)"
            switch boost.state {
            case .waiting: return "planned for when the target is published" + (boost.needsRelease ? release : "")
            default: return "planned" + (boost.needsRelease ? release : "; it may cost at most \(most)")
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
                BoostRows.warn(boosts, context.output)
            }
        }
    }

    struct Stop: PosthornCommand {
        static let configuration = CommandConfiguration(
            "stop", "Stop a boost, or keep it from beginning.",
            details: """
                What has not begun is cancelled and its money given back. What runs is `stopping` until the platform confirms that it does
                not deliver any more; workers ask it until then.
                """,
            examples: ["boost stop 0198f2c4-…", "boost stop 0198f2c4-… --reason 'wrong audience'"],
            keys: BoostRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The boost's id.", valueName: "boost"))
        var boost: String
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let state = try await services.boosts.show(self.boost).boost.state
                    return context.output.note("would stop the boost, which is \(state.rawValue)")
                }
                let detail = try await services.boosts.stop(self.boost, reason: self.reason, actor: Actor.current)
                switch detail.boost.state {
                case .cancelled: context.output.success("cancelled before it began")
                case .stopping: context.output.success("the platform is asked until it confirms")
                default: context.output.success("noted: it is stopped as soon as it is known whether it runs")
                }
                context.output.show(
                    BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue))
            }
        }
    }

    struct Release: PosthornCommand {
        static let configuration = CommandConfiguration(
            "release", "Release a boost that may cost more than one person may decide.",
            details: """
                The limit is set with `budget set --release-above`. Who made the boost, or the rule that made it, cannot release it. A person is the
                operating system's user, or whom POSTHORN_ACTOR names.
                """,
            examples: ["boost list --state awaiting-release", "boost release 0198f2c4-…"], keys: BoostRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The boost's id.", valueName: "boost"))
        var boost: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let boost = try await services.boosts.show(self.boost).boost
                    let most = Money(minorUnits: boost.mostMinorUnits, currency: boost.budget.currency)
                    return context.output.note("would release a boost by \(boost.createdBy) that may cost \(most)")
                }
                let detail = try await services.boosts.release(self.boost, actor: Actor.current)
                context.output.success("released")
                context.output.show(
                    BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue))
            }
        }
    }
}
