// SPDX-License-Identifier: MIT

import Testing

@testable import XPlugin

@Suite("The weighted length of X")
struct WeightedLengthTests {
    @Test(
        "characters weigh what twitter-text says",
        arguments: [
            ("", 0), ("abc", 3), ("café", 4), ("cafe\u{301}", 4), ("\u{10FF}", 1), ("\u{1100}", 2), ("日本語", 6),
            ("–—“”", 4), ("…", 2),
            ("\u{200D}", 1), ("\u{200E}", 2), ("€", 2), ("\r\n", 2),
        ])
    func characters(text: String, length: Int) { #expect(WeightedLength.of(text) == length) }

    @Test(
        "an emoji sequence weighs 2, however long",
        arguments: [
            ("😀", 2), ("👨‍👩‍👧‍👦", 2), ("👍🏽", 2), ("🇩🇪", 2), ("1️⃣", 2), ("❤️", 2), ("©️", 2), ("©", 1), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("😀😀", 4),
            ("1", 1), ("🏳️‍🌈!", 3),
        ])
    func emoji(text: String, length: Int) { #expect(WeightedLength.of(text) == length) }

    @Test(
        "a URL weighs 23, with a scheme or as a bare domain of a known top-level domain",
        arguments: [
            ("https://example.com/a/very/long/path?with=query&and=more#fragment", 23), ("http://a.de", 23),
            ("example.com", 23),
            ("see example.com.", 28), ("(example.com)", 25), ("example.com/a_(b)", 23), ("https://t.co/x, y", 26),
            ("a.notatopleveldomain", 20),
            ("https://a.notatopleveldomain", 23), ("me@example.com", 14), ("@example.com", 12), ("v1.2.3", 6),
            ("e.g. this", 9),
            ("example.com example.org", 47), ("EXAMPLE.COM", 23), ("https://münchen.de/straße", 23),
            ("https://example.com:8080/x", 23),
            ("foo.bar.example.co.uk?x=1", 23), ("https://", 8), ("日本example.com", 27),
        ])
    func urls(text: String, length: Int) { #expect(WeightedLength.of(text) == length) }

    @Test("leading mentions of a reply do not count, others do")
    func mentions() {
        #expect(WeightedLength.of("@a @bc hello", isReply: true) == 5)
        #expect(WeightedLength.of("@a @bc hello") == 12)
        #expect(WeightedLength.of("hello @a", isReply: true) == 8)
        #expect(WeightedLength.of("@a! x", isReply: true) == 5)
    }
}
