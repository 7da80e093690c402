// SPDX-License-Identifier: MIT

package import Configuration
import Foundation

/// Configuration as it was given, before the modules read their parts of it.
package struct Settings: Sendable {
    /// Flags, environment and file, the strongest first.
    package let reader: ConfigReader
    /// The environment, for names that are not ours: `DATABASE_URL`, `PG*`, `AWS_*`.
    package let environment: [String: String]
    /// The keys that stand on the command line.
    package let flags: Set<String>
    /// The configuration file.
    package let file: String?

    /// Makes settings of their layers.
    package init(reader: ConfigReader, environment: [String: String], flags: Set<String> = [], file: String? = nil) {
        self.reader = reader
        self.environment = environment
        self.flags = flags
        self.file = file
    }

    /// A text, or nothing when it is not given or empty.
    package func text(_ key: String) -> String? {
        let value = self.reader.string(forKey: ConfigKey(key))
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A whole number of at least `minimum`.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when it is something else.
    package func integer(_ key: String, default fallback: Int, minimum: Int = 1) throws -> Int {
        guard let text = self.text(key) ?? self.reader.int(forKey: ConfigKey(key)).map(String.init) else {
            return fallback
        }
        guard let value = Int(text), value >= minimum else {
            throw self.invalid(key, "must be a whole number of at least \(minimum), not “\(text)”")
        }
        return value
    }

    /// A span of time: `30s`, `500ms`, `5m`, `2h`, `7d` or a number of seconds.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when it is something else.
    package func duration(_ key: String, default fallback: Duration) throws -> Duration {
        guard let text = self.text(key) ?? self.reader.int(forKey: ConfigKey(key)).map(String.init) else {
            return fallback
        }
        guard let value = Duration(configured: text) else {
            throw self.invalid(key, "must be a time such as 30s, 500ms, 5m, 2h or 7d, not “\(text)”")
        }
        return value
    }

    /// A list, separated by commas or as a YAML list.
    package func list(_ key: String) -> [String]? {
        let values = self.reader.stringArray(forKey: ConfigKey(key)) ?? self.text(key).map { [$0] }
        guard let values else { return nil }
        return values.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    /// A value out of a closed set.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when it is something else.
    package func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String) throws -> Value? {
        guard let text = self.text(key) else { return nil }
        guard let value = Value(rawValue: text.lowercased()) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw self.invalid(key, "must be one of \(names), not “\(text)”")
        }
        return value
    }

    /// A secret, from its own key or from the file that `<key>_FILE` names; the value itself is never in a message.
    ///
    /// - Throws: ``CommandError`` with exit code 78 when the file cannot be read or both are given.
    package func secret(_ key: String) throws -> String? {
        let value = self.reader.string(forKey: ConfigKey(key), isSecret: true).flatMap { $0.isEmpty ? nil : $0 }
        guard let path = self.text("\(key).file") else { return value }
        guard value == nil || self.flags.contains(key) else {
            throw self.invalid(key, "is given twice: as \(Self.variable(key)) and as \(Self.variable(key))_FILE")
        }
        guard value == nil else { return value }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(
                .configuration, "\(Self.variable(key))_FILE names a file that cannot be read: \(path)",
                remedy: "check the path and that this user may read it")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The error for a value that is not what its key takes.
    package func invalid(_ key: String, _ what: String, remedy: String? = nil) -> CommandError {
        CommandError(.configuration, "\(Self.variable(key)) \(what)", remedy: remedy)
    }

    /// The environment variable of a key: `worker.concurrency` is `POSTHORN_WORKER_CONCURRENCY`.
    package static func variable(_ key: String) -> String {
        "POSTHORN_" + key.uppercased().split(separator: ".").joined(separator: "_")
    }
}

extension Duration {
    /// Reads `30s`, `500ms`, `5m`, `2h`, `7d` or a number of seconds.
    package init?(configured text: String) {
        let text = text.trimmingCharacters(in: .whitespaces).lowercased()
        let units: [(String, Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("min", 60), ("h", 3_600), ("d", 86_400), ("", 1),
        ]
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).trimmingCharacters(in: .whitespaces)
        guard let value = Double(number), let factor = units.first(where: { $0.0 == unit })?.1 else { return nil }
        self = .milliseconds(Int64((value * factor * 1_000).rounded()))
    }
}
