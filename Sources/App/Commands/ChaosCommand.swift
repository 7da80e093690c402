// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation

/// `posthorn chaos`.
struct ChaosCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "chaos", "Publish to pretend platforms while everything breaks, and count what was kept.",
        details: """
            Starts an installation of its own in a temporary folder, plans posts that are all due at once, and publishes them while workers are
            killed (kill -9), answers are lost after taking effect, and PostgreSQL restarts. Then it compares the database with the pretend
            platforms' own ledger: every post exactly once, none missing. Exit code 1 when a promise was broken.
            """,
        examples: ["chaos", "chaos --posts 300 --clients 6 --accounts 2", "chaos --no-kill --reset 0"],
        keys: [
            Column("posts", nil, "posts that were due"),
            Column("published", nil, "targets that the database calls published"),
            Column("effects", nil, "posts that exist on the pretend platforms"),
            Column("attempts", nil, "visible calls, refused ones included"),
            Column("duplicates", nil, "second attempts without proof that the first was absent"),
            Column("lost", nil, "posts that never appeared"),
            Column("unknown", nil, "sends that nobody knows the outcome of"),
            Column("held", nil, "jobs that wait for a person"),
            Column(
                "violations", nil, "what breaks the queue's rules, or is on the platforms not as the queue believes"),
            Column("limits", nil, "limits that were in force"),
            Column("limit_violations", nil, "limits that were exceeded in some window"),
            Column("calls", nil, "calls that the platforms counted"), Column("kills", nil, "workers killed"),
            Column("restarts", nil, "restarts of PostgreSQL"),
            Column("worker_starts", nil, "worker processes started in all"),
            Column("crashed", nil, "runs whose worker died"),
            Column("failed", nil, "runs that failed or are tried again"),
            Column("reconciled", nil, "looks at the platform after a lost answer"),
            Column("seconds", nil, "real seconds from the flood to the last post"),
            Column("kept", nil, "whether every promise was kept"),
        ])

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("How many posts.", valueName: "n")) var posts = 5_000
    @Option(help: ArgumentHelp("How many clients.", valueName: "n")) var clients = 50
    @Option(help: ArgumentHelp("How many accounts each client has.", valueName: "n")) var accounts = 10
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Option(name: .customLong("kill-every"), help: ArgumentHelp("Seconds between two kills.", valueName: "s"))
    var killEvery = 1.0
    @Flag(name: .customLong("no-kill"), help: "Kill no worker.") var killsNone = false
    @Flag(name: .customLong("terminate"), help: "Tell workers to stop (SIGTERM) instead of killing them.")
    var terminates = false
    @Flag(name: .customLong("no-restart"), help: "Do not restart PostgreSQL.") var restartsNothing = false
    @Option(
        help: ArgumentHelp("The share of visible calls whose answer is lost after taking effect.", valueName: "0…1"))
    var reset = 0.02
    @Option(help: ArgumentHelp("Where the run's chance comes from.", valueName: "n")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Real seconds after which the run counts as stuck.", valueName: "s")) var limit = 900
    @Flag(name: .customLong("keep"), help: "Keep the folder with database and logs.") var keepsFolder = false

    func validate() throws {
        guard self.posts > 0, self.clients > 0, self.accounts > 0, self.workers > 0 else {
            throw ValidationError("--posts, --clients, --accounts and --workers must be above 0.")
        }
        guard (0...1).contains(self.reset) else { throw ValidationError("--reset must be between 0 and 1.") }
        guard self.killEvery > 0 else { throw ValidationError("--kill-every must be above 0; --no-kill kills none.") }
    }

    func run(_ context: CommandContext) async throws {
        var options = ChaosOptions()
        options.posts = self.posts
        options.clients = self.clients
        options.accountsPerClient = self.accounts
        options.workers = self.workers
        options.killEvery = self.killsNone ? nil : .milliseconds(Int64(self.killEvery * 1_000))
        options.terminates = self.terminates
        options.resetShare = self.reset
        options.restartsDatabase = !self.restartsNothing
        options.seed = self.seed
        options.limit = .seconds(self.limit)
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-chaos-\(getpid())")
        let run = ChaosRun(options: options, context: context, state: state)
        let ended = try await StopSignal.guarding { try await run.run() }
        guard case .finished(let (verdict, monkey, seconds)) = ended else {
            context.output.note("stopped; the folder is \(state.path)")
            return
        }
        let isKept = verdict.isKept(posts: self.posts)
        context.output.show(Self.record(verdict, monkey, seconds, posts: self.posts), idKey: "kept")
        if self.keepsFolder || !isKept {
            context.output.note("database and logs are in \(state.path)")
        } else {
            try FileManager.default.removeItem(atPath: state.path)
        }
        guard isKept else {
            throw CommandError(
                .failed, "a promise was broken",
                details: verdict.history.violations.prefix(20) + verdict.lost.prefix(20).map { "lost: \($0)" })
        }
    }

    private static func record(_ verdict: ChaosVerdict, _ monkey: ChaosMonkey, _ seconds: Double, posts: Int) -> Record
    {
        Record([
            "posts": .count(posts), "published": .count(verdict.targets["published"] ?? 0),
            "effects": .count(verdict.ledger.effects),
            "attempts": .count(verdict.ledger.attempts), "duplicates": .count(verdict.ledger.duplicates),
            "lost": .count(verdict.lost.count),
            "unknown": .count((verdict.effects["unknown"] ?? 0) + (verdict.effects["sending"] ?? 0)),
            "held": .count(verdict.held.values.reduce(0, +)),
            "violations": .count(verdict.history.queue.count + verdict.history.effects.count),
            "limits": .count(verdict.history.limitsChecked), "limit_violations": .count(verdict.history.limits.count),
            "calls": .count(verdict.history.calls),
            "kills": .count(monkey.kills), "restarts": .count(monkey.restarts),
            "worker_starts": .count(verdict.workerStarts),
            "crashed": .count(verdict.runs["crashed"] ?? 0),
            "failed": .count((verdict.runs["failed"] ?? 0) + (verdict.runs["retry"] ?? 0)),
            "reconciled": .count(verdict.reconciled),
            "seconds": .number(seconds, places: 1), "kept": .flag(verdict.isKept(posts: posts)),
        ])
    }
}
