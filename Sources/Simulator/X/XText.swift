// SPDX-License-Identifier: MIT

import Foundation

/// How X counts and shows a text (twitter-text configuration, version 3).
struct XText: Sendable {
    /// The text, in normalisation form C.
    let text: String
    /// The links in it, in order, as ranges of `scalars`.
    let links: [Range<Int>]
    private let scalars: [UnicodeScalar]

    init(_ text: String) {
        self.text = text.precomposedStringWithCanonicalMapping
        self.scalars = Array(self.text.unicodeScalars)
        self.links = LinkScanner(self.scalars).links()
    }

    /// The links as they were written.
    var linkTexts: [String] { self.links.map { self.string($0) } }

    private func string(_ range: Range<Int>) -> String {
        var string = ""
        string.unicodeScalars.append(contentsOf: self.scalars[range])
        return string
    }

    /// Weighted length: 23 for a link, 2 for an emoji, 1 for most letters of the alphabets, 2 for everything else.
    ///
    /// Leading mentions of a reply do not count.
    func weightedLength(isReply: Bool = false) -> Int {
        var length = 0
        var start = isReply ? self.endOfLeadingMentions : 0
        for link in self.links where link.lowerBound >= start {
            length += Self.weight(of: self.string(start..<link.lowerBound)) + 23
            start = link.upperBound
        }
        return length + Self.weight(of: self.string(start..<self.scalars.count))
    }

    private var endOfLeadingMentions: Int {
        var end = 0
        var index = 0
        while index < self.scalars.count, self.scalars[index] == "@" {
            index += 1
            while index < self.scalars.count, LinkScanner.isWord(self.scalars[index]) { index += 1 }
            while index < self.scalars.count, self.scalars[index] == " " { index += 1 }
            end = index
        }
        return end
    }

    private static func weight(of text: String) -> Int {
        text.reduce(0) { sum, character in
            if self.isEmoji(character) { return sum + 2 }
            return sum + character.unicodeScalars.reduce(0) { $0 + self.weight(of: $1) }
        }
    }

    private static func weight(of scalar: UnicodeScalar) -> Int {
        switch scalar.value {
        case 0...4351, 8192...8205, 8208...8223, 8242...8247: 1
        default: 2
        }
    }

    private static func isEmoji(_ character: Character) -> Bool {
        guard let first = character.unicodeScalars.first else { return false }
        if first.properties.isEmojiPresentation { return true }
        return first.properties.isEmoji
            && character.unicodeScalars.dropFirst().contains { $0.value == 0xFE0F || $0.value == 0x20E3 }
    }

    /// The text with links replaced and `&`, `<`, `>` escaped, as X returns it.
    func shown(replacing shortLinks: [String]) -> String {
        var shown = ""
        var start = 0
        for (link, short) in zip(self.links, shortLinks) {
            shown += Self.escaped(self.string(start..<link.lowerBound)) + short
            start = link.upperBound
        }
        return shown + Self.escaped(self.string(start..<self.scalars.count))
    }

    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x26 || $0 == 0x3C || $0 == 0x3E }) else { return text }
        return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// How many different cashtags (`$ABC`) there are.
    var cashtags: Int {
        var tags: Set<String> = []
        for index in self.scalars.indices where self.scalars[index] == "$" {
            guard index == 0 || !LinkScanner.isWord(self.scalars[index - 1]) && self.scalars[index - 1] != "$" else {
                continue
            }
            let tail = self.scalars[(index + 1)...]
            let letters = tail.prefix { $0.isASCII && $0.properties.isAlphabetic }
            guard (1...6).contains(letters.count),
                !(tail.dropFirst(letters.count).first.map(LinkScanner.isWord) ?? false)
            else { continue }
            tags.insert(String(String.UnicodeScalarView(letters)).uppercased())
        }
        return tags.count
    }

    /// Whether the text mentions a handle.
    func mentions(_ handle: String) -> Bool {
        let wanted = handle.lowercased()
        return self.text.lowercased().split(separator: "@", omittingEmptySubsequences: false).dropFirst().contains {
            tail in
            tail.unicodeScalars.prefix(while: LinkScanner.isWord).elementsEqual(wanted.unicodeScalars)
        }
    }
}
