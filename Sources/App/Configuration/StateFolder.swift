// SPDX-License-Identifier: MIT

import Foundation

/// `./.posthorn`: what `up` and `demo` keep between runs.
///
/// | path | holds |
/// |---|---|
/// | `postgres/` | the private PostgreSQL cluster |
/// | `secret-key` | the key that seals credentials, mode 0600 |
/// | `media/` | the media store |
/// | `up.lock` | held while `up` runs |
/// | `up.json` | what runs: addresses and process ids |
/// | `log/` | the output of what runs |
package struct StateFolder: Sendable, Hashable {
    /// The folder's absolute path.
    package var path: String

    /// Makes a folder of a path, relative to the current folder.
    package init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// `POSTHORN_STATE`, or `.posthorn` in the current folder.
    package static func current(environment: [String: String]) -> StateFolder {
        StateFolder(environment["POSTHORN_STATE"].flatMap { $0.isEmpty ? nil : $0 } ?? ".posthorn")
    }

    /// The private PostgreSQL cluster.
    package var postgres: String { self.path + "/postgres" }
    /// The key that seals credentials.
    package var secretKey: String { self.path + "/secret-key" }
    /// The media store.
    package var media: String { self.path + "/media" }
    /// Held while `up` runs.
    package var lock: String { self.path + "/up.lock" }
    /// What runs: addresses and process ids.
    package var running: String { self.path + "/up.json" }
    /// The output of what runs.
    package var logs: String { self.path + "/log" }
    /// What the simulator keeps.
    package var simulator: String { self.path + "/simulator" }

    /// A folder of its own inside, for `demo`.
    package func inside(_ name: String) -> StateFolder { StateFolder(self.path + "/" + name) }

    /// Makes the folder, for this user alone to write.
    ///
    /// - Throws: ``CommandError`` with exit code 77 when this user may not.
    package func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: self.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            try FileManager.default.createDirectory(atPath: self.logs, withIntermediateDirectories: true)
        } catch {
            throw CommandError(
                .notPermitted, "cannot make the folder \(self.path)", details: [error.localizedDescription],
                remedy: "run the command in a folder you may write to")
        }
    }
}
