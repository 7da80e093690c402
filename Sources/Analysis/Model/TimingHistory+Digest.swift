// SPDX-License-Identifier: MIT

extension TimingHistory {
    /// A number that tells these posts from others: the same for the same times, engagements and content types in any order.
    ///
    /// It is FNV-1a of 64 bits (Fowler, Noll and Vo), so that it is the same on every machine and may be kept.
    package var digest: Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ value: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) {
                hash = (hash ^ (value >> UInt64(shift) & 0xFF)) &* 0x0000_0100_0000_01B3
            }
        }
        for post in self.posts.sorted(by: TimingPost.isBefore) {
            add(UInt64(bitPattern: post.clockSeconds))
            add(post.engagement.bitPattern)
            add(UInt64(bitPattern: Int64(post.contentType)))
        }
        return Int64(bitPattern: hash)
    }
}
