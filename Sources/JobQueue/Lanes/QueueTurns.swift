// SPDX-License-Identifier: MIT

/// What a worker knows of one queue between claims: whose turn it is, where to look for more, and what is asked just now.
struct QueueTurns: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Whose turn it is.
    var board = TurnBoard()
    /// Where to look for lanes that the board does not know.
    var scout: LaneScout
    /// The claims under way.
    private(set) var claims = 0
    /// The lanes that they ask.
    private var asked: Set<Lane> = []

    /// Makes the turns of a queue of which nothing is known yet.
    init(scout: LaneScout) { self.scout = scout }

    /// Whether a claim may give something that is not asked for already.
    var isHungry: Bool { self.board.openLanes > self.asked.count || self.scout.isBusy }

    /// The claims that leave now for so many free slots: what they ask for, and after which lane one looks for more.
    ///
    /// Lanes that a claim under way asks are left out; those under limits go by themselves.
    mutating func flights(_ queue: QueueName, limit: Int, now: Instant) -> [ClaimFlight] {
        let offer = self.board.next(limit: limit, now: now, besides: self.asked)
        let after = self.scout.nextPage(now: now, isCalm: self.board.openLanes >= limit)
        var flights: [ClaimFlight] = []
        let (plain, limited) = (offer.plain, offer.underLimits)
        if !plain.isEmpty || after != nil {
            flights.append(ClaimFlight(queue: queue, slots: plain.total, shares: plain, after: after))
        }
        if !limited.isEmpty {
            flights.append(
                ClaimFlight(queue: queue, slots: limited.total, shares: limited, isUnderLimits: true))
        }
        for flight in flights {
            self.claims += 1
            self.asked.formUnion(flight.lanes)
        }
        return flights
    }

    /// A claim is back, with its answers or none.
    mutating func ends(_ lanes: [Lane], answers: [LaneAnswer], now: Instant) {
        self.claims -= 1
        self.asked.subtract(lanes)
        self.board.took(answers, now: now)
    }

    /// A page of lanes came.
    mutating func saw(_ page: [SightedLane], now: Instant) {
        self.scout.saw(page)
        self.board.join(page, now: now)
    }
}

extension [LaneShare] {
    /// How many jobs they may take together.
    fileprivate var total: Int { self.reduce(0) { $0 + $1.count } }
}
