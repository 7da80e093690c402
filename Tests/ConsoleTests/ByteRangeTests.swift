// SPDX-License-Identifier: MIT

import Testing

@testable import Console

@Suite("Ranges of bytes")
struct ByteRangeTests {
    @Test(
        "one range of bytes is understood, anything else means the whole file",
        arguments: [
            (nil, .whole), ("bytes=0-0", .part(0...0)), ("bytes=2-5", .part(2...5)), ("bytes=2-", .part(2...9)),
            ("bytes=-3", .part(7...9)), ("bytes=-30", .part(0...9)), ("bytes=5-99", .part(5...9)),
            ("Bytes= 2 - 5 ", .part(2...5)), ("bytes=9-99999999999999999999", .part(9...9)),
            ("bytes=10-", .outside), ("bytes=10-12", .outside), ("bytes=-0", .outside),
            ("bytes=5-2", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=1", .whole),
            ("bytes=0-1,4-5", .whole), ("lines=1-2", .whole), ("bytes=1-2-3", .whole), ("bytes=+1-2", .whole),
        ] as [(String?, ByteRange)])
    func parsing(field: String?, range: ByteRange) {
        #expect(ByteRange(field, of: 10) == range)
    }
}
