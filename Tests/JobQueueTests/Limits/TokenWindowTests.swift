// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import JobQueue

@Suite("Token windows")
struct TokenWindowTests {
    private static let start = Date(timeIntervalSince1970: 1_772_524_800)

    /// Draws numbers that are the same in every run.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var z = self.state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// The most arrivals within any window, where two exactly a window apart are in different ones.
    private static func most(_ arrivals: [Double], in window: Double) -> Int {
        let times = arrivals.sorted()
        var first = 0
        var most = 0
        for (last, time) in times.enumerated() {
            while times[first] <= time - window { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }

    @Test(
        "in no window do more calls arrive than allowed, however they come and however long each travels",
        arguments: [1, 2, 3, 5, 50, 100, 1_875], [1.0, 60, 900, 86_400])
    func neverMore(calls: Int, window: Double) {
        var dice = Dice(state: UInt64(calls) << 32 | UInt64(window))
        let allowance = SendAllowance(window: .seconds(window), rate: 1)
        var bucket = TokenWindow(calls: calls, window: .seconds(window), allowance: allowance.world)
        var time = 0.0
        var arrivals: [Double] = []
        // Bursts and pauses, with a backlog half of the time.
        while arrivals.count < min(20_000, calls * 12) {
            let now = Self.start.addingTimeInterval(time)
            switch bucket.take(at: now) {
            case .granted: arrivals.append(time + Double.random(in: 0...allowance.world.seconds, using: &dice))
            case .refused(let until): time = max(time, until?.timeIntervalSince(Self.start) ?? .infinity)
            }
            if Bool.random(using: &dice) { time += Double.random(in: 0...(window / Double(calls)), using: &dice) }
            if Int.random(in: 0..<(calls * 4), using: &dice) == 0 {
                time += Double.random(in: 0...window, using: &dice)
            }
        }
        #expect(Self.most(arrivals, in: window) <= calls)
    }

    @Test(
        "with a backlog at least 97 % of a limit are used", arguments: [1, 2, 5, 50, 100, 10_000],
        [60.0, 900, 3_600, 86_400])
    func utilisation(calls: Int, window: Double) throws {
        var bucket = TokenWindow(
            calls: calls, window: .seconds(window),
            allowance: SendAllowance(window: .seconds(window), rate: 1).world)
        var time = 0.0
        let end = window * 20
        var granted = 0
        while time < end {
            switch bucket.take(at: Self.start.addingTimeInterval(time)) {
            case .granted: granted += 1
            case .refused(let until): time = try #require(until).timeIntervalSince(Self.start)
            }
        }
        #expect(Double(granted) / (Double(calls) * end / window) >= 0.97)
    }

    @Test("who leaves some to others takes what is above, and may come again when as many are back")
    func leaving() throws {
        var bucket = TokenWindow(calls: 10, window: .seconds(60), allowance: .seconds(1))
        for rest in (3...9).reversed() { #expect(bucket.take(leaving: 3, at: Self.start) == .granted(rest: rest)) }
        guard case .refused(let until) = bucket.take(leaving: 3, at: Self.start) else {
            Issue.record("one of those that are kept was taken")
            return
        }
        let back = try #require(until)
        #expect(bucket.take(3, at: Self.start) == .granted(rest: 0))
        // Ten are back then, and three of them are left to others once more.
        #expect(bucket.take(7, leaving: 3, at: back) == .granted(rest: 3))
        #expect(bucket.take(8, leaving: 3, at: back) == .refused(until: nil))
    }

    @Test("all tokens can be taken at once, and each comes back a window later")
    func burst() throws {
        var bucket = TokenWindow(calls: 3, window: .seconds(900), allowance: .seconds(3))
        for rest in [2, 1, 0] { #expect(bucket.take(at: Self.start) == .granted(rest: rest)) }
        guard case .refused(let until?) = bucket.take(at: Self.start) else {
            Issue.record("a fourth token was given")
            return
        }
        let after = until.timeIntervalSince(Self.start)
        #expect(after > 903 && after <= 912)
        #expect(bucket.rest(at: until.addingTimeInterval(-0.001)) == 0)
        #expect(bucket.take(3, at: until) == .granted(rest: 0))
    }

    @Test("all tokens or none are taken")
    func allOrNone() {
        var bucket = TokenWindow(calls: 3, window: .seconds(60), allowance: .zero)
        #expect(bucket.take(2, at: Self.start) == .granted(rest: 1))
        let before = bucket
        if case .granted = bucket.take(2, at: Self.start) { Issue.record("two tokens were given, one was there") }
        #expect(bucket == before)
        #expect(bucket.take(9, at: Self.start) == .refused(until: nil))
    }

    @Test("what others used is taken away until the other side counts anew")
    func lowered() {
        var bucket = TokenWindow(calls: 100, window: .seconds(900), allowance: .seconds(3))
        _ = bucket.take(10, at: Self.start)
        let reset = Self.start.addingTimeInterval(300)
        bucket.lower(to: 5, until: reset, at: Self.start)
        #expect(bucket.rest(at: Self.start) == 5)
        #expect(bucket.rest(at: reset.addingTimeInterval(-0.001)) == 5)
        #expect(bucket.rest(at: reset.addingTimeInterval(9)) == 90)
        bucket.lower(to: 95, until: reset.addingTimeInterval(900), at: reset.addingTimeInterval(9))
        #expect(bucket.rest(at: reset.addingTimeInterval(9)) == 90)
    }

    @Test("a limit that was lowered below what is used gives nothing until enough is back")
    func shrunk() {
        var bucket = TokenWindow(calls: 10, window: .seconds(60), allowance: .zero)
        _ = bucket.take(10, at: Self.start)
        var smaller = TokenWindow(calls: 4, window: .seconds(60), allowance: .zero, slices: bucket.slices)
        #expect(smaller.rest(at: Self.start) == -6)
        #expect(smaller.take(at: Self.start.addingTimeInterval(61)) == .granted(rest: 3))
    }

    @Test("a clock that was put back far does not keep tokens out for as long")
    func putBack() {
        var bucket = TokenWindow(calls: 1, window: .seconds(60), allowance: .zero)
        _ = bucket.take(at: Self.start.addingTimeInterval(86_400))
        #expect(bucket.take(at: Self.start) == .granted(rest: 0))
    }

    @Test("a call may take a hundredth of the window, one to three seconds, in the world's time too")
    func allowance() {
        #expect(SendAllowance(window: .seconds(60), rate: 1).real == .seconds(1))
        #expect(SendAllowance(window: .seconds(86_400), rate: 1).real == .seconds(3))
        #expect(SendAllowance(window: .seconds(900), rate: 6).real == .milliseconds(1_500))
        #expect(SendAllowance(window: .seconds(900), rate: 6).world == .seconds(9))
        #expect(SendAllowance(window: .seconds(900), rate: 3_600).real == .seconds(1))
        #expect(SendAllowance(window: .seconds(900), rate: 0).world == .zero)
        #expect(SendAllowance(window: .seconds(900), rate: 1).permit == .seconds(2))
    }

    @Test("a reset beyond every calendar takes nothing away for ever and ends nothing", arguments: [1e30, 1e300])
    func endless(reset: Double) {
        var bucket = TokenWindow(calls: 100, window: .seconds(900), allowance: .seconds(3))
        bucket.lower(to: 5, until: Date(timeIntervalSince1970: reset), at: Self.start)
        #expect(bucket.rest(at: Self.start.addingTimeInterval(1_000)) == 100)
    }
}
