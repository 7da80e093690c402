// SPDX-License-Identifier: MIT

/// Finds what X takes for a URL: `http(s)://…` with a domain, and bare domains that end in a known top-level domain.
///
/// The rules are those of twitter-text, with the list of ``TopLevelDomains`` in place of its complete one.
struct URLFinder {
    private let text: String
    private let characters: [Character]
    private let indices: [String.Index]

    private init(_ text: String) {
        self.text = text
        self.characters = Array(text)
        self.indices = Array(text.indices) + [text.endIndex]
    }

    /// The ranges of the URLs, in order.
    static func urls(in text: String) -> [Range<String.Index>] {
        guard text.contains(".") else { return [] }
        let finder = URLFinder(text)
        var found: [Range<String.Index>] = []
        var position = 0
        while position < finder.characters.count {
            if let end = finder.url(at: position) {
                found.append(finder.indices[position]..<finder.indices[end])
                position = end
            } else {
                position += 1
            }
        }
        return found
    }

    /// The end of a URL that begins here.
    private func url(at start: Int) -> Int? {
        let before = start > 0 ? self.characters[start - 1] : " "
        guard !Self.isWord(before), !"@＠$#＃".contains(before) else { return nil }
        if let domain = self.afterScheme(start) {
            return self.domain(at: domain, anyTopLevel: true).map { self.tail(from: $0) }
        }
        guard !"-_./".contains(before) else { return nil }
        return self.domain(at: start, anyTopLevel: false).map { self.tail(from: $0) }
    }

    private func afterScheme(_ start: Int) -> Int? {
        for scheme in ["https://", "http://"] where start + scheme.count < self.characters.count {
            if String(self.characters[start..<start + scheme.count]).lowercased() == scheme {
                return start + scheme.count
            }
        }
        return nil
    }

    /// The end of the longest domain that begins here and ends in a top-level domain.
    private func domain(at start: Int, anyTopLevel: Bool) -> Int? {
        var end: Int?
        var labels = 0
        var position = start
        while position < self.characters.count {
            let labelStart = position
            while position < self.characters.count, Self.isLabel(self.characters[position]) { position += 1 }
            guard position > labelStart, self.characters[labelStart] != "-", self.characters[position - 1] != "-" else {
                break
            }
            labels += 1
            let label = String(self.characters[labelStart..<position]).lowercased()
            let known = TopLevelDomains.all.contains(label) || label.hasPrefix("xn--")
            let plausible = label.count >= 2 && label.allSatisfy(\.isLetter)
            if labels > 1, known || (anyTopLevel && plausible) {
                let next = position < self.characters.count ? self.characters[position] : " "
                if !(next.isASCII && (next.isLetter || next.isNumber)), next != "@" { end = position }
            }
            guard position + 1 < self.characters.count, self.characters[position] == "." else { break }
            position += 1
        }
        return end
    }

    /// The end of port, path and query behind a domain.
    private func tail(from domainEnd: Int) -> Int {
        var end = domainEnd
        if self.character(end) == ":" {
            var digits = end + 1
            while let next = self.character(digits), next.isASCII, next.isNumber { digits += 1 }
            if digits > end + 1 { end = digits }
        }
        guard let first = self.character(end), "/?".contains(first) else { return end }
        var last = end
        var open = 0
        var position = end
        while let character = self.character(position), Self.isTail(character) {
            if character == "(" { open += 1 }
            if character == ")" {
                guard open > 0 else { break }
                open -= 1
                last = position + 1
            }
            if Self.mayEnd(character) { last = position + 1 }
            position += 1
        }
        return max(last, first == "/" ? end + 1 : end)
    }

    private func character(_ position: Int) -> Character? {
        position < self.characters.count ? self.characters[position] : nil
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber)
    }

    private static func isLabel(_ character: Character) -> Bool {
        character == "-" || (character.isASCII ? character.isLetter || character.isNumber : Self.isLatin(character))
    }

    private static func isLatin(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first else { return false }
        return (0xC0...0x24F).contains(scalar.value) && scalar.properties.isAlphabetic
    }

    private static func isTail(_ character: Character) -> Bool {
        if character.isASCII {
            return character.isLetter || character.isNumber || "!*'();:=+,.$/%#[]-_~&|@?".contains(character)
        }
        return character.isLetter && !Self.isIdeographic(character)
    }

    private static func isIdeographic(_ character: Character) -> Bool {
        character.unicodeScalars.first.map { (0x2E80...0xD7FF).contains($0.value) || $0.value > 0xFFFF } ?? false
    }

    private static func mayEnd(_ character: Character) -> Bool {
        character.isASCII
            ? character.isLetter || character.isNumber || "+-=_#/&".contains(character) : character.isLetter
    }
}
