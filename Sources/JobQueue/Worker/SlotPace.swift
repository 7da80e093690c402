// SPDX-License-Identifier: MIT

/// How long the slots of a queue are held, by what was seen lately, and how many jobs may be in hand beyond them by that.
struct SlotPace {
    let slots: Int
    /// How much work the jobs beyond the slots are: so long a claimed job waits here at most while another worker may be idle.
    let reach: Duration
    /// The most jobs beyond the slots, as a multiple of them.
    let mostAhead: Int
    /// How much the latest hold counts.
    private static let weight = 0.125
    private var usual: Duration?

    init(slots: Int, reach: Duration, mostAhead: Int) {
        self.slots = slots
        self.reach = reach
        self.mostAhead = mostAhead
    }

    /// Above this a call is no short one: then one more job in hand would wait for long if the guess is wrong.
    private var longestHold: Duration { self.reach * 4 }
    /// A slot that is held for longer counts as one that is held for so long: one long upload is one slot less, not the end of short calls.
    private var longestCounted: Duration { self.longestHold * 2 }

    /// A slot was held for so long.
    mutating func saw(_ hold: Duration) {
        let time = min(hold, self.longestCounted)
        self.usual = self.usual.map { $0 + (time - $0) * Self.weight } ?? time
    }

    /// How long a slot is held; `nil` while nothing is known.
    ///
    /// A slot that is held for longer than is usual counts with its age: when calls hang, that shows before the first has ended.
    ///
    /// - Parameters:
    ///   - held: Since when the slots are held that are held now.
    ///   - now: The worker's clock.
    /// - Returns: The time.
    func expectedHold(_ held: some Sequence<ContinuousClock.Instant>, at now: ContinuousClock.Instant) -> Duration? {
        guard let usual = self.usual, self.slots > 0 else { return nil }
        let beyond = held.reduce(Duration.zero) { sum, since in
            sum + max(.zero, min(since.duration(to: now), self.longestCounted) - usual)
        }
        return usual + beyond / self.slots
    }

    /// How many jobs there may be in hand beyond the slots: as many as these take within ``reach``, none while nothing is known.
    func ahead(_ held: some Sequence<ContinuousClock.Instant>, at now: ContinuousClock.Instant) -> Int {
        guard let hold = self.expectedHold(held, at: now), hold <= self.longestHold else { return 0 }
        let most = self.slots * self.mostAhead
        guard hold > .zero else { return most }
        return Int(min(Double(most), self.reach * self.slots / hold))
    }
}
