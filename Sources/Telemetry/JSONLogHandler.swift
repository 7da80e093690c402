// SPDX-License-Identifier: MIT

package import Logging

/// One JSON object a line: `ts` (RFC 3339, UTC, microseconds), `level`, `msg`, `logger`, `service`, `version`, `error`, then
/// the metadata under its own dotted keys.
package struct JSONLogHandler: LogHandler {
    private var context: LogContext
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// Makes a handler for the logger named `label`.
    package init(
        label: String, fields: LogFields, sink: any LogSink, now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.context = LogContext(label: label, fields: fields)
        self.sink = sink
        self.now = now
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { self.context.provider }
        set { self.context.provider = newValue }
    }

    package var logLevel: Logger.Level {
        get { self.context.level }
        set { self.context.level = newValue }
    }

    package var metadata: Logger.Metadata {
        get { self.context.metadata }
        set { self.context.metadata = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.context.metadata[key] }
        set { self.context.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = JSONLine()
        line.field("ts", self.now().rfc3339)
        line.field("level", event.level.rawValue)
        line.field("msg", event.message.description)
        line.field("logger", self.context.label)
        line.field("service", self.context.fields.service)
        line.field("version", self.context.fields.version)
        if let error = event.error { line.field("error", String(describing: error)) }
        for (key, value) in self.context.merged(event) {
            line.field(Self.reserved.contains(key) ? "metadata.\(key)" : key, value)
        }
        self.sink.write(line.finish())
    }

    private static let reserved: Set<String> = ["ts", "level", "msg", "logger", "service", "version", "error"]
}
