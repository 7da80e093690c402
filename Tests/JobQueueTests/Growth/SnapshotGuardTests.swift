// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import JobQueue

@Suite("Guard of old snapshots")
struct SnapshotGuardTests {
    private let start = ContinuousClock.now
    private let epoch = Date(timeIntervalSince1970: 1_800_000_000)

    private func holder(_ pid: Int32 = 7, horizon: String = "100", since: TimeInterval? = 0) -> SnapshotHolder {
        SnapshotHolder(
            cause: since == nil ? .slot : .transaction, processID: pid, name: "report", role: "analyst",
            horizon: horizon,
            since: since.map { self.epoch.addingTimeInterval($0) })
    }

    private func look(_ watcher: inout SnapshotGuard, _ holder: SnapshotHolder?, at second: Double) -> SnapshotAlarm? {
        watcher.look(
            holder, databaseTime: self.epoch.addingTimeInterval(second), now: self.start + .seconds(second))
    }

    @Test("it warns, then slows, then says that it is over, each once, and names who it was")
    func levels() {
        var watcher = SnapshotGuard()
        var told: [String] = []
        for second in stride(from: 0.0, through: 200, by: 10) {
            if let alarm = self.look(&watcher, self.holder(), at: second) {
                told.append("\(Int(second)) \(alarm.level) \(alarm.holder.words)")
            }
        }
        if let alarm = self.look(&watcher, nil, at: 210) { told.append("210 \(alarm.level) \(alarm.holder.words)") }
        #expect(self.look(&watcher, nil, at: 220) == nil)
        #expect(
            told == [
                "60 warned process 7 (report, role analyst)", "120 slowed process 7 (report, role analyst)",
                "210 clear process 7 (report, role analyst)",
            ])
    }

    @Test("short transactions one after another are nothing, though each was found open for long")
    func short() {
        var watcher = SnapshotGuard()
        for second in stride(from: 0.0, through: 600, by: 10) {
            // Another transaction at each look, begun well before it.
            #expect(self.look(&watcher, self.holder(since: second - 300), at: second) == nil)
            #expect(self.look(&watcher, self.holder(8, horizon: "\(second)"), at: second + 5) == nil)
        }
        #expect(watcher.level == .clear)
    }

    @Test("a transaction that was open before the guard began counts from its own beginning")
    func old() {
        var watcher = SnapshotGuard()
        #expect(self.look(&watcher, self.holder(since: -500), at: 0) == nil)
        #expect(self.look(&watcher, self.holder(since: -500), at: 10)?.level == .slowed)
    }

    @Test("a slot or standby, of which the time is unknown, counts from the first look at which it stood still")
    func slot() {
        var watcher = SnapshotGuard()
        for second in stride(from: 0.0, through: 300, by: 10) {
            #expect(self.look(&watcher, self.holder(horizon: "\(second)", since: nil), at: second) == nil)
        }
        #expect(self.look(&watcher, self.holder(horizon: "300.0", since: nil), at: 359) == nil)
        #expect(self.look(&watcher, self.holder(horizon: "300.0", since: nil), at: 360)?.level == .warned)
        #expect(self.look(&watcher, self.holder(horizon: "301", since: nil), at: 361)?.level == .clear)
    }

    @Test("another holder at the same level is told too")
    func another() {
        var watcher = SnapshotGuard()
        for second in [0.0, 130] { _ = self.look(&watcher, self.holder(), at: second) }
        #expect(self.look(&watcher, self.holder(9), at: 140)?.level == .clear)
        #expect(self.look(&watcher, self.holder(9), at: 150)?.holder.processID == 9)
    }

    @Test("slowed work keeps a quarter of its slots, and never loses all", arguments: [1, 2, 4, 8, 100])
    func withheld(slots: Int) {
        #expect(SnapshotGuard.withheld(of: slots, at: .clear) == 0)
        #expect(SnapshotGuard.withheld(of: slots, at: .warned) == 0)
        let left = slots - SnapshotGuard.withheld(of: slots, at: .slowed)
        #expect(left == max(1, slots / 4))
    }
}
