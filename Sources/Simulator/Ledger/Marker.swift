// SPDX-License-Identifier: MIT

/// What tells two attempts at the same effect from attempts at two effects.
struct Marker: Hashable, Sendable, Codable {
    /// The `[ph:…]` token without brackets, or `text:` and a hash of the normalised text.
    var value: String

    /// Takes the first token `[ph:…]` of letters, digits, `.`, `_` and `-`; without one, hashes the text and its
    /// context.
    ///
    /// - Parameters:
    ///   - text: What the attempt would show, a post's text or a campaign's name.
    ///   - context: What else belongs to its identity when there is no token: the post replied to, the media.
    init(text: String, context: String = "") {
        if let token = Self.token(in: text) {
            self.value = token
        } else {
            let hash = stableHash(Self.normalised(text), context)
            self.value = "text:" + String(hash, radix: 16)
        }
    }

    /// The text in lower case with white space collapsed, as duplicate checks compare it.
    static func normalised(_ text: String) -> String {
        text.lowercased().split { $0.isWhitespace }.joined(separator: " ")
    }

    private static func token(in text: String) -> String? { self.token(in: Array(text.utf8)) }

    /// The first token in the bytes of a text or a file.
    static func token(in bytes: [UInt8]) -> String? {
        let opening = Array("[ph:".utf8)
        var start = 0
        while start + opening.count < bytes.count {
            guard bytes[start] == opening[0], bytes[start...].starts(with: opening) else {
                start += 1
                continue
            }
            var end = start + opening.count
            while end < bytes.count, Self.isTokenByte(bytes[end]) { end += 1 }
            if end > start + opening.count, end < bytes.count, bytes[end] == UInt8(ascii: "]") {
                return String(decoding: bytes[start + 1..<end], as: UTF8.self)
            }
            start += 1
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
