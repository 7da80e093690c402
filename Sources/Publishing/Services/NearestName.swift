// SPDX-License-Identifier: MIT

/// Finds what a person probably meant.
package enum NearestName {
    /// The known name that is nearest to a mistyped one.
    ///
    /// - Returns: `nil` when none is near enough to be a slip.
    package static func find(_ text: String, in names: some Sequence<String>) -> String? {
        let typed = Array(text.lowercased())
        var best: (name: String, distance: Int)?
        for name in names.sorted() {
            let distance = Self.distance(typed, Array(name.lowercased()))
            if distance <= max(1, typed.count / 3), distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// The words to put behind a refusal: ` Did you mean 'acme'?`, or nothing.
    package static func hint(_ text: String, in names: some Sequence<String>) -> String {
        Self.find(text, in: names).map { " Did you mean '\($0)'?" } ?? ""
    }

    /// The fewest insertions, deletions, changes and swaps of neighbours between two words.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1] + Array(repeating: 0, count: right.count)
            for (j, b) in right.enumerated() {
                row[j + 1] = min(previous[j] + (a == b ? 0 : 1), row[j] + 1, previous[j + 1] + 1)
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
            }
            before = previous
            previous = row
        }
        return previous[right.count]
    }
}
