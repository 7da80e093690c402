// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
import Persistence

extension AccountTiming {
    /// How many of the best hours have a sentence.
    private static let told = 3

    /// What was used and what was not, and when.
    package var dataLine: String {
        let left = Exclusion.allCases.compactMap { reason in
            self.fit.excluded[reason].map { "\($0) \(reason.words)" }
        }
        var parts = ["\(self.fit.posts) \(self.fit.posts == 1 ? "post" : "posts") used"]
        if !left.isEmpty { parts.append("\(left.joined(separator: ", ")) left out") }
        if self.common.shared != nil {
            parts.append("with \(self.common.accounts) accounts of \(self.account.platform) for what they share")
        }
        let when = self.fit.fittedAt.iso8601(in: self.fit.zone)
        parts.append(self.isFresh ? "fitted now" : self.isPresent ? "last fit \(when)" : "fit of \(when)")
        return parts.joined(separator: " · ")
    }

    /// What can be said of the account's week.
    package var sentences: [String] {
        let curve = self.fit.curve
        var sentences = curve.findings(posts: self.fit.posts, platform: self.common)
        if !curve.isFlat {
            sentences += curve.ranked.prefix(Self.told).map {
                curve.sentence(for: $0, platform: "\(self.account.platform)", common: self.common)
            }
        }
        if let experiments = self.experiments { sentences.append(experiments.sentence) }
        return sentences
    }
}

extension AccountTiming {
    /// The hours that a week of posts would take: the best of each day that is allowed, then the best of those days; none where no hour can
    /// be told from typical.
    package func recommended(posts: Int, wish: SlotWish = SlotWish()) -> Set<HourOfWeek> {
        guard !self.fit.curve.isFlat else { return [] }
        var days: Set<Int> = []
        let best = self.fit.curve.ranked.filter { entry in
            entry.score > 1 && !wish.weekdays.contains(entry.hour.weekday)
                && !wish.minutes(of: entry.hour.hour).isEmpty && days.insert(entry.hour.weekday).inserted
        }
        return Set(best.prefix(posts).map(\.hour))
    }
}
