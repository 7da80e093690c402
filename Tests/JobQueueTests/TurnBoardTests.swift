// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import JobQueue

/// What the simulation needs of a board; the broken ones have it too.
private protocol TurnTaking {
    mutating func join(_ lanes: [SightedLane])
    /// The jobs of one claim, in the order of their turns.
    mutating func serve(_ limit: Int) -> [Lane]
}

/// The board over lanes that never run dry.
private struct Turns: TurnTaking {
    var board: TurnBoard
    let now = ContinuousClock.now

    mutating func join(_ lanes: [SightedLane]) { self.board.join(lanes, now: self.now) }

    mutating func serve(_ limit: Int) -> [Lane] {
        let shares = self.board.next(limit: limit, now: self.now).plain
        self.board.took(shares.map { LaneAnswer(share: $0, taken: $0.count, report: nil) }, now: self.now)
        return shares.flatMap { Array(repeating: $0.lane, count: $0.count) }
    }
}

/// Broken: lanes take turns, so a client with many accounts has many turns.
private struct LanesInTurn: TurnTaking {
    var lanes: [Lane] = []
    mutating func join(_ lanes: [SightedLane]) { self.lanes += lanes.map(\.lane) }
    mutating func serve(_ limit: Int) -> [Lane] {
        (0..<limit).map { _ in
            self.lanes.append(self.lanes.removeFirst())
            return self.lanes[self.lanes.count - 1]
        }
    }
}

/// Broken: who came first is served until nothing is left.
private struct FirstComeFirstServed: TurnTaking {
    var lanes: [Lane] = []
    mutating func join(_ lanes: [SightedLane]) { self.lanes += lanes.map(\.lane) }
    mutating func serve(_ limit: Int) -> [Lane] { Array(repeating: self.lanes[0], count: limit) }
}

/// A fleet of clients with weights and accounts, all with endless work, and what a board must keep to with it.
private struct Fleet {
    var weights: [ClientID: Int] = [:]
    var lanes: [SightedLane] = []
    var generator: SeededGenerator

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
        for _ in 0..<Int.random(in: 2...12, using: &self.generator) {
            let client = ClientID()
            let weight = Int.random(in: 1...6, using: &self.generator)
            self.weights[client] = weight
            for _ in 0..<Int.random(in: 1...9, using: &self.generator) {
                self.lanes.append(SightedLane(lane: Lane(client: client, account: AccountID()), weight: weight))
            }
        }
        self.lanes.shuffle(using: &self.generator)
    }

    /// The rules that a board breaks.
    mutating func broken(_ board: inout some TurnTaking) -> Set<String> {
        var rules: Set<String> = []
        var served: [ClientID: Int] = [:]
        var perLane: [Lane: Int] = [:]
        board.join(self.lanes)
        for _ in 0..<60 {
            // Larger claims leave a client of one account behind: nobody asks for more jobs of an account than that.
            let limit = Int.random(in: 1...TurnBoard.largestShare, using: &self.generator)
            for lane in board.serve(limit) {
                served[lane.client, default: 0] += 1
                perLane[lane, default: 0] += 1
            }
            let turns = self.weights.map { Double(served[$0.key] ?? 0) / Double($0.value) }
            // Lanes of one claim are merged, so a claim may be up to its own size ahead in one client's turn.
            if (turns.max() ?? 0) - (turns.min() ?? 0) > 1 { rules.insert("weights") }
            for client in self.weights.keys {
                let counts = self.lanes.filter { $0.lane.client == client }.map { perLane[$0.lane] ?? 0 }
                if (counts.max() ?? 0) - (counts.min() ?? 0) > 1 { rules.insert("accounts") }
            }
        }
        let late = SightedLane(lane: Lane(client: ClientID(), account: AccountID()), weight: 1)
        board.join([late])
        var before = 0
        let round = self.weights.values.reduce(0, +)
        while before <= round {
            let jobs = board.serve(1)
            if jobs == [late.lane] { return rules }
            before += 1
        }
        return rules.union(["lone"])
    }
}

/// A small generator whose seed tells the whole run.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(seed: UInt64) { self.state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
        self.state = self.state &+ 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("TurnBoard")
struct TurnBoardTests {
    private let now = ContinuousClock.now

    private func lane(_ client: ClientID = ClientID()) -> Lane { Lane(client: client, account: AccountID()) }

    @Test(
        "clients are served by weight within one turn, accounts within one job, and a new client within one round",
        arguments: 1...200)
    func fair(seed: UInt64) {
        var fleet = Fleet(seed: seed)
        var turns = Turns(board: TurnBoard(generator: SeededGenerator(seed: seed)))
        #expect(fleet.broken(&turns) == [])
    }

    @Test("a claim of hundreds of slots takes several jobs of a lane at once, and clients still get by weight")
    func largeClaim() {
        var board = TurnBoard()
        let (heavy, light) = (ClientID(), ClientID())
        let lanes = [heavy, light].flatMap { client in (0..<100).map { _ in self.lane(client) } }
        board.join(lanes.map { SightedLane(lane: $0, weight: $0.client == heavy ? 3 : 1) }, now: self.now)
        let shares = board.next(limit: 320, now: self.now).plain
        #expect(shares.allSatisfy { $0.count == 4 } && shares.count == 80)
        #expect(shares.count { $0.lane.client == heavy } == 60)
        #expect(board.next(limit: 4, now: self.now).plain.allSatisfy { $0.count == 1 })
    }

    @Test("the simulation catches boards that are not fair")
    func caught() {
        var found: [Set<String>] = [[], []]
        for seed in 1...20 {
            var (first, second) = (Fleet(seed: UInt64(seed)), Fleet(seed: UInt64(seed)))
            var (lanes, queue) = (LanesInTurn(), FirstComeFirstServed())
            found[0].formUnion(first.broken(&lanes))
            found[1].formUnion(second.broken(&queue))
        }
        #expect(found[0].isSuperset(of: ["weights"]))
        #expect(found[1] == ["weights", "accounts", "lone"])
    }

    @Test(
        "whatever comes of claims, no offer is too large, no client's claim grows, nothing parked is offered",
        arguments: 1...100)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var fleet = Fleet(seed: seed)
        fleet.lanes.append(SightedLane(lane: Lane(client: ClientID(), account: .none), weight: nil))
        var board = TurnBoard(generator: SeededGenerator(seed: seed))
        var now = self.now
        var parked: [Lane: ContinuousClock.Instant] = [:]
        let reasons: [LaneReport.Reason] = [.empty, .waiting, .busy, .full, .limited, .paused, .closed]
        for _ in 0..<200 {
            now += .milliseconds(Int.random(in: 0...60, using: &generator))
            board.join(fleet.lanes.filter { _ in Bool.random(using: &generator) }, now: now)
            let limit = Int.random(in: 1...40, using: &generator)
            let offer = board.next(limit: limit, now: now)
            let shares = offer.plain + offer.underLimits
            #expect(shares.reduce(0) { $0 + $1.count } == offer.count && offer.count <= limit)
            #expect(Set(shares.map(\.lane)).count == shares.count)
            #expect(shares.allSatisfy { $0.count > 0 && parked[$0.lane].map { $0 <= now } ?? true })
            let answers = shares.map { share in
                let taken = Int.random(in: 0...share.count, using: &generator)
                guard taken == 0 else { return LaneAnswer(share: share, taken: taken, report: nil) }
                let report = LaneReport(
                    reason: reasons.randomElement(using: &generator) ?? .empty,
                    wait: .milliseconds(Int.random(in: 1...500, using: &generator)))
                parked[share.lane] =
                    report.reason == .closed || report.reason == .paused ? now + (report.wait ?? .zero) : nil
                return LaneAnswer(share: share, taken: 0, report: report)
            }
            board.took(answers, now: now)
            for (client, weight) in fleet.weights { #expect(board.deficit(of: client) <= 2 * weight) }
        }
        #expect(board.count <= fleet.lanes.count)
    }

    @Test("a claim that failed costs nobody a turn: the same lanes are offered until something came of it")
    func failedClaim() {
        var board = TurnBoard()
        let lanes = (0..<3).map { _ in self.lane() }
        board.join(lanes.map { SightedLane(lane: $0) }, now: self.now)
        let offered = (0..<4).flatMap { _ in board.next(limit: 3, now: self.now).plain.map(\.lane) }
        #expect(lanes.allSatisfy { lane in offered.count { $0 == lane } == 4 })
    }

    @Test(
        "a full lane is asked again when a run of its own ends, a closed one when its time has come, an empty one when it is seen again"
    )
    func parking() {
        var board = TurnBoard()
        let (full, closed, empty) = (self.lane(), self.lane(), self.lane())
        let sighted = [full, closed, empty].map { SightedLane(lane: $0) }
        board.join(sighted, now: self.now)
        let reasons: [Lane: LaneReport.Reason] = [full: .full, closed: .closed, empty: .empty]
        let answers = board.next(limit: 3, now: self.now).plain.map { share in
            LaneAnswer(
                share: share, taken: 0,
                report: reasons[share.lane].map { LaneReport(reason: $0, wait: .milliseconds(300)) })
        }
        board.took(answers, now: self.now)
        #expect(board.next(limit: 9, now: self.now).count == 0 && board.count == 2)
        board.ended(full)
        board.ended(closed)
        #expect(Set(board.next(limit: 1, now: self.now).plain.map(\.lane)) == [full])
        board.join(sighted, now: self.now)
        #expect(Set(board.next(limit: 9, now: self.now).plain.map(\.lane)) == [full, empty])
        let later = board.next(limit: 9, now: self.now + .milliseconds(321)).plain.map(\.lane)
        #expect(Set(later) == [full, empty, closed])
    }

    @Test("work that falls due in a moment is offered then, or earlier when earlier work comes")
    func waiting() {
        var board = TurnBoard()
        let lanes = [self.lane(), self.lane()]
        board.join(lanes.map { SightedLane(lane: $0, wait: .milliseconds(500)) }, now: self.now)
        #expect(board.next(limit: 9, now: self.now + .milliseconds(400)).count == 0)
        board.join([SightedLane(lane: lanes[0])], now: self.now + .milliseconds(400))
        #expect(board.next(limit: 1, now: self.now + .milliseconds(400)).plain.map(\.lane) == [lanes[0]])
        #expect(Set(board.next(limit: 9, now: self.now + .milliseconds(521)).plain.map(\.lane)) == Set(lanes))
    }

    @Test("a scout's lap goes over every lane, and the next one begins when asked or when its time has come")
    func scout() {
        var scout = LaneScout(interval: .seconds(1), isTold: true)
        let page = (0..<LaneScout.pageSize).map { _ in SightedLane(lane: self.lane()) }
        #expect(scout.nextPage(now: self.now, isCalm: false) == Lane(client: .none, account: .none))
        scout.saw(page)
        #expect(scout.nextPage(now: self.now, isCalm: true) == nil)
        #expect(scout.nextPage(now: self.now + LaneScout.calmPause, isCalm: true) == page.last?.lane)
        scout.saw(Array(page.prefix(3)))
        #expect(scout.nextPage(now: self.now + .milliseconds(999), isCalm: false) == nil)
        #expect(!scout.isBusy)
        scout.request()
        #expect(scout.nextPage(now: self.now, isCalm: false) == Lane(client: .none, account: .none))
        scout.saw([])
        #expect(scout.nextPage(now: self.now + .seconds(1), isCalm: false) != nil)
    }

    @Test(
        "beside enough known work, a lap that nobody asked for takes longer where words of new work come, until somebody asks",
        arguments: [true, false])
    func routineLap(isTold: Bool) {
        var scout = LaneScout(interval: .seconds(1), isTold: isTold)
        let page = (0..<LaneScout.pageSize).map { _ in SightedLane(lane: self.lane()) }
        let begin = Lane(client: .none, account: .none)
        _ = scout.nextPage(now: self.now, isCalm: true)
        scout.saw([])
        var now = self.now + .seconds(1)
        #expect(scout.nextPage(now: now, isCalm: true) == begin)
        scout.saw(page)
        #expect(scout.nextPage(now: now + LaneScout.calmPause, isCalm: true) == (isTold ? nil : page.last?.lane))
        now += LaneScout.routinePause
        #expect(scout.nextPage(now: now, isCalm: true) == page.last?.lane)
        scout.saw(page)
        scout.request()
        // The rest of the lap makes haste, and so does the lap that was asked for.
        for after in [page.last?.lane, begin, page.last?.lane] {
            now += LaneScout.calmPause
            #expect(scout.nextPage(now: now, isCalm: true) == after)
            scout.saw(after == begin ? page : [])
        }
    }

    @Test("shares are cut to the room that every limit of a lane leaves")
    func room() {
        var room = ScopeRoom()
        let (one, two, free) = (self.lane(), self.lane(), self.lane())
        for lane in [one, two] { room.add(lane, scope: "app:1", limit: 3, taken: [2]) }
        room.add(one, scope: "client:1", limit: 1, taken: [])
        let shares = [one, two, free].map { LaneShare(lane: $0, count: 5) }
        #expect(room.fit(shares).map(\.count) == [1, 1, 5])
        let taken = room.take(one) + room.take(two)
        #expect(taken.map(\.scope) == ["app:1", "client:1", "app:1"] && taken.map(\.slot) == [1, 1, 3])
        room.add(free, scope: "client:2", limit: 2, taken: [4, 5])
        #expect(room.fit([LaneShare(lane: free, count: 1)]) == [])
    }

    @Test(
        "a claim falls into two parts of about as many jobs, of different lanes, in the order of turns",
        arguments: [
            ([4, 4, 4, 4], [2, 2]), ([1, 1, 1], [2, 1]), ([900, 1], [1, 1]), ([1, 900, 1], [2, 1]), ([5], [1, 0]),
            ([], [0, 0]),
        ])
    func halves(counts: [Int], lanes: [Int]) {
        let shares = counts.map { LaneShare(lane: Lane(client: ClientID(), account: AccountID()), count: $0) }
        #expect(shares.halves.map(\.count) == lanes)
        #expect(shares.halves.flatMap(\.self) == shares)
    }
}
