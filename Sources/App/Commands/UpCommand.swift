// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import JobQueue

/// `posthorn up`.
struct UpCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "up", "Run everything on this machine, from nothing: PostgreSQL, simulator, serve, workers.",
        details: """
            Keeps its data in ./.posthorn and uses it again the next time. Other commands in the same folder find it by themselves.
            The world is simulated unless --real is given; a database belongs to one world for ever.
            `serve` answers at port 8400, or a free one. In a simulated world that is the public address too, unless another is configured; with --real set
            POSTHORN_PUBLIC_URL to where your proxy passes the world's requests on from.
            ^C stops everything in order; PostgreSQL goes last.
            """,
        examples: ["up", "up --workers 4", "up --simulator-port 9300", "up --real"],
        keys: [
            Column("database_url", nil, "the database, over its Unix socket"),
            Column("platform_origin", nil, "the pretend platforms"), Column("world", nil, "simulated or real"),
            Column("public_url", nil, "the address at which platforms fetch files; none when they cannot"),
            Column("admin_address", nil, "where serve answers for health and metrics"),
            Column("workers", nil, "process ids of the workers"), Column("folder", nil, "where data and logs are"),
        ])
    static let service: String? = "up"

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("How many worker processes.", valueName: "n"))
    var workers = 2

    @Option(
        name: .customLong("simulator-port"),
        help: ArgumentHelp("The simulator's port (8300, or a free one).", valueName: "n"))
    var simulatorPort: Int?

    @Option(
        name: .customLong("serve-port"),
        help: ArgumentHelp("The port of serve (8400, or a free one).", valueName: "n"))
    var servePort: Int?

    @Flag(name: .customLong("real"), help: "Talk to the real platforms; for a new folder only.")
    var isReal = false

    func validate() throws {
        guard (0...64).contains(self.workers) else { throw ValidationError("--workers must be between 0 and 64.") }
    }

    func run(_ context: CommandContext) async throws {
        try context.state.create()
        let lock = try FolderLock.acquire(context.state.lock, what: "posthorn up")
        var installation = InstallationOptions()
        installation.isSimulated = !self.isReal
        installation.workers = self.workers
        installation.simulatorPort = self.simulatorPort ?? 8300
        installation.mayMovePort = self.simulatorPort == nil
        installation.isServed = true
        installation.servePort = self.servePort
        installation.schema = try context.databaseSettings().schema
        let output = context.output
        let local = LocalInstallation(options: installation, state: context.state, context: context) { step in
            output.success(step)
        }
        let ended = try await StopSignal.guarding {
            try await local.run { running in
                Self.announce(running, context)
                // Ends by a signal, or when a part does not stay up.
                while true { try await Task.sleep(for: .seconds(3_600)) }
            }
        }
        _ = consume lock
        if case .stopped = ended { output.note("stopped") }
    }

    private static func announce(_ running: RunningInstallation, _ context: CommandContext) {
        context.output.show(
            Record([
                "database_url": .text(running.databaseURL), "platform_origin": .optional(running.platformOrigin),
                "public_url": .optional(running.publicURL), "admin_address": .optional(running.adminAddress),
                "world": .text(running.world.rawValue),
                "workers": .list(running.workers.processIDs.map { .text(String($0)) }),
                "folder": .text(context.state.path),
            ]), idKey: "database_url")
        var lines = ["", "Everything runs. In another terminal, in this folder:"]
        lines.append("  posthorn doctor              check everything")
        lines.append("  posthorn worker list         the workers")
        lines.append("  psql '\(running.databaseURL)'")
        if let origin = running.platformOrigin { lines.append("What is published shows up at \(origin)/") }
        lines.append("Logs are in \(context.state.logs) · ^C stops everything")
        context.output.note(lines.joined(separator: "\n"))
    }
}
