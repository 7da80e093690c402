// SPDX-License-Identifier: MIT

import Crypto
import NIOCore

/// What is known of a body that was not held in memory: its size and digest, while only its beginning is kept.
struct StreamedBody: Sendable {
    /// Bytes of the beginning that are kept.
    static let headLimit = 4_000_000

    /// All bytes that arrived.
    var size: Int
    /// SHA-256 of all bytes that arrived, hexadecimal.
    var digest: String
    /// Whether the sender left before the end.
    var isCutOff = false

    /// Whether the beginning that is kept is all there was.
    var isWhole: Bool { self.size <= Self.headLimit && !self.isCutOff }
}

/// Takes a body piece by piece.
struct BodyReader {
    private(set) var head: [UInt8] = []
    private var size = 0
    private var hash = SHA256()

    /// Adds the next piece.
    mutating func add(_ piece: ByteBuffer) {
        let bytes = piece.readableBytesView
        self.size += bytes.count
        self.hash.update(data: bytes)
        let room = StreamedBody.headLimit - self.head.count
        if room > 0 { self.head.append(contentsOf: bytes.prefix(room)) }
    }

    /// What arrived.
    func summary(isCutOff: Bool = false) -> StreamedBody {
        StreamedBody(size: self.size, digest: MediaType.hexadecimal(self.hash.finalize()), isCutOff: isCutOff)
    }
}
