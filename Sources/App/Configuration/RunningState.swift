// SPDX-License-Identifier: MIT

package import Foundation

/// What a running `posthorn up` tells other commands in the same folder.
///
/// It holds no secret: the socket's folder is closed to
/// other users.
package struct RunningState: Codable, Sendable, Hashable {
    /// The process of `up`.
    package var processID: Int32
    /// The address of its PostgreSQL, over the Unix socket.
    package var databaseURL: String
    /// The schema of all tables.
    package var schema: String
    /// The address of its simulator; `nil` in a real world.
    package var platformOrigin: String?
    /// The address that the world reaches its `serve` at; `nil` when it has none.
    package var publicURL: String?
    /// When it started.
    package var startedAt: Date

    /// Makes a description.
    package init(
        processID: Int32, databaseURL: String, schema: String, platformOrigin: String?, publicURL: String? = nil,
        startedAt: Date
    ) {
        self.processID = processID
        self.databaseURL = databaseURL
        self.schema = schema
        self.platformOrigin = platformOrigin
        self.publicURL = publicURL
        self.startedAt = startedAt
    }

    /// Reads what runs in a folder; `nil` when nothing does, whatever a killed process left behind.
    package static func load(_ folder: StateFolder) -> RunningState? {
        guard FolderLock.isHeld(folder.lock), let data = FileManager.default.contents(atPath: folder.running) else {
            return nil
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        // A file that cannot be read is one that is being written: nothing runs yet.
        return try? decoder.decode(RunningState.self, from: data)
    }

    /// Writes the file in one step.
    package func save(_ folder: StateFolder) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: folder.running), options: .atomic)
    }

    /// Removes the file.
    package static func clear(_ folder: StateFolder) {
        // A file that is not there is what we want.
        try? FileManager.default.removeItem(atPath: folder.running)
    }
}
