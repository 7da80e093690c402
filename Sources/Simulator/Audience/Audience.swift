// SPDX-License-Identifier: MIT

/// The truth about pretend audiences, for what is measured against it.
package enum AudienceTruth {
    /// The activity of the audience of a seed in each hour of the week, Monday 00:00 first, mean 1.
    package static func weights(seed: UInt64) -> [Double] { Audience(seed: seed, timeZone: "UTC").weights }
}

/// Who watches an account: how active they are in each of the 168 hours of a week, and how a post does among them.
///
/// Everything follows from the seed, so the best hours are known and an analysis can be checked against them. Slots
/// count from Monday 00:00 in the audience's own zone; weights have the mean 1.
struct Audience: Sendable {
    let seed: UInt64
    let timeZone: String
    /// Activity by slot, Monday 00:00 first, mean 1.
    let weights: [Double]

    init(seed: UInt64, timeZone: String) {
        self.seed = seed
        self.timeZone = timeZone
        self.weights = Self.makeWeights(seed: seed)
    }

    /// Two or three bumps a day on a low floor, placed differently on working days and at the week-end, with a weight
    /// for each day.
    private static func makeWeights(seed: UInt64) -> [Double] {
        var dice = SplitMix64(seed: seed ^ stableHash("audience"))
        func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * dice.unit() }
        let working = [
            Bump(hour: between(6.5, 9), width: between(1, 1.8), height: between(0.3, 1.1)),
            Bump(hour: between(11.5, 13.5), width: between(1, 1.8), height: between(0.3, 1.2)),
            Bump(hour: between(17.5, 21.5), width: between(1.5, 2.6), height: between(0.9, 1.8)),
        ]
        let weekend = [
            Bump(hour: between(9, 12), width: between(1.6, 2.8), height: between(0.5, 1.4)),
            Bump(hour: between(18.5, 22), width: between(1.6, 2.8), height: between(0.6, 1.6)),
        ]
        let floor = between(0.12, 0.25)
        let days = (0..<7).map { $0 < 5 ? between(0.85, 1.15) : between(0.6, 1.3) }
        var weights: [Double] = []
        for slot in 0..<168 {
            let bumps = slot / 24 < 5 ? working : weekend
            let hour = Double(slot % 24) + 0.5
            weights.append(days[slot / 24] * (floor + bumps.reduce(0) { $0 + $1.height(at: hour) }))
        }
        let mean = weights.reduce(0, +) / 168
        return weights.map { $0 / mean }
    }

    private struct Bump {
        var hour: Double
        var width: Double
        var height: Double

        /// Height at an hour of the day; days run into each other over midnight.
        func height(at time: Double) -> Double {
            let direct = abs(time - self.hour)
            let distance = min(direct, 24 - direct)
            return self.height * exponential(-distance * distance / (2 * self.width * self.width))
        }
    }

    /// The share of its final engagement that a post has at an age: half after 2 hours, 95 % after 36 (Weibull).
    static func share(atAge seconds: Double) -> Double {
        guard seconds > 0 else { return 0 }
        return 1 - exponential(-power(seconds / 3600 / 4.1220, 0.5069))
    }

    /// The slot of an instant in the audience's zone.
    func slot(at time: WorldTime) -> Int { LocalWeek.slot(of: time, in: self.timeZone) }
}
