// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// Whether an account can be worked with.
package enum AccountState: String, Sendable, CaseIterable, PQConvertible {
    /// It can.
    case active
    /// A person paused it.
    case paused
    /// Its grant ended: a person must connect it again.
    case needsReconnect = "needs-reconnect"
    /// The platform wants a person: billing, a suspension, a missing permission.
    case needsHuman = "needs-human"
    /// There is no grant for it; only its history is kept.
    case disconnected
    /// It stands under another client now; its history stays here.
    case moved
}

/// What a grant is used for.
package enum GrantUse: String, Sendable, CaseIterable, PQConvertible {
    /// Publishing.
    case publish
    /// Reading metrics.
    case metrics
    /// Boosting.
    case boost
}

/// An account: one identity on one platform that belongs to a brand.
package struct AccountRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: AccountID
    /// The brand it speaks as.
    package var brand: BrandID
    /// The platform.
    package var platform: PlatformID
    /// The platform's identity of it.
    package var externalID: String
    /// Its short name inside the client, say `instagram`.
    package var slug: Slug
    /// The name that people see.
    package var name: String
    /// The handle on the platform.
    package var handle: String?
    /// The IANA zone of its audience.
    package var timeZone: String
    /// Whether it can be worked with.
    package var state: AccountState
    /// Why, when it cannot.
    package var stateReason: String?
    /// Followers, when the platform said.
    package var followers: Int64?
    /// When the first of its tokens ends that only a person can renew; `nil` when none does, or nobody said.
    package var tokenEndsAt: Date?
    /// When it was added; the world's time.
    package var createdAt: Date?
    /// What its plugin's rules must know of how it was connected.
    package var traits: [String] = []
    /// When what it posted before was taken in whole; `nil` when that was not asked for, or is not done.
    package var backfilledAt: Date?

    /// Makes an account.
    package init(
        client: ClientID, id: AccountID = AccountID(), brand: BrandID, platform: PlatformID, externalID: String,
        slug: Slug,
        name: String, handle: String? = nil, timeZone: String, state: AccountState = .active, followers: Int64? = nil
    ) {
        self.client = client
        self.id = id
        self.brand = brand
        self.platform = platform
        self.externalID = externalID
        self.slug = slug
        self.name = name
        self.handle = handle
        self.timeZone = timeZone
        self.state = state
        self.followers = followers
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("account_id"), brand: try row.get("brand_id"),
            platform: try row.get("platform"), externalID: try row.get("external_id"), slug: try row.get("slug"),
            name: try row.get("name"), handle: try row.get("handle"), timeZone: try row.get("time_zone"),
            state: try row.get("state"), followers: try row.get("followers"))
        self.stateReason = try row.get("state_reason")
        self.tokenEndsAt = try row.get("token_ends_at")
        self.createdAt = try row.get("created_at")
        self.backfilledAt = try row.get("backfilled_at")
        self.traits = try row.get("traits")
    }
}
