// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("Wall times, instants and durations as text")
struct WallTimeTests {
    @Test(
        "a wall time is read with and without seconds and printed in one form",
        arguments: [
            ("2026-11-01T09:30", "2026-11-01T09:30:00"), ("2026-11-01 09:30", "2026-11-01T09:30:00"),
            ("2024-02-29T23:59:59", "2024-02-29T23:59:59"), ("1970-01-01T00:00", "1970-01-01T00:00:00"),
            ("2099-12-31T23:59:59", "2099-12-31T23:59:59"),
        ])
    func reads(text: String, printed: String) throws {
        #expect(try WallTime(parsing: text).description == printed)
    }

    @Test(
        "what is not a wall time is refused with the reason",
        arguments: [
            ("2026-02-29T10:00", "no such day"), ("2026-13-01T10:00", "no such day"),
            ("2026-01-01T24:00", "no such day"),
            ("1969-12-31T10:00", "no such day"), ("2026-01-01T10:00Z", "carries no offset"),
            ("2026-01-01T10:00+01:00", "carries no offset"), ("2026-01-01", "write it as"),
            ("1.11.2026 9:30", "write it as"),
            ("2026-1-1T10:00", "write it as"), ("", "write it as"), ("2026-01-01T10:00:00.5", "write it as"),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: TimeError.self) { try WallTime(parsing: text) }
        #expect(error?.code == .invalidWallTime)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("every day from 1970 to 2099 follows the one before, and weekdays go round")
    func everyDay() throws {
        let first = try #require(WallTime(year: 1970, month: 1, day: 1))
        var number = 0
        var wrong: [WallTime] = []
        for year in WallTime.years {
            for month in 1...12 {
                for day in 1...WallTime.days(inMonth: month, of: year) {
                    guard let wall = WallTime(year: year, month: month, day: day) else {
                        Issue.record("no \(year)-\(month)-\(day)")
                        continue
                    }
                    let isRight =
                        wall.dayNumber == number && wall == first.adding(days: number)
                        && wall.weekday == (number + 3) % 7
                    if !isRight { wrong.append(wall) }
                    number += 1
                }
            }
        }
        #expect(wrong == [])
        #expect(number == 47_482)
    }

    @Test(
        "an instant is read strictly and printed in its zone",
        arguments: [
            ("2026-11-01T08:30:00Z", "2026-11-01T09:30:00+01:00"),
            ("2026-07-01T08:30:00.999Z", "2026-07-01T10:30:00+02:00"),
            ("2026-07-01T08:30-05:00", "2026-07-01T15:30:00+02:00"),
            ("2026-07-01T08:30:00+05:45", "2026-07-01T04:45:00+02:00"),
        ])
    func instants(text: String, local: String) throws {
        let berlin = try ZoneID(parsing: "Europe/Berlin")
        #expect(try Date(iso8601: text).iso8601(in: berlin) == local)
    }

    @Test("an instant without an offset is refused, and so is anything after it")
    func strictInstants() {
        func message(_ text: String) -> String? { #expect(throws: TimeError.self) { try Date(iso8601: text) }?.message }
        #expect(message("2026-11-01T09:30:00")?.contains("has no offset") == true)
        for text in [
            "2026-11-01T09:30:00 Z", "2026-11-01T09:30:00+1", "2026-11-01T09:30:00+19:00", "2026-11-01T09:30:00Z!",
        ] {
            #expect(message(text)?.contains("end it with Z") == true)
        }
        #expect(message("2026-11-01T09:30:00.Z")?.contains("one to nine decimals") == true)
        #expect(message("yesterday")?.contains("is not an instant") == true)
    }

    @Test("decimals of a second survive to the microsecond")
    func decimals() throws {
        for text in ["2026-11-01T09:30:00.123456Z", "2026-11-01T09:30:59.999999Z", "2026-11-01T09:30:00.000001Z"] {
            #expect(try Date(iso8601: text).iso8601(decimals: 6) == text)
        }
        #expect(try Date(iso8601: "2026-11-01T09:30:00.1289Z").iso8601(decimals: 3) == "2026-11-01T09:30:00.128Z")
    }

    @Test(
        "an instant printed in any zone reads back as itself", arguments: ["America/St_Johns", "Asia/Kathmandu", "UTC"])
    func instantRoundTrip(name: String) throws {
        let zone = try ZoneID(parsing: name)
        var generator = SplitMix(seed: 3)
        for _ in 0..<300 {
            let instant = Date(
                timeIntervalSince1970: Double(Int.random(in: 500_000_000..<4_000_000_000, using: &generator)))
            #expect(try Date(iso8601: instant.iso8601(in: zone)) == instant)
        }
    }

    @Test("an hour of the week counts from Monday midnight, also before 1970")
    func hourOfWeek() throws {
        #expect(HourOfWeek(try WallTime(parsing: "2026-11-02T00:00")).index == 0)
        #expect(HourOfWeek(try WallTime(parsing: "2026-11-01T23:59:59")).index == 167)
        #expect(HourOfWeek(try WallTime(parsing: "2026-11-04T19:05")).description == "Wed 19:00")
        #expect(HourOfWeek(clockSeconds: -1).description == "Wed 23:00")
        #expect(HourOfWeek(index: 168) == nil && HourOfWeek(index: -1) == nil)
    }

    @Test(
        "a duration is printed with two units at most",
        arguments: [
            (Duration.zero, "0 s"), (.microseconds(5), "< 1 ms"), (.milliseconds(640), "640 ms"),
            (.milliseconds(2400), "2.4 s"),
            (.seconds(42), "42 s"), (.seconds(60), "1 min"), (.seconds(125), "2 min 05 s"),
            (.seconds(3900), "1 h 05 min"),
            (.seconds(7200), "2 h"), (.seconds(86400 * 3 + 4 * 3600), "3 d 4 h"), (.seconds(-90), "-1 min 30 s"),
        ])
    func durations(duration: Duration, text: String) {
        #expect(duration.readable == text)
    }

    @Test(
        "a distance in time is printed with one unit and its direction",
        arguments: [
            (0, "now"), (5, "in 5 s"), (-70, "1 min ago"), (7300, "in 2 h"), (259_200, "in 3 d"), (-90_000, "1 d ago"),
        ])
    func relative(seconds: Int, text: String) {
        #expect(Duration.seconds(seconds).relative == text)
    }
}
