// SPDX-License-Identifier: MIT

import DequeModule

/// The jobs of one queue that a worker has in hand: those with a slot, and behind them, in the order of their claims, a few more
/// that will have one in a moment.
///
/// Jobs ahead let the worker claim while it works: without them each claim is for what has just ended, half of it still waits to begin,
/// and claims are half as large.
struct JobsInHand {
    private struct Waiter {
        var lease: Int64
        var since: ContinuousClock.Instant
    }

    /// How long a job may be expected to wait for a slot here, while another worker may be idle.
    static let reach = Duration.milliseconds(20)

    let slots: Int
    /// Whether every job begins when it is claimed, because its handler waits for a slot itself.
    let beginsAtOnce: Bool
    /// Slots that claims leave alone for now.
    var withheld = 0
    private var count = 0
    private var withSlot = 0
    private var waiting: Deque<Waiter> = []
    private var pace = EndingPace()

    init(slots: Int, beginsAtOnce: Bool) {
        self.slots = slots
        self.beginsAtOnce = beginsAtOnce
    }

    /// How many more may be claimed.
    ///
    /// Jobs ahead are claimed by the lot: a claim costs nearly the same for one as for ten.
    mutating func room(ahead: Int?, at now: ContinuousClock.Instant) -> Int {
        let free = self.slots - self.count - self.withheld
        guard self.withheld == 0 else { return max(0, free) }
        let ahead = ahead ?? min(self.slots, self.pace.ends(within: Self.reach, at: now))
        let room = max(0, free + ahead)
        return free > 0 || room * 4 >= ahead ? room : 0
    }

    /// Takes a job in hand.
    ///
    /// - Returns: Whether it begins now.
    mutating func take(_ lease: Int64, at now: ContinuousClock.Instant) -> Bool {
        self.count += 1
        guard self.beginsAtOnce || self.withSlot < self.slots else {
            self.waiting.append(Waiter(lease: lease, since: now))
            return false
        }
        self.withSlot += 1
        return true
    }

    /// A job is out of hand.
    ///
    /// - Parameters:
    ///   - hadSlot: Whether its slot is free now.
    ///   - now: The worker's clock.
    /// - Returns: The one that has its slot now.
    mutating func end(hadSlot: Bool, at now: ContinuousClock.Instant) -> Int64? {
        self.count -= 1
        self.pace.count(at: now)
        guard hadSlot else { return nil }
        guard let next = self.waiting.popFirst() else {
            self.withSlot -= 1
            return nil
        }
        return next.lease
    }

    /// A job does not wait for a slot any more; it is still in hand.
    mutating func stopWaiting(_ lease: Int64) { self.waiting.removeAll { $0.lease == lease } }

    /// Those that have waited for far longer than was expected.
    func stuck(at now: ContinuousClock.Instant) -> [Int64] {
        self.waiting.prefix { $0.since + WorkSlots.patience <= now }.map(\.lease)
    }
}

/// How fast jobs come to an end, by those of the last moments.
struct EndingPace {
    private var since: ContinuousClock.Instant?
    private var count = 0
    /// Ends a second in the window before.
    private var rate = 0.0

    /// A job has ended.
    mutating func count(at now: ContinuousClock.Instant) {
        if self.since == nil { self.since = now }
        self.count += 1
    }

    /// How many jobs may be expected to end within a time, which is also the window that is looked back at.
    mutating func ends(within time: Duration, at now: ContinuousClock.Instant) -> Int {
        guard let since else { return 0 }
        let passed = since.duration(to: now)
        if passed >= time {
            self.rate = Double(self.count) / passed.seconds
            self.count = 0
            self.since = now
        }
        return Int(self.rate * time.seconds)
    }
}
