// SPDX-License-Identifier: MIT

package import Foundation
package import JobQueue
package import PluginKit
import Synchronization

/// The world's clock in this process, for plugins: what the database said last, carried on by our own clock at the world's rate.
///
/// It is set before every call to a platform, so that a world whose clock is moved is followed at once.
package final class WorldMirror: Sendable {
    private struct Reading {
        var world: Date
        var at: ContinuousClock.Instant
        var rate: Double
    }

    private let reading: Mutex<Reading>

    /// Mirrors a world.
    ///
    /// - Parameters:
    ///   - world: the world as it was loaded.
    ///   - now: its time at this moment, by the database: our own clock may be wrong.
    package init(_ world: World, now: Date) {
        self.reading = Mutex(Reading(world: now, at: .now, rate: world.rate))
    }

    /// Takes the database's word for the time.
    package func observe(_ now: Date, rate: Double) {
        self.reading.withLock { $0 = Reading(world: now, at: .now, rate: rate) }
    }

    /// The clock that plugins read.
    package var clock: WorldClock {
        WorldClock { [self] in
            let reading = self.reading.withLock { $0 }
            let passed = (ContinuousClock.now - reading.at) / .milliseconds(1)
            return reading.world.addingTimeInterval(passed / 1_000 * reading.rate)
        }
    }
}
