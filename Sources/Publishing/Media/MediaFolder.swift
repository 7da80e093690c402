// SPDX-License-Identifier: MIT

import Crypto
import Foundation

/// Files by content hash in a folder: the store itself, or this machine's copies of a remote one.
struct MediaFolder: Sendable {
    var url: URL
    /// How many bytes of copies are kept; `nil` for the store itself, of which nothing is ever removed.
    var limit: Int64?
    /// What was used within this time is in somebody's hands: longer than an upload may take.
    private static let inUse: TimeInterval = 6 * 3600

    func path(of hash: String) -> String { self.place(of: hash).path }

    func size(of hash: String) -> Int64? {
        // What cannot be looked at is not there for us.
        let size = (try? FileManager.default.attributesOfItem(atPath: self.path(of: hash))[.size] as? NSNumber)?
            .int64Value
        return size.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The place of a file that is here, which is marked as used now.
    func use(_ hash: String) -> String? {
        let path = self.path(of: hash)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        utimes(path, nil)
        return path
    }

    /// Copies or moves a file in, unless it is here.
    func adopt(_ file: URL, as hash: String, isOurs: Bool) throws -> String {
        if let path = self.use(hash) { return path }
        return try self.place(hash) { partial in
            if isOurs {
                try FileManager.default.moveItem(at: file, to: partial)
            } else {
                try FileManager.default.copyItem(at: file, to: partial)
            }
        }
    }

    /// Takes a file in piece by piece, and believes only what has the right hash.
    func write(
        _ hash: String, byteCount: Int64, _ fill: (_ write: (Data) async throws -> Void) async throws -> Void
    ) async throws -> String {
        try self.makeRoom(for: byteCount)
        let stored = self.place(of: hash)
        let partial = try self.partial(of: stored)
        do {
            try Data().write(to: partial)
            let handle = try FileHandle(forWritingTo: partial)
            defer { try? handle.close() }  // A write that failed has thrown before.
            var hasher = SHA256()
            try await fill { piece in
                hasher.update(data: piece)
                try handle.write(contentsOf: piece)
            }
            guard hasher.finalize().map({ String(format: "%02x", $0) }).joined() == hash else {
                throw MediaError("the file \(hash) came damaged from the media store", kind: .unreachable)
            }
            try FileManager.default.moveItem(at: partial, to: stored)
        } catch {
            try? FileManager.default.removeItem(at: partial)  // It may not have come to exist.
            // Somebody else was faster: then it is here, and whole.
            guard error is CocoaError, FileManager.default.fileExists(atPath: stored.path) else { throw error }
        }
        return stored.path
    }

    private func place(_ hash: String, _ fill: (URL) throws -> Void) throws -> String {
        let stored = self.place(of: hash)
        let partial = try self.partial(of: stored)
        do {
            try fill(partial)
            try FileManager.default.moveItem(at: partial, to: stored)
        } catch {
            try? FileManager.default.removeItem(at: partial)  // It may not have come to exist.
            guard FileManager.default.fileExists(atPath: stored.path) else {
                throw MediaError("cannot write to the media store \(self.url.path): \(error.localizedDescription)")
            }
        }
        return stored.path
    }

    private func partial(of stored: URL) throws -> URL {
        do {
            try FileManager.default.createDirectory(
                at: stored.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw MediaError(
                "cannot write to the media store \(self.url.path): \(error.localizedDescription)", kind: .configuration)
        }
        return stored.appendingPathExtension("partial-\(UUID().uuidString)")
    }

    private func place(of hash: String) -> URL {
        self.url.appendingPathComponent(String(hash.prefix(2))).appendingPathComponent(hash)
    }

    /// Removes the copies that were used longest ago, until the next one fits; never one that may be in somebody's hands.
    private func makeRoom(for next: Int64) throws {
        guard let limit = self.limit else { return }
        let keys: [URLResourceKey] = [.fileSizeKey, .contentModificationDateKey, .isRegularFileKey]
        let found = FileManager.default.enumerator(at: self.url, includingPropertiesForKeys: keys)
        var copies: [(url: URL, size: Int64, used: Date)] = []
        while let url = found?.nextObject() as? URL {
            // A copy that is gone meanwhile takes no room.
            guard let values = try? url.resourceValues(forKeys: Set(keys)), values.isRegularFile == true,
                let size = values.fileSize, let used = values.contentModificationDate
            else { continue }
            copies.append((url, Int64(size), used))
        }
        var total = copies.reduce(next) { $0 + $1.size }
        // The newest tells the time: this folder is all that it is compared with.
        guard total > limit, let newest = copies.map(\.used).max() else { return }
        for copy in copies.sorted(by: { $0.used < $1.used }) where total > limit {
            guard newest.timeIntervalSince(copy.used) > Self.inUse else { return }
            try? FileManager.default.removeItem(at: copy.url)  // Another process may have removed it.
            total -= copy.size
        }
    }
}
