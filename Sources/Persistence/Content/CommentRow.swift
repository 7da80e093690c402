// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// A comment that a platform told of, with the names that people know.
package struct CommentRow: Sendable, Hashable {
    /// What is known of it.
    package enum State: String, Sendable, Hashable {
        /// The platform told of it; nobody has read it yet.
        case unread
        /// Everybody can see it.
        case visible
        /// It is hidden from others.
        case hidden
        /// It is no longer there; its words are not kept.
        case gone
    }

    /// Its identity.
    package var id: CommentID
    /// The client's slug.
    package var client: String
    /// The client's zone.
    package var clientTimeZone: String
    /// The account's slug.
    package var account: String
    /// The platform.
    package var platform: PlatformID
    /// The platform's identity of it.
    package var remoteID: String
    /// The platform's identity of the post.
    package var postRemoteID: String
    /// The publication, when Posthorn knows it.
    package var publication: PublicationID?
    /// Where the publication can be seen.
    package var url: String?
    /// The platform's identity of the comment that it answers.
    package var parentRemoteID: String?
    /// The platform's identity of who wrote it.
    package var authorID: String?
    /// Who wrote it.
    package var authorName: String?
    /// The words.
    package var text: String?
    /// When it was written.
    package var writtenAt: Date?
    /// When the platform last told of it.
    package var toldAt: Date
    /// When it was last read.
    package var readAt: Date?
    /// What is known of it.
    package var state: State

    init(row: Row) throws {
        self.id = try row.get("comment_id")
        self.client = try row.get("client_slug")
        self.clientTimeZone = try row.get("client_time_zone")
        self.account = try row.get("account_slug")
        self.platform = try row.get("platform")
        self.remoteID = try row.get("remote_id")
        self.postRemoteID = try row.get("post_remote_id")
        self.publication = try row.get("publication_id")
        self.url = try row.get("url")
        self.parentRemoteID = try row.get("parent_remote_id")
        self.authorID = try row.get("author_id")
        self.authorName = try row.get("author_name")
        self.text = try row.get("text")
        self.writtenAt = try row.get("written_at")
        self.toldAt = try row.get("told_at")
        self.readAt = try row.get("read_at")
        let isHidden: Bool = try row.get("is_hidden")
        let goneAt: Date? = try row.get("gone_at")
        self.state = goneAt != nil ? .gone : self.readAt == nil ? .unread : isHidden ? .hidden : .visible
    }
}
