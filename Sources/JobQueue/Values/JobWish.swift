// SPDX-License-Identifier: MIT

package import Foundation

/// What a person wishes for a job that is there already; a priority and a key that are `nil` stay as they are.
package struct JobWish: Sendable, Hashable {
    /// When it is due, in world time; now when `nil`.
    package var dueAt: Date?
    /// Low first, within its lane.
    package var priority: Int16?
    /// The key that is shown with it; ``JobStore/keep(_:for:kind:client:on:)`` makes it stand for the job.
    package var key: String?

    /// Makes a wish.
    package init(dueAt: Date? = nil, priority: Int16? = nil, key: String? = nil) {
        self.dueAt = dueAt
        self.priority = priority
        self.key = key
    }
}
