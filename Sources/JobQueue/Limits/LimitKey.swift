// SPDX-License-Identifier: MIT

import PQClient

/// What a limit counts.
package enum LimitCounts: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// Calls, whatever comes of them.
    case calls
    /// Visible sends that took effect or may have: what was proven not to have does not count.
    case sends
}

/// What a limit is known by: who shares it, where, in which window, and what it counts.
package struct LimitKey: Sendable, Hashable {
    /// Stands for every endpoint.
    package static let everyEndpoint = "*"

    /// Who shares it.
    package var scope: LimitScope
    /// The endpoint, or ``everyEndpoint``.
    package var endpoint: String
    /// The window, in world time.
    package var window: Duration
    /// What it counts.
    package var counts: LimitCounts

    /// Makes a key.
    package init(scope: LimitScope, endpoint: String, window: Duration, counts: LimitCounts = .calls) {
        self.scope = scope
        self.endpoint = endpoint
        self.window = window
        self.counts = counts
    }
}

extension LimitKey: Comparable {
    /// The order in which limits are written down.
    package static func < (left: Self, right: Self) -> Bool {
        (left.scope.description, left.endpoint, left.window, left.counts.rawValue)
            < (right.scope.description, right.endpoint, right.window, right.counts.rawValue)
    }
}

/// A limit that holds unless somebody says otherwise.
package struct UsualLimit: Sendable, Hashable {
    /// What it is known by.
    package var key: LimitKey
    /// How many in its window.
    package var calls: Int

    /// Makes a limit.
    package init(_ key: LimitKey, calls: Int) {
        self.key = key
        self.calls = calls
    }
}
