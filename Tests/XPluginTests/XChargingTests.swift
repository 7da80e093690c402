// SPDX-License-Identifier: MIT

import Domain
import PluginKit
import Testing

@testable import XPlugin

@Suite("What posts on X cost")
struct XChargingTests {
    @Test("each post of a thread has its price, dearer with a URL; a first comment is a post of its own")
    func thread() {
        let parts = ["Plain words", "See example.com", "See https://example.com/a"].map { PostPart(text: $0) }
        let content = PostContent(format: .thread, parts: parts, firstComment: "More words")
        let charges = XFixtures.plugin([]).0.charges(for: content)
        #expect(charges.map(\.action) == ["post", "post with a URL", "post with a URL", "post"])
        #expect(charges.map(\.microdollars) == [15_000, 200_000, 200_000, 15_000])
    }
}
