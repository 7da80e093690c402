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

    static func table(_ leases: [Int64]) -> RunTable {
        var table = RunTable(slots: ["work": 4])
        table.claimBegins()
        table.claimEnds(leases.map(self.job))
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
        #expect(table.freeSlots("work") == 2 && table.freeSlots("other") == 0)
        table.ran(1, keepsSlot: false)
        #expect(table.freeSlots("work") == 3 && table.runningCount == 1 && !table.isEmpty)
        table.ran(1, keepsSlot: false)
        #expect(table.freeSlots("work") == 3)
        table.ran(2, keepsSlot: true)
        #expect(table.freeSlots("work") == 3)
        table.freeSlot(of: Self.job(2))
        table.finished(1)
        table.finished(2)
        #expect(table.freeSlots("work") == 4 && table.isEmpty)
    }

    @Test(
        "jobs ahead are claimed by the lot once there is one for each slot, and none while slots are kept from claims")
    func ahead() {
        var table = Self.table([1, 2, 3])
        #expect(table.freeSlots("work", ahead: 8) == 9)
        table.claimBegins()
        table.claimEnds((4...11).map(Self.job))
        #expect(table.freeSlots("work", ahead: 8) == 0 && table.freeSlots("work", ahead: 12) == 5)
        table.ran(4, keepsSlot: false)
        #expect(table.freeSlots("work", ahead: 8) == 2 && table.freeSlots("work", ahead: 7) == 0)
        #expect(table.freeSlots("work", ahead: 0) == 0)
        table.withhold(1, of: "work")
        #expect(table.freeSlots("work", ahead: 8) == 0)
        for lease in Int64(5)...10 { table.ran(lease, keepsSlot: false) }
        #expect(table.freeSlots("work", ahead: 8) == 0)
        table.ran(11, keepsSlot: false)
        #expect(table.freeSlots("work", ahead: 8) == 0)
        table.withhold(0, of: "work")
        #expect(table.freeSlots("work", ahead: 8) == 9)
    }

    @Test("a lease that a beat does not know any more is lost, unless it was claimed or finished meanwhile")
    func lost() {
        var table = Self.table([1, 2])
        let mark = table.mark()
        table.claimBegins()
        table.claimEnds([Self.job(3)])
        table.ran(2, keepsSlot: false)
        let actions = table.apply(Self.answer([]), since: mark, worker: Self.worker)
        #expect(actions.cancellations.map(\.0.lease.number) == [1] && actions.cancellations.map(\.1) == [.lost])
        #expect(table.apply(Self.answer([]), since: mark, worker: Self.worker).cancellations.isEmpty)
    }

    @Test("a request to cancel reaches a run once, also one whose task does not exist yet")
    func cancelled() {
        var table = Self.table([1])
        let mark = table.mark()
        #expect(
            table.apply(Self.answer([1], cancelled: [1]), since: mark, worker: Self.worker).cancellations.map(\.1) == [
                .requested
            ])
        #expect(table.attach(1, deadline: .now + .seconds(60), cancel: {}, abandon: { _ in }) == .requested)
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
        table.claimEnds([])
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
