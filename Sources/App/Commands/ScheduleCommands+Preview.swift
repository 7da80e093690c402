// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Publishing

extension ScheduleCommands {
    struct Preview: PosthornCommand {
        private static let columns = [
            Column("local_time", "WALL TIME", "what the rule says, in the zone"),
            Column("at", "COMES", "when it comes, in the zone; none when it is left out"),
            Column("offset", "OFFSET", "the zone's offset then"), Column("utc", "UTC", "the same instant in UTC"),
            Column("note", "NOTE", "moved, first-pass, second-pass, skipped or merged, where clocks are moved"),
            Column("explanation", nil, "what that means, in words"),
        ]
        static let configuration = CommandConfiguration(
            "preview", "Show the next slots of a schedule, or of a rule that is not saved.",
            details: """
                Where the clocks are moved, a slot is marked: moved (its time does not exist on that day and comes later by the jump), \
                first-pass and second-pass (its time comes twice), skipped (left out), merged (moved it would fall on another slot).

                A rule with --rule needs no database.
                """,
            examples: [
                "schedule preview monday --client acme",
                "schedule preview --rule 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30' --tz Europe/Berlin --from 2027-03-26T00:00",
                "schedule preview --rule FREQ=HOURLY --tz America/New_York --from 2026-11-01T00:00 --count 5 -o json",
            ], keys: columns)

        @OptionGroup var options: CommandOptions
        @Argument(help: ArgumentHelp("A schedule's name or id.", valueName: "schedule"))
        var schedule: String?
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String?
        @OptionGroup var time: ScheduleTimeOptions
        @Option(help: ArgumentHelp("The local time to look from; now when not given.", valueName: "time"))
        var from: String?
        @Option(help: ArgumentHelp("How many slots.", valueName: "n"))
        var count: Int = 10

        func validate() throws {
            guard (self.schedule == nil) != (self.time.rule == nil) else {
                throw ValidationError("Give a schedule's name or --rule.")
            }
            guard self.schedule == nil || self.client != nil else {
                throw ValidationError("Say whose schedule: --client acme.")
            }
            guard self.time.rule == nil || self.time.timeZone != nil else {
                throw ValidationError("Say in which zone: --tz Europe/Berlin.")
            }
            guard (1...1_000).contains(self.count) else { throw ValidationError("--count takes 1 to 1000.") }
        }

        func run(_ context: CommandContext) async throws {
            let (plan, now) = try await self.plan(context)
            var start = now
            if let from {
                guard let instant = LocalPlan(wall: try CommandError.wall(from), zone: plan.zone).resolve().instant
                else {
                    throw CommandError(.badData, "there is no \(from) in \(plan.zone)")
                }
                start = instant
            }
            let slots = Array(plan.slots(from: start).prefix(self.count))
            if slots.count < self.count { context.output.note("the rule ends after these") }
            context.output.show(
                Listing(
                    Self.columns, rows: slots.map { Self.record($0, plan) }, idKey: "utc",
                    empty: "no slot comes from then on"))
        }

        private func plan(_ context: CommandContext) async throws -> (RecurrencePlan, now: Date) {
            if let rule = self.time.rule {
                let now = Date()
                var time = try self.time.time(rule)
                // A rule looked at from the past, or far ahead, begins there too.
                time.start = time.start ?? self.from
                return (try time.plan(clientZone: "UTC", now: now), now)
            }
            return try await context.withServices { services in
                let entry = try await services.schedules.show(self.schedule ?? "", client: self.client ?? "").entry
                if entry.schedule.state != .active {
                    context.output.note("schedule \(entry.schedule.name) is \(entry.schedule.state.rawValue)")
                }
                return (entry.schedule.plan, try await services.schedules.now())
            }
        }

        private static func record(_ slot: RecurrenceSlot, _ plan: RecurrencePlan) -> Record {
            let zone = plan.zone.rawValue
            let (note, explanation) = Self.words(slot, plan)
            return Record([
                "local_time": .text(slot.local.description), "at": .time(slot.instant, in: zone),
                "offset": .optional(slot.instant.map { ScheduleRows.offset(at: $0, in: plan.zone) }),
                "utc": .time(slot.instant, in: "UTC"), "note": note.map { .state($0) } ?? .none,
                "explanation": .optional(explanation),
            ])
        }

        private static func words(_ slot: RecurrenceSlot, _ plan: RecurrencePlan) -> (note: String?, String?) {
            let wall = "\(slot.local.clock) on \(slot.local.date)"
            switch slot.note {
            case .exact: return (nil, nil)
            case .shifted: return ("moved", "\(wall) does not exist: clocks jump over it; it comes that much later")
            case .skipped: return ("skipped", "\(wall) does not exist: clocks jump over it; it is left out")
            case .merged:
                return (
                    "merged", "\(wall) does not exist, and moved it would fall on another slot: only that one comes"
                )
            case .doubled:
                let pass = slot.fold == 0 ? "first" : "second"
                return ("\(pass)-pass", "\(wall) comes twice: clocks are put back; this is the \(pass) pass")
            }
        }
    }
}
