// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import PluginKit
import Publishing

/// `posthorn boost rule`.
struct BoostRuleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "rule", "Boost what earns it without a person asking, and say why.",
        examples: [
            "boost rule preview --client acme --threshold 2 --objective reach --budget 20.00EUR --days 3",
            "boost rule add winners --client acme --threshold 2 --objective reach --budget 20.00EUR --days 3",
            "boost rule decisions --client acme",
        ],
        subcommands: [
            Add.self, List.self, Preview.self, Decisions.self, Pause.self, Resume.self, Remove.self,
        ])

    struct Add: PosthornCommand {
        static let configuration = CommandConfiguration(
            "add", "Add a rule; workers apply it every hour from then on.",
            details: """
                A publication is compared with the account's other organic posts of the last 90 days at the same age. Budgets hold as for
                every boost: what they do not allow is refused, and the refusal is kept with its reason.
                """,
            examples: [
                "boost rule add winners --client acme --threshold 2 --objective reach --budget 20.00EUR --days 3",
                "boost rule add nights --client acme --account facebook --age 12h-48h --quiet-hours 22:00-07:00 --per-day 1 --objective engagement --budget 5.00 --daily --days 4",
            ], keys: RuleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The rule's name.", valueName: "name"))
        var name: String
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @OptionGroup var rule: BoostRuleOptions

        func run(_ context: CommandContext) async throws {
            let rule = try self.rule.rule()
            try await context.withServices { services in
                let added = try await services.boostRules.add(
                    rule, slug: self.name, client: self.client, account: self.rule.account,
                    isDryRun: self.change.isDryRun, actor: Actor.current)
                guard let added else { return context.output.note("would add the rule “\(self.name)”") }
                context.output.success("added; workers apply it every hour")
                context.output.show(RuleRows.record(added))
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List the rules of a client.", examples: ["boost rule list --client acme"], keys: RuleRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String

        func run(_ context: CommandContext) async throws {
            let rules = try await context.withServices { try await $0.boostRules.list(client: self.client) }
            context.output.show(
                Listing(RuleRows.columns, rows: rules.map(RuleRows.record), idKey: "rule", empty: "there are no rules"))
        }
    }

    struct Preview: PosthornCommand {
        static let configuration = CommandConfiguration(
            "preview", "Show what a rule would have boosted in the last days, with what was known then.",
            details: "Nothing is boosted. Caps are not asked: they were others then.",
            examples: [
                "boost rule preview --client acme --threshold 2 --objective reach --budget 20.00EUR --days 3",
                "boost rule preview --client acme --last 30 --threshold 3 --objective reach --budget 20.00EUR --days 3",
            ], keys: DecisionRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("How many days back.", valueName: "days"))
        var last: Int = 90
        @OptionGroup var rule: BoostRuleOptions

        func run(_ context: CommandContext) async throws {
            guard (1...366).contains(self.last) else {
                throw CommandError.usage("--last takes 1 to 366 days, not \(self.last)")
            }
            let rule = try self.rule.rule()
            try await context.withServices { services in
                let zone = try await services.clients.show(self.client).client.timeZone
                let (boosts, publications) = try await services.boostRules.dryRun(
                    rule, client: self.client, account: self.rule.account, days: self.last)
                context.output.note(
                    "\(boosts.count) of \(publications) publication(s) of those ages in the last \(self.last) days would have been boosted"
                )
                context.output.show(
                    Listing(
                        DecisionRows.columns, rows: boosts.map { DecisionRows.record($0, zone: zone) },
                        idKey: "publication", empty: "it would have boosted nothing"))
            }
        }
    }

    struct Decisions: PosthornCommand {
        static let configuration = CommandConfiguration(
            "decisions", "Show what the rules said of publications, and why, newest first.",
            examples: ["boost rule decisions --client acme", "boost rule decisions --client acme --rule winners"],
            keys: DecisionRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Only of this rule.", valueName: "name"))
        var rule: String?
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let zone = try await services.clients.show(self.client).client.timeZone
                let decisions = try await services.boostRules.decisions(
                    client: self.client, rule: self.rule, limit: max(1, self.limit))
                context.output.show(
                    Listing(
                        DecisionRows.columns, rows: decisions.map { DecisionRows.record($0, zone: zone) },
                        idKey: "publication", empty: "the rules have said nothing yet"))
            }
        }
    }

    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Let a rule begin nothing until it is resumed.",
            examples: ["boost rule pause winners --client acme"],
            keys: RuleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var rule: NamedRule

        func run(_ context: CommandContext) async throws { try await self.rule.set("paused", context) }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "Let a paused rule go on.", examples: ["boost rule resume winners --client acme"],
            keys: RuleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var rule: NamedRule

        func run(_ context: CommandContext) async throws { try await self.rule.set("active", context) }
    }

    struct Remove: PosthornCommand {
        static let configuration = CommandConfiguration(
            "remove", "Remove a rule; its boosts go on, and what it said stays.",
            examples: ["boost rule remove winners --client acme"], keys: RuleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var rule: NamedRule

        func run(_ context: CommandContext) async throws { try await self.rule.set("removed", context) }
    }
}

/// A rule by name, for commands that change its state.
struct NamedRule: ParsableArguments {
    @OptionGroup var change: ChangeOptions
    @Argument(help: ArgumentHelp("The rule's name.", valueName: "name"))
    var name: String
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
    var client: String

    func set(_ state: String, _ context: CommandContext) async throws {
        try await context.withServices { services in
            var row = try await services.boostRules.rule(self.name, client: self.client)
            guard !self.change.isDryRun else { return context.output.note("would make “\(self.name)” \(state)") }
            try await services.boostRules.set(self.name, client: self.client, state: state, actor: Actor.current)
            if row.state != state { row.changedBy = Actor.current }
            row.state = state
            context.output.success(state)
            context.output.show(RuleRows.record(row))
        }
    }
}

/// How rules are shown.
enum RuleRows {
    static let columns = [
        Column("rule", "RULE", "its name"), Column("state", "STATE", "active or paused"),
        Column("metric", "BY", "what is compared"), Column("threshold", "FACTOR", "times the typical post"),
        Column("age", "AGE", "the ages of posts that are boosted"),
        Column("objective", "OBJECTIVE", "what boosts are for"),
        Column("budget", "BUDGET", "the budget of each boost"), Column("budget_kind", "PER", "daily or lifetime"),
        Column("days", "DAYS", "how many days each runs"),
        Column("per_day", "A DAY", "how many it begins a day at most"),
        Column("per_post", nil, "boosts of one post at most"),
        Column("cool_down_hours", nil, "hours between two of an account"),
        Column("minimum_posts", nil, "with how many posts one is compared at least"),
        Column("quiet", nil, "hours when nothing is begun"), Column("ad_account", nil, "the ad account"),
        Column("audience", nil, "whom boosts are shown to"), Column("created_by", nil, "who made it"),
        Column("changed_by", nil, "who paused or resumed it last"),
    ]

    static func record(_ row: BoostRuleRow) -> Record {
        let rule = row.rule
        func clock(_ minute: Int) -> String {
            let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
            return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
        }
        var quiet: String?
        if let from = rule.quietFrom, let until = rule.quietUntil { quiet = "\(clock(from))-\(clock(until))" }
        return Record([
            "rule": .text(row.slug.rawValue), "state": .state(row.state), "metric": .text(rule.metric.rawValue),
            "threshold": .number(rule.threshold, places: 1),
            "age": .text("\(rule.minimumAgeHours.hours)-\(rule.maximumAgeHours.hours)"),
            "objective": .text(rule.objective), "budget": .text(rule.budget),
            "budget_kind": .text(rule.budgetKind.rawValue), "days": .count(rule.days), "per_day": .count(rule.perDay),
            "per_post": .count(rule.perPost), "cool_down_hours": .number(rule.coolDownHours, places: 1),
            "minimum_posts": .count(rule.minimumPosts), "quiet": .optional(quiet),
            "ad_account": .optional(rule.adAccount), "audience": BoostRows.audience(rule.audience),
            "created_by": .text(row.createdBy), "changed_by": .optional(row.changedBy),
        ])
    }
}

/// How the decisions of rules are shown.
enum DecisionRows {
    static let columns = [
        Column("at", "WHEN", "when it first said so"), Column("rule", "RULE", "the rule"),
        Column("account", "ACCOUNT", "the account's slug"),
        Column("verdict", "VERDICT", "boost, refused, or why not"),
        Column("ratio", "TIMES", "times the account's typical post"),
        Column("reason", "WHY", "why", isFlexible: true), Column("text", nil, "the beginning of what was published"),
        Column("boost", nil, "the boost that came of it"), Column("publication", nil, "the publication's id"),
    ]

    static func record(_ decision: RuleDecision, zone: String) -> Record {
        Record([
            "at": .time(decision.at, in: zone), "rule": .optional(decision.rule.isEmpty ? nil : decision.rule),
            "account": .text(decision.account), "verdict": .state(decision.verdict),
            "ratio": decision.ratio.map { .number($0, places: 1) } ?? .none, "reason": .text(decision.reason),
            "text": .text(decision.text), "boost": .optional(decision.boost?.description),
            "publication": .text("\(decision.publication)"),
        ])
    }
}

extension Double {
    /// Hours as people write them: `6h`, `0.5h`.
    fileprivate var hours: String { self == self.rounded() ? "\(Int(self))h" : "\(self)h" }
}
