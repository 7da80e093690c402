// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// How far a backfill goes: the last so many posts of an account, of the last two years.
package struct Backfill: Sendable, Hashable {
    /// How many posts.
    package var posts: Int

    /// Makes a bound; 200 posts unless said, beyond which the model of posting times hardly gains.
    package init(posts: Int = 200) { self.posts = posts }

    /// The most posts that may be asked for; platforms list fewer.
    package static let most = 10_000

    /// How long ago a post may have appeared.
    static let span: TimeInterval = 730 * 86_400

    /// The first job of a run.
    ///
    /// - Parameters:
    ///   - account: Whose past.
    ///   - client: The account's client.
    ///   - platform: Its platform.
    ///   - now: The world's time; what appears later is not the past.
    /// - Returns: The job, which waits for slots of the metrics queue.
    /// - Throws: What encoding throws.
    package func job(
        of account: AccountID, client: ClientID, platform: PlatformID, now: Date
    ) throws -> NewJob {
        let step = BackfillStep(
            run: UUID.version7(), page: 1, left: self.posts, since: now.addingTimeInterval(-Self.span), until: now)
        return try step.job(of: account, client: client, platform: platform)
    }
}

/// A daily look for what others than Posthorn posted on an account whose past is known: a backfill that ends with the page
/// whose oldest post was found before.
struct DailyLook {
    /// The most posts that a look takes in; whoever posts more a day needs a backfill.
    static let most = 200
    /// How many posts the first page has at most.
    static let page = 25
    /// How long before the last look posts are looked for again: those left out beside a send that was not settled yet.
    static let margin: TimeInterval = 2 * 86_400

    /// The job of a look.
    ///
    /// - Parameters:
    ///   - account: The account.
    ///   - client: Its client.
    ///   - platform: Its platform.
    ///   - last: When it was looked at last.
    ///   - now: The world's time.
    /// - Returns: The job, which waits for slots of the metrics queue.
    /// - Throws: What encoding throws.
    static func job(
        of account: AccountID, client: ClientID, platform: PlatformID, last: Date, now: Date
    ) throws -> NewJob {
        let since = max(last.addingTimeInterval(-Self.margin), now.addingTimeInterval(-Backfill.span))
        var step = BackfillStep(run: UUID.version7(), page: 1, left: Self.most, since: since, until: now)
        step.untilKnown = true
        return try step.job(of: account, client: client, platform: platform)
    }
}

/// Where a run stands: one job reads one page, and plans the next in the transaction that records what it found.
struct BackfillStep: Sendable, Hashable, Codable {
    /// Names the run.
    var run: UUID
    /// The number of the page, from 1.
    var page: Int
    /// How many posts are still wanted.
    var left: Int
    /// Where the page begins; `nil` for the first one.
    var cursor: String?
    /// The oldest moment that counts.
    var since: Date
    /// The newest one.
    var until: Date
    /// Whether it ends with the first page whose oldest post was found before.
    var untilKnown: Bool?

    /// How many posts the next call asks for.
    var wanted: Int { self.untilKnown == true && self.page == 1 ? min(self.left, DailyLook.page) : self.left }

    func job(of account: AccountID, client: ClientID, platform: PlatformID) throws -> NewJob {
        NewJob(
            client: client, account: account, queue: .metrics, kind: .backfill, provider: platform.rawValue,
            subject: account.uuid, payload: try JSONColumn.encode(self),
            key: "backfill:\(self.run.uuidString.lowercased()):\(self.page)")
    }

    /// The step after a page; `nil` when the run is over.
    func next(after read: Int, at cursor: String?) -> BackfillStep? {
        guard let cursor, cursor != self.cursor, read < self.left else { return nil }
        var step = self
        step.page += 1
        step.left -= read
        step.cursor = cursor
        return step
    }
}
