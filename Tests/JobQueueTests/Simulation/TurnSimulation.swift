// SPDX-License-Identifier: MIT

import Domain

@testable import JobQueue

/// Workers that claim from one backlog, each by a board of its own, while work comes, floods, runs and ends.
struct TurnSimulation {
    private struct Client {
        var id: ClientID
        var weight: Int
        var lanes: [Lane]
        /// It never runs out of work and has a slot for all of it: its share is exactly its weight.
        var isSteady: Bool
    }

    private struct Worker {
        var board: TurnBoard
        /// For the board that keeps nothing: whose turn it is.
        var order: [ClientID] = []
        var running: [Lane] = []
        var served: [ClientID: Int] = [:]
        /// How much of others was taken since a client could have been served.
        var passed: [ClientID: Int] = [:]
        var waitingSince: [ClientID: Int] = [:]
    }

    /// Every number below a bound is drawn as 0: the ring begins where it was told to.
    private struct Lowest: RandomNumberGenerator, Sendable {
        mutating func next() -> UInt64 { 1 }
    }

    private static let slots = 2
    private let start = ContinuousClock.now
    private let left: LeftOut
    private var dice: SeededGenerator
    private var now = 0
    private var clients: [Client] = []
    private var workers: [Worker] = []
    private var backlog: [Lane: Int] = [:]
    private var running: [Lane: Int] = [:]

    /// Draws clients, weights, accounts and workers.
    init(seed: UInt64, leaving left: LeftOut = []) {
        self.left = left
        self.dice = SeededGenerator(seed: seed)
        for number in 1...Int.random(in: 3...6, using: &self.dice) {
            let isSteady = number <= 2
            let id = ClientID.numbered(number)
            let lanes = (0..<(isSteady ? 1 : Int.random(in: 1...3, using: &self.dice))).map {
                Lane(client: id, account: isSteady ? .none : .numbered(number * 10 + $0))
            }
            let weight = Int.random(in: 1...5, using: &self.dice)
            self.clients.append(Client(id: id, weight: weight, lanes: lanes, isSteady: isSteady))
            for lane in lanes { self.backlog[lane] = isSteady ? .max / 2 : 0 }
        }
        for _ in 0..<Int.random(in: 1...3, using: &self.dice) {
            self.workers.append(Worker(board: TurnBoard(generator: SeededGenerator(seed: self.dice.next()))))
        }
    }

    /// Lets work come, be claimed and end, so many times.
    mutating func run(steps: Int) -> BrokenPromise? {
        for _ in 0..<steps {
            self.now += Int.random(in: 0...40, using: &self.dice)
            let worker = Int.random(in: self.workers.indices, using: &self.dice)
            switch Int.random(in: 0...9, using: &self.dice) {
            case ..<2: self.arrive()
            case ..<5: self.finish(worker)
            default: if let broken = self.claim(worker) { return broken }
            }
        }
        return nil
    }

    /// One job, or a flood of them.
    private mutating func arrive() {
        guard let client = self.clients.filter({ !$0.isSteady }).randomElement(using: &self.dice),
            let lane = client.lanes.randomElement(using: &self.dice)
        else { return }
        self.backlog[lane, default: 0] += Int.random(in: 0...9, using: &self.dice) == 0 ? 1_000 : 1
    }

    private mutating func finish(_ worker: Int) {
        self.workers[worker].running.shuffle(using: &self.dice)
        for _ in 0..<Int.random(in: 0...3, using: &self.dice) {
            guard let lane = self.workers[worker].running.popLast() else { return }
            self.running[lane, default: 0] -= 1
            self.workers[worker].board.ended(lane)
        }
    }

    private func free(_ lane: Lane) -> Int {
        lane.account == .none ? .max : Self.slots - self.running[lane, default: 0]
    }

    private mutating func claim(_ worker: Int) -> BrokenPromise? {
        let now = self.start + .milliseconds(self.now)
        let sighted = self.clients.flatMap { client in
            client.lanes.filter { self.backlog[$0, default: 0] > 0 }.map {
                SightedLane(lane: $0, weight: client.weight)
            }
        }
        self.seat(worker, sighted, now)
        self.noteWaiting(worker)
        let limit = Int.random(in: 1...4, using: &self.dice)
        let shares = self.workers[worker].board.next(limit: limit, now: now).plain
        var taken: [ClientID: Int] = [:]
        let answers = shares.map { share in
            let lane = share.lane
            let count = min(share.count, self.backlog[lane, default: 0], self.free(lane))
            taken[lane.client, default: 0] += count
            if lane.account != .none {
                self.backlog[lane, default: 0] -= count
                self.running[lane, default: 0] += count
                self.workers[worker].running += Array(repeating: lane, count: count)
            }
            let reason: LaneReport.Reason = self.backlog[lane, default: 0] == 0 ? .empty : .full
            return LaneAnswer(share: share, taken: count, report: count > 0 ? nil : LaneReport(reason: reason))
        }
        self.workers[worker].board.took(answers, now: now)
        let asked = Set(shares.map(\.lane.client))
        self.workers[worker].order = self.workers[worker].order.filter { !asked.contains($0) } + asked.sorted()
        return self.check(worker, taken, asked)
    }

    /// Shows a board what there is; one that keeps nothing between claims is made anew, with the same one first.
    private mutating func seat(_ worker: Int, _ sighted: [SightedLane], _ now: ContinuousClock.Instant) {
        guard self.left.contains(.deficitCarry) else { return self.workers[worker].board.join(sighted, now: now) }
        var board = TurnBoard(generator: Lowest())
        let order = self.workers[worker].order
        board.join(
            sighted.sorted {
                (order.firstIndex(of: $0.lane.client) ?? -1, $0.lane.client)
                    < (order.firstIndex(of: $1.lane.client) ?? -1, $1.lane.client)
            }, now: now)
        self.workers[worker].board = board
    }

    /// Notes who could be served: a lane of theirs has work and a slot, and has had them for longer than a park.
    private mutating func noteWaiting(_ worker: Int) {
        for client in self.clients {
            if client.lanes.contains(where: { self.backlog[$0, default: 0] > 0 && self.free($0) > 0 }) {
                self.workers[worker].waitingSince[client.id] = self.workers[worker].waitingSince[client.id] ?? self.now
            } else {
                self.workers[worker].waitingSince[client.id] = nil
                self.workers[worker].passed[client.id] = 0
            }
        }
    }

    private mutating func check(_ worker: Int, _ taken: [ClientID: Int], _ asked: Set<ClientID>) -> BrokenPromise? {
        let all = taken.values.reduce(0, +)
        let park = 2 * Int(TurnBoard.shortPark.milliseconds)
        for client in self.clients {
            self.workers[worker].served[client.id, default: 0] += taken[client.id] ?? 0
            guard let since = self.workers[worker].waitingSince[client.id], since + park < self.now else { continue }
            guard !asked.contains(client.id) else {
                self.workers[worker].passed[client.id] = 0
                continue
            }
            self.workers[worker].passed[client.id, default: 0] += all
            // Each of the others has had its turn, and what it was owed from the one before.
            let others = self.clients.filter { $0.id != client.id }.map { 2 * $0.weight }.reduce(0, +)
            if self.workers[worker].passed[client.id, default: 0] > others {
                return BrokenPromise(promise: .turns, detail: "client \(client.id) was passed over")
            }
        }
        let turns = self.clients.filter(\.isSteady).map {
            Double(self.workers[worker].served[$0.id] ?? 0) / Double($0.weight)
        }
        guard (turns.max() ?? 0) - (turns.min() ?? 0) > 1 else { return nil }
        return BrokenPromise(promise: .turns, detail: "clients with endless work have had \(turns) turns")
    }
}
