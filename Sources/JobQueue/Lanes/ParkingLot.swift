// SPDX-License-Identifier: MIT

/// Lanes that are left alone until a moment, found by it.
///
/// Moments are rounded up to ``step``. A lane may be parked more than once; who takes it out looks whether it still counts.
struct ParkingLot: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The least distance of two moments.
    static let step = Duration.milliseconds(20)

    private var origin: Instant?
    private var buckets: [Int64: [Lane]] = [:]

    /// When the first lane is due.
    var earliest: Instant? {
        guard let origin, let tick = self.buckets.keys.min() else { return nil }
        return origin + Self.step * Int(tick)
    }

    /// Leaves a lane alone until a moment.
    mutating func add(_ lane: Lane, until: Instant) {
        let origin = self.origin ?? until
        self.origin = origin
        let tick = (origin.duration(to: until) / Self.step).rounded(.up)
        self.buckets[Int64(tick), default: []].append(lane)
    }

    /// Takes out the lanes whose moment has come.
    mutating func due(_ now: Instant) -> [Lane] {
        guard let origin else { return [] }
        let passed = Int64((origin.duration(to: now) / Self.step).rounded(.down))
        return self.buckets.keys.filter { $0 <= passed }.sorted().flatMap { self.buckets.removeValue(forKey: $0) ?? [] }
    }
}
