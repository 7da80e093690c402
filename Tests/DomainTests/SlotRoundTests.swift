// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("Rounds of slots")
struct SlotRoundTests {
    /// A slot every hour from midnight.
    private func plan(_ rule: String = "FREQ=HOURLY") throws -> RecurrencePlan {
        RecurrencePlan(
            rule: try Recurrence(parsing: rule), start: try WallTime(parsing: "2026-06-01T00:00"), zone: .utc)
    }

    private func round(
        _ rule: String = "FREQ=HOURLY", from start: String, now: String, lead: TimeInterval = 0,
        grace: TimeInterval = 300,
        catchUp: CatchUp, latestStands: Bool = false, limit: Int = 100
    ) throws -> (fire: [String], missed: [String], next: String?) {
        let round = SlotRound(
            try self.plan(rule), from: try Date(iso8601: "2026-06-\(start)Z"),
            now: try Date(iso8601: "2026-06-\(now)Z"),
            grace: grace, lead: lead, catchUp: catchUp, latestStands: latestStands, limit: limit)
        func names(_ slots: [RecurrenceSlot]) -> [String] { slots.map { "\($0.local.day)T\($0.local.clock)" } }
        return (names(round.fire), names(round.missed), names(round.next.map { [$0] } ?? []).first)
    }

    @Test("a slot within its grace is on time, whatever the policy", arguments: [CatchUp.none, .latest, .upTo(3)])
    func onTime(catchUp: CatchUp) throws {
        let round = try self.round(from: "01T09:00", now: "01T09:05", catchUp: catchUp)
        #expect(round.fire == ["1T09:00"])
        #expect(round.missed == [])
        #expect(round.next == "1T10:00")
    }

    @Test(
        "after an outage the policy says which of the missed slots are run",
        arguments: [
            (CatchUp.none, [], ["1T07:00", "1T08:00", "1T09:00"]),
            (.latest, ["1T09:00"], ["1T07:00", "1T08:00"]),
            (.upTo(2), ["1T08:00", "1T09:00"], ["1T07:00"]),
            (.upTo(9), ["1T07:00", "1T08:00", "1T09:00"], []),
        ])
    func outage(catchUp: CatchUp, fire: [String], missed: [String]) throws {
        let round = try self.round(from: "01T07:00", now: "01T09:30", catchUp: catchUp)
        #expect(round.fire == fire)
        #expect(round.missed == missed)
        #expect(round.next == "1T10:00")
    }

    @Test(
        "where the latest slot stands for all no two of the past are run, whatever the policy",
        arguments: [(CatchUp.none, []), (.latest, ["1T09:00"]), (.upTo(9), ["1T09:00"])])
    func latestStands(catchUp: CatchUp, fire: [String]) throws {
        let late = try self.round(from: "01T07:00", now: "01T09:30", catchUp: catchUp, latestStands: true)
        #expect(late.fire == fire)
        #expect(late.missed == ["1T07:00", "1T08:00", "1T09:00"].filter { !fire.contains($0) })
        let current = try self.round(from: "01T07:00", now: "01T10:01", catchUp: catchUp, latestStands: true)
        #expect(current.fire == ["1T10:00"])
        let within = try self.round(
            from: "01T07:00", now: "01T10:01", lead: 3_600, grace: 86_400, catchUp: catchUp, latestStands: true)
        #expect(within.fire == ["1T10:00", "1T11:00"])
        #expect(within.missed == ["1T07:00", "1T08:00", "1T09:00"])
        #expect(within.next == "1T12:00")
    }

    @Test("the latest missed slot is not run beside a newer one that is on time, but beside one that is only ahead")
    func latest() throws {
        #expect(try self.round(from: "01T07:00", now: "01T10:01", catchUp: .latest).fire == ["1T10:00"])
        #expect(
            try self.round(from: "01T07:00", now: "01T09:30", lead: 3600, catchUp: .latest).fire
                == ["1T09:00", "1T10:00"])
    }

    @Test("slots are run ahead by the lead, and never more than the limit in one round")
    func ahead() throws {
        let round = try self.round(from: "01T09:00", now: "01T08:30", lead: 7200, catchUp: .none)
        #expect(round.fire == ["1T09:00", "1T10:00"])
        #expect(round.next == "1T11:00")
        let limited = try self.round(from: "01T09:00", now: "01T08:30", lead: 86_400, catchUp: .none, limit: 3)
        #expect(limited.fire.count == 3)
        #expect(limited.next == "1T12:00")
    }

    @Test("a long outage names only the missed slots nearest to now")
    func longOutage() throws {
        let round = SlotRound(
            try self.plan(), from: try Date(iso8601: "2026-06-01T00:00:00Z"),
            now: try Date(iso8601: "2026-12-01T00:30:00Z"), grace: 300, lead: 0, catchUp: .latest)
        #expect(round.fire.map(\.local.date) == ["2026-12-01"])
        #expect(round.missed.count == SlotRound.missedLimit - 1)
        #expect(round.missed.last?.local.description == "2026-11-30T23:00:00")
    }

    @Test("a rule at its end has no next round")
    func end() throws {
        let round = try self.round("FREQ=HOURLY;COUNT=2", from: "01T00:00", now: "01T05:00", catchUp: .upTo(5))
        #expect(round.fire == ["1T00:00", "1T01:00"])
        #expect(round.next == nil)
    }

    @Test("a catch-up policy is a word or a number", arguments: ["none", "latest", "1", "100"])
    func words(text: String) throws {
        #expect(CatchUp(text)?.description == text)
        #expect(CatchUp("0") == nil && CatchUp("101") == nil && CatchUp("all") == nil)
    }
}
