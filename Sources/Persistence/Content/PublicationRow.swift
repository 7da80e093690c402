// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient
package import PluginKit

/// Where a publication comes from.
package enum PublicationOrigin: String, Sendable, PQConvertible {
    /// Published by Posthorn.
    case posthorn
    /// Found on the platform.
    case external
    /// Imported from a file.
    case `import`
}

/// How a publication stands on the platform.
package enum PublicationState: String, Sendable, PQConvertible {
    /// It is there.
    case live
    /// It is there, changed by somebody else.
    case edited
    /// We deleted it.
    case deleted
    /// It is no longer there.
    case gone
    /// It ended by itself, as stories do.
    case expired
}

/// What exists on the platform.
package struct PublicationRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: PublicationID
    /// The account.
    package var account: AccountID
    /// The platform.
    package var platform: PlatformID
    /// The target that it comes from, when it is ours.
    package var target: TargetID?
    /// The platform's identity of it; of a thread's first post.
    package var remoteID: String
    /// Where it can be seen.
    package var url: String?
    /// All visible pieces, when there are several.
    package var parts: [RemotePost]
    /// When it appeared; the world's time.
    package var publishedAt: Date
    /// The hash of what was sent.
    package var contentHash: String?
    /// The kind of content: a format, or an import's own word.
    package var contentType: String?
    /// The words of what was found on the platform; those of what we sent stand with its target.
    package var text: String?
    /// Where it comes from.
    package var origin: PublicationOrigin
    /// How it stands.
    package var state: PublicationState
    /// Whether money promoted it.
    package var isPaid: Bool

    /// Makes a publication that is live.
    package init(
        client: ClientID, id: PublicationID = PublicationID(), account: AccountID, platform: PlatformID,
        target: TargetID? = nil,
        remoteID: String, url: String? = nil, parts: [RemotePost] = [], publishedAt: Date, contentHash: String? = nil,
        contentType: String? = nil, origin: PublicationOrigin = .posthorn, isPaid: Bool = false
    ) {
        self.client = client
        self.id = id
        self.account = account
        self.platform = platform
        self.target = target
        self.remoteID = remoteID
        self.url = url
        self.parts = parts
        self.publishedAt = publishedAt
        self.contentHash = contentHash
        self.contentType = contentType
        self.origin = origin
        self.state = .live
        self.isPaid = isPaid
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("publication_id"), account: try row.get("account_id"),
            platform: try row.get("platform"), target: try row.get("target_id"), remoteID: try row.get("remote_id"),
            url: try row.get("url"), parts: try JSONColumn.decode(try row.get("parts")),
            publishedAt: try row.get("published_at"), contentHash: try row.get("content_hash"),
            contentType: try row.get("content_type"), origin: try row.get("origin"), isPaid: try row.get("paid"))
        self.state = try row.get("state")
        self.text = try row.get("text")
    }

    /// The publication in a plugin's terms.
    package var remote: RemotePost { RemotePost(id: self.remoteID, url: self.url, publishedAt: self.publishedAt) }
}

/// Something that was found on a platform, with the names that people know.
package struct FoundEntry: Sendable {
    /// What was found.
    package var publication: PublicationRow
    /// The client's slug.
    package var client: String
    /// The client's zone.
    package var clientTimeZone: String
    /// The account's slug.
    package var account: String

    init(row: Row) throws {
        self.publication = try PublicationRow(row: row)
        self.client = try row.get("client_slug")
        self.clientTimeZone = try row.get("client_time_zone")
        self.account = try row.get("account_slug")
    }
}
