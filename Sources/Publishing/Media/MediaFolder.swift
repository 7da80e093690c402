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
    ///
    /// What is copied is hashed once more: a file that somebody still writes is another one by now.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - hash: What it was read as.
    ///   - name: What people call it.
    ///   - isOurs: Whether nobody else knows it, so that it may be moved.
    /// - Returns: Where it lies.
    /// - Throws: `MediaError` for a file that changed since it was read, and for a folder that cannot be written to.
    func adopt(_ file: URL, as hash: String, named name: String, isOurs: Bool) throws -> String {
        if let path = self.use(hash) { return path }
        let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? NSNumber
        try self.makeRoom(for: size?.int64Value ?? 0)
        return try self.place(hash) { partial in
            guard !isOurs else {
                try FileManager.default.removeItem(at: partial)
                return try FileManager.default.moveItem(at: file, to: partial)
            }
            guard try Self.copy(file, to: partial) == hash else {
                throw MediaError("the media file \(name) changes while it is read: wait until it is complete")
            }
        }
    }

    /// Copies a file.
    ///
    /// - Returns: The hash of what was copied.
    private static func copy(_ file: URL, to copy: URL) throws -> String {
        let source = try FileHandle(forReadingFrom: file)
        defer { try? source.close() }  // Only read from; nothing is lost.
        try Data().write(to: copy)
        let target = try FileHandle(forWritingTo: copy)
        defer { try? target.close() }  // A write that failed has thrown before.
        var hasher = SHA256()
        while let chunk = try source.read(upToCount: 1 << 20), !chunk.isEmpty {
            hasher.update(data: chunk)
            try target.write(contentsOf: chunk)
        }
        return hasher.finalize().map { String(format: "%02x", $0) }.joined()
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
            if error is MediaError { throw error }
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
            let partial = self.url.appendingPathComponent("partial-\(UUID().uuidString)")
            try Data().write(to: partial)
            self.tidy(asOf: partial)
            return partial
        } catch {
            throw MediaError(
                "cannot write to the media store \(self.url.path): \(error.localizedDescription)", kind: .configuration)
        }
    }

    /// What files are called that are not complete, since they are fetched, made or copied.
    ///
    /// A process that is killed leaves them behind.
    static let unfinished = ["incoming-", "making-", "partial-"]
    /// An unfinished file that nothing was written to for so long belongs to nobody: longer than fetching, making and copying may take.
    static let abandoned: TimeInterval = 24 * 3600

    /// Removes what processes left behind that were killed, as of the time at which a file in the folder was written.
    private func tidy(asOf file: URL) {
        let manager = FileManager.default
        // Nothing is lost when something cannot be looked at: the next one looks again.
        guard let now = Self.written(file) else { return }
        for name in (try? manager.contentsOfDirectory(atPath: self.url.path)) ?? []
        where Self.unfinished.contains(where: name.hasPrefix) {
            let left = self.url.appendingPathComponent(name)
            let inside = (try? manager.contentsOfDirectory(atPath: left.path)) ?? []
            let written = ([left] + inside.map { left.appendingPathComponent($0) }).compactMap(Self.written)
            guard let newest = written.max(), now.timeIntervalSince(newest) > Self.abandoned else { continue }
            try? manager.removeItem(at: left)  // Another process may have removed it.
        }
    }

    private static func written(_ url: URL) -> Date? {
        // What is gone was not written.
        try? FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate] as? Date
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
