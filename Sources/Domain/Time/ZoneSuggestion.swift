// SPDX-License-Identifier: MIT

/// What to tell a person who wrote a zone that does not exist.
enum ZoneSuggestion {
    static func error(for text: String) -> TimeError {
        let shown = "'\(text.prefix(40))'"
        let example = "such as Europe/Berlin or America/New_York"
        let near = Self.nearest(to: text)
        let message =
            if text.isEmpty {
                "the time zone is empty: name a place, \(example)"
            } else if Self.isOffset(text) {
                "\(shown) is an offset, not a time zone: it does not know when clocks move. Name a place, \(example)"
            } else if let last = near.last {
                "there is no time zone \(shown): did you mean "
                    + (near.count == 1 ? last : "\(near.dropLast().joined(separator: ", ")) or \(last)") + "?"
            } else if text.count <= 5, text.allSatisfy(\.isUppercase) {
                "\(shown) is not a time zone, and abbreviations are ambiguous: name a place, \(example)"
            } else {
                "there is no time zone \(shown): write its IANA name, \(example)"
            }
        return TimeError(.unknownZone, message)
    }

    /// Up to three names: the same but for case and spaces, the same city, or a few typing mistakes away.
    static func nearest(to text: String, among names: [String] = ZoneID.all) -> [String] {
        let wanted = Self.folded(text)
        guard wanted.count >= 3, wanted.count <= 40 else { return [] }
        if let same = names.first(where: { Self.folded($0) == wanted }) { return [same] }
        let city = wanted.split(separator: "/").last.map(String.init) ?? wanted
        let hasRegion = wanted.contains("/")
        let scored = names.compactMap { name -> (distance: Int, name: String)? in
            let candidate = Self.folded(name)
            let candidateCity = candidate.split(separator: "/").last.map(String.init) ?? candidate
            if city == candidateCity { return (0, name) }
            let distance =
                hasRegion ? Self.distance(wanted, candidate) : Self.distance(city, candidateCity)
            let allowed = max(1, (hasRegion ? wanted.count : city.count) / 5)
            return distance <= allowed ? (distance, name) : nil
        }
        guard let best = scored.map(\.distance).min() else { return [] }
        return scored.filter { $0.distance <= best + (best == 0 ? 0 : 1) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    private static func folded(_ text: String) -> String {
        text.lowercased().replacing(" ", with: "_").replacing("-", with: "_").replacing("\\", with: "/")
    }

    private static func isOffset(_ text: String) -> Bool {
        var rest = text[...]
        for prefix in ["UTC", "GMT"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(3) }
        guard let sign = rest.first, "+-".contains(sign), rest.count > 1 else { return false }
        return rest.dropFirst().allSatisfy { $0.isNumber || $0 == ":" }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (restricted Damerau–Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.unicodeScalars)
        let b = Array(right.unicodeScalars)
        var older = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [Int](repeating: i + 1, count: b.count + 1)
            for j in b.indices {
                row[j + 1] = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], older[j - 1] + 1) }
            }
            (older, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
