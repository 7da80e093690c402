// SPDX-License-Identifier: MIT

import Domain

/// Puts posts that come in any order into one history for each account, in some 24 bytes a post.
package struct HistoryCollector: Sendable {
    private struct Key: Hashable {
        var account: String
        var platform: PlatformID
    }

    private var indices: [Key: Int] = [:]
    private var gathered: [TimingHistory] = []
    private var types: [String: Int32] = [:]
    private var zones: [ZoneID: ZoneTable] = [:]
    private var last: (key: Key, index: Int)?

    private let dropsRepeats: Bool

    /// Makes an empty one.
    ///
    /// - Parameter dropsRepeats: Whether a post with the same time, engagement and type as another is that one listed twice: true for
    ///   files, whose rows have no identity.
    package init(dropsRepeats: Bool = true) { self.dropsRepeats = dropsRepeats }

    /// Adds a post, or counts it as left out.
    ///
    /// - Parameters:
    ///   - sample: The post.
    ///   - isHoliday: Whether it appeared on a day that is not like its weekday.
    package mutating func add(_ sample: PostSample, isHoliday: Bool = false) {
        let index = self.index(Key(account: sample.account, platform: sample.platform))
        if let reason = SelectionRules.mature(on: sample.platform).exclusion(of: sample) ?? (isHoliday ? .holiday : nil)
        {
            self.gathered[index].excluded[reason, default: 0] += 1
        } else if let engagement = sample.engagement {
            self.gathered[index].posts.append(
                TimingPost(
                    clockSeconds: self.clock(sample.zone).clockSeconds(at: sample.postedAt),
                    engagement: Double(engagement), contentType: self.type(sample.contentType)))
        }
    }

    /// The histories; a post that is listed twice with the same numbers counts once.
    package consuming func histories() -> [TimingHistory] {
        let ranks = self.ranks
        for index in self.gathered.indices {
            var all = self.gathered[index].posts
            for post in all.indices where all[post].contentType >= 0 {
                all[post].contentType = ranks[Int(all[post].contentType)]
            }
            all.sort(by: TimingPost.isBefore)
            var posts: [TimingPost] = []
            posts.reserveCapacity(all.count)
            for post in all where !self.dropsRepeats || posts.last != post { posts.append(post) }
            self.gathered[index].posts = posts
            if posts.count < all.count {
                self.gathered[index].excluded[.listedTwice, default: 0] += all.count - posts.count
            }
        }
        return self.gathered
    }

    /// The place of each type in the order of names: numbers do not depend on which post came first.
    private var ranks: [Int32] {
        var ranks = [Int32](repeating: 0, count: self.types.count)
        for (rank, type) in self.types.sorted(by: { $0.key < $1.key }).enumerated() {
            ranks[Int(type.value)] = Int32(rank)
        }
        return ranks
    }

    private mutating func index(_ key: Key) -> Int {
        if let last = self.last, last.key == key { return last.index }
        let index =
            self.indices[key]
            ?? {
                self.gathered.append(TimingHistory(account: key.account, platform: key.platform))
                self.indices[key] = self.gathered.count - 1
                return self.gathered.count - 1
            }()
        self.last = (key, index)
        return index
    }

    private mutating func type(_ name: String?) -> Int32 {
        guard let name else { return -1 }
        if let known = self.types[name] { return known }
        let number = Int32(self.types.count)
        self.types[name] = number
        return number
    }

    private mutating func clock(_ zone: ZoneID) -> ZoneTable {
        if let known = self.zones[zone] { return known }
        let table = zone.table
        self.zones[zone] = table
        return table
    }
}
