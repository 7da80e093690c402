// SPDX-License-Identifier: MIT

package import Logging

/// One readable line: local time of day, level, message, metadata as `key=value`.
package struct TextLogHandler: LogHandler {
    private var context: LogContext
    private let sink: any LogSink
    private let isColoured: Bool
    private let now: @Sendable () -> Timestamp

    /// Makes a handler for the logger named `label`.
    package init(
        label: String, fields: LogFields, sink: any LogSink, isColoured: Bool,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.context = LogContext(label: label, fields: fields)
        self.sink = sink
        self.isColoured = isColoured
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
        var line = "\(self.paint(self.now().clock, "2")) \(self.levelName(event.level)) "
        line += "\(self.paint(self.context.fields.service, "2")) \(Self.plain(event.message.description))"
        if let error = event.error { line += " \(self.paint("error=", "2"))\(Self.quoted(String(describing: error)))" }
        for (key, value) in self.context.merged(event) {
            line += " \(self.paint("\(key)=", "2"))\(Self.quoted(value.description))"
        }
        line += "\n"
        self.sink.write(Array(line.utf8))
    }

    private func levelName(_ level: Logger.Level) -> String {
        let padded = level.rawValue.padded(to: 8)
        return switch level {
        case .trace, .debug: self.paint(padded, "2")
        case .info: self.paint(padded, "32")
        case .notice: self.paint(padded, "36")
        case .warning: self.paint(padded, "33")
        case .error, .critical: self.paint(padded, "31;1")
        }
    }

    private func paint(_ text: String, _ code: String) -> String {
        self.isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Control characters would let a message forge a line or move the cursor.
    private static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    private static func quoted(_ text: String) -> String {
        let text = Self.plain(text)
        guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return text }
        return "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\""))\""
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}
