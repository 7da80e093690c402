// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// A post: the master content's identity and labels; what it says is in its revisions.
package struct PostRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: PostID
    /// The brand that it speaks for, when all its accounts are of one.
    package var brand: BrandID?
    /// The number of its newest revision, from 1.
    package var revision: Int
    /// The key under which it was created, unique inside the client.
    package var key: String?
    /// The campaign.
    package var campaign: String?
    /// The content pillar.
    package var pillar: String?
    /// Its labels.
    package var labels: [String]
    /// Who made it.
    package var createdBy: String
    /// When it was made; the world's time.
    package var createdAt: Date?

    /// Makes a post of one revision.
    package init(
        client: ClientID, id: PostID = PostID(), brand: BrandID? = nil, revision: Int = 1, key: String? = nil,
        campaign: String? = nil, pillar: String? = nil, labels: [String] = [], createdBy: String
    ) {
        self.client = client
        self.id = id
        self.brand = brand
        self.revision = revision
        self.key = key
        self.campaign = campaign
        self.pillar = pillar
        self.labels = labels
        self.createdBy = createdBy
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("post_id"), brand: try row.get("brand_id"),
            revision: try row.get("revision_no"), key: try row.get("post_key"), campaign: try row.get("campaign"),
            pillar: try row.get("pillar"), labels: try row.get("labels"), createdBy: try row.get("created_by"))
        self.createdAt = try row.get("created_at")
    }
}

/// An immutable state of a post's content.
package struct RevisionRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// The post.
    package var post: PostID
    /// Its number, from 1.
    package var number: Int
    /// What it says.
    package var content: MasterContent
    /// Who made it.
    package var createdBy: String
    /// Why.
    package var reason: String?

    /// Makes a revision.
    package init(
        client: ClientID, post: PostID, number: Int = 1, content: MasterContent, createdBy: String,
        reason: String? = nil
    ) {
        self.client = client
        self.post = post
        self.number = number
        self.content = content
        self.createdBy = createdBy
        self.reason = reason
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), post: try row.get("post_id"), number: try row.get("revision_no"),
            content: try JSONColumn.decode(try row.get("content")), createdBy: try row.get("created_by"),
            reason: try row.get("reason"))
    }
}
