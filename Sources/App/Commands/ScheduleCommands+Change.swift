// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import JobQueue
import Publishing

extension ScheduleCommands {
    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop a schedule until it is resumed; what it made already stays.",
            examples: ["schedule pause monday --client acme --reason holidays"], keys: ScheduleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: ScheduleChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await ScheduleRows.change(self.which, context, self.change, "pause") { schedules in
                try await schedules.pause(
                    self.which.schedule, client: self.which.client, actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "Let a paused schedule go on with its first slot from now on.",
            details: "The slots of the pause are left out; `schedule backfill` runs them.",
            examples: ["schedule resume monday --client acme"], keys: ScheduleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: ScheduleChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await ScheduleRows.change(self.which, context, self.change, "resume") { schedules in
                try await schedules.resume(
                    self.which.schedule, client: self.which.client, actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Trigger: PosthornCommand {
        static let configuration = CommandConfiguration(
            "trigger", "Run a schedule's work once, now, also when it is paused.",
            details:
                "Its slots stay as they are. A second time within the same second changes nothing and shows the first.",
            examples: ["schedule trigger numbers --client acme"], keys: ScheduleRows.slotColumns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: ScheduleChoice

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let entry = try await services.schedules.show(self.which.schedule, client: self.which.client).entry
                let (slot, isNew) = try await services.schedules.trigger(
                    self.which.schedule, client: self.which.client, actor: Actor.current,
                    isDryRun: self.change.isDryRun)
                if self.change.isDryRun {
                    context.output.note("would run schedule \(entry.schedule.name) once, now")
                } else if isNew {
                    context.output.success("schedule \(entry.schedule.name) runs now")
                } else {
                    context.output.note("it was run in this second already: nothing was changed")
                }
                context.output.show(
                    ScheduleRows.record(slot, zone: entry.schedule.plan.zone.rawValue), idKey: "job")
            }
        }
    }

    struct Backfill: PosthornCommand {
        static let configuration = CommandConfiguration(
            "backfill", "Run the past slots between two local times that no job was made for.",
            details: """
                Their work is due from now on, one after another --every so often, so that it is no burst. A slot that was run is not run \
                again. --dry-run lists them.
                """,
            examples: [
                "schedule backfill numbers --client acme --from 2026-11-01T00:00 --to 2026-11-20T00:00 --dry-run",
                "schedule backfill numbers --client acme --from 2026-11-01T00:00 --to 2026-11-20T00:00 --every 10m --yes",
            ], keys: ScheduleRows.slotColumns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup var which: ScheduleChoice
        @Option(help: ArgumentHelp("The first local time, in the schedule's zone.", valueName: "time"))
        var from: String
        @Option(name: .customLong("to"), help: ArgumentHelp("The last local time.", valueName: "time"))
        var end: String
        @Option(help: ArgumentHelp("How far apart their work is due.", valueName: "duration"))
        var every: String = "5m"

        func run(_ context: CommandContext) async throws {
            let (first, last) = (try CommandError.wall(self.from), try CommandError.wall(self.end))
            let every = try JobRows.duration(self.every)
            try await context.withServices { services in
                func backfill(isDryRun: Bool) async throws -> [DecidedSlot] {
                    try await services.schedules.backfill(
                        self.which.schedule, client: self.which.client, from: first, to: last, every: every,
                        isDryRun: isDryRun)
                }
                let entry = try await services.schedules.show(self.which.schedule, client: self.which.client).entry
                var slots = try await backfill(isDryRun: true)
                if !self.change.isDryRun, !slots.isEmpty {
                    try context.confirm("this runs \(slots.count) slot(s)", isConfirmed: self.bulk.isConfirmed)
                    slots = try await backfill(isDryRun: false)
                    context.output.success("\(slots.count) slot(s) of schedule \(entry.schedule.name) run from now on")
                } else {
                    context.output.note("\(slots.count) slot(s) would run")
                }
                let zone = entry.schedule.plan.zone.rawValue
                context.output.show(
                    Listing(
                        ScheduleRows.slotColumns, rows: slots.map { ScheduleRows.record($0, zone: zone) }, idKey: "job",
                        empty: "every slot between the two has its job"))
            }
        }
    }
}
