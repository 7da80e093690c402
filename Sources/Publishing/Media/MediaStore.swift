// SPDX-License-Identifier: MIT

import Crypto
package import Foundation

/// A file in the store.
package struct StoredMedia: Sendable, Hashable {
    /// SHA-256 of the bytes in hexadecimal; also its name in the store.
    package var hash: String
    /// The MIME type, from the first bytes.
    package var type: String
    /// The size in bytes.
    package var byteCount: Int64
    /// Where this process can read it.
    package var path: String
}

/// Files by content hash: in a folder that every worker sees, or in a remote place with copies in a folder of this machine.
package struct MediaStore: Sendable {
    /// The remote place; `nil` when the folder is the store.
    package let remote: (any RemoteMedia)?
    private let folder: MediaFolder

    /// Uses a folder, which is made when the first file comes.
    package init(folder: URL) {
        self.folder = MediaFolder(url: folder)
        self.remote = nil
    }

    /// Uses a remote place.
    ///
    /// - Parameters:
    ///   - remote: The place.
    ///   - copies: A folder of this machine for what is being worked on.
    ///   - limit: How many bytes of copies are kept beyond those that were used of late.
    package init(remote: any RemoteMedia, copies: URL, limit: Int64 = 20_000_000_000) {
        self.folder = MediaFolder(url: copies, limit: limit)
        self.remote = remote
    }

    /// Copies a file into the store, unless it is there already.
    ///
    /// The copy is complete or absent: it gets its name last.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - name: What people call it, in messages; its path unless given.
    ///   - isOurs: Whether it may be moved away instead of copied.
    /// - Returns: What it is; with a remote place a copy of it lies on this machine.
    /// - Throws: `MediaError` for what cannot be read, is empty, changes while it is read, or is of no known type, and for a store that cannot be written to.
    package func store(
        file: URL, named name: String? = nil, isOurs: Bool = false
    ) async throws -> StoredMedia {
        let name = name ?? file.path
        let (hash, type, byteCount) = try Self.read(file, name)
        let path = try self.folder.adopt(file, as: hash, named: name, isOurs: isOurs)
        if let remote = self.remote, try await remote.size(of: hash) != byteCount {
            try await remote.put(file: URL(fileURLWithPath: path), byteCount: byteCount, hash: hash)
        }
        return StoredMedia(hash: hash, type: type, byteCount: byteCount, path: path)
    }

    /// Hash, type and size of a file, read once.
    private static func read(_ file: URL, _ name: String) throws -> (hash: String, type: String, byteCount: Int64) {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: file)
        } catch {
            throw MediaError("cannot read the media file \(name): is the path right, and readable for this user?")
        }
        defer { try? handle.close() }  // Only read from; nothing is lost.
        var hasher = SHA256()
        var byteCount: Int64 = 0
        var head = Data()
        while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
            if head.count < 64 { head.append(chunk.prefix(64)) }
            hasher.update(data: chunk)
            byteCount += Int64(chunk.count)
        }
        guard byteCount > 0 else { throw MediaError("the media file \(name) is empty") }
        guard let type = MediaType.sniff(head) else {
            throw MediaError(
                "the media file \(name) is no JPEG, PNG, GIF, WebP, BMP, TIFF, MP4, QuickTime or WebM file, by its content"
            )
        }
        return (hasher.finalize().map { String(format: "%02x", $0) }.joined(), type, byteCount)
    }

    /// Makes sure that a stored file can be read on this machine.
    ///
    /// - Returns: Where it lies; for a folder also when it is not there, which its reader finds.
    /// - Throws: `MediaError` when the remote place does not answer or does not have it.
    package func local(_ hash: String) async throws -> String {
        guard let remote = self.remote else { return self.path(of: hash) }
        if let path = self.folder.use(hash) { return path }
        guard let size = try await remote.size(of: hash) else {
            throw MediaError("the file \(hash) is not in the media store \(remote.location)")
        }
        return try await self.folder.write(hash, byteCount: size) { write in
            try await remote.read(hash, 0...(size - 1), write)
        }
    }

    /// The size of a stored file, or `nil` when it is not there.
    package func size(of hash: String) async throws -> Int64? {
        guard let remote = self.remote else { return self.folder.size(of: hash) }
        return try await remote.size(of: hash)
    }

    /// Where a stored file, or this machine's copy of it, lies.
    package func path(of hash: String) -> String { self.folder.path(of: hash) }
}
