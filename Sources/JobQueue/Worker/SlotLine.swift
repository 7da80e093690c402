// SPDX-License-Identifier: MIT

/// The slots of one queue as plain data: who holds one since when, and who waits for one, in one line.
///
/// A run keeps its place in the line while it passes the fence: who comes behind it gets a slot before it only when it gets one in good
/// time all the same. A passed fence is on record as a send, and its permit ends soon; so nobody enters one without a slot near.
struct SlotLine {
    /// A run, by its lease number.
    typealias Run = Int64

    /// What a run may do now.
    enum Step: Hashable {
        /// It holds a slot.
        case slot(Run)
        /// It may pass the fence, and will get a slot soon.
        case fence(Run)
    }

    /// What a run in the line is at.
    private enum Place {
        /// Waits for a slot.
        case call
        /// Waits until it may enter the fence.
        case door
        /// Passes the fence, and will want a slot.
        case fencing
        /// Has passed the fence and waits for a slot.
        case fenced
    }

    private struct Waiter {
        var run: Run
        var place: Place
        var teaches = true
    }

    private struct Hold {
        var since: ContinuousClock.Instant
        /// Whether how long it lasts says how long slots are held.
        var teaches: Bool
    }

    /// How soon a run that enters the fence must be expected to get a slot: far less than its permit lasts.
    static let prospect = Duration.milliseconds(50)
    let slots: Int
    private var held: [Run: Hold] = [:]
    private var line: [Waiter] = []
    private var pace: SlotPace

    init(slots: Int) {
        self.slots = slots
        // An eighth of a second: so that posts have company at each step.
        self.pace = SlotPace(slots: slots, reach: .milliseconds(120), mostAhead: 3)
    }

    /// How many hold a slot.
    var heldCount: Int { self.held.count }
    /// How many are in the line, those in the fence included.
    var lineCount: Int { self.line.count }

    /// Whether a run holds a slot.
    func holds(_ run: Run) -> Bool { self.held[run] != nil }

    // MARK: Guesses

    /// Since when slots are held by those that teach.
    private var heldSince: some Sequence<ContinuousClock.Instant> {
        self.held.values.lazy.filter(\.teaches).map(\.since)
    }

    /// How long a slot is held; `nil` while nothing is known.
    func expectedHold(at now: ContinuousClock.Instant) -> Duration? { self.pace.expectedHold(self.heldSince, at: now) }

    /// How many jobs there may be in hand beyond the slots.
    func ahead(at now: ContinuousClock.Instant) -> Int { self.pace.ahead(self.heldSince, at: now) }

    /// Whether somebody gets a slot soon before whom so many more want one than are free.
    private func isNear(_ surplus: Int, _ hold: Duration?) -> Bool {
        guard surplus > 0 else { return true }
        // When calls begin to hang, that shows only after a while: no more than as many as there are slots are caught by it.
        guard surplus <= self.slots else { return false }
        return hold.map { $0 * surplus / self.slots <= Self.prospect } ?? false
    }

    // MARK: Runs

    /// Gives a slot to whoever finds one free and nobody in the line; `teaches` says whether the time for which it is held tells
    /// how long slots are held.
    ///
    /// - Returns: Whether the run holds one.
    mutating func takeAtOnce(_ run: Run, teaches: Bool, at now: ContinuousClock.Instant) -> Bool {
        if self.holds(run) { return true }
        guard self.line.isEmpty, self.held.count < self.slots else { return false }
        self.held[run] = Hold(since: now, teaches: teaches)
        return true
    }

    /// A run wants a slot, unless it has one: at its place when it has entered the fence, else at the end of the line.
    mutating func take(_ run: Run, teaches: Bool = true, at now: ContinuousClock.Instant) -> [Step] {
        guard !self.holds(run) else { return [] }
        if let index = self.line.firstIndex(where: { $0.run == run }) {
            if self.line[index].place == .fencing { self.line[index].place = .fenced }
        } else {
            self.line.append(Waiter(run: run, place: .call, teaches: teaches))
        }
        return self.serve(at: now)
    }

    /// A run wants to enter the fence; a slot it has is free.
    mutating func enterFence(_ run: Run, at now: ContinuousClock.Instant) -> [Step] {
        self.free(run, at: now)
        self.line.removeAll { $0.run == run }
        self.line.append(Waiter(run: run, place: .door))
        return self.serve(at: now)
    }

    /// A run needs no slot for now: what it holds is free, and what it was let into the fence for is off.
    mutating func giveBack(_ run: Run, at now: ContinuousClock.Instant) -> [Step] {
        self.free(run, at: now)
        self.line.removeAll { $0.run == run && $0.place == .fencing }
        return self.serve(at: now)
    }

    /// A run waits no longer; a slot it has stays its own.
    mutating func leave(_ run: Run, at now: ContinuousClock.Instant) -> [Step] {
        self.line.removeAll { $0.run == run }
        return self.serve(at: now)
    }

    private mutating func free(_ run: Run, at now: ContinuousClock.Instant) {
        guard let hold = self.held.removeValue(forKey: run), hold.teaches else { return }
        self.pace.saw(hold.since.duration(to: now))
    }

    /// Goes through the line once and lets everybody do what may be done.
    private mutating func serve(at now: ContinuousClock.Instant) -> [Step] {
        guard !self.line.isEmpty else { return [] }
        let hold = self.expectedHold(at: now)
        var steps: [Step] = []
        var rest: [Waiter] = []
        for waiter in self.line {
            let free = self.slots - self.held.count
            // All that are left before it want a slot, now or in a moment.
            let surplus = rest.count + 1 - free
            switch waiter.place {
            case .fenced where free > 0, .call where free > 0 && self.isNear(surplus, hold):
                self.held[waiter.run] = Hold(since: now, teaches: waiter.teaches)
                steps.append(.slot(waiter.run))
            case .door where self.isNear(surplus, hold):
                rest.append(Waiter(run: waiter.run, place: .fencing))
                steps.append(.fence(waiter.run))
            default: rest.append(waiter)
            }
        }
        self.line = rest
        return steps
    }
}
