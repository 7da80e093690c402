// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Analysis

struct TimingHistoryTests {
    private static let posts = [
        TimingPost(clockSeconds: 1_641_168_000, engagement: 12, contentType: 0),
        TimingPost(clockSeconds: 1_641_171_600, engagement: 7, contentType: -1),
    ]

    private func digest(_ posts: [TimingPost]) -> Int64 {
        TimingHistory(account: "a", platform: "x", posts: posts).digest
    }

    @Test("posts have one digest in any order, and other posts another")
    func digest() {
        let digest = self.digest(Self.posts)
        #expect(digest == self.digest(Self.posts.reversed()))
        #expect(digest != self.digest([]) && digest != self.digest([Self.posts[0]]))
        #expect(digest != self.digest(Self.posts + [Self.posts[0]]))
        for change in [
            { $0.clockSeconds += 1 }, { $0.engagement += 1 }, { $0.contentType += 1 },
        ] as [(inout TimingPost) -> Void] {
            var posts = Self.posts
            change(&posts[0])
            #expect(digest != self.digest(posts))
        }
    }

    @Test("a digest may be kept: it is the same in every process")
    func kept() {
        // FNV-1a of nothing is its offset basis.
        #expect(self.digest([]) == Int64(bitPattern: 0xCBF2_9CE4_8422_2325))
    }
}
