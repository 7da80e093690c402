// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@Suite("numbers that a platform says")
struct SaidNumberTests {
    @Test(
        "a pause is kept between none and the longest that is taken over, and what is no number is none",
        arguments: [
            (90, .seconds(90)), (1.5, .milliseconds(1500)), (0, .zero), (-1e30, .zero), (-.infinity, .zero),
            (1e30, .longestSaid), (9e18, .longestSaid), (.infinity, .longestSaid), (.nan, nil),
        ] as [(Double, Duration?)])
    func pauses(seconds: Double, pause: Duration?) {
        #expect(Duration(saidSeconds: seconds) == pause)
    }

    @Test(
        "an instant is kept within the years 1970 to 9999, and what is no number is none",
        arguments: [
            (1_795_255_200, "2026-11-21T10:00:00Z"), (-1e30, "1970-01-01T00:00:00Z"), (1e30, "9999-12-31T23:59:59Z"),
            (.infinity, "9999-12-31T23:59:59Z"), (.nan, nil),
        ] as [(Double, String?)])
    func instants(seconds: Double, text: String?) {
        #expect(Date(saidSeconds: seconds)?.formatted(.iso8601) == text)
        let now = Date(timeIntervalSince1970: 0)
        #expect(now.adding(saidSeconds: seconds)?.formatted(.iso8601) == text)
    }

    @Test(
        "a pause until an instant is none once it has passed, and no longer than is taken over",
        arguments: [1e30, -1e30])
    func clock(instant: Double) {
        let clock = WorldClock { Date(timeIntervalSince1970: 1_795_255_200) }
        let pause = clock.pause(until: Date(timeIntervalSince1970: instant))
        #expect(pause == (instant > 0 ? .longestSaid : .zero))
    }

    @Test("sums and differences that do not fit are the nearest that do")
    func saturating() {
        #expect(Int64.max.adding(saturating: 1) == .max && Int64.min.adding(saturating: -1) == .min)
        #expect(Int64.min.subtracting(saturating: 1) == .min && Int64.max.subtracting(saturating: -1) == .max)
        #expect(Int64(5).adding(saturating: -7) == -2 && Int64(5).subtracting(saturating: 7) == -2)
    }
}
