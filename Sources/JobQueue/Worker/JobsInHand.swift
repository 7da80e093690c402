// SPDX-License-Identifier: MIT

import DequeModule

/// The jobs of one queue that a worker has in hand: those with a slot, and behind them, in the order of their claims, a few more
/// that will have one in a moment.
///
/// Jobs ahead let the worker claim while it works: without them each claim is for what has just ended, half of the slots belong to jobs
/// that have not begun yet, and claims are half as large.
struct JobsInHand {
    private struct Waiter {
        var lease: Int64
        var since: ContinuousClock.Instant
    }

    /// How long a job may be expected to wait for a slot here: it is for claims alone, and one takes no longer.
    static let reach = Duration.milliseconds(20)

    let slots: Int
    /// Whether every job begins when it is claimed, because its handler waits for a slot itself (``WorkSlots``).
    let beginsAtOnce: Bool
    /// How many slots claims leave alone, while somebody holds an old snapshot.
    var withheld = 0
    private var count = 0
    private var held: [Int64: ContinuousClock.Instant] = [:]
    private var waiting: Deque<Waiter> = []
    private var pace: SlotPace

    init(slots: Int, beginsAtOnce: Bool) {
        self.slots = slots
        self.beginsAtOnce = beginsAtOnce
        self.pace = SlotPace(slots: slots, reach: Self.reach, mostAhead: 1)
    }

    /// How many more may be claimed.
    ///
    /// Jobs ahead are claimed by the lot: a claim costs nearly the same for one as for ten.
    ///
    /// - Parameters:
    ///   - ahead: How many ahead; nil is what the slots are expected to get through within ``reach``, at most one for each.
    ///   - now: The worker's clock.
    /// - Returns: How many.
    func room(ahead: Int?, at now: ContinuousClock.Instant) -> Int {
        let free = self.slots - self.count - self.withheld
        guard self.withheld == 0 else { return max(0, free) }
        if let ahead { return Self.room(free, ahead) }
        // Each run's end asks: since when each slot is held is looked at only when there could be room without that.
        guard Self.room(free, self.pace.ahead(EmptyCollection(), at: now)) > 0 else { return 0 }
        return Self.room(free, self.pace.ahead(self.held.values, at: now))
    }

    private static func room(_ free: Int, _ ahead: Int) -> Int {
        let room = max(0, free + ahead)
        return free > 0 || room * 4 >= ahead ? room : 0
    }

    /// Takes a job in hand.
    ///
    /// - Returns: Whether it begins now.
    mutating func take(_ lease: Int64, at now: ContinuousClock.Instant) -> Bool {
        self.count += 1
        guard !self.beginsAtOnce else { return true }
        guard self.held.count < self.slots else {
            self.waiting.append(Waiter(lease: lease, since: now))
            return false
        }
        self.held[lease] = now
        return true
    }

    /// A job is out of hand.
    ///
    /// - Parameters:
    ///   - lease: Its lease's number.
    ///   - hasRun: Whether it began; what goes back unrun says nothing of how long jobs take.
    ///   - now: The worker's clock.
    /// - Returns: The one that has its slot now.
    mutating func end(_ lease: Int64, hasRun: Bool, at now: ContinuousClock.Instant) -> Int64? {
        self.count -= 1
        guard let since = self.held.removeValue(forKey: lease) else { return nil }
        if hasRun { self.pace.saw(since.duration(to: now)) }
        guard let next = self.waiting.popFirst() else { return nil }
        self.held[next.lease] = now
        return next.lease
    }

    /// A job does not wait for a slot any more; it is still in hand.
    mutating func stopWaiting(_ lease: Int64) { self.waiting.removeAll { $0.lease == lease } }

    /// Those that have waited for far longer than was expected.
    func stuck(at now: ContinuousClock.Instant) -> [Int64] {
        self.waiting.prefix { $0.since + WorkSlots.patience <= now }.map(\.lease)
    }
}
