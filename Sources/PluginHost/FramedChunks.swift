// SPDX-License-Identifier: MIT

import Foundation
import NIOCore

/// A part of a file as a stream of buffers, between bytes in memory.
struct FramedChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    var head: Data
    var chunks: FileChunks
    var tail: Data

    func makeAsyncIterator() -> Iterator {
        Iterator(head: self.head, file: self.chunks.makeAsyncIterator(), tail: self.tail)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var head: Data?
        fileprivate var file: FileChunks.Iterator
        fileprivate var tail: Data?

        fileprivate init(head: Data, file: FileChunks.Iterator, tail: Data) {
            self.head = head
            self.file = file
            self.tail = tail
        }

        mutating func next() async throws -> ByteBuffer? {
            if let head = self.head.take() { return ByteBuffer(bytes: head) }
            if let buffer = try await self.file.next() { return buffer }
            return self.tail.take().map { ByteBuffer(bytes: $0) }
        }
    }
}
