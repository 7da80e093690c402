// SPDX-License-Identifier: MIT

import Logging

/// What every line of a process carries.
package struct LogFields: Sendable {
    /// The name of the process's role: `worker`, `simulator`, `posthorn`.
    package var service: String
    /// The version of the binary.
    package var version: String

    /// Makes the fields.
    package init(service: String, version: String) {
        self.service = service
        self.version = version
    }
}

/// What a handler needs to turn an event into a line, apart from its format.
struct LogContext: Sendable {
    var label: String
    var fields: LogFields
    var level: Logger.Level = .info
    var metadata = Logger.Metadata()
    var provider: Logger.MetadataProvider?

    /// The event's metadata over the logger's over the provider's, in the order of their keys.
    func merged(_ event: LogEvent) -> [(String, Logger.MetadataValue)] {
        var all = self.provider?.get() ?? [:]
        all.merge(self.metadata) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        return all.sorted { $0.key < $1.key }
    }
}
