// SPDX-License-Identifier: MIT

import Crypto
import Foundation
import NIOCore

/// A part of a file as a stream of buffers.
struct FilePieces: AsyncSequence, Sendable {
    /// The file is shorter than it was.
    struct TooShort: Error {}

    private static let piece = 128 * 1024

    var file: URL
    var offset: Int64
    var length: Int64

    func makeAsyncIterator() -> Iterator { Iterator(pieces: self) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let pieces: FilePieces
        private var handle: FileHandle?
        private var remaining: Int64

        fileprivate init(pieces: FilePieces) {
            self.pieces = pieces
            self.remaining = pieces.length
        }

        mutating func next() async throws -> ByteBuffer? { try self.read().map { ByteBuffer(bytes: $0) } }

        mutating func read() throws -> Data? {
            guard self.remaining > 0 else { return nil }
            let handle = try self.handle ?? self.open()
            self.handle = handle
            guard let data = try handle.read(upToCount: Int(Swift.min(Int64(FilePieces.piece), self.remaining))),
                !data.isEmpty
            else { throw TooShort() }
            self.remaining -= Int64(data.count)
            return data
        }

        private func open() throws -> FileHandle {
            let handle = try FileHandle(forReadingFrom: self.pieces.file)
            try handle.seek(toOffset: UInt64(self.pieces.offset))
            return handle
        }
    }

    /// SHA-256 of the part, in hexadecimal.
    func hash() throws -> String {
        var hasher = SHA256()
        var iterator = self.makeAsyncIterator()
        while let data = try iterator.read() { hasher.update(data: data) }
        return S3Signature.hex(hasher.finalize())
    }
}
