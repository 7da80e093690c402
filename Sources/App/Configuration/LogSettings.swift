// SPDX-License-Identifier: MIT

package import Logging
package import Telemetry

/// What is logged, and how.
///
/// | key | type | default |
/// |---|---|---|
/// | `log.level` | trace … critical | `info` for services, `warning` for other commands |
/// | `log.format` | json, text | text on a terminal, else json |
package struct LogSettings: Sendable {
    /// The lowest level that is written.
    package var level: Logger.Level
    /// How lines look.
    package var format: LogFormat

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - settings: flags, environment and file.
    ///   - terminal: what standard error is connected to.
    ///   - isService: whether the command runs until it is stopped.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings, terminal: Terminal, isService: Bool) throws {
        self.level = try settings.choice("log.level") ?? (isService ? .info : .warning)
        self.format = try settings.choice("log.format") ?? (terminal.isErrorTerminal ? .text : .json)
    }
}
