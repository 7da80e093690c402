// SPDX-License-Identifier: MIT

import ArgumentParser
import Simulator

/// `posthorn simulator`.
struct SimulatorCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "simulator", "Run a server that pretends to be the platforms, faithfully.",
        details: """
            Point workers and commands at it with POSTHORN_PLATFORM_ORIGIN=http://127.0.0.1:8300. It checks what it is sent as
            strictly as the real platforms, keeps a ledger of every attempted visible effect, and injects faults by rule.
            Open its address in a browser to see what was published.
            """,
        examples: [
            "simulator", "simulator --port 8300 --seed 7 --state-file simulator.jsonl",
            "simulator --faults faults.json", "simulator --record requests.jsonl",
        ],
        keys: [
            Column("origin", nil, "the value for POSTHORN_PLATFORM_ORIGIN"),
            Column("port", nil, "the port it listens on"),
        ])
    static let service: String? = "simulator"

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("The port to listen on; 0 takes any free one.", valueName: "n"))
    var port = 8300

    @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("A JSON file of fault rules to start with.", valueName: "file"))
    var faults: String?

    @Option(help: ArgumentHelp("Where all chance comes from.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("rate-scale"),
        help: ArgumentHelp("What the platforms' rate limits are multiplied by.", valueName: "factor"))
    var rateScale = 1.0

    @Flag(name: .customLong("idempotency-keys"), help: "Let the mock platform honour idempotency keys.")
    var idempotencyKeys = false

    @Option(
        name: .customLong("state-file"),
        help: ArgumentHelp("Keeps accounts, posts and ledger over a restart.", valueName: "file"))
    var stateFile: String?

    @Option(
        help: ArgumentHelp(
            "Appends every request to the platforms, tokens included, as a JSON line.", valueName: "file"))
    var record: String?

    @Flag(name: .customLong("post-fields"), help: "Let X take post.fields instead of tweet.fields.")
    var postFields = false

    @Option(name: .customLong("with-parent"), help: .hidden)
    var parent: Int32?

    func validate() throws {
        guard (0...65_535).contains(self.port) else { throw ValidationError("--port must be between 0 and 65535.") }
        guard self.rateScale > 0 else { throw ValidationError("--rate-scale must be above 0.") }
    }

    func run(_ context: CommandContext) async throws {
        var configuration = SimulatorConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.seed = self.seed
        configuration.rateScale = self.rateScale
        configuration.idempotencyKeys = self.idempotencyKeys
        configuration.faultsFile = self.faults
        configuration.stateFile = self.stateFile
        configuration.recordFile = self.record
        configuration.postFields = self.postFields
        let server = SimulatorServer(configuration: configuration, logger: context.logger)
        let host = self.host
        let parent = self.parent
        _ = try await StopSignal.guarding {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await server.run { port in
                        let origin = "http://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)"
                        context.output.show(
                            Record(["origin": .text(origin), "port": .text(String(port))]), idKey: "origin")
                        context.output.note("the pretend platforms are at \(origin) · ^C stops them")
                    }
                }
                if let parent { group.addTask { try await ParentWatch.waitUntilGone(parent) } }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
