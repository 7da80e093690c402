// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension HourOfWeekTable {
    /// What was used and what was not: `142 posts used · 9 boosted, 6 too young, 2 without metrics left out`.
    package var dataLine: String {
        let used = "\(self.posts) \(self.posts == 1 ? "post" : "posts") used"
        let left = Exclusion.allCases.compactMap { reason in
            self.excluded[reason].map { "\($0) \(reason.words)" }
        }
        return left.isEmpty ? used + " · none left out" : used + " · \(left.joined(separator: ", ")) left out"
    }

    /// What can and what cannot be said, from numbers only, a sentence an element.
    package var findings: [String] {
        let needed = self.rules.postsPerSlot
        guard self.posts > 0 else { return ["no data: no post of this account can be used yet"] }
        guard let typical = self.typicalEngagement, typical > 0 else {
            return ["nothing to compare with: the typical post of this account has no engagement"]
        }
        let marked = self.marked
        guard let lowest = marked.last, self.isEnough else {
            let posts = "\(self.posts) \(self.posts == 1 ? "post" : "posts")"
            return [
                "not enough data: \(posts); a slot is only marked from \(needed) posts on, and one alone says nothing"
            ]
        }
        let unmarked = HourOfWeek.count - marked.count
        return [
            "highest: \(marked.prefix(3).enumerated().map { Self.words($1, unit: $0 == 0) }.joined(separator: ", "))",
            "lowest: \(Self.words(lowest, unit: true))",
            "\(marked.count) hours marked; the other \(unmarked) have fewer than \(needed) posts and say nothing",
            Self.typicalSentence(typical),
        ]
    }

    /// What the numbers are not, for the foot of every picture.
    package static let caveat =
        "Raw medians of what was posted, no model: with few posts they move by chance, and what is posted differs by hour."

    private static func words(_ slot: Slot, unit: Bool) -> String {
        "\(slot.hour) \(Self.factor(slot.median ?? 0)) (\(slot.posts)\(unit ? " posts" : ""))"
    }

    private static func typicalSentence(_ typical: Double) -> String {
        let count = String(format: typical < 100 && typical.rounded() != typical ? "%.1f" : "%.0f", typical)
        return "1.0 is the account's typical post: a median of \(count) engagements"
    }

    /// A ratio with two decimals and its sign: `1.18×`.
    package static func factor(_ value: Double) -> String { String(format: "%.2f×", value) }
}
