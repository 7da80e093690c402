// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Testing

@testable import JobQueue

@Suite("The worker's table of runs")
struct RunTableTests {
    static let worker = WorkerID()

    static func job(_ lease: Int64) -> ClaimedJob {
        ClaimedJob(
            spec: JobSpec(
                NewJob(client: ClientID(), queue: "work", kind: "noop"), dueAt: Date(timeIntervalSince1970: 0)),
            lease: Lease(number: lease, worker: Self.worker), claimedAt: Date(timeIntervalSince1970: 0))
    }

    static let start = ContinuousClock.now

    static func table(_ leases: [Int64]) -> RunTable {
        var table = RunTable(slots: ["work": 4])
        table.claim(leases)
        return table
    }

    static func answer(_ leases: Set<Int64>, cancelled: Set<Int64> = []) -> BeatAnswer {
        BeatAnswer(isAlive: true, isDrainRequested: false, leases: leases, cancelled: cancelled)
    }

    @Test("a beat that could not read the leases ends no run and makes none suspicious")
    func unread() {
        var table = Self.table([1])
        let unread = BeatAnswer(isAlive: true, isDrainRequested: false, leases: nil, cancelled: [])
        let actions = table.apply(unread, since: table.mark(), worker: Self.worker)
        #expect(actions.cancellations.isEmpty && actions.orphans.isEmpty)
        #expect(!table.isEmpty)
    }

    @Test("slots are taken by a claim and free when the handler is done, or when its record is written")
    func slots() {
        var table = Self.table([1, 2])
        #expect(table.room("work", ahead: 0, at: Self.start) == 2 && table.room("other", ahead: 0, at: Self.start) == 0)
        #expect(table.ran(1, keepsSlot: false, at: Self.start) != nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 3 && table.runningCount == 1 && !table.isEmpty)
        #expect(table.ran(1, keepsSlot: false, at: Self.start) == nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 3)
        #expect(table.ran(2, keepsSlot: true, at: Self.start) != nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 3)
        for lease in Int64(1)...2 { #expect(table.finished(lease, at: Self.start) == nil) }
        #expect(table.room("work", ahead: 0, at: Self.start) == 4 && table.isEmpty)
    }

    @Test(
        "jobs ahead are claimed by the lot once there is one for each slot, and none while slots are kept from claims")
    func ahead() {
        func room(_ table: RunTable, _ ahead: Int) -> Int { table.room("work", ahead: ahead, at: Self.start) }
        var table = Self.table([1, 2, 3])
        #expect(room(table, 8) == 9)
        table.claim(4...11)
        #expect(room(table, 8) == 0 && room(table, 12) == 5)
        _ = table.ran(4, keepsSlot: false, at: Self.start)
        #expect(room(table, 8) == 2 && room(table, 7) == 0 && room(table, 0) == 0)
        table.withhold(1, of: "work")
        #expect(room(table, 8) == 0)
        for lease in Int64(5)...10 { _ = table.ran(lease, keepsSlot: false, at: Self.start) }
        _ = table.ran(1, keepsSlot: false, at: Self.start)
        #expect(room(table, 8) == 0)
        table.withhold(0, of: "work")
        #expect(room(table, 8) == 9)
    }

    @Test("jobs ahead begin in the order of their claims, each with a slot that has become free")
    func waiting() {
        var table = RunTable(slots: ["work": 2])
        #expect(table.claim(1...5) == [1, 2])
        #expect(table.runningCount == 2 && table.openCount == 5)
        #expect(table.ran(2, keepsSlot: false, at: Self.start)?.next?.lease.number == 3)
        #expect(table.ran(1, keepsSlot: true, at: Self.start)?.next == nil)
        #expect(table.finished(1, at: Self.start)?.lease.number == 4)
        #expect(table.finished(2, at: Self.start) == nil)
        #expect(table.ran(3, keepsSlot: false, at: Self.start)?.next?.lease.number == 5)
        #expect(table.ran(4, keepsSlot: false, at: Self.start)?.next == nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 1)
    }

    @Test("where handlers wait for slots themselves every job begins when it is claimed")
    func atOnce() {
        var table = RunTable(slots: ["work": 2], sharing: ["work"])
        #expect(table.claim(1...5) == [1, 2, 3, 4, 5])
        for lease in Int64(1)...5 { #expect(table.ran(lease, keepsSlot: false, at: Self.start)?.next == nil) }
        #expect(table.room("work", ahead: 0, at: Self.start) == 2)
    }

    @Test("a job that is cancelled while it waits ends without a slot, and never begins")
    func cancelledWaiting() {
        var table = RunTable(slots: ["work": 1])
        table.claim(1...3)
        let cancelled = table.cancel(.requested) { $0 == 2 }
        #expect(cancelled.map(\.wasWaiting) == [true])
        #expect(table.begin(2, at: Self.start, deadline: Self.start, { nil }) == .requested)
        #expect(table.ran(2, keepsSlot: false, at: Self.start)?.next == nil)
        #expect(table.ran(1, keepsSlot: false, at: Self.start)?.next?.lease.number == 3)
        #expect(table.room("work", ahead: 0, at: Self.start) == 0)
        #expect(table.ran(3, keepsSlot: false, at: Self.start)?.next == nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 1)
    }

    @Test("when the worker stops, what waits ends unrun, and what runs goes on")
    func stopping() {
        var table = RunTable(slots: ["work": 1])
        table.claim(1...3)
        #expect(table.cancelWaiting().map(\.job.lease.number).sorted() == [2, 3])
        #expect(table.cancelWaiting().isEmpty && table.runs[1]?.cause == nil)
        for lease in Int64(2)...3 {
            #expect(table.begin(lease, at: Self.start, deadline: Self.start, { nil }) == .drained)
            #expect(table.ran(lease, keepsSlot: false, at: Self.start)?.began == nil)
        }
        #expect(table.ran(1, keepsSlot: false, at: Self.start)?.next == nil)
        #expect(table.room("work", ahead: 0, at: Self.start) == 1)
    }

    @Test("a job that has waited for a slot for two seconds goes back")
    func stuck() {
        var table = RunTable(slots: ["work": 1])
        table.claim(1...2)
        #expect(table.cancelStuck(at: Self.start + .milliseconds(1_999)).isEmpty)
        let stuck = table.cancelStuck(at: Self.start + .seconds(2))
        #expect(stuck.map(\.job.lease.number) == [2] && stuck.map(\.cause) == [.crowded])
        #expect(table.cancelStuck(at: Self.start + .seconds(2)).isEmpty)
    }

    @Test("a job that was given up before it began does not begin")
    func givenUp() {
        var table = Self.table([1, 2])
        #expect(table.ran(2, keepsSlot: true, at: Self.start) != nil)
        #expect(table.begin(2, at: Self.start, deadline: Self.start, { nil }) == .lost)
        #expect(table.ran(1, keepsSlot: false, at: Self.start)?.began == nil)
        _ = table.finished(1, at: Self.start)
        #expect(table.begin(1, at: Self.start, deadline: Self.start, { nil }) == .lost)
    }

    @Test("a lease that a beat does not know any more is lost, unless it was claimed or finished meanwhile")
    func lost() {
        var table = Self.table([1, 2])
        let mark = table.mark()
        table.claim([3])
        _ = table.ran(2, keepsSlot: false, at: Self.start)
        let actions = table.apply(Self.answer([]), since: mark, worker: Self.worker)
        #expect(actions.cancellations.map(\.job.lease.number) == [1] && actions.cancellations.map(\.cause) == [.lost])
        #expect(table.apply(Self.answer([]), since: mark, worker: Self.worker).cancellations.isEmpty)
    }

    @Test("a request to cancel reaches a run once, also one whose task does not exist yet")
    func cancelled() {
        var table = Self.table([1])
        let mark = table.mark()
        #expect(
            table.apply(Self.answer([1], cancelled: [1]), since: mark, worker: Self.worker).cancellations.map(\.cause)
                == [
                    .requested
                ])
        #expect(table.begin(1, at: Self.start, deadline: Self.start, { nil }) == .requested)
        #expect(
            table.apply(Self.answer([1], cancelled: [1]), since: table.mark(), worker: Self.worker).cancellations
                .isEmpty)
    }

    @Test("an unknown lease is an orphan after two answers without a claim between")
    func orphans() {
        var table = Self.table([1])
        #expect(table.apply(Self.answer([1, 9]), since: table.mark(), worker: Self.worker).orphans.isEmpty)
        let mark = table.mark()
        table.claimBegins()
        #expect(table.apply(Self.answer([1, 9]), since: mark, worker: Self.worker).orphans.isEmpty)
        _ = table.claimEnds([], at: Self.start)
        #expect(table.apply(Self.answer([1, 9]), since: mark, worker: Self.worker).orphans.isEmpty)
        #expect(table.apply(Self.answer([1, 9]), since: table.mark(), worker: Self.worker).orphans == [9])
    }

    @Test(
        "a crash plan is read from its name and visit",
        arguments: [("after-fence", true), ("after-fence:3", true), ("x", false), ("after-fence:0", false)])
    func crashPlan(text: String, isValid: Bool) {
        #expect((CrashPlan(text) != nil) == isValid)
    }

    @Test("a throttle lets one notification of a queue through in its pause")
    func throttle() {
        let throttle = NotifyThrottle()
        let now = ContinuousClock.now
        #expect(throttle.admit(["a", "b"], at: now).sorted() == ["a", "b"])
        #expect(throttle.admit(["a"], at: now + .milliseconds(4)).isEmpty)
        #expect(throttle.admit(["a"], at: now + .milliseconds(6)) == ["a"])
    }
}

extension RunTable {
    /// Claims jobs under the given leases; answers which of them begin.
    @discardableResult
    fileprivate mutating func claim(_ leases: some Sequence<Int64>) -> [Int64] {
        self.claimBegins()
        return self.claimEnds(leases.map(RunTableTests.job), at: RunTableTests.start).map(\.lease.number)
    }
}
