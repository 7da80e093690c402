// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("Recurrence rules")
struct RecurrenceTests {
    private static func walls(_ rule: String, from start: String, count: Int) throws -> [String] {
        let start = try WallTime(parsing: start)
        return try Recurrence(parsing: rule).walls(from: start, start: start).prefix(count).map {
            "\($0.date) \($0.clock)"
        }
    }

    @Test(
        "a rule gives the local times that RFC 5545 gives",
        arguments: [
            ("FREQ=DAILY", "2026-01-30T09:30", "2026-01-30 09:30, 2026-01-31 09:30, 2026-02-01 09:30"),
            (
                "FREQ=DAILY;INTERVAL=10;BYHOUR=8,20", "2026-02-25T12:00",
                "2026-02-25 20:00, 2026-03-07 08:00, 2026-03-07 20:00"
            ),
            ("FREQ=WEEKLY", "2026-11-18T10:00", "2026-11-18 10:00, 2026-11-25 10:00, 2026-12-02 10:00"),
            ("FREQ=WEEKLY;BYDAY=FR,MO", "2026-11-18T10:00", "2026-11-20 10:00, 2026-11-23 10:00, 2026-11-27 10:00"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-11-18T10:00",
                "2026-11-22 10:00, 2026-11-30 10:00, 2026-12-06 10:00"
            ),
            ("FREQ=MONTHLY", "2026-01-31T07:00", "2026-01-31 07:00, 2026-03-31 07:00, 2026-05-31 07:00"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T07:00", "2026-01-31 07:00, 2026-02-28 07:00, 2026-03-31 07:00"),
            (
                "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17", "2026-01-01T00:00",
                "2026-01-30 17:00, 2026-02-27 17:00, 2026-03-27 17:00"
            ),
            ("FREQ=MONTHLY;BYDAY=1MO,3MO", "2026-06-01T06:00", "2026-06-01 06:00, 2026-06-15 06:00, 2026-07-06 06:00"),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01T00:00",
                "2026-02-13 00:00, 2026-03-13 00:00, 2026-11-13 00:00"
            ),
            ("FREQ=HOURLY;INTERVAL=6", "2026-01-01T05:15", "2026-01-01 05:15, 2026-01-01 11:15, 2026-01-01 17:15"),
            (
                "FREQ=HOURLY;BYMINUTE=0,30;BYHOUR=9,10", "2026-01-01T09:30",
                "2026-01-01 09:30, 2026-01-01 10:00, 2026-01-01 10:30"
            ),
            (
                "FREQ=HOURLY;BYDAY=SU;BYHOUR=23", "2026-11-18T10:00",
                "2026-11-22 23:00, 2026-11-29 23:00, 2026-12-06 23:00"
            ),
            (
                "FREQ=DAILY;BYDAY=SA;BYMONTHDAY=29", "2027-01-01T10:00",
                "2027-05-29 10:00, 2028-01-29 10:00, 2028-04-29 10:00"
            ),
        ])
    func times(rule: String, start: String, expected: String) throws {
        #expect(try Self.walls(rule, from: start, count: 3).joined(separator: ", ") == expected)
    }

    @Test("COUNT counts from the start, wherever one begins to look")
    func count() throws {
        let start = try WallTime(parsing: "2026-01-01T09:00")
        let rule = try Recurrence(parsing: "FREQ=DAILY;COUNT=5")
        #expect(Array(rule.walls(from: start, start: start)).count == 5)
        let rest = rule.walls(from: start.adding(days: 3), start: start).map(\.date)
        #expect(rest == ["2026-01-04", "2026-01-05"])
    }

    @Test("UNTIL is the last local time, the whole day when it names no time")
    func until() throws {
        #expect(
            try Self.walls("FREQ=DAILY;UNTIL=20260103", from: "2026-01-01T23:00", count: 9).last == "2026-01-03 23:00")
        #expect(
            try Self.walls("FREQ=DAILY;UNTIL=20260103T225959", from: "2026-01-01T23:00", count: 9)
                == ["2026-01-01 23:00", "2026-01-02 23:00"])
    }

    @Test("entering a rule anywhere gives the rest of what its start gives")
    func entering() throws {
        var generator = SplitMix(seed: 3)
        let start = try WallTime(parsing: "2026-01-07T10:20")
        for text in [
            "FREQ=HOURLY;INTERVAL=7", "FREQ=DAILY;INTERVAL=3;BYHOUR=2,14", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA",
            "FREQ=MONTHLY;INTERVAL=5;BYDAY=2WE", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=DAILY;COUNT=40",
        ] {
            let rule = try Recurrence(parsing: text)
            let all = Array(rule.walls(from: start, start: start).prefix(300))
            for _ in 0..<50 {
                let wall = WallTime(
                    clockSeconds: start.clockSeconds + Int64.random(in: -9_000...9_000_000, using: &generator))
                let expected = all.filter { $0 >= wall }.prefix(5)
                guard rule.count != nil || expected.count == 5 else { continue }
                #expect(
                    Array(rule.walls(from: wall, start: start).prefix(5)) == Array(expected), "\(text) from \(wall)")
            }
        }
    }

    @Test("a rule is written in one way and read back from it")
    func text() throws {
        let rule = try Recurrence(
            parsing: "rrule:byminute=30, 0;freq=monthly;byday=-1FR,1MO;until=20271231;interval=2;wkst=mo")
        #expect(rule.description == "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;BYMINUTE=0,30;UNTIL=20271231T235959")
        #expect(try Recurrence(parsing: rule.description) == rule)
    }

    @Test(
        "a rule that is not understood is refused with what would be right",
        arguments: [
            ("", "malformed", "does not say FREQ"), ("BYDAY=MO", "malformed", "does not say FREQ"),
            ("FREQ=YEARLY", "unsupported", "HOURLY, DAILY, WEEKLY, MONTHLY"),
            ("FREQ=SOMETIMES", "malformed", "HOURLY, DAILY, WEEKLY, MONTHLY"),
            ("FREQ=DAILY;FREQ=DAILY", "malformed", "twice"), ("FREQ=DAILY;BYHOUR=24", "malformed", "0 to 23"),
            ("FREQ=DAILY;BYHOUR=9,", "malformed", "BYHOUR"), ("FREQ=DAILY;INTERVAL=0", "malformed", "1 to 1000"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "malformed", "-1 for the last day"),
            ("FREQ=WEEKLY;BYDAY=XX", "malformed", "MO, TU"), ("FREQ=MONTHLY;BYDAY=6MO", "malformed", "1MO to 5MO"),
            ("FREQ=WEEKLY;BYDAY=1MO", "contradictory", "FREQ=MONTHLY"),
            ("FREQ=WEEKLY;BYMONTHDAY=3", "contradictory", "FREQ=MONTHLY"),
            ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "contradictory", "keep one"),
            ("FREQ=DAILY;BYSETPOS=-1", "unsupported", "-1FR"), ("FREQ=DAILY;WKST=SU", "unsupported", "Monday"),
            ("FREQ=DAILY;UNTIL=20260101T000000Z", "unsupported", "without Z"),
            ("FREQ=DAILY;UNTIL=20260230", "malformed", "20261231"), ("FREQ=DAILY;BYEASTER=1", "malformed", "there are"),
            ("0 9 * * 1", "malformed", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9"),
        ])
    func refusals(text: String, code: String, hint: String) throws {
        let error = try #require(throws: RecurrenceError.self) { try Recurrence(parsing: text) }
        #expect(error.code.rawValue == code)
        #expect(error.message.contains(hint), "\(error.message)")
    }

    @Test(
        "a rule that never comes true is refused",
        arguments: [
            "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO", "FREQ=HOURLY;INTERVAL=2;BYHOUR=1", "FREQ=DAILY;UNTIL=20250101",
        ])
    func never(text: String) throws {
        let plan = RecurrencePlan(
            rule: try Recurrence(parsing: text), start: try WallTime(parsing: "2026-01-01T00:00"), zone: .utc)
        let error = try #require(throws: RecurrenceError.self) { try plan.requireOccurrence() }
        #expect(error.code == .neverOccurs)
    }
}
