// SPDX-License-Identifier: MIT

package import Foundation
import PQClient

/// Whether a database speaks to the platforms themselves or to pretend ones; decided once, for ever.
package enum WorldKind: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// The real platforms, on the real clock.
    case real
    /// Pretend platforms, on a clock with an offset and a rate.
    case simulated
}

/// The clock of business time, as `world_now()` computes it in the database.
package struct World: Sendable, Hashable {
    /// Whether platforms are real.
    package var kind: WorldKind
    /// The world's time at ``realEpoch``.
    package var worldEpoch: Date
    /// The real time at which the world's clock was set.
    package var realEpoch: Date
    /// World seconds per real second; 1 in a real world.
    package var rate: Double

    /// Makes a world's clock.
    package init(kind: WorldKind, worldEpoch: Date, realEpoch: Date, rate: Double) {
        self.kind = kind
        self.worldEpoch = worldEpoch
        self.realEpoch = realEpoch
        self.rate = rate
    }

    /// The world's time at a real time.
    package func time(atReal real: Date) -> Date {
        self.worldEpoch.addingTimeInterval(real.timeIntervalSince(self.realEpoch) * self.rate)
    }

    /// The real duration that a world duration takes.
    package func realDuration(ofWorld duration: Duration) -> Duration {
        self.rate > 0 ? duration / self.rate : duration
    }
}
