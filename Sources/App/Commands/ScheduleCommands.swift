// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import JobQueue
import Persistence
import Publishing

/// `posthorn schedule`.
struct ScheduleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "schedule", "Plan work that comes again: posts and metric sweeps.",
        examples: [
            "schedule preview --rule 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30' --tz Europe/Berlin --from 2027-03-26T00:00",
            "schedule add monday --client acme --rule 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=9' --account x --text 'A new week'",
            "schedule list --client acme", "schedule pause monday --client acme --reason holidays",
        ],
        subcommands: [
            Add.self, List.self, Show.self, Preview.self, Pause.self, Resume.self, Trigger.self, Backfill.self,
        ])

    struct Add: PosthornCommand {
        static let configuration = CommandConfiguration(
            "add", "Add a schedule: each slot of its rule makes a post, or reads metrics.",
            details: """
                The rule is the part of RFC 5545 that people use, on the wall's clock of the zone: FREQ=HOURLY, DAILY, WEEKLY or \
                MONTHLY, with INTERVAL, BYDAY (also 1MO, -1FR), BYMONTHDAY, BYHOUR, BYMINUTE, COUNT, UNTIL. `schedule preview` \
                shows what it comes to.

                What a post says is given as in `post create`; its times come from the rule. Each post is made a day before its \
                time (--lead), so that it stands in the calendar and can still be changed. With --metrics the slots read the \
                numbers of the client's accounts instead, and of what they published in the last --days.

                Each slot is run once, whatever dies. Slots that nobody noticed, as in an outage, are run as --catch-up says. Late \
                posts go out one by one, as the client's policy has it. A metric sweep reads the numbers as they are now: of those \
                that were missed at most the latest is made, and --catch-up takes no number.
                """,
            examples: [
                "schedule add monday --client acme --rule 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=9' --account x --text 'A new week'",
                "schedule add payday --client acme --rule 'FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=17' --file payday.yaml --draft",
                "schedule add numbers --client acme --rule 'FREQ=DAILY;BYHOUR=6' --metrics --days 7 --jitter 30m",
            ], keys: ScheduleRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("Its name, unique inside the client.", valueName: "name"))
        var name: String
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @OptionGroup var time: ScheduleTimeOptions
        @Option(
            help: ArgumentHelp(
                "Which missed slots are still run: none, latest, or, of posts, a number.", valueName: "policy"))
        var catchUp: String = "latest"
        @Option(help: ArgumentHelp("How late a slot is still on time.", valueName: "duration"))
        var grace: String = "5m"
        @Option(
            help: ArgumentHelp(
                "How long before its time a slot is decided; a day for posts, else not at all.", valueName: "duration"))
        var lead: String?
        @Option(
            help: ArgumentHelp(
                "Each slot's work is later by an amount of its own, up to this.", valueName: "duration"))
        var jitter: String = "0s"
        @Flag(name: .customLong("metrics"), help: "Read metrics instead of making posts.")
        var readsMetrics = false
        @Option(help: ArgumentHelp("With --metrics: publications of so many days are read too.", valueName: "n"))
        var days: Int?
        @OptionGroup(title: "What a post says") var body: PostBodyOptions

        func validate() throws {
            guard self.time.rule != nil else { throw ValidationError("Give the rule: --rule 'FREQ=DAILY;BYHOUR=9'.") }
            guard self.readsMetrics || self.days == nil else { throw ValidationError("--days goes with --metrics.") }
            guard !self.readsMetrics || (self.body.text == nil && self.body.file == nil) else {
                throw ValidationError("Give --metrics or a post, not both.")
            }
        }

        func run(_ context: CommandContext) async throws {
            guard let catchUp = CatchUp(self.catchUp) else {
                throw CommandError.usage(
                    "--catch-up takes none, latest or a number from 1 to 100, not “\(self.catchUp)”")
            }
            var request = ScheduleRequest(
                client: self.client, name: self.name, time: try self.time.time(self.time.rule ?? ""), catchUp: catchUp,
                grace: try JobRows.duration(self.grace), lead: try self.lead.map(JobRows.duration),
                jitter: try JobRows.duration(self.jitter),
                work: .metrics(
                    accounts: self.body.accounts.flatMap { $0.split(separator: ",").map(String.init) },
                    days: self.days ?? 0))
            try await context.withServices { services in
                if !self.readsMetrics { request.work = .post(try await self.draft(services)) }
                let entry = try await services.schedules.add(
                    request, actor: Actor.current, isDryRun: self.change.isDryRun)
                PostRows.say(entry.notes, context.output)
                if self.change.isDryRun {
                    context.output.note("would add schedule \(entry.schedule.name) of client \(entry.client.slug)")
                } else {
                    context.output.success("added schedule \(entry.schedule.name) of client \(entry.client.slug)")
                    context.output.show(ScheduleRows.record(entry))
                }
            }
        }

        private func draft(_ services: ServiceContext) async throws -> PostDraft {
            let (row, folder) = try self.body.row()
            guard row.at == nil, row.key == nil else {
                throw CommandError(
                    .badData, "the post of a schedule has no time and no key of its own",
                    remedy: "leave `at` and `key` out of the file: each slot gives its post both")
            }
            return try await self.body.draft(row, folder: folder, media: services.library)
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List schedules by client and name, each with its next slot.",
            examples: ["schedule list", "schedule list --client acme -o json"], keys: ScheduleRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?

        func run(_ context: CommandContext) async throws {
            let entries = try await context.withServices { try await $0.schedules.list(client: self.client) }
            context.output.show(
                Listing(ScheduleRows.columns, rows: entries.map(ScheduleRows.record), empty: "no schedules"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a schedule with what it does and the slots decided last.",
            examples: ["schedule show monday --client acme", "schedule show monday --client acme -o json"],
            keys: ScheduleRows.columns + [
                Column("accounts", nil, "the accounts it works for"), Column("text", nil, "what its posts say"),
                Column("days", nil, "publications of so many days are read"),
                Column(
                    "slots", nil,
                    "the slots decided last: \(ScheduleRows.slotColumns.map(\.key).joined(separator: ", "))"),
            ])

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: ScheduleChoice

        func run(_ context: CommandContext) async throws {
            let (entry, slots) = try await context.withServices { services in
                try await services.schedules.show(self.which.schedule, client: self.which.client)
            }
            context.output.show(try ScheduleRows.detail(entry, slots: slots))
        }
    }
}
