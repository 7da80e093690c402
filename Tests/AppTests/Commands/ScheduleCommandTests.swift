// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import TestSupport
import Testing

@testable import App

@Suite("commands about schedules", .postgresSchema)
struct ScheduleCommandTests {
    private func rows(_ world: CommandWorld, _ words: [String]) async throws -> [[String: Any]] {
        let answer = try await world.answer(words + ["-o", "json"])
        #expect(answer.code == 0, "\(answer.messages)")
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [[String: Any]])
    }

    private func preview(_ world: CommandWorld, _ rule: String, _ zone: String, _ words: String...) async throws
        -> [String]
    {
        try await self.rows(world, ["schedule", "preview", "--rule", rule, "--tz", zone] + words).map { row in
            let parts = ["local_time", "utc", "offset", "note"].map { row[$0] as? String ?? "-" }
            return parts.joined(separator: " ")
        }
    }

    @Test("a rule is previewed without being saved, and slots where the clocks are moved are marked")
    func preview() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let daily = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"
        #expect(
            try await self.preview(world, daily, "Europe/Berlin", "--from", "2027-03-27T00:00", "--count", "3") == [
                "2027-03-27T02:30:00 2027-03-27T01:30:00+00:00 +01:00 -",
                "2027-03-28T02:30:00 2027-03-28T01:30:00+00:00 +02:00 moved",
                "2027-03-29T02:30:00 2027-03-29T00:30:00+00:00 +02:00 -",
            ])
        let skipped = try await self.preview(
            world, daily, "Europe/Berlin", "--from", "2027-03-28T00:00", "--count", "2", "--gap", "skip")
        #expect(
            skipped == [
                "2027-03-28T02:30:00 - - skipped", "2027-03-29T02:30:00 2027-03-29T00:30:00+00:00 +02:00 -",
            ])
        let doubled = try await self.preview(
            world, daily, "Europe/Berlin", "--from", "2027-10-31T00:00", "--count", "2", "--overlap", "both")
        #expect(
            doubled == [
                "2027-10-31T02:30:00 2027-10-31T00:30:00+00:00 +02:00 first-pass",
                "2027-10-31T02:30:00 2027-10-31T01:30:00+00:00 +01:00 second-pass",
            ])
        #expect(try await world.count("schedule") == 0)
        #expect(try await world.posthorn("schedule", "preview", "--rule", daily) == 64)
        #expect(try await world.posthorn("schedule", "preview", "--rule", "FREQ=DAILY", "--tz", "Europe/Berln") == 65)
        let unknown = try await world.answer(["schedule", "preview", "--rule", "FREQ=YEARLY", "--tz", "UTC"])
        #expect(unknown.code == 65)
        #expect(unknown.messages.contains("FREQ=YEARLY is not supported: use HOURLY, DAILY, WEEKLY, MONTHLY"))
    }

    @Test("a schedule of posts is added, shown, previewed, paused, resumed and run by hand")
    func posts() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let add = ["schedule", "add", "monday", "--client", "acme", "--account", "x"]
        let rule = ["--rule", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"]
        let long = String(repeating: "long ", count: 80)
        #expect(try await world.answer(add + rule + ["--text", long]).code == 65)
        #expect(try await world.answer(add + ["--text", "Monday"]).code == 64)
        #expect(try await world.answer(add + rule + ["--text", "Monday", "--catch-up", "all"]).code == 64)
        #expect(try await world.answer(add + rule + ["--text", "Monday", "--metrics"]).code == 64)
        #expect(try await world.answer(add + rule + ["--text", "Monday", "--dry-run"]).code == 0)
        #expect(try await world.count("schedule") == 0)
        #expect(try await world.answer(add + rule + ["--text", "Monday"]).code == 0)
        #expect(try await world.answer(add + rule + ["--text", "Monday"]).code == 73)

        let listed = try await self.rows(world, ["schedule", "list", "--client", "acme"])
        #expect(listed.map { $0["name"] as? String } == ["monday"])
        #expect(listed.map { $0["work"] as? String } == ["post"])
        #expect(listed.map { $0["time_zone"] as? String } == ["Europe/Berlin"])
        #expect(listed.map { $0["lead"] as? Double } == [86_400])
        let next = try #require(listed.first?["next_at"] as? String)
        let previewed = try await self.rows(
            world, ["schedule", "preview", "monday", "--client", "acme", "--count", "2"])
        #expect(previewed.count == 2)
        #expect(previewed.first?["at"] as? String == next)

        let which = ["monday", "--client", "acme"]
        #expect(try await world.answer(["schedule", "pause"] + which + ["--reason", "holidays"]).code == 0)
        #expect(try await world.answer(["schedule", "pause"] + which).code == 73)
        #expect(try await world.count("schedule WHERE state = 'paused' AND state_reason = 'holidays'") == 1)
        #expect(try await world.answer(["schedule", "trigger"] + which).code == 0)
        #expect(try await world.count("job_ready WHERE kind = 'make-post'") == 1)
        #expect(try await world.answer(["schedule", "resume"] + which).code == 0)
        #expect(try await world.count("schedule WHERE state = 'active'") == 1)
        let shown = try await world.answer(["schedule", "show"] + which + ["-o", "json"])
        let detail = try #require(try JSONSerialization.jsonObject(with: Data(shown.data.utf8)) as? [String: Any])
        #expect(detail["text"] as? String == "Monday")
        let slots = try #require(detail["slots"] as? [[String: Any]])
        #expect(slots.map { $0["cause"] as? String } == ["trigger"])
        #expect(try await world.posthorn("schedule", "show", "munday", "--client", "acme") == 66)
        #expect(try await world.posthorn("schedule", "show", "monday", "--client", "globex") == 66)
    }

    @Test("a trigger shows the slot, also one of the same second, and of a dry run")
    func trigger() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let add = ["schedule", "add", "numbers", "--client", "acme", "--metrics", "--rule", "FREQ=DAILY;BYHOUR=6"]
        #expect(try await world.answer(add).code == 0)
        #expect(try await world.answer(add + ["--catch-up", "5"]).code == 65)
        try await WorldStore(pool: world.database.pool).set(epoch: nil, rate: 0)
        func trigger(_ words: String...) async throws -> [String: Any] {
            let answer = try await world.answer(
                ["schedule", "trigger", "numbers", "--client", "acme", "-o", "json"] + words)
            #expect(answer.code == 0, "\(answer.messages)")
            return try #require(try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [String: Any])
        }
        let dry = try await trigger("--dry-run")
        #expect(dry["outcome"] as? String == "open" && dry["job"] is NSNull)
        #expect(try await world.count("schedule_slot") == 0)
        let first = try await trigger()
        #expect(first["outcome"] as? String == "fired" && first["cause"] as? String == "trigger")
        let again = try await trigger()
        #expect(again["job"] as? String == first["job"] as? String && first["job"] is String)
        #expect(again["local_time"] as? String == dry["local_time"] as? String)
        #expect(try await world.count("schedule_slot") == 1)
    }

    @Test("slots of the past are run by a backfill, each once")
    func backfill() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let add = ["schedule", "add", "numbers", "--client", "acme", "--metrics", "--days", "7"]
        let rule = ["--rule", "FREQ=DAILY;BYHOUR=6", "--start", "2026-01-01T00:00"]
        #expect(try await world.answer(add + rule).code == 0)
        let backfill = ["schedule", "backfill", "numbers", "--client", "acme"]
        let span = ["--from", "2026-01-10T00:00", "--to", "2026-01-12T23:00"]
        let open = try await self.rows(world, backfill + span + ["--dry-run"])
        #expect(
            open.map { $0["local_time"] as? String }
                == ["2026-01-10T06:00:00", "2026-01-11T06:00:00", "2026-01-12T06:00:00"])
        #expect(open.allSatisfy { $0["outcome"] as? String == "open" })
        #expect(try await world.count("schedule_slot") == 0)
        #expect(try await world.answer(backfill + span + ["--yes"]).code == 0)
        #expect(try await world.count("schedule_slot WHERE cause = 'backfill' AND outcome = 'fired'") == 3)
        #expect(try await self.rows(world, backfill + span + ["--yes"]).isEmpty)
        #expect(try await world.count("schedule_slot") == 3)
        let wrong = ["--from", "2026-01-12T00:00", "--to", "2026-01-10T00:00"]
        #expect(try await world.answer(backfill + wrong + ["--yes"]).code == 65)
    }
}
