// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Publishing

/// `posthorn limit`.
struct LimitCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "limit", "See and set how often platforms are called, for the whole fleet.",
        examples: [
            "limit list", "limit show --account acme/x",
            "limit set --account acme/x --limit 20 --per 1h --reason 'new account'",
        ],
        subcommands: [List.self, Show.self, Set.self])

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List every limit that was used or set, how many jobs run at once, and what is closed now.",
            details: "A limit that was never used, and the usual number of jobs at once, are in `limit show`.",
            examples: ["limit list", "limit list --closed", "limit list -o json"], keys: LimitRows.columns)

        @OptionGroup var options: CommandOptions
        @Flag(name: .customLong("closed"), help: "Only what is used up or closed now.")
        var isClosedOnly = false

        func run(_ context: CommandContext) async throws {
            let lines = try await context.withServices { try await $0.limits.list() }
            let shown = self.isClosedOnly ? lines.filter(\.isShut) : lines
            context.output.show(
                Listing(
                    LimitRows.columns, rows: shown.map(LimitRows.record), idKey: "subject",
                    empty: self.isClosedOnly ? "nothing is closed" : "no limit was used or set yet"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show",
            "Show all limits of an account, an app, a client or a platform: source, use, next call, what is closed.",
            details:
                "Of an account also how many of its jobs run at once in each queue.",
            examples: ["limit show --account acme/x", "limit show --provider x -o json"], keys: LimitRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var subject: LimitSubjectOptions

        func run(_ context: CommandContext) async throws {
            let lines = try await context.withServices { services in
                try await services.limits.show(try await services.limits.subject(self.subject.words))
            }
            context.output.show(
                Listing(
                    LimitRows.columns, rows: lines.map(LimitRows.record), idKey: "endpoint", empty: "nothing limits it")
            )
        }
    }

    struct Set: PosthornCommand {
        static let configuration = CommandConfiguration(
            "set", "Set a limit, take it back, or open what is closed.",
            details: """
                A limit is known by who shares it, the endpoint, the window and what it counts. Setting one of the manifest's (see \
                `limit show`) replaces its number, lower or higher; any other is kept besides. Without --endpoint every call counts. \
                With --posts only what became visible counts, over the trailing window. --running is how many jobs run at once: of an \
                account in each queue, of a client, an app or a platform in all queues together. An app of the configuration is \
                named by its platform: --provider counts all its work, whoever's app it is done with.
                """,
            examples: [
                "limit set --account acme/x --endpoint 'POST /2/tweets' --limit 50 --per 15m --reason 'shared with the client'",
                "limit set --account acme/x --limit 25 --per 24h --posts --reason 'what the client wants'",
                "limit set --account acme/x --endpoint 'POST /2/tweets' --per 15m --clear --reason 'alone again'",
                "limit set --account acme/x --running 1 --reason 'one after the other'",
                "limit set --app main --running usual --reason 'approved'",
                "limit set --provider x --running 8 --reason 'one app for all, kept in the environment'",
                "limit set --provider x --reopen --reason 'X has raised the quota'",
            ], keys: LimitRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var subject: LimitSubjectOptions
        @Option(
            help: ArgumentHelp("The endpoint, as in `limit show`; every call when not given.", valueName: "endpoint"))
        var endpoint: String = LimitKey.everyEndpoint
        @Option(help: ArgumentHelp("How many in the window.", valueName: "n"))
        var limit: Int?
        @Option(help: ArgumentHelp("The window, as 15m, 1h, 24h.", valueName: "duration"))
        var per: String?
        @Flag(name: .customLong("posts"), help: "Count what became visible, not calls.")
        var countsPosts = false
        @Flag(name: .customLong("clear"), help: "Take the set limit back: manifest and platform hold again.")
        var isCleared = false
        @Flag(name: .customLong("reopen"), help: "Open what a platform or a used-up limit has closed.")
        var isReopened = false
        @Option(help: ArgumentHelp("How many jobs run at once, or usual.", valueName: "n"))
        var running: String?
        @Option(help: ArgumentHelp("Why; it stays on record.", valueName: "text"))
        var reason: String

        func validate() throws {
            guard [self.limit != nil, self.running != nil, self.isCleared, self.isReopened].count(where: { $0 }) == 1
            else {
                throw ValidationError("Give one of --limit, --running, --clear and --reopen.")
            }
            guard self.running.map({ $0 == "usual" || Int($0) ?? 0 > 0 }) ?? true else {
                throw ValidationError("--running takes a number above 0, or usual.")
            }
            guard self.isReopened || self.running != nil || self.per != nil else {
                throw ValidationError("Give the window: --per 15m.")
            }
        }

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let limits = services.limits
                let subject = try await limits.subject(self.subject.words)
                let wanted = try self.wanted(subject)
                guard !self.change.isDryRun else {
                    try await limits.check(wanted, of: subject)
                    return context.output.note("would change the limits of \(subject.name)")
                }
                context.output.success(
                    try await limits.apply(wanted, to: subject, reason: self.reason, actor: Actor.current))
                context.output.show(
                    Listing(
                        LimitRows.columns, rows: try await limits.show(subject).map(LimitRows.record),
                        idKey: "endpoint",
                        empty: "nothing limits it"))
            }
        }

        private func wanted(_ subject: LimitSubject) throws -> LimitChange {
            if self.isReopened { return .reopen }
            if let running { return .running(Int(running)) }
            let key = try self.key(subject)
            return self.limit.map { .set(key, calls: $0) } ?? .clear(key)
        }

        private func key(_ subject: LimitSubject) throws -> LimitKey {
            guard let window = Duration(short: self.per ?? ""), window >= .seconds(1) else {
                throw CommandError.usage(
                    "“\(self.per ?? "")” is no window", remedy: "write it as 90s, 15m, 1h or 7d")
            }
            return LimitKey(
                scope: subject.scope, endpoint: self.endpoint, window: window,
                counts: self.countsPosts ? .sends : .calls)
        }
    }
}

/// Whose limits.
struct LimitSubjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("An account, as client/account.", valueName: "account"))
    var account: String?
    @Option(help: ArgumentHelp("An app, with all accounts that use it.", valueName: "app"))
    var app: String?
    @Option(help: ArgumentHelp("A client, with all its accounts.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("A platform, with all accounts on it.", valueName: "platform"))
    var provider: String?

    var words: LimitSubjectWords {
        LimitSubjectWords(account: self.account, app: self.app, client: self.client, provider: self.provider)
    }
}

extension ServiceContext {
    var limits: LimitService { LimitService(pool: self.pool, registry: self.registry) }
}

/// How limits are shown.
enum LimitRows {
    static let columns = [
        Column("scope", "SCOPE", "account, app, client or provider"), Column("subject", "WHOSE", "who shares it"),
        Column("endpoint", "ENDPOINT", "the endpoint; none for every one", isFlexible: true),
        Column("counts", "COUNTS", "calls; sends: what became visible; running: jobs at once"),
        Column("limit", "LIMIT", "how many in the window, or at once"),
        Column("window", "PER", "the window, seconds; none for jobs at once"),
        Column("used", "USED", "how many are used up, or run, now"),
        Column("left", "LEFT", "how many can be used now"),
        Column("source", "SOURCE", "manifest, platform, person or usual: whose number it is"),
        Column("state", "STATE", "open, used-up or closed"),
        Column("next_at", "NEXT CALL", "when the next one can leave; none when it can now"),
        Column("queue", "QUEUE", "the queue that is closed, or whose jobs are counted; none for all work"),
        Column("why", "WHY", "why it is closed or was set", isFlexible: true),
        Column("closed_by", "BY", "who closed it: a platform, or posthorn for a limit of ours"),
        Column("closed_at", nil, "since when it is closed"),
        Column("otherwise", nil, "the number without a person's word"), Column("set_by", nil, "who set it"),
        Column("set_at", nil, "when it was set"), Column("platform_left", nil, "what the platform said is left"),
        Column("platform_said_at", nil, "when it said so"),
    ]

    static func record(_ line: LimitLine) -> Record {
        let zone = line.subject.timeZone ?? "UTC"
        if let running = line.running { return self.record(line, running, zone) }
        let limit = line.limit
        let state = line.gate != nil ? "closed" : limit?.nextAt != nil ? "used-up" : "open"
        return Record([
            "scope": .text(line.subject.kind), "subject": .text(line.subject.name),
            "endpoint": .optional(line.endpoint), "counts": .optional(limit?.key.counts.rawValue),
            "limit": limit.map { .count($0.calls) } ?? .none, "window": limit.map { .duration($0.key.window) } ?? .none,
            "used": limit.map { .count($0.used) } ?? .none,
            "left": limit.map { .count(max(0, $0.calls - $0.used)) } ?? .none,
            "source": .optional(limit?.source.rawValue), "state": .state(state),
            "next_at": .time(line.until, in: zone), "queue": .optional(line.gate?.queue?.rawValue),
            "why": .optional(line.gate?.reason ?? limit?.reason), "closed_by": .optional(line.gate?.by),
            "closed_at": .time(line.gate?.since, in: zone),
            "otherwise": limit?.callsOtherwise.map { .count($0) } ?? .none, "set_by": .optional(limit?.setBy),
            "set_at": .time(limit?.setAt, in: zone),
            "platform_left": limit?.platformRest.map { .count($0) } ?? .none,
            "platform_said_at": .time(limit?.platformSaidAt, in: zone),
        ])
    }

    private static func record(_ line: LimitLine, _ running: RunningView, _ zone: String) -> Record {
        Record([
            "scope": .text(line.subject.kind), "subject": .text(line.subject.name), "endpoint": .none,
            "counts": .text("running"), "limit": .count(running.allowed), "window": .none,
            "used": .count(running.running), "left": .count(max(0, running.allowed - running.running)),
            "source": .text(running.isUsual ? "usual" : "person"), "state": .state(line.isShut ? "used-up" : "open"),
            "next_at": .none, "queue": .optional(running.queue?.rawValue), "why": .optional(running.reason),
            "closed_by": .none, "closed_at": .none, "otherwise": .none, "set_by": .optional(running.setBy),
            "set_at": .time(running.setAt, in: zone), "platform_left": .none, "platform_said_at": .none,
        ])
    }
}
