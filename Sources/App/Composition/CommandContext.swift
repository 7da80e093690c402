// SPDX-License-Identifier: MIT

import Foundation
package import Logging
package import PQClient
package import PluginKit

/// What a command works with: configuration, output, the plugins of this binary, and the database when it asks for it.
package struct CommandContext: Sendable {
    /// Flags, environment and file.
    package let settings: Settings
    /// Where words go.
    package let output: Output
    /// `./.posthorn`.
    package let state: StateFolder
    /// The compiled-in platforms.
    package let plugins: [any CompiledPlugin.Type]
    /// The process's logger.
    package let logger: Logger

    /// Makes a context.
    package init(
        settings: Settings, output: Output, state: StateFolder, plugins: [any CompiledPlugin.Type], logger: Logger
    ) {
        self.settings = settings
        self.output = output
        self.state = state
        self.plugins = plugins
        self.logger = logger
    }

    /// What `posthorn up` runs in this folder.
    package var running: RunningState? { RunningState.load(self.state) }

    /// Where the database is.
    ///
    /// - Throws: ``CommandError`` with exit code 78.
    package func databaseSettings() throws -> DatabaseSettings {
        try DatabaseSettings(self.settings, running: self.running)
    }

    /// Where platforms are: as configured, else as the `up` whose database we use.
    ///
    /// - Throws: ``CommandError`` with exit code 78.
    package func platformSettings() throws -> PlatformSettings {
        let isEmbedded = try self.databaseSettings().source == .embedded
        return try PlatformSettings(self.settings, running: isEmbedded ? self.running : nil)
    }

    /// The manifests of the compiled-in platforms, by name.
    package var manifests: [PluginManifest] {
        self.plugins.map { $0.manifest }.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// Opens a pool, runs the body, closes the pool.
    ///
    /// - Parameters:
    ///   - role: what the connections are for; shown in `pg_stat_activity`.
    ///   - connections: the most connections.
    ///   - url: another address than the database's.
    ///   - body: what needs the database.
    /// - Returns: the body's result.
    /// - Throws: ``CommandError`` when there is no database, and what the body throws.
    package func withPool<Result>(
        role: String = "cli", connections: Int = 4, url: String? = nil, _ body: (ConnectionPool) async throws -> Result
    ) async throws -> Result {
        let database = try self.databaseSettings()
        let pool = ConnectionPool(
            configuration: try database.pool(role: role, connections: connections, url: url), logger: self.logger)
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }

    /// Asks a yes-or-no question before many things are changed.
    ///
    /// - Parameters:
    ///   - question: what would happen.
    ///   - isConfirmed: whether `--yes` was given.
    /// - Throws: ``CommandError`` with exit code 73 without a terminal, 130 when the answer is no.
    package func confirm(_ question: String, isConfirmed: Bool) throws {
        guard !isConfirmed else { return }
        guard self.output.terminal.isInputTerminal else {
            throw CommandError(
                .conflict, "\(question): this needs a confirmation", remedy: "add --yes, or look first with --dry-run")
        }
        self.output.say("\(question). Go on? [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw CommandError(.interrupted, "nothing was changed")
        }
    }
}
