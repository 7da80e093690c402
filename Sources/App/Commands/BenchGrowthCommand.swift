// SPDX-License-Identifier: MIT

import ArgumentParser
import JobQueue

/// `posthorn bench growth`.
struct BenchGrowth: PosthornCommand {
    static let configuration = CommandConfiguration(
        "growth", "Work jobs off in the tables of an old installation and in small ones, in turn.",
        details: """
            The old installation has --ready jobs due, --scheduled of the coming months and --finished in the history of a year; the \
            others have 10,000 due. Both stand in schemas of their own beside the configured one, which stays as it is, and are dropped afterwards. The old \
            installation takes about half a gigabyte for each million rows, and as much of write-ahead log. Its rows are written out by a \
            checkpoint first, which only a superuser or a member of pg_checkpoint may ask for; the first round of each is not counted.
            """,
        examples: [
            "bench growth", "bench growth --ready 100000 --scheduled 1000000 --finished 1000000 --rounds 3 -o json",
        ],
        keys: [
            Column("jobs", nil, "jobs that were worked off in all counted rounds, in both"),
            Column("rounds", nil, "counted rounds of each"), Column("concurrency", nil, "jobs at once"),
            Column("ready", nil, "further jobs that were due in the old installation"),
            Column("scheduled", nil, "jobs that were due later there"),
            Column("history", nil, "jobs that had ended before there"),
            Column("seconds", nil, "how long the counted rounds took"),
            Column("jobs_per_second", nil, "the rate over both"),
            Column("full_jobs_per_second", nil, "the rate in the tables of the old installation"),
            Column("small_jobs_per_second", nil, "the rate in tables that hold little else"),
            Column("ratio", nil, "the first ÷ the second"),
            Column("full_rounds", nil, "the first in each round"),
            Column("small_rounds", nil, "the second in each round"),
            Column("per_job", nil, "WAL bytes, commits and dead rows of the database per job in the old installation"),
            Column("small_per_job", nil, "the same in the other tables"),
        ] + BenchOptions.keys)

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions
    @Option(help: ArgumentHelp("Counted rounds of each.", valueName: "n")) var rounds = 6
    @Option(help: ArgumentHelp("Jobs at once.", valueName: "n")) var concurrency = 512
    @Option(help: ArgumentHelp("Further jobs that are due.", valueName: "n")) var ready = 1_000_000
    @Option(help: ArgumentHelp("Jobs that are due later.", valueName: "n")) var scheduled = 10_000_000
    @Option(help: ArgumentHelp("Jobs that ended before.", valueName: "n")) var finished = 10_000_000

    func validate() throws {
        guard min(self.scheduled, self.finished) >= 0, min(self.ready, self.rounds, self.concurrency) > 0 else {
            throw ValidationError(
                "--ready, --rounds and --concurrency must be above 0, --scheduled and --finished not below.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let jobs = self.bench.jobs ?? 200_000
        let logger = context.logger
        try await self.bench(context, self.bench, connections: 2) { fleet in
            let (small, full) = try await GrowthBench(
                fleet: fleet, logger: logger, jobs: jobs, concurrency: self.concurrency, rounds: self.rounds,
                ready: self.ready, scheduled: self.scheduled, finished: self.finished
            ).run()
            let worked = jobs * self.rounds
            let seconds = (small.seconds + full.seconds).reduce(0, +)
            return Record([
                "bench": .text("growth"), "jobs": .count(2 * worked), "rounds": .count(self.rounds),
                "concurrency": .count(self.concurrency), "ready": .count(self.ready),
                "scheduled": .count(self.scheduled), "history": .count(self.finished),
                "seconds": .number(seconds, places: 3),
                "jobs_per_second": .number(Double(2 * worked) / seconds, places: 0),
                "full_jobs_per_second": .number(full.rate(jobs), places: 0),
                "small_jobs_per_second": .number(small.rate(jobs), places: 0),
                "ratio": .number(full.rate(jobs) / small.rate(jobs), places: 3),
                "full_rounds": .list(full.seconds.map { .number(Double(jobs) / $0, places: 0) }),
                "small_rounds": .list(small.seconds.map { .number(Double(jobs) / $0, places: 0) }),
                "per_job": .record(full.cost.record(jobs: worked)),
                "small_per_job": .record(small.cost.record(jobs: worked)),
            ])
        }
    }
}
