// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Publishing

/// `posthorn history`.
struct HistoryCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "history", "Take in what accounts posted before.", examples: ["history import past.csv --client acme"],
        subcommands: [Import.self])

    struct Import: PosthornCommand {
        private static let keys = [
            Column("posts", nil, "how many posts were read"),
            Column("new_publications", nil, "how many of them are new"),
            Column("changed_publications", nil, "how many were taken in before and say something else now"),
            Column("told_publications", nil, "how many the platform tells of too; its numbers count"),
            Column("new_samples", nil, "how many readings are new"),
            Column("accounts", nil, "the file's accounts and what they are here"),
            Column("new_accounts", nil, "the accounts that were made"),
            Column("skipped", nil, "how many rows were left out"),
            Column("problems", nil, "the first of them: line, column, reason"),
            Column("written", nil, "whether it was written"),
        ]
        static let configuration = CommandConfiguration(
            "import", "Import past posts with their engagement.",
            details: """
                CSV with the columns account, platform, posted_at, paid, engagement and, where there are any, impressions, followers,
                content_type, tz, observed_at. Accounts that the client does not have are made, disconnected, as PLATFORM-ACCOUNT; --map says
                which account is meant. The same file again adds nothing, a corrected one corrects numbers, paid and content_type. A post that
                the platform tells of too, within a minute, counts once: with the platform's numbers, as boosted when the file says so. Workers
                fit best times ten minutes later. Wrong rows are left out and listed (exit code 2).
                """,
            examples: [
                "history import past.csv --client acme",
                "history import past.csv --client acme --map brand-page=facebook",
                "history import past.csv --client acme --dry-run -o json",
            ], keys: keys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The file.", valueName: "file"))
        var file: String
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(
            name: .customLong("map"),
            help: ArgumentHelp(
                "One of the client's accounts for a name in the file; repeat for several.", valueName: "name=account"))
        var map: [String] = []

        func run(_ context: CommandContext) async throws {
            var accounts: [String: String] = [:]
            for pair in self.map {
                let (name, account) = try CommandError.pair(pair, of: "--map")
                accounts[name] = account
            }
            guard let handle = FileHandle(forReadingAtPath: self.file) else {
                throw CommandError(
                    .badData, "cannot read the file \(self.file)",
                    remedy: "is the path right, and readable for this user?")
            }
            var history: HistoryCSV
            do {
                history = try HistoryCSV(CSVReader(file: handle))
            } catch let error as CSVError {
                throw CommandError(
                    .badData, "\(self.file): \(error.message)", remedy: "see `posthorn history import --help`")
            }
            var skipped = ProblemTally()
            let report = try await context.withServices { services in
                try await HistoryImport(pool: services.pool).run(
                    client: self.client, accounts: accounts, isDryRun: self.change.isDryRun, actor: Actor.current
                ) {
                    while let next = try history.next() {
                        switch next {
                        case .success(let sample): return PastPost(sample)
                        case .failure(let problem): skipped.add(problem)
                        }
                    }
                    return nil
                }
            }
            self.show(report, skipped, context.output)
            guard skipped.count == 0 else {
                throw CommandError(
                    .partlyFailed, "\(skipped.count) row(s) were left out; the other \(report.posts) were taken",
                    details: skipped.lines, remedy: "mend them and import the file again")
            }
        }

        private func show(_ report: HistoryReport, _ skipped: ProblemTally, _ output: Output) {
            let accounts = report.accounts.sorted { $0.key < $1.key }
            var record = Record([
                "posts": .count(report.posts), "new_publications": .count(report.newPublications),
                "changed_publications": .count(report.changedPublications),
                "told_publications": .count(report.toldPublications),
                "new_samples": .count(report.newSamples), "skipped": .count(skipped.count),
                "written": .flag(report.isWritten),
                "new_accounts": .list(report.newAccounts.map { .text($0) }),
            ])
            if output.format != .table {
                record.fields.append(
                    Record.Entry(
                        key: "accounts",
                        value: .record(
                            Record(entries: accounts.map { Record.Entry(key: $0.key, value: .text($0.value)) }))))
                record.fields.append(
                    Record.Entry(
                        key: "problems",
                        value: .list(
                            skipped.first.map {
                                .record(
                                    Record([
                                        "line": .count($0.line), "column": .optional($0.column),
                                        "reason": .text($0.reason),
                                    ]))
                            })))
            }
            output.show(record, idKey: "new_publications")
            if let first = accounts.first { output.note("next: posthorn best-times show --account \(first.value)") }
        }
    }
}

extension PastPost {
    /// A row of a history file.
    init(_ sample: PostSample) {
        self.init(
            account: sample.account, platform: sample.platform, postedAt: sample.postedAt,
            engagement: sample.engagement,
            impressions: sample.impressions, followers: sample.followers, isPaid: sample.isPaid,
            contentType: sample.contentType,
            observedAt: sample.observedAt, zone: sample.zone)
    }
}
