// SPDX-License-Identifier: MIT

import Domain

/// An account as a platform's curve sees it.
package struct PlatformMember: Sendable {
    /// What posts say of each hour, and the variance of a post around its hour's value.
    typealias Observed = (statistics: SlotStatistics, variance: Double)
    /// An hour that was posted in, and the calendar week.
    typealias SlotWeek = (slot: Int, week: Int64)

    /// The account's past, cut in time.
    struct Past: Sendable {
        /// What the earlier posts said.
        var earlier: SlotStatistics
        /// When they appeared.
        var slotWeeks: [SlotWeek]
        /// What the later posts said.
        var later: SlotStatistics
    }

    /// What its posts say of each hour.
    package let statistics: SlotStatistics
    /// Which hours it posted in, in which calendar weeks.
    let slotWeeks: [SlotWeek]
    /// Its past, cut in time; nil with too few posts.
    let past: Past?

    /// The share of the posts that are the earlier ones.
    private static let earlierShare = 0.7
    /// Fewer posts on one side of the cut say nothing.
    private static let leastPosts = 10

    /// Sums up an account's posts.
    package init(_ cleaned: CleanedPosts) {
        self.statistics = SlotStatistics(cleaned)
        self.slotWeeks = Self.slotWeeks(cleaned)
        let count = cleaned.slots.count
        let cut = Int(Double(count) * Self.earlierShare)
        guard cut >= Self.leastPosts, count - cut >= Self.leastPosts else {
            self.past = nil
            return
        }
        let earlier = cleaned.part(0..<cut)
        self.past = Past(
            earlier: SlotStatistics(earlier), slotWeeks: Self.slotWeeks(earlier),
            later: SlotStatistics(cleaned.part(cut..<count)))
    }

    /// What its posts say, for accounts that have enough of them.
    var observed: Observed { (self.statistics, self.statistics.variance ?? 1) }

    private static func slotWeeks(_ cleaned: CleanedPosts) -> [SlotWeek] {
        var seen: Set<Int64> = []
        return zip(cleaned.slots, cleaned.weeks).compactMap { slot, week in
            seen.insert(week * Int64(HourOfWeek.count) + Int64(slot)).inserted ? (slot, week) : nil
        }
    }
}
