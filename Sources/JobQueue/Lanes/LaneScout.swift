// SPDX-License-Identifier: MIT

/// When to look for lanes with ready work that the turn board does not know, and from where on.
///
/// A lap goes over every lane of the queue once, a page at a time; a page rides in the round trip of a claim.
struct LaneScout: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How many lanes a page holds.
    static let pageSize = 256
    /// While the board has enough to offer, pages are this far apart.
    static let calmPause = Duration.milliseconds(25)

    /// Without a request, a lap begins this long after the one before.
    let interval: Duration
    private var position: Lane?
    private var isRequested = true
    private var lapBegan: Instant?
    private var lastPage: Instant?

    /// Makes a scout whose first lap begins at once.
    init(interval: Duration) { self.interval = interval }

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
        if isCalm, let lastPage, lastPage.duration(to: now) < Self.calmPause { return nil }
        if self.position == nil {
            guard self.isRequested || self.lapBegan.map({ $0.duration(to: now) >= self.interval }) ?? true else {
                return nil
            }
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
