// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue

/// `posthorn bench snapshot`.
struct BenchSnapshot: PosthornCommand {
    static let configuration = CommandConfiguration(
        "snapshot",
        "Serve a steady stream of jobs while somebody holds a snapshot, as a forgotten session or a dump does.",
        details: """
            A held snapshot keeps every row that dies, so claims have more and more to step over. The beginning and the end are the first and \
            the last tenth of the run.
            """,
        examples: ["bench snapshot", "bench snapshot --seconds 60 --rate 1000 -o json", "bench snapshot --not-held"],
        keys: [
            Column("held", nil, "whether a snapshot was held"), Column("seconds", nil, "how long jobs were offered"),
            Column("jobs", nil, "the same as offered"), Column("offered", nil, "jobs that were enqueued"),
            Column("served", nil, "jobs that had ended when the last one was enqueued"),
            Column("served_share", nil, "served ÷ offered"), Column("jobs_per_second", nil, "the rate of those served"),
            Column("claim_p99_start_ms", nil, "99th percentile of a claim's time at the beginning, milliseconds"),
            Column("claim_p99_end_ms", nil, "the same at the end"), Column("claim_p99_growth", nil, "end ÷ beginning"),
            Column("start_p99_start_ms", nil, "from enqueued to started at the beginning, milliseconds"),
            Column("start_p99_end_ms", nil, "the same at the end"),
            Column("dead_rows", nil, "dead rows in the queue's tables at the end"), BenchOptions.cost,
        ] + BenchOptions.keys)

    @OptionGroup var options: CommandOptions
    @OptionGroup var bench: BenchOptions
    @Option(help: ArgumentHelp("How long jobs are offered.", valueName: "n")) var seconds = 300
    @Option(help: ArgumentHelp("Jobs a second.", valueName: "n")) var rate = 2_000
    @Option(help: ArgumentHelp("Jobs at once.", valueName: "n")) var concurrency = 512
    @Flag(name: .customLong("not-held"), help: "Hold no snapshot, to compare with.") var isNotHeld = false

    func validate() throws {
        guard self.bench.jobs == nil else {
            throw ValidationError("--seconds and --rate say how many jobs there are; leave --jobs out.")
        }
        guard self.seconds > 0, self.rate >= 20, self.concurrency > 0 else {
            throw ValidationError("--seconds and --concurrency must be above 0, --rate at least 20.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let logger = context.logger
        try await self.bench(context, self.bench, connections: 4) { fleet in
            let result = try await SnapshotBench(
                fleet: fleet, rate: self.rate, duration: .seconds(self.seconds), isHeld: !self.isNotHeld
            ).run(concurrency: self.concurrency, logger: logger)
            let (start, end) = (result.claimsAtStart.at(0.99), result.claimsAtEnd.at(0.99))
            return Record([
                "bench": .text("snapshot"), "held": .flag(!self.isNotHeld), "seconds": .count(self.seconds),
                "jobs": .count(result.offered), "offered": .count(result.offered), "served": .count(result.served),
                "served_share": .number(Double(result.served) / Double(max(1, result.offered)), places: 4),
                "jobs_per_second": .number(Double(result.served) / Double(self.seconds), places: 0),
                "claim_p99_start_ms": .number(start, places: 2), "claim_p99_end_ms": .number(end, places: 2),
                "claim_p99_growth": .number(end / max(start, 0.001), places: 2),
                "start_p99_start_ms": .number(result.startsAtStart.at(0.99), places: 2),
                "start_p99_end_ms": .number(result.startsAtEnd.at(0.99), places: 2),
                "dead_rows": .count(Int(result.deadRows)),
            ])
        }
    }
}
