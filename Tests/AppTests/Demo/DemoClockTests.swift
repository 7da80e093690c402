// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

@Suite("Demo clock")
struct DemoClockTests {
    private let clock = DemoClock(metricsSlack: 3_600)
    private let now = DemoPlan.start
    private var end: Date { self.now.addingTimeInterval(86_400) }

    private func view(busy: Int = 0, exact: TimeInterval? = nil, metrics: TimeInterval? = nil) -> DemoClock.View {
        DemoClock.View(
            now: self.now, busy: busy, nextExact: exact.map { self.now.addingTimeInterval($0) },
            nextMetrics: metrics.map { self.now.addingTimeInterval($0) })
    }

    @Test("time goes on at its own pace while a job runs or is due, whatever else is planned")
    func busy() {
        #expect(self.clock.step(self.view(busy: 1, exact: 60), nextEvent: self.now, end: self.now) == .wait)
    }

    @Test("a post is reached at the moment it is due, not earlier and not later")
    func exact() {
        let step = self.clock.step(self.view(exact: 300, metrics: 200), nextEvent: nil, end: self.end)
        #expect(step == .jump(self.now.addingTimeInterval(300)))
    }

    @Test("metrics wait for company, but not longer than they may")
    func metrics() {
        let step = self.clock.step(self.view(exact: 9_000, metrics: 200), nextEvent: nil, end: self.end)
        #expect(step == .jump(self.now.addingTimeInterval(3_800)))
    }

    @Test("an event is reached before what comes after it, and happens once nothing is due")
    func events() {
        let event = self.now.addingTimeInterval(120)
        #expect(self.clock.step(self.view(exact: 300), nextEvent: event, end: self.end) == .jump(event))
        #expect(self.clock.step(self.view(exact: 300), nextEvent: self.now, end: self.end) == .event)
    }

    @Test("with nothing left to do the end is reached at once, and then it is over")
    func ending() {
        #expect(self.clock.step(self.view(), nextEvent: nil, end: self.end) == .jump(self.end))
        #expect(self.clock.step(self.view(), nextEvent: nil, end: self.now) == .end)
    }
}
