// SPDX-License-Identifier: MIT

/// How a film is cut for its upload.
///
/// TikTok rounds the number of chunks down: the last one takes the rest. Chunks have 5 to 64 MB, only the last may have more, and a film below
/// 5 MB is one chunk. 10 MB each keep a film of 4 GB far below the most chunks, which is 1,000.
struct TikTokChunks: Sendable, Equatable {
    static let usual: Int64 = 10_000_000

    let total: Int64
    let size: Int64
    let count: Int

    init(of total: Int64) {
        self.total = total
        self.size = total < 2 * Self.usual ? total : Self.usual
        self.count = max(1, Int(total / max(1, self.size)))
    }

    /// The bytes of a chunk, counted from 0.
    func range(_ index: Int) -> Range<Int64> {
        let start = Int64(index) * self.size
        return start..<(index == self.count - 1 ? self.total : start + self.size)
    }
}
