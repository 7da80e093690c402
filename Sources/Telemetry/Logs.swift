// SPDX-License-Identifier: MIT

package import Logging

/// Sets up what every logger of the process writes.
package enum Logs {
    /// The factory that `LoggingSystem.bootstrap` takes.
    ///
    /// - Parameters:
    ///   - level: the lowest level that is written.
    ///   - format: JSON or text.
    ///   - fields: what every line carries.
    ///   - sink: where lines go.
    ///   - isColoured: whether text lines carry colour.
    /// - Returns: a factory from logger name to handler.
    package static func factory(
        level: Logger.Level, format: LogFormat, fields: LogFields, sink: any LogSink, isColoured: Bool
    ) -> @Sendable (String) -> any LogHandler {
        { label in
            var handler: any LogHandler =
                switch format {
                case .json: JSONLogHandler(label: label, fields: fields, sink: sink)
                case .text: TextLogHandler(label: label, fields: fields, sink: sink, isColoured: isColoured)
                }
            handler.logLevel = level
            return handler
        }
    }

    /// Sets the process's logging, once, before the first logger is made.
    package static func bootstrap(
        level: Logger.Level, format: LogFormat, fields: LogFields, sink: any LogSink, isColoured: Bool
    ) {
        LoggingSystem.bootstrap(
            Self.factory(level: level, format: format, fields: fields, sink: sink, isColoured: isColoured))
    }
}
