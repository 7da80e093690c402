// SPDX-License-Identifier: MIT

package import Domain

/// What an account's posts got in each of the 168 hours of the week, compared with its typical post.
///
/// Counting and nothing else: no smoothing, no model, no borrowing from other accounts. An hour without posts says nothing, and an hour with few
/// posts is not marked. The same posts give the same table in any order.
package struct HourOfWeekTable: Hashable, Sendable, Codable {
    /// One hour of the week.
    package struct Slot: Hashable, Sendable, Codable {
        /// Which hour.
        package var hour: HourOfWeek
        /// How many posts were used.
        package var posts: Int
        /// The median engagement here divided by the account's median; `nil` without posts or when the account's median is 0.
        package var median: Double?
        /// The mean engagement here divided by the account's mean; `nil` without posts or when the account's mean is 0.
        package var mean: Double?
    }

    /// The zone that the hours are local to.
    package var zone: ZoneID
    /// All 168 hours, Monday 00:00 first.
    package var slots: [Slot]
    /// How many posts were used.
    package var posts: Int
    /// The account's typical post: the median engagement of the used posts; `nil` without posts.
    package var typicalEngagement: Double?
    /// How many posts were left out, by reason; reasons that did not occur are absent.
    package var excluded: [Exclusion: Int]
    /// The rules that were applied.
    package var rules: SelectionRules

    /// Counts.
    ///
    /// - Parameters:
    ///   - samples: The posts of one account.
    ///   - zone: Where its audience lives.
    ///   - rules: What is demanded of a post and of an hour.
    /// - Returns: The table.
    package static func make(
        _ samples: some Sequence<PostSample>, zone: ZoneID, rules: SelectionRules = SelectionRules()
    ) -> HourOfWeekTable {
        let clock = zone.table
        var excluded: [Exclusion: Int] = [:]
        var bySlot = [[Int64]](repeating: [], count: HourOfWeek.count)
        for sample in samples {
            if let reason = rules.exclusion(of: sample) {
                excluded[reason, default: 0] += 1
            } else if let engagement = sample.engagement {
                bySlot[clock.hourOfWeek(at: sample.postedAt).index].append(engagement)
            }
        }
        let all = Spread(bySlot.flatMap { $0 })
        let slots = bySlot.enumerated().compactMap { index, values -> Slot? in
            guard let hour = HourOfWeek(index: index) else { return nil }
            let here = Spread(values)
            return Slot(
                hour: hour, posts: values.count, median: Self.ratio(here?.median, to: all?.median),
                mean: Self.ratio(here?.mean, to: all?.mean))
        }
        return HourOfWeekTable(
            zone: zone, slots: slots, posts: slots.reduce(0) { $0 + $1.posts }, typicalEngagement: all?.median,
            excluded: excluded, rules: rules)
    }

    /// What an hour is marked with: its median, from ``SelectionRules/postsPerSlot`` posts on; `nil` says nothing is claimed.
    package func mark(_ hour: HourOfWeek) -> Double? {
        let slot = self.slots[hour.index]
        return slot.posts >= self.rules.postsPerSlot ? slot.median : nil
    }

    /// The marked hours, highest median first, then more posts, then earlier in the week.
    package var marked: [Slot] {
        self.slots.filter { self.mark($0.hour) != nil }.sorted { left, right in
            (right.median ?? 0, right.posts, left.hour.index) < (left.median ?? 0, left.posts, right.hour.index)
        }
    }

    /// Whether there is anything to compare: at least two marked hours.
    package var isEnough: Bool { self.marked.count >= 2 }

    private static func ratio(_ value: Double?, to whole: Double?) -> Double? {
        guard let value, let whole, whole > 0 else { return nil }
        return value / whole
    }
}

/// Median and mean of counts.
private struct Spread {
    let median: Double
    let mean: Double

    init?(_ values: [Int64]) {
        guard !values.isEmpty else { return nil }
        // Sorted first, so that the order of the posts cannot change the last bit of the sum.
        let sorted = values.map(Double.init).sorted()
        let middle = sorted.count / 2
        self.median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        self.mean = sorted.reduce(0, +) / Double(sorted.count)
    }
}
