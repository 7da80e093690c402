// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation

/// `posthorn bench metrics`.
struct BenchMetrics: PosthornCommand {
    static let configuration = CommandConfiguration(
        "metrics", "Read a month of publications at every age: how much of the platforms' limits it takes.",
        details: """
            Starts an installation of its own in a temporary folder. The accounts have posted on pretend platforms over --days days; \
            workers read each publication at every age of its platform's manifest, until the last is 29 days old. The world's clock jumps \
            from one stretch of --step minutes with due readings to the next, so that what falls due in a stretch is called for at \
            once. Then the platforms' own log of calls is read: the most calls in any window of each limit. A read of a batch counts as a call. \
            The readings of publications are measured; the accounts' own numbers, the daily look for posts from elsewhere and backfill are not. \
            Exit code 1 when a limit was exceeded, a call refused or a reading lost.
            """,
        examples: [
            "bench metrics", "bench metrics --accounts 8 --posts 5 --step 720 -o json",
            "bench metrics --platforms tiktok --step 1",
        ],
        keys: [
            Column("bench", nil, "which benchmark"),
            Column("accounts", nil, "accounts, by turns on the platforms"),
            Column("posts", nil, "publications of each"), Column("days", nil, "days over which they were published"),
            Column("step_minutes", nil, "the stretch of time that passes at once"),
            Column("readings", nil, "readings that were planned"),
            Column("lost", nil, "readings of which nothing came"),
            Column("merged", nil, "readings that came when the next was due, too: a long --step has more of them"),
            Column("calls", nil, "calls that the platforms counted"), Column("refused", nil, "calls that they refused"),
            Column(
                "limits", nil,
                "each limit: platform, scope, endpoint, calls, most (in any window), limit, window_seconds, share (per cent), refused"
            ),
            Column("seconds", nil, "real seconds from the first reading to the last"),
            Column("kept", nil, "whether every limit was kept and every reading made"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("How many accounts.", valueName: "n")) var accounts = 500
    @Option(help: ArgumentHelp("How many publications each has.", valueName: "n")) var posts = 100
    @Option(help: ArgumentHelp("Over how many days they were published.", valueName: "n")) var days = 30
    @Option(help: ArgumentHelp("How many minutes of the world pass at once.", valueName: "n")) var step = 15
    @Option(help: ArgumentHelp("The platforms, with commas.", valueName: "platforms"))
    var platforms = ChaosFormat.platforms.joined(separator: ",")
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Flag(name: .customLong("keep"), help: "Keep the folder with database and logs.") var keepsFolder = false

    private var chosen: [String] {
        self.platforms.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func validate() throws {
        guard min(self.accounts, self.posts, self.days, self.step, self.workers) > 0, self.posts <= 5_000 else {
            throw ValidationError("All of these options must be above 0, --posts at most 5,000.")
        }
        guard !self.chosen.isEmpty, self.chosen.allSatisfy(ChaosFormat.platforms.contains) else {
            throw ValidationError(
                "--platforms '\(self.platforms)': some of \(ChaosFormat.platforms.joined(separator: ",")).")
        }
    }

    func run(_ context: CommandContext) async throws {
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-bench-\(getpid())")
        let bench = MetricsBench(
            accounts: self.accounts, posts: self.posts, days: self.days, step: Double(self.step) * 60,
            platforms: self.chosen, workers: self.workers, context: context, state: state)
        let result: MetricsBench.Result
        do {
            let ended = try await StopSignal.guarding { try await bench.run() }
            guard case .finished(let finished) = ended else {
                throw CommandError(.interrupted, "stopped before there was a figure")
            }
            result = finished
        } catch {
            self.tidy(state, context)
            throw error
        }
        self.tidy(state, context)
        context.output.show(self.record(result), idKey: "kept")
        guard result.isKept else {
            throw CommandError(.failed, "a limit was exceeded, a call refused or a reading lost")
        }
    }

    private func tidy(_ state: StateFolder, _ context: CommandContext) {
        if self.keepsFolder { return context.output.note("database and logs are in \(state.path)") }
        try? FileManager.default.removeItem(atPath: state.path)  // A folder in the temporary folder may stay.
    }

    private func record(_ result: MetricsBench.Result) -> Record {
        Record([
            "bench": .text("metrics"), "accounts": .count(self.accounts), "posts": .count(self.posts),
            "days": .count(self.days), "step_minutes": .count(self.step), "readings": .count(result.readings),
            "lost": .count(result.lost), "merged": .count(result.merged), "calls": .count(result.calls),
            "refused": .count(result.refused),
            "limits": .list(result.limits.map { .record(Self.record($0)) }),
            "seconds": .number(result.seconds, places: 1), "kept": .flag(result.isKept),
        ])
    }

    private static func record(_ limit: MetricsLimitReport) -> Record {
        Record([
            "platform": .text(limit.platform), "scope": .text(limit.scope), "endpoint": .text(limit.endpoint),
            "calls": .count(limit.calls), "most": .count(limit.most), "limit": .count(limit.limit),
            "window_seconds": .number(limit.window, places: 0), "share": .number(limit.share, places: 2),
            "refused": .count(limit.refused),
        ])
    }
}
