// SPDX-License-Identifier: MIT

/// When to look for lanes with ready work that the turn board does not know, and from where on.
///
/// A lap goes over every lane of the queue once, a page at a time; a page rides in the round trip of a claim.
struct LaneScout: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How many lanes a page holds.
    static let pageSize = 256
    /// While the board has enough to offer, pages of a lap that somebody asked for are this far apart.
    static let calmPause = Duration.milliseconds(25)
    /// The same for a lap that nobody asked for, where words of new work come: it finds what a lost word was about, and costs a worker with
    /// thousands of busy lanes as much as any other.
    static let routinePause = Duration.milliseconds(100)

    /// Without a request, a lap begins this long after the one before.
    let interval: Duration
    /// Whether words of new work come, so that laps nobody asked for may take their time.
    let isTold: Bool
    private var position: Lane?
    private var isRequested = true
    /// Whether the present lap was asked for.
    private var isWanted = true
    private var lapBegan: Instant?
    private var lastPage: Instant?

    /// Makes a scout whose first lap begins at once.
    init(interval: Duration, isTold: Bool) {
        self.interval = interval
        self.isTold = isTold
    }

    /// Whether a lap is under way, or asked for.
    var isBusy: Bool { self.position != nil || self.isRequested }

    /// A lap is to begin after the present one: there may be new work anywhere.
    mutating func request() { self.isRequested = true }

    /// Begins the next page, or a lap when it is time for one.
    ///
    /// - Parameters:
    ///   - now: The worker's clock.
    ///   - isCalm: Whether the board has enough to fill the free slots.
    /// - Returns: After which lane the page begins; nil when there is nothing to look for now.
    mutating func nextPage(now: Instant, isCalm: Bool) -> Lane? {
        let pause = self.isRequested || self.isWanted || !self.isTold ? Self.calmPause : Self.routinePause
        if isCalm, let lastPage, lastPage.duration(to: now) < pause { return nil }
        if self.position == nil {
            guard self.isRequested || self.lapBegan.map({ $0.duration(to: now) >= self.interval }) ?? true else {
                return nil
            }
            self.isWanted = self.isRequested
            self.isRequested = false
            self.lapBegan = now
            self.position = Lane(client: .none, account: .none)
        }
        self.lastPage = now
        return self.position
    }

    /// A page came: the lap goes on after its last lane, or is over when it was not full.
    mutating func saw(_ page: [SightedLane]) {
        self.position = page.count < Self.pageSize ? nil : page.last?.lane
    }
}
