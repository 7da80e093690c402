// SPDX-License-Identifier: MIT

import ArgumentParser
import Logging
import Telemetry

/// A command with a context: what is configured, where words go, what it may reach.
protocol PosthornCommand: AsyncParsableCommand {
    /// What every command takes.
    var options: CommandOptions { get }
    /// The command's own flags as configuration, by dotted key.
    var flags: [String: String] { get }
    /// The name that its log lines carry; `nil` for a command that ends by itself.
    static var service: String? { get }

    /// Does the work.
    ///
    /// - Parameter context: what it works with.
    /// - Throws: ``CommandError``, or any error that ``CommandError/init(_:context:)`` knows.
    func run(_ context: CommandContext) async throws
}

extension PosthornCommand {
    var flags: [String: String] { [:] }
    static var service: String? { nil }

    mutating func run() async throws {
        let output = Output(format: self.options.output, isQuiet: self.options.isQuiet, terminal: .current())
        do {
            let flags = self.options.flags.merging(self.flags) { $1 }
            let settings = try await ConfigurationLoader(flags: flags, file: self.options.config).load()
            let logs = try LogSettings(settings, terminal: output.terminal, isService: Self.service != nil)
            Logs.bootstrap(
                level: logs.level, format: logs.format,
                fields: LogFields(service: Self.service ?? "posthorn", version: Version.number),
                sink: DescriptorSink.standardError, isColoured: output.terminal.coloursMessages)
            let context = CommandContext(
                settings: settings, output: output, state: .current(environment: settings.environment),
                plugins: Composition.current.plugins, logger: Logger(label: Self.service ?? "posthorn"))
            try await withLogger(context.logger) { _ in try await self.run(context) }
        } catch let finished as Finished {
            throw finished
        } catch {
            let known = CommandError(describing: error)
            output.fail(known)
            throw Finished(status: known.status)
        }
    }
}
