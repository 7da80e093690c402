// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue

/// `posthorn bench fairness`.
struct BenchFairness: PosthornCommand {
    static let configuration = CommandConfiguration(
        "fairness", "Start lone posts while another client's flood is due: from the due time to the handler's start.",
        details: """
            One client has --jobs posts due at the same moment, on as many accounts as would fill every slot. Then other clients' \
            posts fall due one by one.
            """,
        examples: ["bench fairness", "bench fairness --jobs 20000 --lone 50 -o json"],
        keys: [
            Column("jobs", nil, "posts of the flood"), Column("lone", nil, "posts of other clients"),
            Column("concurrency", nil, "jobs at once"), Column("job_ms", nil, "how long each takes, milliseconds"),
            Column("p50_ms", nil, "median start after due, milliseconds"), Column("p90_ms", nil, "90th percentile"),
            Column("p99_ms", nil, "99th percentile"), Column("max_ms", nil, "the slowest"),
            Column("flood_done", nil, "posts of the flood that had started by then"), BenchOptions.cost,
        ] + BenchOptions.keys)

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions
    @Option(help: ArgumentHelp("Posts of other clients.", valueName: "n")) var lone = 200
    @Option(help: ArgumentHelp("Jobs at once.", valueName: "n")) var concurrency = 100
    @Option(help: ArgumentHelp("How long each takes, milliseconds.", valueName: "n")) var jobMilliseconds = 50

    func validate() throws {
        guard self.lone > 0, self.concurrency > 0, self.jobMilliseconds >= 0, self.bench.clients > 1 else {
            throw ValidationError("--lone and --concurrency must be above 0, --clients above 1.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let jobs = self.bench.jobs ?? 100_000
        let logger = context.logger
        try await self.bench(context, self.bench, connections: 4) { fleet in
            let test = FairnessBench(fleet: fleet, jobs: jobs, lone: self.lone, concurrency: self.concurrency)
            let (times, started) = try await test.run(
                duration: .milliseconds(self.jobMilliseconds), logger: logger)
            let percentiles = Percentiles(times)
            return Record([
                "bench": .text("fairness"), "jobs": .count(jobs), "lone": .count(times.count),
                "concurrency": .count(self.concurrency), "job_ms": .count(self.jobMilliseconds),
                "p50_ms": .number(percentiles.at(0.5), places: 1), "p90_ms": .number(percentiles.at(0.9), places: 1),
                "p99_ms": .number(percentiles.at(0.99), places: 1), "max_ms": .number(percentiles.at(1), places: 1),
                "flood_done": .count(started),
            ])
        }
    }
}
