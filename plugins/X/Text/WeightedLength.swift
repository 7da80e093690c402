// SPDX-License-Identifier: MIT

import Foundation

/// How X counts the length of a post (twitter-text configuration v3): weights by code point, 2 for an emoji, 23 for a URL.
enum WeightedLength {
    /// The most that a post may have.
    static let maximum = 280
    /// What a URL counts, whatever its length.
    static let url = 23

    /// Counts a text.
    ///
    /// - Parameters:
    ///   - text: The words, in any normal form.
    ///   - isReply: Whether the post answers another: its leading mentions do not count.
    /// - Returns: The weighted length.
    static func of(_ text: String, isReply: Bool = false) -> Int {
        var normal = text.precomposedStringWithCanonicalMapping
        if isReply { normal = String(Self.withoutLeadingMentions(normal[...])) }
        var length = 0
        var rest = normal.startIndex
        for found in URLFinder.urls(in: normal) {
            length += Self.weight(normal[rest..<found.lowerBound]) + Self.url
            rest = found.upperBound
        }
        return length + Self.weight(normal[rest...])
    }

    private static func weight(_ text: Substring) -> Int {
        text.reduce(0) { sum, character in
            sum + (Self.isEmoji(character) ? 2 : character.unicodeScalars.reduce(0) { $0 + Self.weight($1) })
        }
    }

    private static func weight(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0...4351, 8192...8205, 8208...8223, 8242...8247: 1
        default: 2
        }
    }

    /// Whether a character is one emoji sequence: by its own presentation, by a variation selector, or as a keycap.
    static func isEmoji(_ character: Character) -> Bool {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return false }
        if first.properties.isEmojiPresentation { return true }
        guard first.properties.isEmoji, scalars.count > 1 else { return false }
        return scalars.contains { $0.value == 0xFE0F || $0.value == 0x20E3 || $0.properties.isEmojiModifier }
    }

    private static func withoutLeadingMentions(_ text: Substring) -> Substring {
        var rest = text
        while let shorter = Self.withoutLeadingMention(rest) { rest = shorter }
        return rest
    }

    /// The text behind the mention that it begins with; `nil` when it begins with none.
    static func withoutLeadingMention(_ text: Substring) -> Substring? {
        let trimmed = text.drop(while: \.isWhitespace)
        guard trimmed.first == "@" || trimmed.first == "＠" else { return nil }
        let name = trimmed.dropFirst().prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard (1...20).contains(name.count) else { return nil }
        let after = trimmed[name.endIndex...]
        guard after.isEmpty || after.first?.isWhitespace == true else { return nil }
        return after.drop(while: \.isWhitespace)
    }
}
