// SPDX-License-Identifier: MIT

import Foundation
import NIOCore

/// A part of a file as a stream of buffers.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// The file has become shorter than it was.
    struct TooShort: Error {}

    static let chunk = 64 * 1024

    var path: String
    var offset: Int64
    var length: Int64

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }

    struct Iterator: AsyncIteratorProtocol {
        private let chunks: FileChunks
        private var file: FileHandle?
        private var remaining: Int64

        init(chunks: FileChunks) {
            self.chunks = chunks
            self.remaining = chunks.length
        }

        mutating func next() async throws -> ByteBuffer? {
            guard self.remaining > 0 else { return nil }
            let file = try self.file ?? self.open()
            self.file = file
            guard let data = try file.read(upToCount: Int(Swift.min(Int64(FileChunks.chunk), self.remaining))),
                !data.isEmpty
            else {
                throw TooShort()
            }
            self.remaining -= Int64(data.count)
            return ByteBuffer(bytes: data)
        }

        private func open() throws -> FileHandle {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: self.chunks.path))
            try file.seek(toOffset: UInt64(self.chunks.offset))
            return file
        }
    }
}
