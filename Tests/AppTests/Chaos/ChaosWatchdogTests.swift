// SPDX-License-Identifier: MIT

import Testing

@testable import App

@Suite("chaos watchdog")
struct ChaosWatchdogTests {
    @Test("work that goes on is left alone, however slow; work that stands still or never ends is not")
    func look() {
        let start = ContinuousClock.now
        var watchdog = ChaosWatchdog(start: start, limit: .seconds(100), stall: .seconds(10))
        for (second, open) in [(0, 9), (9, 9), (10, 8), (20, 8)] {
            #expect(watchdog.look(open: open, now: start + .seconds(second)) == nil)
        }
        #expect(watchdog.look(open: 8, now: start + .seconds(21)) == "nothing has changed for 10 s")
        #expect(watchdog.look(open: 7, now: start + .seconds(99)) == nil)
        #expect(watchdog.look(open: 6, now: start + .seconds(101)) == "the run takes longer than 100 s")
    }
}
