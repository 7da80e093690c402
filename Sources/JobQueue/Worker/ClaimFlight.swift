// SPDX-License-Identifier: MIT

import PQClient
import Synchronization

/// A claim on its way to the database and back.
struct ClaimFlight: Sendable {
    /// Whose slots it may fill.
    var queue: QueueName
    /// How many.
    var slots: Int
    /// The lanes it asks; empty when it only looks for some.
    var shares: [LaneShare]
    /// Whether the lanes' client or app has a limit.
    var isUnderLimits = false
    /// After which lane it looks for more.
    var after: Lane?
    /// When it left.
    var left = ContinuousClock.now

    var lanes: [Lane] { self.shares.map(\.lane) }
}

/// A claim that is back.
struct ClaimLanding: Sendable {
    /// What came of it.
    enum Result: Sendable {
        case taken(LaneClaimAnswer, sighted: [SightedLane])
        case failed(any Error)
    }

    var flight: ClaimFlight
    var result: Result
}

/// Claims that are back, for the loop that sent them out.
final class ClaimArrivals: Sendable {
    private let waiting = Mutex<[ClaimLanding]>([])

    func add(_ landing: ClaimLanding) { self.waiting.withLock { $0.append(landing) } }

    /// What has come since the last time, in order.
    func take() -> [ClaimLanding] {
        self.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
