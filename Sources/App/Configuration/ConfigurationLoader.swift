// SPDX-License-Identifier: MIT

import Configuration
import Foundation
import SystemPackage

/// Builds the one hierarchy of configuration: flags, environment, file, defaults.
package struct ConfigurationLoader: Sendable {
    /// The process's environment.
    package var environment: [String: String]
    /// Values that stand on the command line, by dotted key.
    package var flags: [String: String]
    /// The file of `--config`.
    package var file: String?

    /// Makes a loader.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - flags: values that stand on the command line, by dotted key.
    ///   - file: the file of `--config`; `POSTHORN_CONFIG` when `nil`.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment, flags: [String: String] = [:],
        file: String? = nil
    ) {
        self.environment = environment
        self.flags = flags
        self.file = file ?? environment["POSTHORN_CONFIG"]
    }

    /// Reads the file and puts the layers on top of each other.
    ///
    /// - Returns: the settings, from the strongest layer that has each.
    /// - Throws: ``CommandError`` with exit code 78 when the file cannot be read or a key in it is unknown.
    package func load() async throws -> Settings {
        let environment = EnvironmentVariablesProvider(
            environmentVariables: self.environment, secretsSpecifier: .dynamic { name, _ in Self.isSecret(name) })
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                name: "flags",
                values: Dictionary(
                    uniqueKeysWithValues: self.flags.map { key, value in
                        (AbsoluteConfigKey(ConfigKey(key)), ConfigValue(.string(value), isSecret: Self.isSecret(key)))
                    })),
            environment.prefixKeys(with: "posthorn"),
        ]
        if let file = self.file { providers.append(try await self.fileProvider(file)) }
        return Settings(
            reader: ConfigReader(providers: providers), environment: self.environment, flags: Set(self.flags.keys),
            file: self.file)
    }

    private func fileProvider(_ file: String) async throws -> FileProvider<YAMLSnapshot> {
        do {
            return try await FileProvider<YAMLSnapshot>(
                parsingOptions: YAMLSnapshot.ParsingOptions(
                    secretsSpecifier: .dynamic { name, _ in Self.isSecret(name) }),
                filePath: FilePath(file))
        } catch {
            let exists = FileManager.default.fileExists(atPath: file)
            throw CommandError(
                .configuration,
                exists ? "the configuration file \(file) is not valid YAML" : "there is no configuration file \(file)",
                details: exists ? [Self.firstLine(of: error)] : [],
                remedy: exists
                    ? "correct the file; `posthorn doctor --config FILE` checks it" : "check the path after --config")
        }
    }

    /// YAML errors quote the text around the mistake, which may be a secret: only their kind is kept.
    private static func firstLine(of error: any Error) -> String {
        let text = String(describing: error)
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        return isSecretText(line) ? "the line holds a secret and is not repeated here" : line
    }

    private static func isSecretText(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["password", "secret", "token", "postgres://", "postgresql://"].contains { text.contains($0) }
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["secret", "password", "token", "database_url", "database.url", "key"].contains { name.contains($0) }
    }
}
