// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence
import Publishing

/// `posthorn queue`.
struct QueueCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "queue", "See what waits, runs and was done; pause and resume queues.",
        examples: [
            "queue stats", "queue pause --queue metrics --reason 'maintenance'", "queue resume --queue metrics",
        ],
        subcommands: [Stats.self, Pause.self, Resume.self])

    struct Stats: PosthornCommand {
        static let configuration = CommandConfiguration(
            "stats", "Count jobs by queue and state, and say how late work began.",
            examples: ["queue stats", "queue stats --window 1d -o json"],
            keys: [
                Column("at", nil, "the world's time of this reading"),
                Column("live", nil, "queue, state, jobs, oldest_due"),
                Column("ended", nil, "queue, state, jobs; in the window"),
                Column(
                    "lateness", nil,
                    "platform (none for work that calls none, as making a schedule's posts), client (none for all), runs, p50, p95, p99; in the window, seconds"
                ),
                Column("lateness_by_queue", nil, "the same for each queue: queue, and what lateness has"),
                Column("paused", nil, "what is paused: scope, since, by, reason"),
            ])

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("How far back ended work is looked at, as 30m, 1h, 7d.", valueName: "duration"))
        var window: String = "1h"

        func run(_ context: CommandContext) async throws {
            let window = try JobRows.duration(self.window)
            try await context.withServices { services in
                let names = try await JobRows.Names(services)
                let stats = try await services.jobs.stats(window: window)
                let pauses = try await services.jobs.pauses()
                func counts(_ counts: [QueueStats.Count], withDue: Bool) -> Field {
                    .list(
                        counts.map { count in
                            var record = Record([
                                "queue": .text("\(count.queue)"), "state": .state(count.state.rawValue),
                                "jobs": .count(count.count),
                            ])
                            if withDue {
                                record.fields.append(
                                    Record.Entry(key: "oldest_due", value: .time(count.oldestDue, in: "UTC")))
                            }
                            return .record(record)
                        })
                }
                func record(_ late: QueueStats.Lateness) -> Record {
                    Record([
                        "platform": .optional(late.provider.isEmpty ? nil : late.provider),
                        "client": .optional(late.client.map(names.client)), "runs": .count(late.runs),
                        "p50": .duration(late.p50), "p95": .duration(late.p95), "p99": .duration(late.p99),
                    ])
                }
                let byQueue = stats.latenessByQueue.map { late in
                    var line = record(late)
                    line.fields.insert(Record.Entry(key: "queue", value: .optional(late.queue?.rawValue)), at: 0)
                    return Field.record(line)
                }
                let paused = pauses.map { pause in
                    Field.record(
                        Record([
                            "scope": .text(names.scope(pause.scope)), "since": .time(pause.since, in: "UTC"),
                            "by": .text(pause.by), "reason": .optional(pause.reason),
                        ]))
                }
                context.output.show(
                    Record([
                        "at": .time(stats.at, in: "UTC"), "live": counts(stats.live, withDue: true),
                        "ended": counts(stats.ended, withDue: false),
                        "lateness": .list(stats.lateness.map { .record(record($0)) }),
                        "lateness_by_queue": .list(byQueue), "paused": .list(paused),
                    ]), idKey: "at")
            }
        }
    }

    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop claims of a queue, for everybody or for one client; what runs goes on.",
            examples: [
                "queue pause --queue metrics --reason 'maintenance'", "queue pause --queue publish --client acme",
            ],
            keys: [Column("scope", nil, "what is paused, as `queue stats` names it")])

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var scope: QueueScopeOptions
        @Option(help: ArgumentHelp("Why, for whoever wonders.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let (scope, words) = try await self.scope.resolve(services)
                if self.change.isDryRun {
                    context.output.note("would pause \(words)")
                } else {
                    try await services.jobs.pause(scope, by: Actor.current, reason: self.reason)
                    context.output.success("paused \(words)")
                }
                try await QueueScopeOptions.show(scope, services, context.output)
            }
        }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "End a pause.", examples: ["queue resume --queue metrics"],
            keys: [Column("scope", nil, "what is paused no more, as `queue stats` names it")])

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var scope: QueueScopeOptions

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let (scope, words) = try await self.scope.resolve(services)
                if self.change.isDryRun {
                    context.output.note("would resume \(words)")
                } else if try await services.jobs.resume(scope) {
                    context.output.success("resumed \(words)")
                } else {
                    context.output.note("\(words) was not paused")
                }
                try await QueueScopeOptions.show(scope, services, context.output)
            }
        }
    }
}

/// What is paused or resumed.
struct QueueScopeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("publish, boost, metrics or reconcile.", valueName: "queue"))
    var queue: String
    @Option(help: ArgumentHelp("Only for this client.", valueName: "client"))
    var client: String?

    /// Prints what a command was about, whether it changed anything or not.
    static func show(_ scope: PauseScope, _ services: ServiceContext, _ output: Output) async throws {
        let names = try await JobRows.Names(services)
        output.show(Record(["scope": .text(names.scope(scope))]), idKey: "scope")
    }

    func resolve(_ services: ServiceContext) async throws -> (scope: PauseScope, words: String) {
        let queue = QueueName(rawValue: self.queue)
        guard QueueName.all.contains(queue) else {
            throw CommandError.notFound(
                "queue", self.queue, known: QueueName.all.map(\.rawValue),
                remedy: "queues are: \(QueueName.all.map(\.rawValue).joined(separator: ", "))")
        }
        guard let client else { return (.queue(queue), "queue \(queue)") }
        let owner = try await services.clients.show(client).client
        return (.clientQueue(owner.id, queue), "queue \(queue) of \(owner.slug)")
    }
}

extension JobRows.Names {
    /// What a pause is about, in words.
    func scope(_ scope: PauseScope) -> String {
        switch scope {
        case .queue(let queue): "queue \(queue)"
        case .client(let client): "client \(self.client(client))"
        case .clientQueue(let client, let queue): "client \(self.client(client)), queue \(queue)"
        case .account(let client, let account): "account \(self.client(client))/\(self.account(account) ?? "")"
        case .accountQueue(let client, let account, let queue):
            "account \(self.client(client))/\(self.account(account) ?? ""), queue \(queue)"
        case .app(let app, let queue): "app \(self.app(app)), queue \(queue)"
        }
    }
}
