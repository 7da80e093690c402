// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

/// `posthorn metrics`.
struct MetricsCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "metrics", "Show, fetch and export what was measured.",
        examples: [
            "metrics show --publication 0198f2c4-…", "metrics show --account acme/x", "metrics fetch --account acme/x",
            "metrics export --client acme -o csv > acme.csv",
        ],
        subcommands: [Show.self, Fetch.self, Backfill.self, Export.self])

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show the readings of a publication, a post, or an account itself.",
            details: "A number that the platform did not give is shown as –, never as zero.",
            examples: ["metrics show --publication 0198f2c4-…", "metrics show --account acme/x -o json"],
            keys: MetricsRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: MetricsChoice

        func run(_ context: CommandContext) async throws {
            let subject = try self.which.subject()
            let readings = try await context.withServices { try await $0.metrics.show(subject) }
            let rows = readings.flatMap { reading in reading.samples.map { MetricsRows.record($0, of: reading) } }
            // Only columns with a number are worth a table's width.
            let columns = MetricsRows.columns.map { column in
                var column = column
                if MetricsRows.isNumber(column.key), rows.allSatisfy({ $0[column.key] == .none }) { column.title = nil }
                return column
            }
            context.output.show(
                Listing(columns, rows: rows, empty: "nothing was read yet; `posthorn metrics fetch` reads now"))
        }
    }

    struct Fetch: PosthornCommand {
        static let configuration = CommandConfiguration(
            "fetch", "Read metrics now: enqueues the jobs.",
            examples: ["metrics fetch --publication 0198f2c4-…", "metrics fetch --account acme/x --quiet"],
            keys: [Column("id", "JOB", "the job's id")])

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: MetricsChoice

        func run(_ context: CommandContext) async throws {
            let subject = try self.which.subject()
            let jobs = try await context.withServices { try await $0.metrics.fetch(subject) }
            context.output.success("enqueued \(jobs.count) job(s)")
            context.output.show(Listing([Column("id", "JOB", "")], rows: jobs.map { Record(["id": .text("\($0)")]) }))
        }
    }

    struct Backfill: PosthornCommand {
        static let configuration = CommandConfiguration(
            "backfill", "Take in what an account posted before, with its numbers: enqueues the job.",
            details: """
                Connecting an account does this by itself. Again, it takes in what is new on the platform; what is known is not taken twice, and
                what Posthorn published is recognised. Afterwards workers look once a day for what others posted, except on platforms that charge
                for reading (X): --daily on, off or usual says otherwise for an account, and begins no backfill.
                """,
            examples: [
                "metrics backfill --account acme/x", "metrics backfill --account acme/x --posts 1000",
                "metrics backfill --account acme/x --daily on",
            ],
            keys: [Column("id", "JOB", "the job's id")])

        @OptionGroup var options: CommandOptions
        @Option(
            help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
        var account: String
        @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
        var client: String?
        @Option(help: ArgumentHelp("How many posts at most, newest first.", valueName: "n"))
        var posts: Int = Publishing.Backfill().posts
        @Option(
            help: ArgumentHelp(
                "Only say whether the account is looked at every day: on, off or usual.", valueName: "when"))
        var daily: String?

        func validate() throws {
            guard self.daily == nil || self.looks != nil else {
                throw ValidationError("--daily is on, off or usual.")
            }
            guard (1...Publishing.Backfill.most).contains(self.posts) else {
                throw ValidationError("--posts must be between 1 and \(Publishing.Backfill.most).")
            }
        }

        private var looks: DailyLooks? { self.daily.flatMap { DailyLooks(rawValue: $0) } }

        func run(_ context: CommandContext) async throws {
            if let looks {
                try await context.withServices { services in
                    try await services.accounts.setDailyLooks(looks, of: self.account, client: self.client)
                }
                return context.output.success("daily looks: \(looks.rawValue)")
            }
            let job = try await context.withServices { services in
                try await services.accounts.startBackfill(
                    Publishing.Backfill(posts: self.posts), of: self.account, client: self.client)
            }
            context.output.success("enqueued the backfill")
            context.output.show(Record(["id": .text("\(job)")]))
        }
    }

    struct Export: PosthornCommand {
        static let configuration = CommandConfiguration(
            "export", "Write all readings of a client to standard output, as CSV or one JSON object a line.",
            details:
                "CSV unless -o jsonl is given. Times are UTC; a number that the platform did not give is empty or null.",
            examples: [
                "metrics export --client acme > acme.csv",
                "metrics export --client acme --account x --since 2026-11-01 -o jsonl",
            ],
            keys: MetricsRows.exported)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("Only this account's.", valueName: "account"))
        var account: String?
        @Option(help: ArgumentHelp("Only what was read from this local day or time on.", valueName: "time"))
        var since: String?

        func run(_ context: CommandContext) async throws {
            guard self.options.output != .json else {
                throw CommandError.usage("an export streams, and JSON cannot", remedy: "use -o jsonl or -o csv")
            }
            try await context.withServices { services in
                let owner = try await services.clients.show(self.client).client
                let since = try self.since.map { try PostRows.bound($0, ZoneID(rawValue: owner.timeZone) ?? .utc) }
                try await services.metrics.export(
                    client: self.client, account: self.account, since: since,
                    format: self.options.output == .jsonl ? .jsonl : .csv
                ) { bytes in
                    context.output.text(String(decoding: bytes, as: UTF8.self))
                }
            }
        }
    }
}

/// Whose metrics a command is about.
struct MetricsChoice: ParsableArguments {
    @Option(help: ArgumentHelp("The id of a publication, target or post.", valueName: "publication"))
    var publication: String?
    @Option(help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String?
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?

    func validate() throws {
        guard (self.publication != nil) != (self.account != nil) else {
            throw ValidationError("Say whose numbers: --publication P, or --account A.")
        }
    }

    func subject() throws -> MetricsSubject {
        if let publication { return .publication(publication) }
        return .account(self.account ?? "", client: self.client)
    }
}

/// How readings are shown.
enum MetricsRows {
    static let columns =
        [
            Column("read_at", "READ", "when it was read, in the client's zone"),
            Column("age", "AGE", "how long after publishing, in seconds"), Column("client", nil, "the client's slug"),
            Column("account", "ACCOUNT", "the account's slug"), Column("publication", nil, "the publication's id"),
            Column("url", nil, "where it can be seen"), Column("source", nil, "platform or import"),
            Column("definition", nil, "the version of the mapping"),
        ]
        + MetricName.all.map { name in
            Column(
                name.rawValue, name.rawValue.split(separator: "_").joined(separator: " ").uppercased(),
                "absent where not given")
        } + Self.more + [Column("id", nil, "the reading's id")]

    static let exported =
        [
            "client", "account", "platform", "publication_id", "remote_id", "url", "published_at", "read_at", "source",
            "definition",
            "paid", "content_type",
        ].map { Column($0, nil, "") } + MetricName.all.map { Column($0.rawValue, nil, "absent where not given") }
        + Self.more

    private static let more = [
        Column("reactions", nil, "how reactions divide into kinds, by the platform's names"),
        Column("window", nil, "lifetime, or the end of the day that an account's numbers are of, followers aside"),
    ]

    static func isNumber(_ key: String) -> Bool { MetricName.all.contains { $0.rawValue == key } }

    static func record(_ sample: SampleRow, of reading: MetricsReading) -> Record {
        let age = reading.publication.map {
            Duration.seconds(max(0, Int64(sample.readAt.timeIntervalSince($0.publishedAt))))
        }
        var record = Record([
            "read_at": .time(sample.readAt, in: reading.client.timeZone), "age": age.map { .duration($0) } ?? .none,
            "client": .text(reading.client.slug.rawValue), "account": .text(reading.account.slug.rawValue),
            "publication": .optional(reading.publication?.id.description), "url": .optional(reading.publication?.url),
            "source": .text(sample.source.rawValue), "definition": .count(sample.definition),
        ])
        for name in MetricName.all {
            record.fields.append(Record.Entry(key: name.rawValue, value: .optional(sample.values[name])))
        }
        let kinds = sample.reactions?.sorted { $0.key < $1.key }.map { Record.Entry(key: $0, value: .integer($1)) }
        record.fields += [
            Record.Entry(key: "reactions", value: kinds.map { .record(Record(entries: $0)) } ?? .none),
            Record.Entry(
                key: "window", value: sample.dayEnds.map { .time($0, in: reading.client.timeZone) } ?? .text("lifetime")
            ),
        ]
        record.fields.append(Record.Entry(key: "id", value: .text(sample.id.uuidString.lowercased())))
        return record
    }
}
