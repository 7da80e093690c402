// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence

/// `posthorn worker`.
struct WorkerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "worker", "Run workers, and see and stop those that run.",
        examples: ["worker run", "worker list", "worker drain --all --yes"],
        subcommands: [Run.self, List.self, Show.self, Drain.self])

    struct Run: PosthornCommand {
        static let configuration = CommandConfiguration(
            "run", "Run a worker until it is stopped.",
            details: """
                SIGTERM or ^C drains: no more work is taken, running jobs get POSTHORN_SHUTDOWN_GRACE (30s), what is left goes
                back with its attempt refunded, and the exit code is 0. A second ^C ends the grace at once.
                Any number of workers may run on any number of machines; they need nothing but the database.
                A job has one of its queue's slots while it runs; one that publishes, only while it calls the platform or prepares media, so
                that a few more are in hand than slots.
                """,
            examples: [
                "worker run", "worker run --concurrency 64 --queues publish", "worker run --until-empty",
                "POSTHORN_WORKER_METRICS=4 posthorn worker run",
            ])
        static let service: String? = "worker"

        @OptionGroup var options: CommandOptions

        @Option(
            help: ArgumentHelp(
                "Slots: jobs that occupy platforms or the machine at once, in all queues.", valueName: "n"))
        var concurrency: Int?

        @Option(
            help: ArgumentHelp(
                "Queues to take from, separated by commas: publish, boost, metrics, reconcile.", valueName: "names")
        )
        var queues: String?

        @Flag(name: .customLong("until-empty"), help: "Exit 0 when nothing is due and nothing runs.")
        var untilEmpty = false

        @Option(name: .customLong("with-parent"), help: .hidden)
        var parent: Int32?

        var flags: [String: String] {
            let given = ["worker.concurrency": self.concurrency.map(String.init), "worker.queues": self.queues]
            return given.compactMapValues { $0 }
        }

        func run(_ context: CommandContext) async throws {
            let settings = try WorkerSettings(context.settings)
            try await context.withServices(role: "worker", connections: settings.connections) { services in
                let service = WorkerService(
                    settings: settings, services: services, database: try context.databaseSettings(),
                    logger: context.logger, untilEmpty: self.untilEmpty)
                try await service.checkListener()
                let worker = try service.makeWorker()
                let parent = self.parent
                let pool = services.pool
                try await withBackground {
                    while true {
                        // A month ahead is made again and again before it comes; one failure is repaired by the next round.
                        try? await SamplePartitions.make(pool)
                        try await Task.sleep(for: .seconds(6 * 3_600))
                    }
                } _: {
                    try await WorkerLifetime(parent: parent).run(worker)
                }
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List the workers of the fleet.", examples: ["worker list", "worker list --all -o json"],
            keys: WorkerRows.columns)

        @OptionGroup var options: CommandOptions

        @Flag(name: .customLong("all"), help: "Dead and stopped ones too.")
        var includesEnded = false

        func run(_ context: CommandContext) async throws {
            let workers = try await context.withServices {
                try await $0.jobs.workers(includingEnded: self.includesEnded)
            }
            context.output.show(
                Listing(
                    WorkerRows.columns, rows: workers.map(WorkerRows.record),
                    empty: "no worker runs; start one with `posthorn worker run`"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show one worker.", examples: ["worker show 0198f2c4"], keys: WorkerRows.columns)

        @OptionGroup var options: CommandOptions

        @Argument(help: ArgumentHelp("The worker's id, or the beginning of it.", valueName: "worker"))
        var worker: String

        func run(_ context: CommandContext) async throws {
            let workers = try await context.withServices { try await $0.jobs.workers(includingEnded: true) }
            context.output.show(WorkerRows.record(try WorkerRows.find(self.worker, in: workers)))
        }
    }

    struct Drain: PosthornCommand {
        static let configuration = CommandConfiguration(
            "drain", "Ask workers to finish what they have and exit.",
            details: "They hear of it with their next heartbeat, within seconds.",
            examples: ["worker drain 0198f2c4", "worker drain --all --yes", "worker drain --all --dry-run"],
            keys: WorkerRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var bulk: BulkOptions

        @Argument(help: ArgumentHelp("The worker's id, or the beginning of it.", valueName: "worker"))
        var worker: String?

        @Flag(name: .customLong("all"), help: "Every worker of the fleet.")
        var isForAll = false

        func validate() throws {
            guard (self.worker != nil) != self.isForAll else { throw ValidationError("Name one worker, or say --all.") }
        }

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let workers = try await services.jobs.workers()
                let chosen = try self.worker.map { [try WorkerRows.find($0, in: workers)] } ?? workers
                if !self.change.isDryRun {
                    if self.isForAll, !chosen.isEmpty {
                        try context.confirm("this drains \(chosen.count) workers", isConfirmed: self.bulk.isConfirmed)
                    }
                    for worker in chosen { try await services.jobs.requestDrain(of: worker.id) }
                }
                context.output.note(
                    "\(self.change.isDryRun ? "would ask" : "asked") \(chosen.count) worker(s) to finish and exit")
                context.output.show(
                    Listing(WorkerRows.columns, rows: chosen.map(WorkerRows.record), empty: "no worker runs"))
            }
        }
    }
}

/// How workers are shown.
enum WorkerRows {
    static let columns = [
        Column("id", "WORKER", "the identity of this start"),
        Column("state", "STATE", "active, draining, dead or stopped"),
        Column("host", "HOST", "the machine", isFlexible: true), Column("pid", "PID", "the process"),
        Column("running", "RUNNING", "jobs in hand at its last heartbeat, those that wait for a slot included"),
        Column("slots", "SLOTS", "jobs that occupy platforms or the machine at once"),
        Column("queues", "QUEUES", "the queues it takes from", isFlexible: true),
        Column("beat_age", "BEAT", "seconds since its last heartbeat"),
        Column("version", "VERSION", "the program's version"),
        Column("started_at", nil, "when it started"), Column("beat_at", nil, "when it beat last"),
    ]

    static func record(_ worker: WorkerSummary) -> Record {
        Record([
            "id": .text("\(worker.id)"), "state": .state(worker.state.rawValue), "host": .text(worker.host),
            "pid": .text(String(worker.processID)), "running": .count(worker.running), "slots": .count(worker.slots),
            "queues": .list(worker.queues.map { .text("\($0)") }),
            "beat_age": .duration(.seconds(max(0, Int(Date().timeIntervalSince(worker.beatAt))))),
            "version": .text(worker.version), "started_at": .time(worker.startedAt, .gmt),
            "beat_at": .time(worker.beatAt, .gmt),
        ])
    }

    static func find(_ prefix: String, in workers: [WorkerSummary]) throws -> WorkerSummary {
        let found = workers.filter { "\($0.id)".lowercased().hasPrefix(prefix.lowercased()) }
        guard let first = found.first else {
            throw CommandError.notFound("worker", prefix, remedy: "`posthorn worker list --all` shows them")
        }
        guard found.count == 1 else {
            throw CommandError.usage("“\(prefix)” fits \(found.count) workers", remedy: "give more of the id")
        }
        return first
    }
}
