// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue

/// `posthorn chaos`.
struct ChaosCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "chaos", "Publish to pretend platforms while everything breaks, and count what was kept.",
        details: """
            Starts an installation of its own in a temporary folder, plans posts that are all due at once, and publishes them while workers are
            killed (kill -9), frozen until they are taken for dead and thawed, cut off from the database, PostgreSQL's replies to them and platforms' answers are lost after taking effect,
            PostgreSQL restarts, an old snapshot is held, and the next release's additive migration is applied. How often follows from the number
            of posts. Besides, workers die at every named point of a job's life and of a schedule's in turn; where none has died when all is
            published, further posts follow until one has. Some accounts have limits that the work has to wait for. Then it compares the database
            with the pretend platforms' own ledger: every post exactly once, none missing, no limit exceeded in any window, the history without a
            contradiction. Exit code 1 when a promise was broken or workers of one program did nothing, 75 when the run stands still; then it says
            what each open job waits for. A configured database is refused (78): nothing but the run's own is broken.
            """,
        examples: [
            "chaos", "chaos --posts 100000 --seed 7", "chaos --posts 300 --clients 6 --accounts 2",
            "chaos --no-kill --freezes 0 --reset 0", "chaos --pgbouncer",
            "chaos --other-binary ./posthorn-of-the-release-before",
            "chaos --formats all --posts 10000 --clients 100 --reset 0.025",
        ],
        keys: [
            Column("posts", nil, "posts that were due, those included that followed until every point was reached"),
            Column("published", nil, "targets that the database calls published"),
            Column("effects", nil, "posts that exist on the pretend platforms"),
            Column("attempts", nil, "visible calls, refused ones included"),
            Column("duplicates", nil, "second attempts without proof that the first was absent"),
            Column("lost", nil, "posts that never appeared"),
            Column("wrong", nil, "targets called published of which something is on no platform"),
            Column("unknown", nil, "sends that nobody knows the outcome of"),
            Column("asked", nil, "sends that no look can prove, of which a person is asked"),
            Column("held", nil, "jobs that wait for a person"),
            Column(
                "violations", nil, "what breaks the queue's rules, or is on the platforms not as the queue believes"),
            Column("limits", nil, "limits that were in force"),
            Column("limits_reached", nil, "those of them that some window, or some moment, was as full as allowed"),
            Column("limit_violations", nil, "limits that were exceeded in some window or at some moment"),
            Column("calls", nil, "calls that the platforms counted"), Column("kills", nil, "workers killed"),
            Column("killed_at", nil, "workers that died at a named point, by point"),
            Column("not_reached", nil, "named points at which no worker died"),
            Column("restarts", nil, "restarts of PostgreSQL"),
            Column("freezes", nil, "workers frozen until they were taken for dead, and thawed"),
            Column("cuts", nil, "connections of workers that the server ended"),
            Column(
                "lost_replies", nil,
                "replies of PostgreSQL that were lost with their connection, after it had done what it was asked"),
            Column(
                "lost_commits", nil,
                "those after which it was in no transaction: what was done is committed, not undone with the connection"
            ),
            Column("pooler_kills", nil, "how often PgBouncer was killed and started again"),
            Column("snapshots", nil, "snapshots held during half of the work"),
            Column("migrations", nil, "additive migrations of a next release, applied in the middle"),
            Column("clocks", nil, "workers whose clock was seen to be ten minutes off"),
            Column("binaries", nil, "the programs that workers were of: path, version, workers, attempts"),
            Column("worker_starts", nil, "worker processes started in all"),
            Column("crashed", nil, "runs whose worker died"),
            Column("late", nil, "ends that came after the lease was lost, and changed nothing"),
            Column("failed", nil, "runs that failed or are tried again"),
            Column("reconciled", nil, "looks at the platform after a lost answer"),
            Column("seed", nil, "where the run's chance came from"),
            Column("seconds", nil, "real seconds from the flood to the last post"),
            Column("kept", nil, "whether every promise was kept, and workers of every program made attempts"),
        ])

    @OptionGroup var options: CommandOptions

    /// What is published.
    enum Formats: String, CaseIterable, ExpressibleByArgument {
        case text, all
    }

    @Option(
        help: ArgumentHelp(
            "Words on two platforms (text), or every format of Facebook, Instagram, X and TikTok (all; sets no limits).",
            valueName: "text|all"))
    var formats = Formats.text
    @Option(help: ArgumentHelp("How many posts.", valueName: "n")) var posts = 5_000
    @Option(help: ArgumentHelp("How many clients.", valueName: "n")) var clients = 50
    @Option(help: ArgumentHelp("How many accounts each client has.", valueName: "n")) var accounts = 10
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Option(
        name: .customLong("other-binary"),
        help: ArgumentHelp(
            "The program of every second worker: another release, side by side with this one; it must fit this one's schema.",
            valueName: "file"))
    var otherBinary: String?
    @Option(name: .customLong("kill-every"), help: ArgumentHelp("Seconds between two kills.", valueName: "s"))
    var killEvery = 1.0
    @Flag(name: .customLong("no-kill"), help: "Kill no worker.") var killsNone = false
    @Flag(name: .customLong("terminate"), help: "Tell workers to stop (SIGTERM) instead of killing them.")
    var terminates = false
    @Option(
        help: ArgumentHelp(
            "How often a worker dies at each named point; by the number of posts unless given. None when workers are not killed.",
            valueName: "n"))
    var points: Int?
    @Flag(name: .customLong("no-restart"), help: "Do not restart PostgreSQL.") var restartsNothing = false
    @Option(help: ArgumentHelp("How often PostgreSQL restarts; by the number of posts unless given.", valueName: "n"))
    var restarts: Int?
    @Option(
        help: ArgumentHelp(
            "How often a worker is frozen and thawed; by the number of posts unless given.", valueName: "n"))
    var freezes: Int?
    @Option(
        help: ArgumentHelp(
            "How many connections of workers are cut; by the number of posts unless given.", valueName: "n"))
    var cuts: Int?
    @Option(
        name: .customLong("lost-replies"),
        help: ArgumentHelp(
            "How many of PostgreSQL's replies are lost on the wire, also of what is committed; by the number of posts unless given.",
            valueName: "n"))
    var lostReplies: Int?
    @Flag(
        name: .customLong("pgbouncer"),
        help: "Workers go through a PgBouncer in transaction mode, which is killed too; needs the program pgbouncer.")
    var isPooled = false
    @Option(
        name: .customLong("pooler-kills"),
        help: ArgumentHelp(
            "How often PgBouncer is killed; by the number of posts unless given.", valueName: "n"))
    var poolerKills: Int?
    @Flag(name: .customLong("no-snapshot"), help: "Hold no old snapshot.") var holdsNoSnapshot = false
    @Flag(name: .customLong("no-migration"), help: "Apply no migration of a next release.") var migratesNothing = false
    @Flag(name: .customLong("no-limits"), help: "Set no limits.") var setsNoLimits = false
    @Option(
        name: .customLong("clock-shim"),
        help: ArgumentHelp(
            "A library that shifts a process's clock by POSTHORN_CLOCK_SHIFT seconds, preloaded into the workers.",
            valueName: "file"))
    var clockShim: String?
    @Option(
        help: ArgumentHelp("The share of visible calls whose answer is lost after taking effect.", valueName: "0…1"))
    var reset = 0.02
    @Option(help: ArgumentHelp("Where the run's chance comes from.", valueName: "n")) var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp(
            "Real seconds after which the run counts as stuck; by the number of posts unless given.", valueName: "s"))
    var limit: Int?
    @Option(help: ArgumentHelp("Real seconds without a post after which the run counts as stuck.", valueName: "s"))
    var stall = 180
    @Flag(name: .customLong("keep"), help: "Keep the folder with database and logs.") var keepsFolder = false

    func validate() throws {
        guard self.posts > 0, self.clients > 0, self.accounts > 0, self.workers > 0 else {
            throw ValidationError("--posts, --clients, --accounts and --workers must be above 0.")
        }
        guard self.formats == .text || self.posts <= 12 * self.clients * self.accounts else {
            throw ValidationError(
                "With --formats all an account has at most 12 posts, for the platforms' own limits of a day: add --clients."
            )
        }
        guard (0...1).contains(self.reset) else { throw ValidationError("--reset must be between 0 and 1.") }
        guard
            [self.points, self.restarts, self.freezes, self.cuts, self.lostReplies, self.poolerKills].allSatisfy({
                $0 ?? 0 >= 0
            })
        else {
            throw ValidationError(
                "--points, --restarts, --freezes, --cuts, --lost-replies and --pooler-kills must be 0 or more.")
        }
        guard self.otherBinary == nil || self.workers > 1 else {
            throw ValidationError("--other-binary is every second worker's: it needs --workers 2 or more.")
        }
        if let shim = self.clockShim, !FileManager.default.isReadableFile(atPath: shim) {
            throw ValidationError(
                "--clock-shim: there is no file \(shim); `make chaos` builds Tests/Shims/clock-shift.c for it.")
        }
        guard self.killEvery > 0 else { throw ValidationError("--kill-every must be above 0; --no-kill kills none.") }
    }

    func run(_ context: CommandContext) async throws {
        let options = self.chaosOptions
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-chaos-\(getpid())")
        let run = ChaosRun(options: options, context: context, state: state)
        let ended = try await StopSignal.guarding { try await run.run() }
        guard case .finished(let outcome) = ended else {
            context.output.note("stopped; the folder is \(state.path)")
            return
        }
        let (isKept, verdict) = (outcome.isKept, outcome.verdict)
        context.output.show(outcome.record(options), idKey: "kept")
        if !outcome.missed.isEmpty {
            let points = outcome.missed.map(\.rawValue).joined(separator: ", ")
            context.output.note("no worker died at \(points)")
        }
        if self.keepsFolder || !isKept {
            context.output.note("database and logs are in \(state.path)")
        } else {
            try FileManager.default.removeItem(atPath: state.path)
        }
        guard isKept else {
            throw CommandError(
                .failed, "a promise was broken",
                details: verdict.history.violations.prefix(20) + verdict.lost.prefix(20).map { "lost: \($0)" }
                    + outcome.untried.map { "untried: no worker of \($0.path) made an attempt" })
        }
    }

    private var chaosOptions: ChaosOptions {
        var options = ChaosOptions()
        options.posts = self.posts
        options.clients = self.clients
        options.accountsPerClient = self.accounts
        options.workers = self.workers
        // Workers are started from other folders.
        options.otherBinary = self.otherBinary.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        options.killEvery = self.killsNone ? nil : .milliseconds(Int64(self.killEvery * 1_000))
        options.terminates = self.terminates
        options.resetShare = self.reset
        options.points = self.points ?? ChaosOptions.points(for: self.posts)
        options.restarts = self.restartsNothing ? 0 : self.restarts ?? ChaosOptions.restarts(for: self.posts)
        options.freezes = self.freezes ?? ChaosOptions.freezes(for: self.posts)
        options.cuts = self.cuts ?? ChaosOptions.cuts(for: self.posts)
        options.lostReplies = self.lostReplies ?? ChaosOptions.lostReplies(for: self.posts)
        options.isPooled = self.isPooled
        options.poolerKills = self.poolerKills ?? ChaosOptions.poolerKills(for: self.posts)
        options.holdsSnapshot = !self.holdsNoSnapshot
        options.expandsSchema = !self.migratesNothing
        options.clockShim = self.clockShim
        options.hasAllFormats = self.formats == .all
        options.hasSchedules = self.formats == .text
        options.setsLimits = !self.setsNoLimits && self.formats == .text
        options.seed = self.seed
        options.limit = self.limit.map { .seconds($0) } ?? ChaosOptions.limit(for: self.posts)
        options.stall = .seconds(self.stall)
        return options
    }
}
