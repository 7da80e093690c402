// SPDX-License-Identifier: MIT

import Testing

@testable import JobQueue

@Suite("The line for slots")
struct SlotLineTests {
    static let start = ContinuousClock.now

    static func after(_ milliseconds: Int) -> ContinuousClock.Instant { self.start + .milliseconds(milliseconds) }

    /// A line that has seen one slot held for so long, and all are free; later instants count from then.
    static func line(slots: Int, hold milliseconds: Int?) -> SlotLine {
        var line = SlotLine(slots: slots)
        guard let milliseconds else { return line }
        _ = line.take(-1, at: self.after(-milliseconds))
        _ = line.giveBack(-1, at: self.start)
        return line
    }

    @Test("those who wait get slots in the order in which they came, and never more than there are")
    func order() {
        var line = Self.line(slots: 2, hold: nil)
        #expect(line.take(1, at: Self.start) == [.slot(1)])
        #expect(line.take(2, at: Self.start) == [.slot(2)])
        #expect(line.take(3, at: Self.start) == [] && line.take(4, at: Self.start) == [])
        let isTaken = line.takeAtOnce(5, teaches: true, at: Self.start)
        #expect(!isTaken)
        #expect(line.take(1, at: Self.start) == [])
        #expect(line.giveBack(2, at: Self.after(10)) == [.slot(3)])
        #expect(line.giveBack(2, at: Self.after(10)) == [])
        #expect(line.giveBack(1, at: Self.after(10)) == [.slot(4)])
        #expect(line.heldCount == 2 && line.lineCount == 0)
    }

    @Test("who has entered the fence gets a slot before a call that came later")
    func fencedFirst() {
        var line = Self.line(slots: 1, hold: 30)
        #expect(line.take(1, at: Self.start) == [.slot(1)])
        #expect(line.enterFence(2, at: Self.start) == [.fence(2)])
        #expect(line.take(3, at: Self.start) == [] && line.take(2, at: Self.start) == [])
        #expect(line.giveBack(1, at: Self.after(30)) == [.slot(2)])
        #expect(line.giveBack(2, at: Self.after(60)) == [.slot(3)])
    }

    @Test("a short call may take a slot while one before it passes the fence, a long one leaves it to that one")
    func reserved() {
        var short = Self.line(slots: 1, hold: 30)
        #expect(short.enterFence(1, at: Self.start) == [.fence(1)])
        #expect(short.take(2, at: Self.start) == [.slot(2)])
        #expect(short.take(1, at: Self.start) == [])
        #expect(short.giveBack(2, at: Self.after(30)) == [.slot(1)])

        var long = Self.line(slots: 1, hold: 5_000)
        #expect(long.enterFence(1, at: Self.start) == [.fence(1)])
        #expect(long.take(2, at: Self.start) == [])
        #expect(long.take(1, at: Self.start) == [.slot(1)])
        #expect(long.giveBack(1, at: Self.after(10)) == [.slot(2)])
    }

    @Test("as many enter the fence as have a slot free, while nothing is known of how long slots are held")
    func unknownHold() {
        var line = Self.line(slots: 2, hold: nil)
        #expect((1...2).map { line.enterFence($0, at: Self.start) } == [[.fence(1)], [.fence(2)]])
        #expect(line.enterFence(3, at: Self.start) == [])
        #expect(line.take(1, at: Self.start) == [.slot(1)])
        #expect(line.giveBack(1, at: Self.after(20)) == [.fence(3)])
    }

    @Test("as many enter the fence as get a slot within the prospect, and no more once calls hang")
    func prospect() {
        // Two slots of 40 ms: one is free every 20 ms, so two may wait for one.
        var line = Self.line(slots: 2, hold: 40)
        for run in Int64(1)...2 { _ = line.take(run, at: Self.start) }
        let entered = (Int64(3)...9).flatMap { line.enterFence($0, at: Self.start) }
        #expect(entered == (Int64(3)...4).map { .fence($0) })
        #expect(line.giveBack(3, at: Self.start) == [.fence(5)])
        #expect(line.giveBack(4, at: Self.after(2_000)) == [])
        #expect(line.leave(9, at: Self.after(2_000)) == [])
        #expect(line.giveBack(1, at: Self.after(2_000)) == [])
        #expect(line.take(5, at: Self.after(2_000)) == [.slot(5)])
    }

    @Test("no more are in the fence without a slot free than there are slots, however short calls were until now")
    func mostFencing() {
        var line = Self.line(slots: 3, hold: 1)
        let steps = (Int64(1)...9).flatMap { line.enterFence($0, at: Self.start) }
        #expect(steps == (Int64(1)...6).map { .fence($0) })
    }

    @Test("one slot that is held for long is one slot less, and not the end of jobs ahead")
    func oneLong() {
        var line = Self.line(slots: 16, hold: 30)
        _ = line.take(1, at: Self.start)
        #expect((20...25).contains(line.ahead(at: Self.after(600_000))))
        _ = line.giveBack(1, at: Self.after(600_000))
        #expect(line.ahead(at: Self.after(600_000)) > 10)
        for run in Int64(2)...17 { _ = line.take(run, at: Self.after(600_000)) }
        #expect(line.ahead(at: Self.after(602_000)) == 0)
    }

    @Test("a run that gives its slot back for the fence takes its place at the end of the line")
    func backOfTheLine() {
        var line = Self.line(slots: 1, hold: 5_000)
        _ = line.take(1, at: Self.start)
        _ = line.take(2, at: Self.start)
        #expect(line.enterFence(1, at: Self.after(10)) == [.slot(2)])
        #expect(line.giveBack(2, at: Self.after(20)) == [.fence(1)])
    }

    @Test("so many jobs may be in hand ahead as the slots take within the reach, at most three for a slot")
    func ahead() {
        let counts = [1, 30, 60, 119, 240, 480, 481, 30_000].map {
            Self.line(slots: 16, hold: $0).ahead(at: Self.start)
        }
        #expect(counts == [48, 48, 32, 16, 8, 4, 0, 0])
        #expect(Self.line(slots: 1, hold: 130).ahead(at: Self.start) == 0)
        #expect(Self.line(slots: 16, hold: nil).ahead(at: Self.start) == 0)
    }

    @Test("slots that are held for longer than is usual end the jobs ahead before the first is given back")
    func hanging() {
        var line = Self.line(slots: 2, hold: 30)
        for run in Int64(1)...2 { _ = line.take(run, at: Self.start) }
        #expect(line.ahead(at: Self.after(30)) == 6)
        #expect(line.ahead(at: Self.after(120)) == 2)
        #expect(line.ahead(at: Self.after(1_000)) == 0)
    }

    @Test("runs that hold their slot all the time teach nothing, so no jobs are ahead of them")
    func wholeRuns() {
        var line = SlotLine(slots: 1)
        let isTaken = line.takeAtOnce(1, teaches: false, at: Self.start)
        #expect(isTaken && line.take(2, teaches: false, at: Self.start) == [])
        #expect(line.giveBack(1, at: Self.after(5)) == [.slot(2)])
        _ = line.giveBack(2, at: Self.after(10))
        #expect(line.expectedHold(at: Self.after(10)) == nil && line.ahead(at: Self.after(10)) == 0)
    }

    @Test(
        "whatever the order: never more than the slots, nobody waits while one is free for it, and all come to an end",
        arguments: UInt64(1)...40)
    func anyOrder(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var rules = SlotRules(slots: Int.random(in: 1...4, using: &dice))
        for _ in 0..<400 { rules.step(&dice) }
        rules.end(&dice)
        #expect(rules.broken == [])
    }
}

/// Runs that come and go in any order, and what must be true of the line meanwhile.
private struct SlotRules {
    private enum Stage { case idle, call, door, fencing, fenced, held }

    private let slots: Int
    private var line: SlotLine
    private var runs: [Int64: Stage] = [:]
    private var last: Int64 = 0
    private var now = SlotLineTests.start
    private(set) var broken: [String] = []

    init(slots: Int) {
        self.slots = slots
        self.line = SlotLine(slots: slots)
    }

    /// One run does one thing.
    mutating func step(_ dice: inout SeededGenerator) {
        self.now += .milliseconds(Int.random(in: 0...60, using: &dice))
        if self.runs.count < 3 * self.slots + 2 {
            self.last += 1
            self.runs[self.last] = .idle
        }
        guard let run = self.runs.keys.sorted().randomElement(using: &dice), let stage = self.runs[run] else { return }
        let leaves = Int.random(in: 0..<12, using: &dice) == 0
        switch stage {
        case .idle where leaves: self.runs[run] = nil
        case .idle where Bool.random(using: &dice): self.set(run, .call) { $0.take(run, at: $1) }
        case .idle: self.set(run, .door) { $0.enterFence(run, at: $1) }
        case .call where leaves, .door where leaves, .fenced where leaves:
            self.set(run, nil) { $0.leave(run, at: $1) }
        case .call, .door, .fenced: break
        case .fencing where leaves: self.set(run, .idle) { $0.giveBack(run, at: $1) }
        case .fencing: self.set(run, .fenced) { $0.take(run, at: $1) }
        case .held where Bool.random(using: &dice): self.set(run, .door) { $0.enterFence(run, at: $1) }
        case .held: self.set(run, .idle) { $0.giveBack(run, at: $1) }
        }
        self.check()
    }

    /// Nobody new comes, and nobody leaves without having had a slot.
    mutating func end(_ dice: inout SeededGenerator) {
        var rounds = 0
        while let run = self.runs.keys.sorted().first(where: { [.idle, .fencing, .held].contains(self.runs[$0]) }) {
            rounds += 1
            guard rounds < 1_000 else { break }
            self.now += .milliseconds(Int.random(in: 0...60, using: &dice))
            switch self.runs[run] {
            case .fencing: self.set(run, .fenced) { $0.take(run, at: $1) }
            case .held: self.set(run, nil) { $0.giveBack(run, at: $1) }
            default: self.runs[run] = nil
            }
            self.check()
        }
        if !self.runs.isEmpty { self.broken.append("some wait for ever") }
        if self.line.heldCount + self.line.lineCount > 0 { self.broken.append("something is left") }
    }

    private mutating func set(
        _ run: Int64, _ stage: Stage?, _ change: (inout SlotLine, ContinuousClock.Instant) -> [SlotLine.Step]
    ) {
        self.runs[run] = stage
        for step in change(&self.line, self.now) {
            switch step {
            case .slot(let run):
                if ![.call, .fenced].contains(self.runs[run]) { self.broken.append("a slot for nobody") }
                self.runs[run] = .held
            case .fence(let run):
                if self.runs[run] != .door { self.broken.append("a fence for nobody") }
                self.runs[run] = .fencing
            }
        }
    }

    private mutating func check() {
        let runs = self.runs
        let count = { (stages: [Stage]) in runs.values.count { stages.contains($0) } }
        let (held, free) = (count([.held]), self.slots - count([.held]))
        if held > self.slots || held != self.line.heldCount { self.broken.append("\(held) hold a slot") }
        if count([.call, .door, .fencing, .fenced]) != self.line.lineCount { self.broken.append("the line is wrong") }
        if free > 0, count([.fenced]) > 0 { self.broken.append("one that has passed the fence waits for a free slot") }
        if free > count([.fencing]), count([.call, .door]) > 0 { self.broken.append("a slot is free and one waits") }
    }
}
