// SPDX-License-Identifier: MIT

/// The simulated world's clock: `world = world_epoch + (real − real_epoch) × rate`.
///
/// A new clock follows real time. Setting it back is allowed; rate windows that would lie in the future start afresh.
struct WorldClock: Sendable, Equatable, Codable {
    /// World seconds since 1970 at the moment `realEpoch`.
    var worldEpoch: Double = 0
    /// Real seconds since 1970.
    var realEpoch: Double = 0
    /// World seconds that pass in a real second.
    var rate: Double = 1

    /// The world's instant at a real one, given in seconds since 1970.
    func world(atReal real: Double) -> WorldTime {
        WorldTime(epochSeconds: self.worldEpoch + (real - self.realEpoch) * self.rate)
    }
}
