// SPDX-License-Identifier: MIT

import ArgumentParser

extension OutputFormat: ExpressibleByArgument {}

/// What every command takes.
struct CommandOptions: ParsableArguments {
    @Option(name: [.short, .customLong("output")], help: "How data is printed: table, json, jsonl or csv.")
    var output: OutputFormat = .table

    @Flag(name: .customLong("quiet"), help: "Print ids only, and no messages but warnings and errors.")
    var isQuiet = false

    @Option(help: ArgumentHelp("A YAML file with configuration.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The database; else POSTHORN_DATABASE_URL, DATABASE_URL, PG*, `posthorn up`.", valueName: "url"))
    var databaseURL: String?

    @Option(name: .customLong("database-schema"), help: ArgumentHelp("The schema of all tables.", valueName: "name"))
    var schema: String?

    @Option(help: ArgumentHelp("Send platform calls here instead of the real hosts.", valueName: "url"))
    var platformOrigin: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("json or text.", valueName: "format"))
    var logFormat: String?

    /// The flags as configuration, by dotted key.
    var flags: [String: String] {
        let given = [
            "database.url": self.databaseURL, "database.schema": self.schema, "platform.origin": self.platformOrigin,
            "log.level": self.logLevel, "log.format": self.logFormat,
        ]
        return given.compactMapValues { $0 }
    }
}

/// What a command that changes something takes.
struct ChangeOptions: ParsableArguments {
    @Flag(name: .customLong("dry-run"), help: "Say what would change, and change nothing.")
    var isDryRun = false
}

/// What a command that changes many things takes.
struct BulkOptions: ParsableArguments {
    @Flag(name: .customLong("yes"), help: "Do not ask before many things are changed.")
    var isConfirmed = false
}
