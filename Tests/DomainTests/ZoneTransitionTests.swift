// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

/// Zones with every kind of rule: both hemispheres, half an hour, Ramadan, midnight gaps, a lost day, none at all.
private let zoneNames = [
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/St_Johns",
    "America/Havana", "America/Santiago", "America/Sao_Paulo", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut",
    "Asia/Jerusalem", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Apia",
    "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Antarctica/Troll", "America/Nuuk", "UTC",
]

/// A change of offset found by asking Foundation for every hour, independently of the table.
private struct Change {
    var instant: Int
    var before: Int
    var after: Int

    static func all(in zone: ZoneID, from start: Int, to end: Int) throws -> [Change] {
        let source = try #require(TimeZone(identifier: zone.rawValue))
        func offset(_ seconds: Int) -> Int { source.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) }
        var changes: [Change] = []
        var before = offset(start)
        for hour in stride(from: start + 3600, through: end, by: 3600) where offset(hour) != before {
            let after = offset(hour)
            let instant = try #require((hour - 3599...hour).first { offset($0) == after })
            changes.append(Change(instant: instant, before: before, after: after))
            before = after
        }
        return changes
    }
}

private let from2020 = 1_577_836_800
private let to2038 = 2_145_916_800

@Suite("Moved clocks")
struct ZoneTransitionTests {
    @Test("the table has exactly Foundation's changes of offset from 2020 to 2037", arguments: zoneNames)
    func tableIsComplete(name: String) throws {
        let zone = try ZoneID(parsing: name)
        let expected = try Change.all(in: zone, from: from2020, to: to2038)
        let found = zone.table.transitions(
            from: Date(timeIntervalSince1970: Double(from2020)), to: Date(timeIntervalSince1970: Double(to2038)))
        #expect(found.map { Int($0.instant.timeIntervalSince1970) } == expected.map(\.instant))
        #expect(found.map(\.before) == expected.map(\.before))
        #expect(found.map(\.after) == expected.map(\.after))
    }

    @Test("every minute of every gap is shifted by the gap, or skipped when the plan says so", arguments: zoneNames)
    func gaps(name: String) throws {
        let zone = try ZoneID(parsing: name)
        for change in try Change.all(in: zone, from: from2020, to: to2038) where change.after > change.before {
            let gapStart = Int64(change.instant + change.before)
            let gapEnd = Int64(change.instant + change.after)
            var wrong: [WallTime] = []
            for clock in stride(from: gapStart, to: gapEnd, by: 60) {
                let wall = WallTime(clockSeconds: clock)
                let shifted = LocalPlan(wall: wall, zone: zone).resolve()
                let skipped = LocalPlan(wall: wall, zone: zone, gap: .skip).resolve()
                let landed = shifted.instants.map { zone.wallTime(at: $0).clockSeconds }
                let isRight =
                    shifted.note == .shifted && landed == [clock + Int64(change.after - change.before)]
                    && skipped.note == .skipped && skipped.instants.isEmpty
                if !isRight { wrong.append(wall) }
            }
            #expect(wrong == [])
            #expect(LocalPlan(wall: WallTime(clockSeconds: gapStart - 1), zone: zone).resolve().note == .exact)
            #expect(LocalPlan(wall: WallTime(clockSeconds: gapEnd), zone: zone).resolve().note == .exact)
        }
    }

    @Test("every minute of every overlap names two instants, and the policy chooses", arguments: zoneNames)
    func overlaps(name: String) throws {
        let zone = try ZoneID(parsing: name)
        for change in try Change.all(in: zone, from: from2020, to: to2038) where change.after < change.before {
            let start = Int64(change.instant + change.after)
            let end = Int64(change.instant + change.before)
            var wrong: [WallTime] = []
            for clock in stride(from: start, to: end, by: 60) {
                let wall = WallTime(clockSeconds: clock)
                let both = LocalPlan(wall: wall, zone: zone, overlap: .both).resolve()
                let first = LocalPlan(wall: wall, zone: zone).resolve().instants
                let second = LocalPlan(wall: wall, zone: zone, overlap: .second).resolve().instants
                let isRight =
                    both.note == .ambiguous && both.instants.count == 2 && both.instants == first + second
                    && both.instants[0] < both.instants[1] && both.instants.allSatisfy { zone.wallTime(at: $0) == wall }
                if !isRight { wrong.append(wall) }
            }
            #expect(wrong == [])
            #expect(LocalPlan(wall: WallTime(clockSeconds: start - 1), zone: zone).resolve().note == .exact)
            #expect(LocalPlan(wall: WallTime(clockSeconds: end), zone: zone).resolve().note == .exact)
        }
    }

    @Test("an instant becomes the wall time that Foundation's calendar shows", arguments: zoneNames)
    func agreesWithTheCalendar(name: String) throws {
        let zone = try ZoneID(parsing: name)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: name))
        var generator = SplitMix(seed: 7)
        for _ in 0..<300 {
            let instant = Date(timeIntervalSince1970: Double(Int.random(in: 0..<4_000_000_000, using: &generator)))
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second, .weekday], from: instant)
            let wall = zone.wallTime(at: instant)
            #expect(wall.year == parts.year && wall.month == parts.month && wall.day == parts.day)
            #expect(wall.hour == parts.hour && wall.minute == parts.minute && wall.second == parts.second)
            let weekday = try #require(parts.weekday)
            #expect(wall.weekday == (weekday + 5) % 7)
            #expect(zone.table.hourOfWeek(at: instant) == HourOfWeek(wall))
        }
    }

    @Test("a wall time that is exact comes back from its instant", arguments: zoneNames)
    func roundTrip(name: String) throws {
        let zone = try ZoneID(parsing: name)
        var generator = SplitMix(seed: 11)
        for _ in 0..<500 {
            let wall = WallTime(clockSeconds: Int64.random(in: 100_000..<4_000_000_000, using: &generator))
            let resolution = LocalPlan(wall: wall, zone: zone).resolve()
            let instant = try #require(resolution.instant)
            #expect((zone.wallTime(at: instant) == wall) == (resolution.note != .shifted))
        }
    }

    @Test("Samoa had no 30 December 2011: noon of that day is noon of the next, at the same distance from the jump")
    func apiaLostADay() throws {
        let zone = try ZoneID(parsing: "Pacific/Apia")
        let plan = LocalPlan(wall: try WallTime(parsing: "2011-12-30T12:00"), zone: zone)
        let instant = try #require(plan.resolve().instant)
        #expect(instant.iso8601(in: zone) == "2011-12-31T12:00:00+14:00")
        #expect(
            plan.explanation
                == "12:00 does not exist on 2011-12-30 in Pacific/Apia: clocks jump over it; moved to 2011-12-31 12:00")
    }

    @Test("Lord Howe moves its clocks by half an hour")
    func lordHowe() throws {
        let zone = try ZoneID(parsing: "Australia/Lord_Howe")
        let gap = LocalPlan(wall: try WallTime(parsing: "2026-10-04T02:15"), zone: zone).resolve()
        #expect(gap.note == .shifted)
        #expect(gap.instant?.iso8601(in: zone) == "2026-10-04T02:45:00+11:00")
        let overlap = LocalPlan(wall: try WallTime(parsing: "2026-04-05T01:45"), zone: zone, overlap: .both).resolve()
        #expect(
            overlap.instants.map { $0.iso8601(in: zone) } == ["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"])
    }

    @Test("Kathmandu lies 5 h 45 min east and never moves its clocks")
    func kathmandu() throws {
        let zone = try ZoneID(parsing: "Asia/Kathmandu")
        let plan = LocalPlan(wall: try WallTime(parsing: "2026-03-29T02:30"), zone: zone)
        #expect(plan.resolve().note == .exact)
        #expect(plan.explanation == nil)
        #expect(plan.resolve().instant?.iso8601() == "2026-03-28T20:45:00Z")
    }

    @Test("a plan says in words what was done with a time that is not plain")
    func explanations() throws {
        let berlin = try ZoneID(parsing: "Europe/Berlin")
        let gap = try WallTime(parsing: "2026-03-29T02:30")
        let overlap = try WallTime(parsing: "2026-10-25T02:30")
        #expect(
            LocalPlan(wall: gap, zone: berlin).explanation
                == "02:30 does not exist on 2026-03-29 in Europe/Berlin: clocks jump over it; moved to 03:30")
        #expect(
            LocalPlan(wall: gap, zone: berlin, gap: .skip).explanation
                == "02:30 does not exist on 2026-03-29 in Europe/Berlin: clocks jump over it; left out")
        #expect(
            LocalPlan(wall: overlap, zone: berlin).explanation
                == "02:30 comes twice on 2026-10-25 in Europe/Berlin: clocks are put back; the first is taken")
        #expect(LocalPlan(wall: overlap, zone: berlin, overlap: .both).explanation?.hasSuffix("both are taken") == true)
    }

    @Test("a resolution names the version of the zone data, a year and a letter")
    func dataVersion() throws {
        let plan = LocalPlan(wall: try WallTime(parsing: "2026-06-01T10:00"), zone: .utc)
        let version = plan.resolve().zoneDataVersion
        #expect(version.wholeMatch(of: /20[0-9]{2}[a-z]/) != nil)
        #expect(version == TimeZone.timeZoneDataVersion)
    }

    @Test("a plan survives storage as JSON with the names the tables use")
    func coding() throws {
        let plan = LocalPlan(
            wall: try WallTime(parsing: "2026-11-01T09:30"), zone: try ZoneID(parsing: "Asia/Tokyo"),
            gap: .shiftForward,
            overlap: .both)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(plan)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"gap":"shift_forward","overlap":"both","wall":"2026-11-01T09:30:00","zone":"Asia/Tokyo"}"#)
        #expect(try JSONDecoder().decode(LocalPlan.self, from: data) == plan)
    }
}
