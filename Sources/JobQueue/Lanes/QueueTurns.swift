// SPDX-License-Identifier: MIT

/// What a worker knows of one queue between claims: whose turn it is, and where to look for more.
struct QueueTurns: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Whose turn it is.
    var board = TurnBoard()
    /// Where to look for lanes that the board does not know.
    var scout: LaneScout

    /// Whether another claim may give something now.
    var isHungry: Bool { self.board.hasOpenLanes || self.scout.isBusy }

    /// The next claim for so many free slots: what to ask for, and after which lane to look for more.
    mutating func plan(limit: Int, now: Instant) -> (offer: Offer, after: Lane?) {
        let offer = self.board.next(limit: limit, now: now)
        return (offer, self.scout.nextPage(now: now, isCalm: self.board.openLanes >= limit))
    }

    /// A page of lanes came.
    mutating func saw(_ page: [SightedLane], now: Instant) {
        self.scout.saw(page)
        self.board.join(page, now: now)
    }
}
