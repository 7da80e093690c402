// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import Publishing

/// `posthorn client`.
struct ClientCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "client", "Add the agency's clients, and pause their work.",
        examples: ["client add acme --tz Europe/Berlin", "client list", "client pause acme --reason 'late payment'"],
        subcommands: [Add.self, List.self, Show.self, Set.self, Pause.self, Resume.self])

    struct Add: PosthornCommand {
        static let configuration = CommandConfiguration(
            "add", "Add a client.",
            examples: [
                "client add acme --tz Europe/Berlin",
                "client add globex --name 'Globex Corp.' --tz America/New_York --currency USD",
            ], keys: ClientRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions

        @Argument(help: ArgumentHelp("Its short name: lower-case letters, digits and hyphens.", valueName: "slug"))
        var slug: String
        @Option(help: ArgumentHelp("Its name; the slug when not given.", valueName: "name"))
        var name: String?
        @Option(name: .customLong("tz"), help: ArgumentHelp("Its IANA time zone.", valueName: "zone"))
        var timeZone: String
        @Option(help: ArgumentHelp("The currency of its reports.", valueName: "code"))
        var currency: String = "EUR"
        @Option(help: ArgumentHelp("Its share when work is scarce, 1 to 100.", valueName: "n"))
        var weight: Int = 1
        @Option(
            help: ArgumentHelp(
                "What happens to a send nobody can prove or disprove: hold it for a person, or resend it.",
                valueName: "policy"))
        var onUnknown: String = "hold"
        @OptionGroup var missed: MissedOptions

        func run(_ context: CommandContext) async throws {
            let new = NewClient(
                slug: self.slug, name: self.name, timeZone: self.timeZone, currency: self.currency, weight: self.weight,
                onUnknown: try ClientRows.policy(self.onUnknown), missed: try self.missed.applied(to: MissedWindow()))
            try await context.withServices { services in
                let client =
                    self.change.isDryRun
                    ? try await services.clients.check(new) : try await services.clients.add(new, actor: Actor.current)
                context.output.success(
                    self.change.isDryRun ? "would add client \(client.slug)" : "added client \(client.slug)")
                context.output.show(ClientRows.record(client))
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List the clients.", examples: ["client list", "client list --all -o json"],
            keys: ClientRows.columns)

        @OptionGroup var options: CommandOptions
        @Flag(name: .customLong("all"), help: "Archived and erased ones too.")
        var all = false

        func run(_ context: CommandContext) async throws {
            let clients = try await context.withServices { try await $0.clients.list(all: self.all) }
            context.output.show(
                Listing(
                    ClientRows.columns, rows: clients.map(ClientRows.record),
                    empty: "no clients yet; add one with `posthorn client add SLUG --tz ZONE`"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a client with its accounts.", examples: ["client show acme", "client show acme -o json"],
            keys: ClientRows.columns + [Column("accounts", nil, "its accounts: id, slug, platform, state")])

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String

        func run(_ context: CommandContext) async throws {
            let directory = try await context.withServices { try await $0.clients.show(self.client) }
            var record = ClientRows.record(directory.client)
            let accounts = directory.accounts.values.sorted { $0.slug < $1.slug }.map { account in
                Field.record(
                    Record([
                        "id": .text("\(account.id)"), "slug": .text(account.slug.rawValue),
                        "platform": .text(account.platform.rawValue),
                        "name": .text(account.name), "state": .state(account.state.rawValue),
                    ]))
            }
            record.fields.append(Record.Entry(key: "accounts", value: .list(accounts)))
            context.output.show(record)
        }
    }

    struct Set: PosthornCommand {
        static let configuration = CommandConfiguration(
            "set",
            "Change a client's share of the turns, and what happens to posts whose sending is not proven or whose time has passed.",
            details: """
                --weight: when work is scarce, a client of weight 3 gets three turns where one of weight 1 gets one.

                --on-unknown hold: a post or boost that nobody can prove or disprove waits for a person (`posthorn intent list`).
                resend: after as many looks it is sent again, and may then be there twice.

                --on-missed late: a post whose time passed during an outage or a pause is published late, those of one account
                --late-spacing apart. skip: it is left out. ask: it waits for a person; `post retry` publishes it.
                """,
            examples: [
                "client set acme --weight 3",
                "client set acme --on-unknown resend --reason 'stories only'",
                "client set acme --on-missed skip --late-grace 2h",
            ], keys: ClientRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Its share when work is scarce, 1 to 100.", valueName: "n"))
        var weight: Int?
        @Option(help: ArgumentHelp("hold or resend.", valueName: "policy"))
        var onUnknown: String?
        @OptionGroup var missed: MissedOptions
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            let policy = try self.onUnknown.map(ClientRows.policy)
            guard self.weight != nil || policy != nil || self.missed.isGiven else {
                throw CommandError.usage(
                    "say what to change", remedy: "give --weight, --on-unknown, --on-missed or one of the others")
            }
            try await context.withServices { services in
                var client = try await services.clients.show(self.client).client
                let missed = try self.missed.applied(to: client.missed)
                guard !self.change.isDryRun else {
                    let words = policy.map { "on-unknown from \(client.onUnknown.rawValue) to \($0.rawValue)" }
                    let late = self.missed.isGiven ? "on-missed to \(missed.policy.rawValue)" : nil
                    let share = self.weight.map { "the weight from \(client.weight) to \($0)" }
                    return context.output.note(
                        "would change \([share, words, late].compactMap { $0 }.joined(separator: " and ")) of client \(client.slug)"
                    )
                }
                if let weight {
                    client = try await services.clients.setWeight(
                        self.client, weight, actor: Actor.current, reason: self.reason)
                    context.output.success("weight of client \(client.slug): \(client.weight)")
                }
                if let policy {
                    client = try await services.clients.setPolicy(
                        self.client, onUnknown: policy, actor: Actor.current, reason: self.reason)
                    context.output.success("unknown sends of client \(client.slug): \(client.onUnknown.rawValue)")
                }
                if self.missed.isGiven {
                    client = try await services.clients.setMissed(
                        self.client, actor: Actor.current, reason: self.reason
                    ) { $0 = missed }
                    context.output.success(
                        "posts of client \(client.slug) that miss their time: \(missed.policy.rawValue)")
                }
                context.output.show(ClientRows.record(client))
            }
        }
    }

    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop all work of a client until it is resumed.",
            details:
                """
                Nothing of it is claimed any more; what a worker has in hand is finished. Boosts that run on a platform go on and are looked at: stop
                them with `boost stop`. Who did it, when and why is kept.
                """,
            examples: ["client pause acme --reason 'late payment'"], keys: ClientRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    return context.output.note(
                        "would pause client \(try await services.clients.show(self.client).client.slug)")
                }
                let client = try await services.clients.pause(self.client, actor: Actor.current, reason: self.reason)
                context.output.success("paused client \(client.slug)")
                context.output.show(ClientRows.record(client))
            }
        }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "Let the work of a paused client go on.", examples: ["client resume acme"],
            keys: ClientRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    return context.output.note(
                        "would resume client \(try await services.clients.show(self.client).client.slug)")
                }
                let client = try await services.clients.resume(self.client, actor: Actor.current, reason: self.reason)
                context.output.success("resumed client \(client.slug)")
                context.output.show(ClientRows.record(client))
            }
        }
    }
}

/// How clients are shown.
enum ClientRows {
    static let columns = [
        Column("slug", "CLIENT", "its short name"), Column("name", "NAME", "its name", isFlexible: true),
        Column("state", "STATE", "active, paused, leaving, archived or erased"),
        Column("time_zone", "ZONE", "its IANA time zone"),
        Column("currency", "CURRENCY", "the currency of its reports"),
        Column("weight", "WEIGHT", "its share when work is scarce"),
        Column("on_unknown", nil, "what happens to a send nobody can prove: hold or resend"),
        Column("on_missed", nil, "what happens to a post that missed its time: late, skip or ask"),
        Column("late_grace", nil, "how late is still on time, in seconds"),
        Column("late_spacing", nil, "how far apart late posts of an account are, in seconds"),
        Column("created_at", nil, "when it was added"), Column("id", nil, "its id"),
    ]

    static func policy(_ word: String) throws -> UnknownPolicy {
        guard let policy = UnknownPolicy(rawValue: word) else {
            throw CommandError.usage(
                "--on-unknown takes \(UnknownPolicy.allCases.map(\.rawValue).joined(separator: " or ")), not “\(word)”")
        }
        return policy
    }

    static func record(_ client: ClientRow) -> Record {
        Record([
            "id": .text("\(client.id)"), "slug": .text(client.slug.rawValue), "name": .text(client.name),
            "state": .state(client.state.rawValue), "time_zone": .text(client.timeZone),
            "currency": .text(client.currency.rawValue), "weight": .count(client.weight),
            "on_unknown": .text(client.onUnknown.rawValue), "on_missed": .text(client.missed.policy.rawValue),
            "late_grace": .duration(client.missed.grace), "late_spacing": .duration(client.missed.spacing),
            "created_at": .time(client.createdAt, in: client.timeZone),
        ])
    }
}
