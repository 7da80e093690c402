// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// Where a client stands with the agency.
package enum ClientState: String, Sendable, CaseIterable, PQConvertible {
    /// Work is done.
    case active
    /// Nothing is sent for it.
    case paused
    /// It is leaving.
    case leaving
    /// It left; its history stays.
    case archived
    /// Its data is gone.
    case erased
}

/// What happens to a send that nobody can prove or disprove.
package enum UnknownPolicy: String, Sendable, CaseIterable, PQConvertible {
    /// It is held for a person.
    case hold
    /// It is sent again.
    case resend
}

/// What happens to a post that could not be published at its time.
package enum MissedPolicy: String, Sendable, CaseIterable, PQConvertible {
    /// It is published late.
    case late
    /// It is left out.
    case skip
    /// It waits for a person.
    case ask
}

/// What happens to a client's posts that could not be published at their time.
package struct MissedWindow: Sendable, Hashable {
    /// What happens.
    package var policy: MissedPolicy
    /// How late is still on time, in world time.
    package var grace: Duration
    /// How far apart late posts of one account are, in world time.
    package var spacing: Duration

    /// Makes a window; by default late posts are published, five minutes apart, from a quarter of an hour on.
    package init(policy: MissedPolicy = .late, grace: Duration = .seconds(900), spacing: Duration = .seconds(300)) {
        self.policy = policy
        self.grace = grace
        self.spacing = spacing
    }
}

/// A client: the agency's customer, the tenant.
package struct ClientRow: Sendable, Hashable {
    /// Its identity.
    package var id: ClientID
    /// Its short name.
    package var slug: Slug
    /// Its name.
    package var name: String
    /// Its IANA time zone.
    package var timeZone: String
    /// The currency of its reports.
    package var currency: Currency
    /// Its share when work is scarce, 1 to 100.
    package var weight: Int
    /// Where it stands.
    package var state: ClientState
    /// What happens to unknown sends.
    package var onUnknown: UnknownPolicy
    /// What happens to missed posts.
    package var missed: MissedWindow
    /// When it was added; the world's time.
    package var createdAt: Date?

    /// Makes a new, active client.
    package init(
        id: ClientID = ClientID(), slug: Slug, name: String, timeZone: String, currency: Currency, weight: Int = 1,
        onUnknown: UnknownPolicy = .hold, missed: MissedWindow = MissedWindow()
    ) {
        self.id = id
        self.slug = slug
        self.name = name
        self.timeZone = timeZone
        self.currency = currency
        self.weight = weight
        self.state = .active
        self.onUnknown = onUnknown
        self.missed = missed
    }

    init(row: Row) throws {
        self.init(
            id: try row.get("client_id"), slug: try row.get("slug"), name: try row.get("name"),
            timeZone: try row.get("time_zone"), currency: try row.get("currency"), weight: try row.get("weight"),
            onUnknown: try row.get("on_unknown"),
            missed: MissedWindow(
                policy: try row.get("on_missed"), grace: try row.get("late_grace"),
                spacing: try row.get("late_spacing")))
        self.state = try row.get("state")
        self.createdAt = try row.get("created_at")
    }
}
