// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// A whole fleet in one value: database, platform, workers, networks, faults and time, all drawn from one seed.
///
/// The seed draws how long every step takes, so which of the steps under way happens next; each is atomic, as a transaction is.
/// The same seed is the same run, in every process.
struct Simulation {
    /// The fleet's times in milliseconds: those of a configuration, made shorter in proportion.
    enum Pace {
        static let heartbeat = 1_500
        static let deadAfter = 5_000
        static let fenceMargin = 1_500
        static let poll = 2_000
        static let maintain = 2_500
        static let watch = 700
        static let sendWindow = 400
        static let sendGrace = 1_000
        static let runDeadline = 12_000
        static let runLimit = Self.runDeadline + Self.sendGrace + Self.deadAfter
        static let requestDeadline = 6_000
        static let listingLag = 2_000
        /// Longer than a request may be under way and the lists lag.
        static let distance = Self.sendWindow + Self.requestDeadline + Self.listingLag
        static let window = 10_000
        static let calls = 2
        /// After this long in peace everything has ended.
        static let patience = 150_000
    }

    /// How often what goes wrong, in percent.
    struct Weather: Sendable {
        /// A request takes its time.
        var slow = 15
        /// A request's answer never comes.
        var silent = 15
        /// The platform has no time.
        var busy = 8
        /// The platform cannot be asked about a job, and its client would rather have it twice than not at all.
        var blind = 15
        var resends = 50
        /// A fault is a freeze.
        var freezes = 40
        var faults = 4

        static let mixed = Weather()
        static let slow = Weather(slow: 70, silent: 40, freezes: 20, faults: 6)
        static let doubtful = Weather(
            slow: 50, silent: 10, busy: 35, blind: 90, resends: 90, freezes: 90, faults: 6)
        static let all = [Weather.mixed, .slow, .doubtful]
    }

    /// What a job is, besides what the queue knows of it.
    struct Nature {
        /// The platform cannot be asked about it.
        var isBlind = false
        /// Whether its client would rather have it twice than not at all.
        var resends = false
    }

    private static let origin = ContinuousClock.now

    let seed: UInt64
    let left: LeftOut
    let weather: Weather
    var dice: SeededGenerator
    var now = 0
    var agenda = Agenda()
    var database: ModelDatabase
    var platform = ModelPlatform()
    var workers: [ModelWorker] = []
    var natures: [Nature] = []
    var requests = 0
    var identities = 0
    var tokens = 0
    /// From then on nothing fails any more.
    let quietAt: Int
    var steps = 0
    /// What happened, when somebody wants to know.
    var trace: [String]?

    /// Draws a fleet, its work and its faults.
    init(seed: UInt64, in weather: Weather, leaving left: LeftOut = [], isTraced: Bool = false) {
        self.seed = seed
        self.weather = weather
        self.left = left
        self.dice = SeededGenerator(seed: seed)
        self.trace = isTraced ? [] : nil
        self.database = ModelDatabase(
            leaving: left, deadAfter: Pace.deadAfter, runLimit: Pace.runLimit,
            limit: (Pace.calls, .milliseconds(Pace.window)))
        self.quietAt = Int.random(in: 6_000...16_000, using: &self.dice)
        let accounts = Int.random(in: 1...2, using: &self.dice)
        for number in 0..<Int.random(in: 2...4, using: &self.dice) { self.enqueue(number, accounts: accounts) }
        for _ in 0..<Int.random(in: 2...3, using: &self.dice) { self.add(.start, in: self.draw(0...50)) }
        for _ in 0..<Int.random(in: 0...weather.faults, using: &self.dice) {
            self.add(.fault, in: self.draw(100...self.quietAt))
        }
    }

    private mutating func enqueue(_ number: Int, accounts: Int) {
        let isPlain = self.chance(15)
        let recovery: Recovery = isPlain ? (self.chance(50) ? .hold : .requeue) : .reconcile
        let new = NewJob(
            id: .numbered(number), client: .numbered(1), account: .numbered(number % accounts), queue: "work",
            kind: isPlain ? "plain" : "publish", provider: "p", maximumAttempts: 3, recovery: recovery)
        self.database.enqueue(new, operation: isPlain ? nil : number, at: 0)
        let weather = self.weather
        self.natures.append(Nature(isBlind: self.chance(weather.blind), resends: self.chance(weather.resends)))
    }

    // MARK: Dice

    mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.dice) }
    mutating func chance(_ percent: Int) -> Bool { self.draw(0...99) < percent }
    /// Whether something fails now that fails as often as that.
    mutating func fails(_ percent: Int) -> Bool { self.now < self.quietAt && self.chance(percent) }

    /// How long a step takes: mostly nothing, now and then longer than everybody expects.
    mutating func delay() -> Int {
        switch self.draw(0...99) {
        case ..<50: self.draw(1...5)
        case ..<80: self.draw(5...60)
        case ..<96: self.draw(60...300)
        default: self.now < self.quietAt ? self.draw(300...5_500) : self.draw(60...300)
        }
    }

    mutating func add(_ event: Event, in pause: Int) {
        self.agenda.add(event, at: self.now + pause, order: self.dice.next())
    }

    func instant(_ time: Int) -> ContinuousClock.Instant { Self.origin + .milliseconds(time) }

    mutating func note(_ text: @autoclosure () -> String) {
        guard self.trace != nil else { return }
        self.trace?.append("\(self.now) ms: \(text())")
    }

    // MARK: The run

    /// Lets everything happen; what is left in the end has ended in order.
    mutating func run() -> BrokenPromise? {
        while let (time, event) = self.agenda.next() {
            self.now = max(self.now, time)
            self.steps += 1
            if let worker = event.worker {
                if self.workers[worker].isGone { continue }
                let thaw = self.workers[worker].frozenUntil
                if thaw > self.now {
                    self.add(event, in: thaw - self.now + self.draw(0...20))
                    continue
                }
            }
            self.happen(event)
            if let broken = self.database.broken { return broken }
            if self.isAtRest { return self.lastLook() }
            if self.now > self.quietAt + Pace.patience { return self.unended() }
        }
        return self.unended()
    }

    private var isAtRest: Bool {
        guard self.now > self.quietAt, self.agenda.work == 0 else { return false }
        return self.database.scheduled.isEmpty && self.database.ready.isEmpty && self.database.leases.isEmpty
    }

    private func unended() -> BrokenPromise {
        let live =
            self.database.scheduled.keys.sorted().map { "\($0) is scheduled" }
            + self.database.ready.keys.sorted().map { "\($0) is ready" }
            + self.database.leases.keys.sorted().map { "\($0) runs" }
        return BrokenPromise(promise: .end, detail: "job " + live.joined(separator: ", job "))
    }

    /// At rest: what the platform has done is on record, unless a policy let it be sent again.
    private mutating func lastLook() -> BrokenPromise? {
        for (operation, effect) in self.database.effects {
            let isDone = self.platform.count(operation) > 0
            switch effect.state {
            case .sending: self.database.fail(.leasedSend, "operation \(operation) at rest")
            case .confirmed where !isDone: self.database.fail(.onRecord, "operation \(operation) was never done")
            case .prepared where isDone && !effect.isResent, .rejected where isDone && !effect.isResent:
                self.database.fail(.onRecord, "operation \(operation) was done and is \(effect.state.rawValue)")
            case .unknown where self.database.held[effect.job] == nil && self.database.ended[effect.job] == nil:
                self.database.fail(.end, "operation \(operation) is unknown and nobody waits")
            default: break
            }
        }
        return self.database.broken
    }
}
