// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// A call that is about to leave, with everything that it is counted by.
package struct LimitedCall: Sendable, Hashable {
    /// The endpoint.
    package var endpoint: String
    /// Who the call is counted for.
    package var scopes: [LimitScope]
    /// The limits that are known beforehand.
    package var usual: [UsualLimit]
    /// The sender of a visible effect; nil for every other call.
    package var sender: Sender?
    /// As how many calls the platform counts it: 1 unless it is a batch.
    package var count = 1
    /// Whether it leaves a tenth of what every call is counted in to calls that do not: reading numbers never uses up what posts need.
    package var givesWay = false

    /// Whose visible sends are counted.
    package struct Sender: Sendable, Hashable {
        /// The client.
        package var client: ClientID
        /// The account.
        package var account: AccountID

        /// Makes a sender.
        package init(client: ClientID, account: AccountID) {
            self.client = client
            self.account = account
        }
    }

    /// Makes a call.
    package init(endpoint: String, scopes: [LimitScope], usual: [UsualLimit] = [], sender: Sender? = nil) {
        self.endpoint = endpoint
        self.scopes = scopes
        self.usual = usual
        self.sender = sender
    }
}

/// The right to let one call leave.
package struct LimitGrant: Sendable, Hashable {
    /// The last moment at which its first byte may leave; nil when nothing limits it.
    package var notAfter: ContinuousClock.Instant?
    /// How many more calls each limit allows now.
    package var rest: [LimitKey: Int]
    /// How many calls each limit allows in its window.
    package var calls: [LimitKey: Int] = [:]
    /// The limits that a person set.
    package var isSet: Set<LimitKey> = []

    /// A grant of what nothing limits.
    package init(rest: [LimitKey: Int] = [:]) { self.rest = rest }
}

/// A limit that does not allow a call now.
package struct LimitRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Who shares what is used up or closed.
    package var scope: LimitScope
    /// The endpoint; nil when all of the scope is closed.
    package var endpoint: String?
    /// When to try again, in world time; nil when no time will do.
    package var until: Date?
    /// How long that is from now, in world time.
    package var pause: Duration
    /// How long that is from now, in real time.
    package var wait: Duration
    /// What is used up, or why it is closed, for a person.
    package var reason: String

    /// What is used up, or why it is closed.
    package var description: String { self.reason }

    /// The pause in world time, shorter by some real time; never below zero.
    package func pause(lessReal head: Duration) -> Duration {
        guard self.wait > head else { return .zero }
        return self.pause * ((self.wait - head) / self.wait)
    }
}
