// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

struct SlotChooserTests {
    private static let berlin = ZoneID(rawValue: "Europe/Berlin") ?? .utc
    /// Thursday, 26 March 2026, 09:00 in Berlin; on the 29th the clocks jump from 02:00 to 03:00.
    private static let now = Date(timeIntervalSince1970: 1_774_512_000)

    /// Scores with some hours that are better.
    private static func scores(_ better: [(day: Int, hour: Int, score: Double)] = []) -> [Double] {
        var scores = [Double](repeating: 1, count: 168)
        for one in better { scores[one.day * 24 + one.hour] = one.score }
        return scores
    }

    private static func chooser(
        _ scores: [Double], _ wish: SlotWish = SlotWish(), seed: UInt64 = 7
    ) -> SlotChooser {
        SlotChooser(scores: scores, zone: Self.berlin, wish: wish, seed: seed)
    }

    @Test("the best hour comes first, never on the full hour, and the same when asked again")
    func best() throws {
        let chooser = Self.chooser(Self.scores([(1, 19, 1.4), (3, 12, 1.2)]))
        let first = try #require(chooser.slots(now: Self.now, taken: []).first)
        #expect(first.hour == HourOfWeek(index: 24 + 19) && first.score == 1.4)
        #expect(first.wall.date == "2026-03-31" && first.wall.minute != 0)
        #expect(first.instant == LocalPlan(wall: first.wall, zone: Self.berlin).resolve().instant)
        #expect(chooser.slots(now: Self.now, taken: []).first == first)
        #expect(chooser.slots(now: Self.now, taken: []).allSatisfy { $0.wall.minute != 0 })
    }

    @Test("no time is past, outside the hours, on a day that is left out, or near another post")
    func limits() {
        let taken = [Self.now.addingTimeInterval(30 * 3_600), Self.now.addingTimeInterval(77 * 3_600)]
        let wish = SlotWish(
            from: 9 * 60 + 30, until: 17 * 60 + 15, weekdays: [5], dates: ["2026-03-30"], days: 6,
            distance: .seconds(4 * 3_600))
        let slots = Self.chooser(Self.scores(), wish).slots(now: Self.now, taken: taken)
        #expect(!slots.isEmpty)
        for slot in slots {
            let minute = slot.wall.hour * 60 + slot.wall.minute
            #expect(minute >= 570 && minute < 1_035)
            #expect(slot.wall.weekday != 5 && slot.wall.date != "2026-03-30")
            #expect(slot.instant > Self.now && slot.instant < Self.now.addingTimeInterval(6 * 86_400))
            #expect(taken.allSatisfy { abs($0.timeIntervalSince(slot.instant)) >= 4 * 3_600 })
        }
    }

    @Test("hours over midnight belong to both days, and an hour that the clocks jump over is none")
    func night() {
        let slots = Self.chooser(Self.scores(), SlotWish(from: 22 * 60, until: 3 * 60)).slots(now: Self.now, taken: [])
        #expect(Set(slots.map(\.wall.hour)) == [22, 23, 0, 1, 2])
        #expect(!slots.contains { $0.wall.date == "2026-03-29" && $0.wall.hour == 2 })
        #expect(slots.contains { $0.wall.date == "2026-03-30" && $0.wall.hour == 2 })
    }

    @Test("a plan takes the best hour of each of the best days; a second one on a day only when the days are used up")
    func plan() {
        var better: [(day: Int, hour: Int, score: Double)] = []
        for day in 0..<7 {
            better.append((day, 10, 1.5 + Double(day) / 100))
            better.append((day, 18, 1.4 + Double(day) / 100))
        }
        let scores = Self.scores(better)
        let chooser = Self.chooser(scores)
        let three = chooser.plan(3, now: Self.now, taken: [])
        #expect(three.map(\.wall.weekday) == [4, 5, 6] && three.allSatisfy { $0.wall.hour == 10 })
        let nine = chooser.plan(9, now: Self.now, taken: [])
        #expect(nine.count == 9 && Set(nine.prefix(9).map(\.wall.dayNumber)).count >= 7)
        for (one, next) in zip(nine, nine.dropFirst()) {
            #expect(next.instant.timeIntervalSince(one.instant) >= 3 * 3_600)
        }
        #expect(chooser.plan(1_000, now: Self.now, taken: []).count < 7 * 6)
    }

    @Test("a week's free slots are its best ones that are to come and not taken; every post of the week counts")
    func weekly() {
        let scores = HourOfWeek.all.map { Double($0.hour == 19 ? 10 - $0.weekday : 0) }
        let chooser = SlotChooser(scores: scores, zone: .utc, wish: SlotWish(), seed: 3)
        // Wednesday, 7 January 2026, 12:00.
        let now = Date(timeIntervalSince1970: 1_767_787_200)
        func days(_ week: Int, taken: [Date] = []) -> [Int] {
            chooser.free(4, week: week, now: now, taken: taken).map(\.wall.weekday)
        }
        #expect(days(0) == [2, 3] && days(1) == [0, 1, 2, 3])
        let thursday = Date(timeIntervalSince1970: 1_767_787_200 + 31 * 3_600)
        #expect(days(0, taken: [thursday]) == [2])
        // Three posts of this week at other hours leave one of the two.
        let early = (0..<3).map { Date(timeIntervalSince1970: 1_767_600_000 + Double($0) * 14_400) }
        #expect(days(0, taken: early) == [2] && days(1, taken: early) == [0, 1, 2, 3])
    }
}
