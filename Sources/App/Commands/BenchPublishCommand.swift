// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation

/// `posthorn bench publish`.
struct BenchPublish: PosthornCommand {
    static let configuration = CommandConfiguration(
        "publish", "Publish posts that fall due in the same minute, with real worker processes and a pretend platform.",
        details: """
            Starts an installation of its own in a temporary folder. The ideal is posts × delay ÷ slots: every slot always waits for the \
            platform, and nothing else takes time. With a slow platform every slot is in use: then memory_peak is that of so many \
            jobs at once.
            """,
        examples: [
            "bench publish", "bench publish --posts 2000 --delay 100 -o json",
            "bench publish --workers 1 --slots 256 --delay 2000",
        ],
        keys: [
            Column("bench", nil, "which benchmark"),
            Column("posts", nil, "posts that fell due"), Column("workers", nil, "worker processes"),
            Column("slots", nil, "publish slots of each"), Column("delay_ms", nil, "how long the platform takes"),
            Column("seconds", nil, "from due to the last post's publication"),
            Column("ideal_seconds", nil, "posts × delay ÷ slots"), Column("ratio", nil, "seconds ÷ ideal"),
            Column("effects", nil, "posts that exist on the pretend platform"),
            Column("memory_at_rest", nil, "resident memory of a worker before the posts, bytes"),
            Column("memory_peak", nil, "the most resident memory of a worker, bytes"),
            Column("connections", nil, "the most database connections of a worker"),
            Column(
                "sending_peak", nil,
                "the most posts of all workers that might be sent, and were not known as sent, at one look"),
            Column("per_job", nil, "WAL bytes, commits and dead rows of the database per post, from due on"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("How many posts.", valueName: "n")) var posts = 10_000
    @Option(help: ArgumentHelp("How many clients they belong to.", valueName: "n")) var clients = 100
    @Option(help: ArgumentHelp("How many accounts each client has.", valueName: "n")) var accounts = 10
    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n")) var workers = 2
    @Option(help: ArgumentHelp("Publish slots of each.", valueName: "n")) var slots = 16
    @Option(help: ArgumentHelp("How long the platform takes for a post, milliseconds.", valueName: "n")) var delay = 30

    func validate() throws {
        guard min(self.posts, self.clients, self.accounts, self.workers, self.slots, self.delay) > 0 else {
            throw ValidationError("All of these options must be above 0.")
        }
    }

    func run(_ context: CommandContext) async throws {
        let state = StateFolder("\(FileManager.default.temporaryDirectory.path)/posthorn-bench-\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: state.path) }  // A folder in the temporary folder may stay.
        let bench = PublishBench(
            posts: self.posts, clients: self.clients, accountsPerClient: self.accounts, workers: self.workers,
            slots: self.slots, delay: .milliseconds(self.delay), context: context, state: state)
        let ended = try await StopSignal.guarding { try await bench.run() }
        guard case .finished(let result) = ended else {
            throw CommandError(.interrupted, "stopped before there was a figure")
        }
        let ideal = Double(self.posts * self.delay) / 1_000 / Double(self.workers * self.slots)
        context.output.show(
            Record([
                "bench": .text("publish"), "posts": .count(self.posts), "workers": .count(self.workers),
                "slots": .count(self.slots), "delay_ms": .count(self.delay),
                "seconds": .number(result.seconds, places: 2), "ideal_seconds": .number(ideal, places: 2),
                "ratio": .number(result.seconds / ideal, places: 2), "effects": .count(result.effects),
                "memory_at_rest": .bytes(result.memoryAtRest), "memory_peak": .bytes(result.memoryPeak),
                "connections": .count(result.connections), "sending_peak": .count(result.sendingPeak),
                "per_job": .record(result.cost.record(jobs: self.posts)),
            ]), idKey: "ratio")
    }
}
