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

/// Why a file cannot be stored.
package struct MediaError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Files by content hash in a local folder that every worker of the machine sees.
package struct MediaStore: Sendable {
    private let folder: URL

    /// Uses a folder, which is made when the first file comes.
    package init(folder: URL) { self.folder = folder }

    /// Copies a file into the store, unless it is there already.
    ///
    /// The copy is complete or absent: it gets its name last.
    ///
    /// - Throws: `MediaError` for what cannot be read, is empty, or is of no known type.
    package func store(file: URL) throws -> StoredMedia {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: file)
        } catch {
            throw MediaError("cannot read the media file \(file.path): is the path right, and readable for this user?")
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
        guard byteCount > 0 else { throw MediaError("the media file \(file.path) is empty") }
        guard let type = MediaType.sniff(head) else {
            throw MediaError(
                "the media file \(file.path) is no JPEG, PNG, GIF, WebP, MP4 or QuickTime file, by its content")
        }
        let hash = hasher.finalize().map { String(format: "%02x", $0) }.joined()
        let stored = self.url(of: hash)
        if !FileManager.default.fileExists(atPath: stored.path) {
            try FileManager.default.createDirectory(
                at: stored.deletingLastPathComponent(), withIntermediateDirectories: true)
            let partial = stored.appendingPathExtension("partial-\(UUID().uuidString)")
            do {
                try FileManager.default.copyItem(at: file, to: partial)
                try FileManager.default.moveItem(at: partial, to: stored)
            } catch {
                try? FileManager.default.removeItem(at: partial)  // It may not have come to exist.
                guard FileManager.default.fileExists(atPath: stored.path) else {
                    throw MediaError(
                        "cannot write to the media store \(self.folder.path): \(error.localizedDescription)")
                }
            }
        }
        return StoredMedia(hash: hash, type: type, byteCount: byteCount, path: stored.path)
    }

    /// Where a stored file lies.
    package func path(of hash: String) -> String { self.url(of: hash).path }

    /// Whether a stored file is there.
    package func contains(_ hash: String) -> Bool { FileManager.default.fileExists(atPath: self.path(of: hash)) }

    private func url(of hash: String) -> URL {
        self.folder.appendingPathComponent(String(hash.prefix(2))).appendingPathComponent(hash)
    }
}

/// MIME types by a file's first bytes.
enum MediaType {
    static func sniff(_ head: Data) -> String? {
        let bytes = [UInt8](head)
        func has(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
            bytes.count >= offset + prefix.count && Array(bytes[offset..<(offset + prefix.count)]) == prefix
        }
        if has([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if has(Array("GIF87a".utf8)) || has(Array("GIF89a".utf8)) { return "image/gif" }
        if has(Array("RIFF".utf8)) && has(Array("WEBP".utf8), at: 8) { return "image/webp" }
        if has(Array("ftypqt".utf8), at: 4) { return "video/quicktime" }
        if has(Array("ftyp".utf8), at: 4) { return "video/mp4" }
        return nil
    }
}
