// SPDX-License-Identifier: MIT

/// Finds what X takes for a link: `http(s)://…`, and bare domains under a well-known top-level domain.
struct LinkScanner {
    private let scalars: [UnicodeScalar]

    init(_ scalars: [UnicodeScalar]) { self.scalars = scalars }

    /// The top-level domains at which a domain without `https://` is a link; X knows all, here are the common ones.
    private static let bareDomains: Set<String> = [
        "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "co", "tv", "me", "ai", "app", "dev",
        "blog",
        "shop", "store", "online", "site", "xyz", "news", "media", "agency", "social", "tech", "cloud", "design",
        "studio",
        "live", "life", "world", "today", "link", "page", "club", "vip", "pro", "eu", "de", "uk", "fr", "es", "it",
        "nl",
        "be", "at", "ch", "se", "no", "dk", "fi", "pl", "pt", "ie", "us", "ca", "au", "nz", "jp", "in", "br", "mx",
        "za",
        "ly", "gg", "fm", "to", "example", "test",
    ]

    static func isWord(_ scalar: UnicodeScalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    private static func isDomain(_ scalar: UnicodeScalar) -> Bool {
        scalar == "-" || (scalar.isASCII && self.isWord(scalar) && scalar != "_")
    }

    /// The ranges of the links, in order.
    func links() -> [Range<Int>] {
        var links: [Range<Int>] = []
        var index = 0
        while index < self.scalars.count {
            guard Self.isDomain(self.scalars[index]), index == 0 || self.mayPrecede(self.scalars[index - 1]) else {
                index += 1
                continue
            }
            if let end = self.linkEnd(from: index) {
                links.append(index..<end)
                index = end
            } else {
                while index < self.scalars.count, Self.isWord(self.scalars[index]) || self.scalars[index] == "." {
                    index += 1
                }
                index += 1
            }
        }
        return links
    }

    private func mayPrecede(_ scalar: UnicodeScalar) -> Bool {
        !Self.isWord(scalar) && !["@", "#", "$", "-", ".", "/"].contains(scalar)
    }

    private func starts(_ prefix: String, at index: Int) -> Bool {
        let wanted = Array(prefix.unicodeScalars)
        guard index + wanted.count <= self.scalars.count else { return false }
        return zip(self.scalars[index...], wanted).allSatisfy { $0.properties.lowercaseMapping == String($1) }
    }

    private func linkEnd(from start: Int) -> Int? {
        var index = start
        var hasScheme = false
        for scheme in ["https://", "http://"] where self.starts(scheme, at: start) {
            index = start + scheme.unicodeScalars.count
            hasScheme = true
            break
        }
        let hostStart = index
        while index < self.scalars.count, Self.isDomain(self.scalars[index]) || self.scalars[index] == "." {
            index += 1
        }
        while index > hostStart, self.scalars[index - 1] == "." || self.scalars[index - 1] == "-" { index -= 1 }
        let host = String(String.UnicodeScalarView(self.scalars[hostStart..<index])).lowercased()
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, !labels.contains(where: \.isEmpty), let last = labels.last, last.count >= 2,
            last.allSatisfy(\.isLetter), hasScheme || Self.bareDomains.contains(String(last))
        else { return nil }
        if index < self.scalars.count, self.scalars[index] == "@" { return nil }
        if index < self.scalars.count, self.scalars[index] == ":" {
            var port = index + 1
            while port < self.scalars.count, ("0"..."9").contains(self.scalars[port]) { port += 1 }
            if port > index + 1 { index = port }
        }
        if index < self.scalars.count, ["/", "?", "#"].contains(self.scalars[index]) {
            index = self.pathEnd(from: index)
        }
        return index
    }

    private func pathEnd(from start: Int) -> Int {
        var index = start
        var depth = 0
        while index < self.scalars.count, !self.scalars[index].properties.isWhitespace {
            let scalar = self.scalars[index]
            if ["<", ">", "\"", "“", "”"].contains(scalar) { break }
            if scalar == "(" { depth += 1 }
            if scalar == ")" {
                if depth == 0 { break }
                depth -= 1
            }
            index += 1
        }
        while index > start + 1, [".", ",", "!", "?", ":", ";", "'", "]", "…"].contains(self.scalars[index - 1]) {
            index -= 1
        }
        return index
    }
}
