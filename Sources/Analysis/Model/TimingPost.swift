// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// A post as the model reads it.
package struct TimingPost: Sendable, Hashable {
    /// What the clock on the audience's wall showed when it appeared, as `WallTime.clockSeconds`.
    package var clockSeconds: Int64
    /// What it got: a count, or any other number from 0 that is to be made large.
    package var engagement: Double
    /// Its content type, as a number that means the same for all posts of the account; −1 when unknown.
    package var contentType: Int32

    /// Makes a post.
    package init(clockSeconds: Int64, engagement: Double, contentType: Int32 = -1) {
        self.clockSeconds = clockSeconds
        self.engagement = engagement
        self.contentType = contentType
    }

    /// ln(1 + engagement): what is compared.
    var logarithm: Double { log1p(max(0, self.engagement)) }
    /// The hour of the week on the wall.
    package var hour: HourOfWeek { HourOfWeek(clockSeconds: self.clockSeconds) }
    /// Which hour on the wall, counted from 1970.
    var hourNumber: Int64 { self.clockSeconds.flooredQuotient(by: 3_600) }
    /// Which calendar week on the wall, Monday to Sunday.
    var week: Int64 { (self.clockSeconds.flooredQuotient(by: 86_400) + 3).flooredQuotient(by: 7) }

    /// The order in which posts are summed.
    static func isBefore(_ left: TimingPost, _ right: TimingPost) -> Bool {
        (left.clockSeconds, left.engagement, left.contentType) < (
            right.clockSeconds, right.engagement, right.contentType
        )
    }
}

/// The past of one account on one platform.
package struct TimingHistory: Sendable, Hashable {
    /// The account, by whatever name the source uses.
    package var account: String
    /// The platform.
    package var platform: PlatformID
    /// The posts that can be used, in any order.
    package var posts: [TimingPost]
    /// How many posts were left out, by reason.
    package var excluded: [Exclusion: Int]

    /// Makes a history.
    package init(
        account: String, platform: PlatformID, posts: [TimingPost] = [], excluded: [Exclusion: Int] = [:]
    ) {
        self.account = account
        self.platform = platform
        self.posts = posts
        self.excluded = excluded
    }
}
