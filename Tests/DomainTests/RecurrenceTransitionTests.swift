// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

/// One zone for each history of offsets: most names of the database share theirs with others.
private let distinctZones: [ZoneID] = {
    var seen: Set<[Int64]> = []
    return ZoneID.all.compactMap { ZoneID(rawValue: $0) }.filter { zone in
        let table = zone.table
        return seen.insert(table.starts + table.offsets.map(Int64.init)).inserted
    }
}()

private let from2020 = Date(timeIntervalSince1970: 1_577_836_800)
private let to2038 = Date(timeIntervalSince1970: 2_145_916_800)

@Suite("Slots where clocks are moved")
struct RecurrenceTransitionTests {
    private static let quarters = "FREQ=HOURLY;BYMINUTE=0,15,30,45"

    /// The slots from some hours before a transition to some hours after it.
    private func slots(
        _ rule: String, _ zone: ZoneID, around transition: ZoneTable.Transition, gap: GapPolicy, overlap: OverlapPolicy
    ) throws -> [RecurrenceSlot] {
        let start = WallTime(clockSeconds: transition.wallBefore.startOfDay.clockSeconds - 86_400)
        let plan = RecurrencePlan(
            rule: try Recurrence(parsing: rule), start: start, zone: zone, gap: gap, overlap: overlap)
        let end = transition.instant.addingTimeInterval(5 * 3600)
        var found: [RecurrenceSlot] = []
        for slot in plan.slots(from: transition.instant.addingTimeInterval(-5 * 3600)) {
            if let instant = slot.instant, instant >= end { break }
            found.append(slot)
        }
        return found
    }

    @Test(
        "every quarter of an hour comes exactly once in every zone's every transition, gaps skipped, both passes taken")
    func elapsedTime() throws {
        var wrong: [String] = []
        for zone in distinctZones {
            for transition in zone.table.transitions(from: from2020, to: to2038) {
                let slots = try self.slots(Self.quarters, zone, around: transition, gap: .skip, overlap: .both)
                let seconds = slots.compactMap { $0.instant?.timeIntervalSince1970 }
                let steps = Set(zip(seconds, seconds.dropFirst()).map { $1 - $0 })
                if steps != [900] || seconds.count != 40 { wrong.append("\(zone) \(transition.instant)") }
            }
        }
        #expect(wrong == [])
    }

    @Test(
        "no slot comes twice, none at the same instant as another, and each is at its local time or just behind its gap"
    )
    func uniqueness() throws {
        var wrong: [String] = []
        var transitions = 0
        for zone in distinctZones {
            for transition in zone.table.transitions(from: from2020, to: to2038) {
                transitions += 1
                for overlap in OverlapPolicy.allCases {
                    let slots = try self.slots(
                        Self.quarters, zone, around: transition, gap: .shiftForward, overlap: overlap)
                    let fired = slots.filter { $0.instant != nil }
                    let instants = fired.compactMap(\.instant)
                    let jump = Int64(transition.after - transition.before)
                    let isPlaced = fired.allSatisfy { slot in
                        guard let instant = slot.instant else { return false }
                        let shown = zone.wallTime(at: instant).clockSeconds
                        return shown == slot.local.clockSeconds + (slot.note == .shifted ? jump : 0)
                    }
                    let isOrdered = zip(instants, instants.dropFirst()).allSatisfy { $0 < $1 }
                    if !isPlaced || !isOrdered || Set(slots.map(\.key)).count != slots.count {
                        wrong.append("\(zone) \(transition.instant) \(overlap)")
                    }
                }
            }
        }
        #expect(wrong == [])
        #expect(transitions > 1_000)
    }

    @Test("a daily slot comes exactly once on each day, whatever the clocks do, unless the day is not in the calendar")
    func daily() throws {
        var wrong: [String] = []
        for zone in distinctZones {
            for transition in zone.table.transitions(from: from2020, to: to2038) {
                // In the middle of the gap, or of the overlap.
                let middle = WallTime(
                    clockSeconds: (transition.wallBefore.clockSeconds + transition.wallAfter.clockSeconds) / 2)
                let plan = RecurrencePlan(
                    rule: try Recurrence(parsing: "FREQ=DAILY"), start: middle.adding(days: -3), zone: zone)
                let days = plan.slots(from: .distantPast).prefix(7).map(\.local.dayNumber)
                let expected = (middle.dayNumber - 3...middle.dayNumber + 3).map { $0 }
                let isThere = plan.slots(from: .distantPast).prefix(7).allSatisfy { $0.instant != nil }
                if days != expected || !isThere { wrong.append("\(zone) \(transition.instant)") }
            }
        }
        #expect(wrong == [])
    }

    @Test("going on from any slot gives the same slots as going through")
    func resuming() throws {
        for name in ["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"] {
            let zone = try ZoneID(parsing: name)
            let transitions = zone.table.transitions(from: from2020, to: from2020.addingTimeInterval(3 * 366 * 86_400))
            for transition in transitions {
                for (gap, overlap) in [(GapPolicy.shiftForward, OverlapPolicy.both), (.skip, .second)] {
                    let start = WallTime(clockSeconds: transition.wallBefore.clockSeconds - 86_400)
                    let plan = RecurrencePlan(
                        rule: try Recurrence(parsing: "FREQ=HOURLY;BYMINUTE=10,40"), start: start, zone: zone, gap: gap,
                        overlap: overlap)
                    let all = plan.slots(from: .distantPast).prefix(120).filter { $0.instant != nil }
                    for (index, slot) in all.enumerated().dropLast(4) {
                        let instant = try #require(slot.instant)
                        #expect(plan.next(from: instant) == slot)
                        #expect(plan.next(from: instant.addingTimeInterval(1)) == all[index + 1])
                    }
                }
            }
        }
    }

    @Test("a moved slot that would fall on another one is merged with it; a slot's key names the pass")
    func berlin() throws {
        let zone = try ZoneID(parsing: "Europe/Berlin")
        func slots(_ rule: String, _ day: String, gap: GapPolicy, overlap: OverlapPolicy) throws -> [String] {
            let start = try WallTime(parsing: "\(day)T00:00")
            let plan = RecurrencePlan(
                rule: try Recurrence(parsing: rule), start: start, zone: zone, gap: gap, overlap: overlap)
            return plan.slots(from: .distantPast).prefix(5).map {
                "\($0.key.dropFirst(11)) \($0.note.rawValue) \($0.instant?.iso8601(in: zone).dropFirst(11) ?? "-")"
            }
        }
        #expect(
            try slots("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=30", "2026-03-29", gap: .shiftForward, overlap: .first)
                == [
                    "01:30:00 exact 01:30:00+01:00", "02:30:00 merged -", "03:30:00 exact 03:30:00+02:00",
                    "01:30:00 exact 01:30:00+02:00", "02:30:00 exact 02:30:00+02:00",
                ])
        #expect(
            try slots("FREQ=DAILY;BYHOUR=2;BYMINUTE=0,30", "2026-10-25", gap: .shiftForward, overlap: .both)
                == [
                    "02:00:00 doubled 02:00:00+02:00", "02:30:00 doubled 02:30:00+02:00",
                    "02:00:00#1 doubled 02:00:00+01:00", "02:30:00#1 doubled 02:30:00+01:00",
                    "02:00:00 exact 02:00:00+01:00",
                ])
        #expect(
            try slots("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15", "2026-03-29", gap: .skip, overlap: .first).prefix(2)
                == ["02:15:00 skipped -", "03:15:00 exact 03:15:00+02:00"])
    }

    @Test("a rule by the hour goes by the clock unless told otherwise; all others keep their local time")
    func usualPolicies() throws {
        let hourly = try Recurrence(parsing: "FREQ=HOURLY")
        #expect(hourly.usualGap == .skip && hourly.usualOverlap == .both)
        let daily = try Recurrence(parsing: "FREQ=DAILY")
        #expect(daily.usualGap == .shiftForward && daily.usualOverlap == .first)
    }
}
