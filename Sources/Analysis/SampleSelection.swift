// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// What the table demands before it uses a post or marks an hour.
package struct SelectionRules: Hashable, Sendable, Codable {
    /// How old a post has to be when its numbers are read, in hours.
    package var minimumAgeHours: Int
    /// How many posts an hour needs before it is marked.
    package var postsPerSlot: Int

    /// Makes rules; by default 24 hours and 5 posts.
    package init(minimumAgeHours: Int = 24, postsPerSlot: Int = 5) {
        self.minimumAgeHours = minimumAgeHours
        self.postsPerSlot = postsPerSlot
    }

    /// The rules for a platform: numbers are read when nearly all has come that will come.
    ///
    /// Measured on posts of 2017, Facebook has 93 % after 12 to 36 hours and Instagram 95 % after a day. The others are guesses on the
    /// safe side until the snapshots of our own publications say more.
    package static func mature(on platform: PlatformID) -> SelectionRules {
        switch platform {
        case "linkedin", "tiktok": SelectionRules(minimumAgeHours: 72)
        case "youtube", "pinterest": SelectionRules(minimumAgeHours: 168)
        default: SelectionRules()
        }
    }

    /// Why a post is left out, or `nil` when it is used.
    ///
    /// The first reason that fits counts, so that a post is counted once.
    package func exclusion(of sample: PostSample) -> Exclusion? {
        if sample.isPaid { return .boosted }
        if sample.engagement == nil { return .withoutMetrics }
        if sample.isOutdated { return .otherDefinition }
        if let observedAt = sample.observedAt,
            observedAt.timeIntervalSince(sample.postedAt) < Double(self.minimumAgeHours) * 3600
        {
            return .tooYoung
        }
        return nil
    }
}

/// Why a post is left out.
package enum Exclusion: String, Hashable, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    /// Money was spent on it, so its numbers say nothing about the hour.
    case boosted
    /// Its numbers were read before they were complete.
    case tooYoung = "too_young"
    /// It has no numbers.
    case withoutMetrics = "without_metrics"
    /// Its numbers were counted in another way than the account's are now.
    case otherDefinition = "other_definition"
    /// The same post with the same numbers stands there once more.
    case listedTwice = "listed_twice"
    /// It appeared on a holiday, which is not like its weekday.
    case holiday

    /// The reason for a person.
    package var words: String {
        switch self {
        case .boosted: "boosted"
        case .tooYoung: "too young"
        case .withoutMetrics: "without metrics"
        case .otherDefinition: "counted another way"
        case .listedTwice: "listed twice"
        case .holiday: "on holidays"
        }
    }
}
