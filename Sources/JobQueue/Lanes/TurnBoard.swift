// SPDX-License-Identifier: MIT

import DequeModule
import Domain

/// Whose turn it is in one queue, in the memory of one worker: deficit round robin over clients by weight, and plain
/// round robin over the accounts of each.
///
/// Each worker being fair makes the fleet fair, so nothing about turns is in the database. The board knows only lanes
/// that were seen to have work; ``next(limit:now:)`` says what to ask for, ``took(_:now:)`` hears what came of it.
/// A lane that gives nothing for a known reason is parked, an empty one is forgotten until it is seen again.
struct TurnBoard: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A lane's place in the rotation; an older seat of the same lane is void.
    private struct Seat {
        var account: AccountID
        var number: Int
    }

    private struct Client {
        var weight = 1
        /// What it may still take in its turn, or is owed from the last one.
        var deficit = 0
        var isInTurn = false
        var isInRing = false
        /// How many seats are not void.
        var open = 0
        var seats: Deque<Seat> = []

        /// Without open lanes: work that comes later does not bring back old claims.
        var outOfTurn: Client { Client(weight: self.weight) }
        /// Whether forgetting it would lose something.
        var isWorthKeeping: Bool { self.isInRing || self.weight != 1 }

        mutating func beginTurn(_ quantum: Int) {
            guard !self.isInTurn else { return }
            self.isInTurn = true
            self.deficit = min(self.deficit + self.weight * quantum, 2 * self.weight * quantum)
        }

        /// What was asked for and not there, at most the smallest turn's worth.
        mutating func giveBack(_ count: Int) {
            self.deficit = max(self.deficit, min(self.deficit + count, self.weight))
        }
    }

    private struct Entry {
        /// The valid seat; nil while it is parked.
        var seat: Int?
        var parked: (reason: LaneReport.Reason, until: Instant)?
        var isLimited = false
    }

    private var clients: [ClientID: Client] = [:]
    /// Clients with open lanes, whose turn it is first.
    private var ring: Deque<ClientID> = []
    private var lanes: [Lane: Entry] = [:]
    private var parking = ParkingLot()
    private var lastSeat = 0
    private var generator: any RandomNumberGenerator & Sendable

    /// Makes an empty board.
    init(generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.generator = generator
    }

    /// How many jobs of one account a client of weight 1 takes in a turn.
    ///
    /// One, so that turns are short. Only a claim of many slots takes more (from 64 on two, from 128 on four): so many are
    /// free at once only where jobs are so short that turns go round quickly, and there a lane's price in the database counts.
    static func quantum(of limit: Int) -> Int { min(4, max(1, limit / 32)) }
    /// The most jobs of one account that are asked for at once: an account rarely has more slots.
    static let largestShare = 16

    /// Whether there is a lane to ask now.
    var hasOpenLanes: Bool { !self.ring.isEmpty }
    /// How many lanes are known, parked ones included.
    var count: Int { self.lanes.count }
    /// How many lanes may be asked now.
    private(set) var openLanes = 0
    /// When the first parked lane may be asked again.
    var nextUnpark: Instant? { self.parking.earliest }

    /// What a client is owed beyond its turn; for tests.
    func deficit(of client: ClientID) -> Int { self.clients[client]?.deficit ?? 0 }

    // MARK: Lanes come and go

    /// Lanes that were seen to have work; known ones keep their place.
    mutating func join(_ sighted: [SightedLane], now: Instant) {
        let wasEmpty = self.ring.isEmpty
        for seen in sighted {
            if let weight = seen.weight { self.clients[seen.lane.client, default: Client()].weight = weight }
            self.join(seen, now: now)
        }
        // Workers that start together begin at different clients.
        guard wasEmpty, self.ring.count > 1 else { return }
        for _ in 0..<Int.random(in: 0..<self.ring.count, using: &self.generator) {
            self.ring.append(self.ring.removeFirst())
        }
    }

    private mutating func join(_ seen: SightedLane, now: Instant) {
        guard let entry = self.lanes[seen.lane] else {
            self.lanes[seen.lane] = Entry()
            if seen.wait > .zero {
                self.park(seen.lane, .waiting, until: now + seen.wait)
            } else {
                self.open(seen.lane)
            }
            return
        }
        // What it waited for may be overtaken by work that is due earlier; other reasons stand.
        guard let parked = entry.parked, parked.reason == .waiting, now + seen.wait < parked.until else { return }
        if seen.wait > .zero { self.park(seen.lane, .waiting, until: now + seen.wait) } else { self.open(seen.lane) }
    }

    /// A run of ours in that lane has ended: a slot is free.
    mutating func ended(_ lane: Lane) {
        if self.lanes[lane]?.parked?.reason == .full { self.open(lane) }
    }

    /// Parked lanes are asked again at the next claim: something was resumed, opened or widened.
    mutating func reopen() {
        for (lane, entry) in self.lanes where entry.parked != nil { self.open(lane) }
    }

    private mutating func open(_ lane: Lane) {
        guard var entry = self.lanes[lane], entry.seat == nil else { return }
        self.lastSeat += 1
        entry.seat = self.lastSeat
        entry.parked = nil
        self.lanes[lane] = entry
        var client = self.clients.removeValue(forKey: lane.client) ?? Client()
        client.seats.append(Seat(account: lane.account, number: self.lastSeat))
        client.open += 1
        self.openLanes += 1
        if !client.isInRing {
            client.isInRing = true
            self.ring.append(lane.client)
        }
        self.clients[lane.client] = client
    }

    private mutating func park(_ lane: Lane, _ reason: LaneReport.Reason, until: Instant) {
        self.close(lane)
        self.lanes[lane]?.parked = (reason, until)
        self.parking.add(lane, until: until)
    }

    private mutating func forget(_ lane: Lane) {
        self.close(lane)
        self.lanes[lane] = nil
    }

    /// Voids the lane's seat.
    private mutating func close(_ lane: Lane) {
        guard self.lanes[lane]?.seat != nil else { return }
        self.lanes[lane]?.seat = nil
        self.clients[lane.client]?.open -= 1
        self.openLanes -= 1
    }

    // MARK: Turns

    /// What to ask for next: lanes in the order of their turns, with counts that add up to at most `limit`.
    ///
    /// The lanes stay on the board until ``took(_:now:)`` says otherwise, so a claim that fails costs nobody a turn.
    mutating func next(limit: Int, now: Instant) -> Offer {
        for lane in self.parking.due(now) {
            if let parked = self.lanes[lane]?.parked, parked.until <= now { self.open(lane) }
        }
        let quantum = Self.quantum(of: limit)
        var offer = Offer()
        var aside: [(ClientID, [Seat])] = []
        var spent: [ClientID: [Seat]] = [:]
        while offer.count < limit, let id = self.ring.popFirst() {
            guard var client = self.clients.removeValue(forKey: id) else { continue }
            client.beginTurn(quantum)
            while client.deficit > 0, offer.count < limit, let seat = client.seats.popFirst() {
                let lane = Lane(client: id, account: seat.account)
                guard let entry = self.lanes[lane], entry.seat == seat.number else { continue }
                let count = min(quantum, client.deficit, limit - offer.count)
                client.deficit -= count
                let asked = offer.add(lane, count, isLimited: entry.isLimited)
                if asked < Self.largestShare || lane.account == .none {
                    client.seats.append(seat)
                } else {
                    spent[id, default: []].append(seat)
                }
            }
            if client.open == 0 {
                client = client.outOfTurn
            } else if client.seats.isEmpty {
                client.deficit = 0
                client.isInTurn = false
                aside.append((id, spent[id] ?? []))
            } else if client.deficit == 0 {
                client.isInTurn = false
                self.ring.append(id)
            } else {
                self.ring.prepend(id)
            }
            if client.isWorthKeeping { self.clients[id] = client }
        }
        for (id, seats) in aside {
            self.clients[id]?.seats.append(contentsOf: seats)
            self.ring.append(id)
        }
        for (id, seats) in spent where !aside.contains(where: { $0.0 == id }) {
            self.clients[id]?.seats.append(contentsOf: seats)
        }
        return offer
    }

    /// What came of an offer.
    mutating func took(_ answers: [LaneAnswer], now: Instant) {
        for answer in answers {
            let lane = answer.share.lane
            let missing = answer.share.count - answer.taken
            if missing > 0 { self.clients[lane.client]?.giveBack(missing) }
            switch answer.report?.reason {
            case nil:
                // It had less than was asked for: no more slots, or no more work. The end of a run tells, or the next look.
                if missing > 0 { self.park(lane, .full, until: now + Self.shortPark) }
            case .empty: self.forget(lane)
            case .limited: self.lanes[lane]?.isLimited = true
            case .full: self.park(lane, .full, until: now + Self.shortPark)
            case .busy:
                let wait = min(answer.report?.wait ?? .zero, Self.longPark)
                self.park(lane, .busy, until: now + max(wait, Self.shortPark))
            case .waiting, .paused, .closed:
                let wait = min(answer.report?.wait ?? Self.longPark, Self.longPark)
                self.park(lane, answer.report?.reason ?? .waiting, until: now + max(wait, ParkingLot.step))
            }
        }
    }

    /// How long a lane is left alone that may give something again at any moment.
    static let shortPark = Duration.milliseconds(100)
    /// How long a closed or paused lane is left alone at most: so late may a worker notice that it was opened early.
    static let longPark = Duration.seconds(1)
}

/// The shares of one claim, in the order of their turns.
struct Offer: Sendable {
    private(set) var count = 0
    private var lanes: [Lane] = []
    private var counts: [Lane: Int] = [:]
    private var limited: Set<Lane> = []

    /// Offers more jobs of a lane; answers how many that makes.
    fileprivate mutating func add(_ lane: Lane, _ count: Int, isLimited: Bool) -> Int {
        let asked = self.counts[lane, default: 0] + count
        if asked == count {
            self.lanes.append(lane)
            if isLimited { self.limited.insert(lane) }
        }
        self.counts[lane] = asked
        self.count += count
        return asked
    }

    /// Lanes that are claimed in one statement.
    var plain: [LaneShare] { self.shares { !self.limited.contains($0) } }
    /// Lanes whose client, app or platform has a limit: claimed under its lock.
    var underLimits: [LaneShare] { self.limited.isEmpty ? [] : self.shares(where: self.limited.contains) }

    private func shares(where isWanted: (Lane) -> Bool) -> [LaneShare] {
        self.lanes.filter(isWanted).map { LaneShare(lane: $0, count: self.counts[$0] ?? 0) }
    }
}
