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
