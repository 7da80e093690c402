// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// One change of a target's state, with who and why.
package struct TargetTransition: Sendable {
    /// The client.
    package var client: ClientID
    /// The target.
    package var target: TargetID
    /// The states that it may come from.
    package var from: Set<TargetState>
    /// The new state.
    package var to: TargetState
    /// The plan that the change is for; `nil` for any.
    ///
    /// Work for an older plan changes nothing.
    package var generation: Int?
    /// Who: `cli:ada`, `worker:<id>`.
    package var actor: String
    /// Why, for people.
    package var reason: String?
    /// Why it is not published; replaces what was there, `nil` removes it.
    package var failure: TargetFailure?
    /// When it was published; kept when `nil`.
    package var publishedAt: Date?

    /// Makes a change.
    package init(
        client: ClientID, target: TargetID, from: Set<TargetState>, to: TargetState, generation: Int? = nil,
        actor: String,
        reason: String? = nil, failure: TargetFailure? = nil, publishedAt: Date? = nil
    ) {
        self.client = client
        self.target = target
        self.from = from
        self.to = to
        self.generation = generation
        self.actor = actor
        self.reason = reason
        self.failure = failure
        self.publishedAt = publishedAt
    }
}
