// SPDX-License-Identifier: MIT

import Testing

@testable import XPlugin

@Suite("Comparing what was sent with what X lists")
struct TextComparisonTests {
    @Test("entities, short links, white space and normal forms do not make a difference")
    func same() {
        func same(_ sent: String, _ listed: String, media: Bool = false, links: [String: String] = [:]) -> Bool {
            TextComparison.compare(sent: sent, listed: listed, links: links, hasMedia: media) == .same
        }
        #expect(same("Tom & Jerry <3", "Tom &amp; Jerry &lt;3"))
        #expect(same("a &amp; b", "a &amp;amp; b"))
        #expect(same("Read https://example.com/x now", "Read https://t.co/abc now"))
        #expect(same("Read example.com", "Read https://t.co/abc", links: ["https://t.co/abc": "http://Example.com/"]))
        #expect(same("Photo", "Photo https://t.co/pic", media: true))
        #expect(same("", "https://t.co/pic", media: true))
        #expect(same("See https://a.de", "See https://t.co/1 https://t.co/pic", media: true))
        #expect(same("cafe\u{301}  x\n", "café x"))
    }

    @Test("other words are another post")
    func different() {
        func likeness(_ sent: String, _ listed: String, media: Bool = false) -> TextComparison.Likeness {
            TextComparison.compare(sent: sent, listed: listed, hasMedia: media)
        }
        #expect(likeness("Photo", "Photo https://t.co/link") == .different)
        #expect(likeness("One", "Two") == .different)
        #expect(likeness("One", "") == .different)
        #expect(likeness("Photo", "Other https://t.co/pic", media: true) == .different)
    }

    @Test("the same words with a link that leads elsewhere are told apart")
    func otherLink() {
        #expect(
            TextComparison.compare(
                sent: "Read https://a.de/1", listed: "Read https://t.co/x", links: ["https://t.co/x": "https://a.de/2"],
                hasMedia: false)
                == .otherLink)
    }
}
