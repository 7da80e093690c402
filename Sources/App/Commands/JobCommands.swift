// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence
import Publishing

/// `posthorn job`.
struct JobCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "job", "Enqueue work, follow it, and change its course.",
        examples: [
            "job enqueue --kind publish --target 0198f2c4-…",
            "job enqueue --kind fetch-metrics --account acme/x --wait",
            "job list --client acme --state failed,held", "job show 0198f2c4-…", "job explain 0198f2c4-…",
            "job wait 0198f2c4-… --timeout 2m",
        ],
        subcommands: [
            Enqueue.self, Import.self, List.self, Show.self, Explain.self, Wait.self, Retry.self, Release.self,
            Cancel.self,
            Reschedule.self,
        ])

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List jobs, the latest made first.",
            examples: [
                "job list", "job list --client acme --state failed,held", "job list --queue publish --limit 20 -o json",
            ],
            keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(
            name: .customLong("state"),
            help: ArgumentHelp(
                "Only in these states, separated by commas: scheduled, ready, leased, held, succeeded, failed, cancelled.",
                valueName: "states"))
        var states: String?
        @Option(help: ArgumentHelp("Only in this queue: publish, boost, metrics or reconcile.", valueName: "queue"))
        var queue: String?
        @Option(help: ArgumentHelp("Only of this kind: publish, boost, fetch-metrics or reconcile.", valueName: "kind"))
        var kind: String?
        @Option(help: ArgumentHelp("Only on this platform.", valueName: "platform"))
        var platform: String?
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100

        func run(_ context: CommandContext) async throws {
            var filter = JobFilter(limit: max(1, self.limit))
            filter.states = Set(
                try (self.states ?? "").split(separator: ",").map { word in
                    guard let state = JobState(rawValue: String(word)) else {
                        throw CommandError.usage(
                            "there is no state “\(word)”",
                            remedy: "states are: \(JobState.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    return state
                })
            filter.queue = self.queue.map { QueueName(rawValue: $0) }
            filter.kind = self.kind.map { JobKind(rawValue: $0) }
            filter.provider = self.platform
            try await context.withServices { services in
                if let client { filter.client = try await services.clients.show(client).client.id }
                let names = try await JobRows.Names(services)
                let jobs = try await services.jobs.list(filter)
                context.output.show(
                    Listing(JobRows.columns, rows: jobs.map { JobRows.record($0, names) }, empty: "no jobs match"))
            }
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a job with all its attempts and what it sent outside.",
            examples: ["job show 0198f2c4-…", "job show 0198f2c4-… -o json"],
            keys: JobRows.columns + [
                Column("attempts", nil, "its runs and endings, each with the platform's id of the request"),
                Column("effects", nil, "what it did outside: operation, part, state, the platform's id of the request"),
            ])

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let job = try await JobRows.find(self.job, services)
                let names = try await JobRows.Names(services)
                let attempts = try await services.jobs.attempts(of: job.spec.id, client: job.spec.client)
                let ledger = EffectLedger(pool: services.pool)
                let effects = try await ledger.effects(of: job.spec.id, client: job.spec.client)
                var sends: [String: [EffectSend]] = [:]
                for operation in Set(effects.map(\.operation)) {
                    sends[operation] = try await ledger.sends(of: operation, client: job.spec.client)
                }
                var record = JobRows.record(job, names)
                let zone = names.zone(of: job.spec.client)
                record.fields.append(
                    Record.Entry(
                        key: "attempts", value: .list(attempts.map { .record(JobRows.record($0, zone: zone)) })))
                record.fields.append(
                    Record.Entry(
                        key: "effects",
                        value: .list(
                            effects.map {
                                .record(JobRows.record($0, sends: sends[$0.operation] ?? [], zone: zone))
                            })))
                context.output.show(record)
            }
        }
    }

    struct Wait: PosthornCommand {
        static let configuration = CommandConfiguration(
            "wait", "Wait until jobs have ended.",
            details:
                "Exit code 0 when all succeeded, 1 when one failed, was cancelled or is held, 75 when the time is up.",
            examples: ["job wait 0198f2c4-…", "job wait 0198f2c4-… --timeout 2m"], keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("The jobs' ids.", valueName: "job"))
        var jobs: [String]
        @Option(help: ArgumentHelp("How long, as 30s, 2m, 1h.", valueName: "duration"))
        var timeout: String = "60s"

        func run(_ context: CommandContext) async throws {
            let limit = try JobRows.duration(self.timeout)
            try await context.withServices { services in
                try await JobRows.wait(for: self.jobs, timeout: limit, services, context.output)
            }
        }
    }

    struct Retry: PosthornCommand {
        static let configuration = CommandConfiguration(
            "retry", "Bring a failed or held job back, now.",
            details: "A job whose send may have taken effect is refused (exit code 73): look it up first.",
            examples: ["job retry 0198f2c4-…"], keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String

        func run(_ context: CommandContext) async throws {
            try await JobRows.change(self.job, context, self.change, "retry") { job, services in
                // A publish job's target is shown by its state too: both are brought back together.
                if job.spec.kind == .publish, let target = job.spec.subject {
                    // A job may outlive its target.
                    let detail = try? await services.posts.show(TargetID(target).description)
                    if let found = detail?.targets.first(where: { $0.id.uuid == target }), found.state != .planned {
                        _ = try await services.posts.retry(found.id.description, client: nil, actor: Actor.current)
                        return
                    }
                }
                try await services.jobs.retry(job.spec.id, client: job.spec.client)
            }
        }
    }

    struct Release: PosthornCommand {
        static let configuration = CommandConfiguration(
            "release", "Let a held job go on as it was, now.",
            details: "What it may have sent already is looked up before anything is sent again. Its counts are kept.",
            examples: ["job release 0198f2c4-…"], keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String

        func run(_ context: CommandContext) async throws {
            try await JobRows.change(self.job, context, self.change, "release") { job, services in
                try await services.posts.release(job.spec, actor: Actor.current)
            }
        }
    }

    struct Cancel: PosthornCommand {
        static let configuration = CommandConfiguration(
            "cancel", "End a job that waits, or ask the worker that runs it to stop.",
            details: "What may have been sent already cannot be cancelled (exit code 73).",
            examples: ["job cancel 0198f2c4-… --reason 'wrong account'"], keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await JobRows.change(self.job, context, self.change, "cancel") { job, services in
                if job.spec.kind == .publish, let target = job.spec.subject {
                    _ = try await services.posts.cancel(
                        TargetID(target).description, client: nil, actor: Actor.current, reason: self.reason)
                    return
                }
                if job.spec.kind == .boost, let boost = job.spec.subject {
                    // Its start is called off with its money; what looks at it or stops it must not end before it.
                    let detail = try await services.boosts.cancel(
                        job, of: BoostID(boost), reason: self.reason, actor: Actor.current)
                    context.output.note(
                        detail.boost.state == .cancelled
                            ? "the boost is called off with it"
                            : "the boost is \(detail.boost.state.rawValue), and is stopped as soon as it is known whether it runs"
                    )
                    return
                }
                let ended = try await services.jobs.cancel(
                    job.spec.id, client: job.spec.client, reason: self.reason ?? "cancelled by \(Actor.current)")
                if !ended { context.output.note("a worker has it in hand and was asked to stop") }
            }
        }
    }

    struct Reschedule: PosthornCommand {
        static let configuration = CommandConfiguration(
            "reschedule", "Give a waiting job another time.",
            examples: ["job reschedule 0198f2c4-… --at 2026-12-01T09:30", "job reschedule 0198f2c4-… --at now"],
            keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The job's id.", valueName: "job"))
        var job: String
        @Option(help: ArgumentHelp("When, in the client's local time, or now.", valueName: "time"))
        var at: String
        @Option(
            name: .customLong("tz"),
            help: ArgumentHelp("The zone of --at; the client's when not given.", valueName: "zone"))
        var timeZone: String?

        func run(_ context: CommandContext) async throws {
            let time = try CommandError.time(self.at, zone: self.timeZone)
            try await JobRows.change(self.job, context, self.change, "reschedule") { job, services in
                if job.spec.kind == .publish, let target = job.spec.subject {
                    _ = try await services.posts.move(
                        TargetID(target).description, client: nil, to: time, allowingDuplicates: true,
                        actor: Actor.current)
                    return
                }
                let dueAt = try await JobRows.instant(time, client: job.spec.client, services)
                try await services.jobs.reschedule(job.spec.id, client: job.spec.client, to: dueAt)
            }
        }
    }
}
