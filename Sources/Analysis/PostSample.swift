// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// What is known of one published post: when it went out and what came of it.
package struct PostSample: Hashable, Sendable {
    /// The account by slug or, in files from outside, by whatever name the file uses.
    package var account: String
    /// The platform.
    package var platform: PlatformID
    /// When it appeared.
    package var postedAt: Date
    /// Reactions, comments and shares together, as the platform counts them; `nil` when there is no reading, never zero for that.
    package var engagement: Int64?
    /// Whether money was spent on it.
    package var isPaid: Bool
    /// The kind of content: `photo`, `video`, …; `nil` when unknown.
    package var contentType: String?
    /// When the numbers were read; `nil` when that was so long after posting that they are final.
    package var observedAt: Date?
    /// Where the account's audience lives.
    package var zone: ZoneID
    /// Whether its numbers were counted in another way than the account's are now, so that they do not compare.
    package var isOutdated: Bool
    /// How often it was shown, where the platform says so.
    package var impressions: Int64?
    /// How many followers the account had then, where known.
    package var followers: Int64?

    /// Makes a sample.
    package init(
        account: String, platform: PlatformID, postedAt: Date, engagement: Int64?, isPaid: Bool = false,
        contentType: String? = nil, observedAt: Date? = nil, zone: ZoneID = .utc,
        isOutdated: Bool = false, impressions: Int64? = nil, followers: Int64? = nil
    ) {
        self.account = account
        self.platform = platform
        self.postedAt = postedAt
        self.engagement = engagement
        self.isPaid = isPaid
        self.contentType = contentType
        self.observedAt = observedAt
        self.zone = zone
        self.isOutdated = isOutdated
        self.impressions = impressions
        self.followers = followers
    }
}
