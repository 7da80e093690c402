// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue
import PQClient
import Synchronization

/// `posthorn bench`.
struct BenchCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the queue with jobs that do nothing, in a simulated world.",
        discussion: """
            Figures of different machines, and of different hours on a shared one, do not compare: measure what you compare in one run.
            docs/benchmarks.md says how the published figures were made.
            """,
        subcommands: [
            BenchBoostsCommand.self,
            BenchEnqueue.self, BenchWork.self, BenchLatency.self, BenchFairness.self, BenchGrowth.self, BenchLimit.self,
            BenchMetrics.self, BenchPublish.self,
            BenchSnapshot.self, BenchTimes.self,
        ])
}

/// What every benchmark takes.
struct BenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many jobs.", valueName: "n")) var jobs: Int?
    @Option(help: ArgumentHelp("How many clients they belong to.", valueName: "n")) var clients = 1_000
    @Option(help: ArgumentHelp("How many accounts each client has.", valueName: "n")) var accounts = 4

    /// What every benchmark prints beside its own keys.
    static let keys = [
        Column("bench", nil, "which benchmark"), Column("clients", nil, "clients that the jobs belonged to"),
        Column("accounts_per_client", nil, "accounts of each"),
        Column("resident_memory_peak", nil, "the most resident memory of this process, its worker included, bytes"),
        Column("server_version", nil, "PostgreSQL's"),
    ]
    /// What those print that count the database's work for themselves.
    static let cost = Column(
        "per_job", nil, "WAL bytes, commits and dead rows of the database per job, from empty tables to the end")

    func validate() throws {
        guard self.jobs ?? 1 > 0, self.clients > 0, self.accounts > 0 else {
            throw ValidationError("--jobs, --clients and --accounts must be above 0.")
        }
    }
}

extension PosthornCommand {
    /// Runs a benchmark in the configured database, or in a server of its own in a temporary folder when none is configured; a real world is
    /// refused.
    func bench(
        _ context: CommandContext, _ bench: BenchOptions, connections: Int,
        _ body: @Sendable @escaping (BenchFleet) async throws -> Record
    ) async throws {
        let isOwnServer = try context.databaseSettings().source == .missing
        let ended = try await StopSignal.guarding {
            if isOwnServer {
                try await Self.inOwnServer(context, bench, connections: connections, body)
            } else {
                try await Self.measure(context, bench, connections: connections, body)
            }
        }
        guard case .finished(let record) = ended else {
            throw CommandError(.interrupted, "stopped before there was a figure")
        }
        context.output.show(record, idKey: "jobs_per_second")
    }

    /// Room for the hot tables, and no checkpoint in the middle of a figure.
    private static var serverSettings: [String] {
        ["shared_buffers=1GB", "max_wal_size=24GB", "checkpoint_timeout=1h"]
    }

    private static func inOwnServer(
        _ context: CommandContext, _ bench: BenchOptions, connections: Int,
        _ body: @Sendable @escaping (BenchFleet) async throws -> Record
    ) async throws -> Record {
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-bench-\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: state.path) }  // A folder in the temporary folder may stay.
        var options = InstallationOptions()
        options.workers = 0
        options.serverSettings = Self.serverSettings
        let local = LocalInstallation(options: options, state: state, context: context) { context.output.hint($0) }
        return try await local.run { running in
            try await Self.measure(running.context, bench, connections: connections, body)
        }
    }

    private static func measure(
        _ context: CommandContext, _ bench: BenchOptions, connections: Int,
        _ body: @Sendable (BenchFleet) async throws -> Record
    ) async throws -> Record {
        try await context.withPool(role: "bench", connections: connections) { pool in
            let world = try await WorldStore(pool: pool).load()
            guard world.kind == .simulated else {
                throw CommandError(
                    .configuration, "the database belongs to the real world; benchmarks would fill its queue",
                    remedy: "use a database of a simulated world, or none: then bench starts a server of its own")
            }
            let version: String = try await pool.query("SHOW server_version").first?.get(0) ?? ""
            let fleet = BenchFleet(
                pool: pool, listener: try context.databaseSettings().listener(), clients: bench.clients,
                accounts: bench.accounts)
            try await fleet.clean()
            let start = try await DatabaseCost.read(pool)
            var record = try await body(fleet)
            let jobs = Int(record["jobs"].plain) ?? 1
            if record["per_job"] == .none {
                record.fields.append(
                    .init(key: "per_job", value: .record(try await DatabaseCost.read(pool).since(start, jobs: jobs))))
            }
            record.fields.append(.init(key: "clients", value: .count(bench.clients)))
            record.fields.append(.init(key: "accounts_per_client", value: .count(bench.accounts)))
            record.fields.append(
                .init(key: "resident_memory_peak", value: ResidentMemory.peak().map { .bytes($0) } ?? .none))
            record.fields.append(.init(key: "server_version", value: .text(version)))
            try await fleet.clean()
            return record
        }
    }
}

/// `posthorn bench enqueue`.
struct BenchEnqueue: PosthornCommand {
    static let configuration = CommandConfiguration(
        "enqueue", "Insert jobs: one a call, a thousand a call, or through COPY.",
        details:
            "A call returns when its jobs are committed. Callers of single jobs at the same moment share a commit.",
        examples: ["bench enqueue", "bench enqueue --mode single --jobs 20000 --callers 16 -o json"],
        keys: [
            Column("mode", nil, "single, batch or copy"), Column("jobs", nil, "jobs that were inserted"),
            Column("callers", nil, "how many called at once"),
            Column("seconds", nil, "how long it took"), Column("jobs_per_second", nil, "the rate"),
            BenchOptions.cost,
        ] + BenchOptions.keys)

    /// How jobs are inserted.
    enum Mode: String, ExpressibleByArgument, CaseIterable { case single, batch, copy }

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions
    @Option(help: "single, batch or copy.") var mode: Mode = .batch
    @Option(help: ArgumentHelp("Callers at once: 16 for single and 2 for batch by default.", valueName: "n"))
    var callers: Int?

    func validate() throws {
        guard self.callers ?? 1 > 0 else { throw ValidationError("--callers must be above 0.") }
        guard self.mode != .copy || self.callers == nil else {
            throw ValidationError("--callers goes with --mode single and batch; an import has one caller.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let jobs = self.bench.jobs ?? (self.mode == .single ? 20_000 : 200_000)
        let mode = self.mode
        let callers = mode == .copy ? 1 : self.callers ?? (mode == .single ? 16 : 2)
        try await self.bench(context, self.bench, connections: 4) { fleet in
            let start = ContinuousClock.now
            switch mode {
            case .single: try await fleet.enqueueSingly(jobs, callers: callers)
            case .batch: try await fleet.enqueueInBatches(jobs, of: 1_000, callers: callers)
            case .copy: try await fleet.enqueueMany(jobs)
            }
            let seconds = (ContinuousClock.now - start).inSeconds
            return Record([
                "bench": .text("enqueue"), "mode": .text(mode.rawValue), "jobs": .count(jobs),
                "callers": .count(callers),
                "seconds": .number(seconds, places: 3), "jobs_per_second": .number(Double(jobs) / seconds, places: 0),
            ])
        }
    }
}

/// `posthorn bench work`.
struct BenchWork: PosthornCommand {
    static let configuration = CommandConfiguration(
        "work", "Work jobs off through the real claim, lease, run, complete path with one worker.",
        details: """
            The time runs from the worker's start until so many jobs have ended in the database. --ready, --scheduled and --finished \
            fill the tables beforehand: with work of the same clients that is due but not counted, with work of the coming months, \
            and with history. Of limits, the slots of each account bind. The tables of pauses, gates and numbers of running jobs are \
            empty, which a claim sees once for all lanes; with --limits each has rows of others, and it asks them for every lane. \
            Rates are no claim's matter: a call pays them when it leaves, and these jobs make none.
            """,
        examples: [
            "bench work", "bench work --jobs 50000 --concurrency 128 -o json", "bench work --limits",
            "bench work --ready 1000000 --scheduled 10000000 --finished 10000000",
        ],
        keys: [
            Column("jobs", nil, "jobs that were worked off"), Column("concurrency", nil, "jobs at once"),
            Column("ready", nil, "further jobs that were due"), Column("scheduled", nil, "jobs that were due later"),
            Column("history", nil, "jobs that had ended before"),
            Column("limits", nil, "whether limits, a gate and a pause of others were in force"),
            Column("seconds", nil, "how long it took"), Column("jobs_per_second", nil, "the rate"),
            Column("connections_peak", nil, "most database connections seen"),
            Column(
                "work_per_job", nil, "WAL bytes, commits and dead rows per job from the worker's start: the work alone"),
            Column("per_job", nil, "the same from empty tables to the end: filling them and enqueueing included"),
        ] + BenchOptions.keys)

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions
    @Option(help: ArgumentHelp("Jobs at once.", valueName: "n")) var concurrency = 512
    @Option(help: ArgumentHelp("Further jobs that are due.", valueName: "n")) var ready = 0
    @Option(help: ArgumentHelp("Jobs that are due later.", valueName: "n")) var scheduled = 0
    @Option(help: ArgumentHelp("Jobs that ended before.", valueName: "n")) var finished = 0
    @Flag(
        name: .customLong("limits"),
        help: "Limit the running jobs of another client and platform, and pause and close another client.")
    var hasForeignLimits = false

    func validate() throws {
        guard min(self.ready, self.scheduled, self.finished) >= 0, self.concurrency > 0 else {
            throw ValidationError("--concurrency must be above 0, --ready, --scheduled and --finished not below.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let jobs = self.bench.jobs ?? 100_000
        let concurrency = self.concurrency
        let logger = context.logger
        try await self.bench(context, self.bench, connections: 2) { fleet in
            if self.hasForeignLimits { try await ForeignLimits.set(in: fleet.pool) }
            try await fleet.fill(scheduled: self.scheduled, finished: self.finished)
            try await fleet.enqueueMany(jobs + self.ready)
            let cost = try await DatabaseCost.read(fleet.pool)
            let work = WorkBench(fleet: fleet, concurrency: concurrency, logger: logger)
            let peak = Mutex(0)
            let seconds = try await withBackground {
                try await work.watchConnections { count in peak.withLock { $0 = max($0, count) } }
            } _: {
                try await work.run(jobs, untilEmpty: self.ready == 0)
            }
            try await work.requireEnded(jobs)
            return Record([
                "bench": .text("work"), "jobs": .count(jobs), "concurrency": .count(concurrency),
                "ready": .count(self.ready), "scheduled": .count(self.scheduled), "history": .count(self.finished),
                "limits": .flag(self.hasForeignLimits),
                "seconds": .number(seconds, places: 3), "jobs_per_second": .number(Double(jobs) / seconds, places: 0),
                "connections_peak": .count(peak.withLock { $0 }),
                "work_per_job": .record(try await DatabaseCost.read(fleet.pool).since(cost, jobs: jobs)),
            ])
        }
    }
}

/// `posthorn bench latency`.
struct BenchLatency: PosthornCommand {
    static let configuration = CommandConfiguration(
        "latency", "Enqueue one job at a time into an idle fleet: from the call to the handler's start.",
        examples: ["bench latency", "bench latency --jobs 1000 -o json"],
        keys: [
            Column("jobs", nil, "jobs that were enqueued"), Column("seconds", nil, "how long it took"),
            Column("jobs_per_second", nil, "the rate, pauses between jobs included"),
            Column("p50_ms", nil, "median, milliseconds"),
            Column("p90_ms", nil, "90th percentile"), Column("p99_ms", nil, "99th percentile"),
            Column("max_ms", nil, "the slowest"), BenchOptions.cost,
        ] + BenchOptions.keys)

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions

    func run(_ context: CommandContext) async throws {
        let jobs = self.bench.jobs ?? 500
        let logger = context.logger
        try await self.bench(context, self.bench, connections: 4) { fleet in
            let (starts, continuation) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let worker = try fleet.worker(concurrency: 16, untilEmpty: false, logger: logger) { _ in
                continuation.yield(.now)
            }
            let begin = ContinuousClock.now
            let times = try await withBackground {
                try await worker.run()
            } _: {
                try await Self.measure(fleet, jobs: jobs, starts: starts)
            }
            let seconds = (ContinuousClock.now - begin).inSeconds
            let percentiles = Percentiles(times)
            return Record([
                "bench": .text("latency"), "jobs": .count(jobs), "seconds": .number(seconds, places: 3),
                "jobs_per_second": .number(Double(jobs) / seconds, places: 0),
                "p50_ms": .number(percentiles.at(0.5), places: 2),
                "p90_ms": .number(percentiles.at(0.9), places: 2), "p99_ms": .number(percentiles.at(0.99), places: 2),
                "max_ms": .number(percentiles.at(1), places: 2),
            ])
        }
    }

    /// Milliseconds from before the call until the handler starts; the first jobs only warm up.
    private static func measure(
        _ fleet: BenchFleet, jobs: Int, starts: AsyncStream<ContinuousClock.Instant>
    ) async throws -> [Double] {
        let warmUp = 20
        var times: [Double] = []
        var iterator = starts.makeAsyncIterator()
        for number in 0..<(jobs + warmUp) {
            try await Task.sleep(for: .milliseconds(Int64.random(in: 10...30)))
            let called = ContinuousClock.now
            _ = try await fleet.jobs.enqueue([fleet.job(number)])
            guard let started = await iterator.next() else { break }
            if number >= warmUp { times.append((started - called).inSeconds * 1_000) }
        }
        return times
    }
}
