// SPDX-License-Identifier: MIT

import Foundation

/// The state file: one JSON line for each change, the last line about a thing counts.
struct Journal: Sendable {
    let path: String

    /// Reads what an earlier run left; a last line that was cut off is ignored.
    ///
    /// - Throws: ``SimulatorError`` when the file cannot be read, or is not a state file.
    func load(into world: inout World) throws {
        guard FileManager.default.fileExists(atPath: self.path) else { return }
        guard let data = FileManager.default.contents(atPath: self.path) else {
            throw SimulatorError(.stateFile, "The state file \(self.path) cannot be read; check its owner and mode.")
        }
        let decoder = JSONDecoder()
        let lines = data.split(separator: 0x0A)
        var entries: [JournalEntry] = []
        for (index, line) in lines.enumerated() {
            do {
                entries.append(try decoder.decode(JournalEntry.self, from: Data(line)))
            } catch {
                guard index == lines.count - 1, data.last != 0x0A else {
                    throw SimulatorError(
                        .stateFile,
                        "Line \(index + 1) of the state file \(self.path) is not one of ours; move the file away to begin anew."
                    )
                }
            }
        }
        world.restore(entries)
    }

    /// Appends changes until the stream ends.
    ///
    /// - Throws: ``SimulatorError`` when the file cannot be written.
    func write(_ changes: AsyncStream<[JournalEntry]>) async throws {
        if !FileManager.default.fileExists(atPath: self.path) {
            _ = FileManager.default.createFile(atPath: self.path, contents: nil)
        }
        guard let file = FileHandle(forUpdatingAtPath: self.path) else {
            throw SimulatorError(
                .stateFile, "The state file \(self.path) cannot be written; check its folder and mode.")
        }
        // A line that was cut off is ended by what follows; closing cannot fail in a way that matters.
        defer { try? file.close() }
        try Self.dropCutLine(file)
        let encoder = JSONEncoder()
        for await entries in changes {
            var data = Data()
            for entry in entries {
                data.append(try encoder.encode(entry))
                data.append(0x0A)
            }
            try file.write(contentsOf: data)
        }
    }

    /// Removes a last line without an end, so that what is appended begins a line.
    private static func dropCutLine(_ file: FileHandle) throws {
        let size = try file.seekToEnd()
        guard size > 0 else { return }
        try file.seek(toOffset: 0)
        let data = try file.readToEnd() ?? Data()
        guard data.last != 0x0A else { return }
        let end = data.lastIndex(of: 0x0A).map { UInt64($0) + 1 } ?? 0
        try file.truncate(atOffset: end)
        try file.seekToEnd()
    }
}
