// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation

/// `posthorn bench limit`.
struct BenchLimit: PosthornCommand {
    static let configuration = CommandConfiguration(
        "limit", "Publish a backlog on rate-limited accounts: how much of the limit is used, and whether it is kept.",
        details: """
            Starts an installation of its own in a temporary folder. Every account has several windows of posts due at once on the \
            pretend X, which allows 100 posts in 15 minutes; the world's clock runs faster. Then X's own ledger is read: the most \
            calls in any window, and the share of the limit that was used. Exit code 1 when a window had more than allowed.
            """,
        examples: ["bench limit", "bench limit --accounts 5 --windows 3 --rate 20 -o json"],
        keys: [
            Column("bench", nil, "which benchmark"),
            Column("accounts", nil, "accounts"), Column("limit", nil, "calls that an account may make in a window"),
            Column("window_seconds", nil, "the window, world time"),
            Column("rate", nil, "world seconds per real second"),
            Column("workers", nil, "worker processes"), Column("calls", nil, "calls that arrived"),
            Column("refused", nil, "calls that the platform refused with 429"),
            Column("most_in_a_window", nil, "the most calls of an account in any window"),
            Column("utilisation_min", nil, "the share of the limit used, of the account with the least"),
            Column("utilisation_p50", nil, "the median of the accounts"),
            Column("seconds", nil, "real seconds from the flood to the last post"),
            Column("per_job", nil, "WAL bytes, commits and dead rows of the database per post, from the flood on"),
            Column("kept", nil, "whether no window had more than allowed"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("How many accounts, each of its own client.", valueName: "n")) var accounts = 10
    @Option(help: ArgumentHelp("How many windows of posts each account has.", valueName: "n")) var windows = 4
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Option(help: ArgumentHelp("World seconds per real second.", valueName: "n")) var rate = 12.0

    func validate() throws {
        guard self.accounts > 0, self.windows > 1, self.workers > 0, self.rate > 0 else {
            throw ValidationError("--accounts, --workers and --rate must be above 0, --windows above 1.")
        }
        guard self.accounts * self.windows * LimitBench.limit <= 10_000 else {
            throw ValidationError("X allows an app 10,000 posts a day: --accounts times --windows at most 100.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-bench-\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: state.path) }  // A folder in the temporary folder may stay.
        let bench = LimitBench(
            accounts: self.accounts, windows: self.windows, workers: self.workers, rate: self.rate, context: context,
            state: state)
        let ended = try await StopSignal.guarding { try await bench.run() }
        guard case .finished(let result) = ended else {
            throw CommandError(.interrupted, "stopped before there was a figure")
        }
        let reports = result.reports
        let shares = Percentiles(reports.compactMap(\.utilisation))
        let isKept = reports.allSatisfy(\.isKept)
        context.output.show(
            Record([
                "bench": .text("limit"), "accounts": .count(reports.count), "limit": .count(LimitBench.limit),
                "window_seconds": .number(LimitBench.window, places: 0), "rate": .number(self.rate, places: 1),
                "workers": .count(self.workers), "calls": .count(reports.reduce(0) { $0 + $1.calls }),
                "refused": .count(result.refused),
                "most_in_a_window": .count(reports.map(\.mostInWindow).max() ?? 0),
                "utilisation_min": .number(shares.at(0), places: 3),
                "utilisation_p50": .number(shares.at(0.5), places: 3), "seconds": .number(result.seconds, places: 1),
                "per_job": .record(result.cost.record(jobs: self.accounts * self.windows * LimitBench.limit)),
                "kept": .flag(isKept),
            ]), idKey: "utilisation_min")
        guard isKept else { throw CommandError(.failed, "a window had more calls than the limit allows") }
    }
}
