// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Publishing

extension PostCommands {
    struct Import: PosthornCommand {
        private static let keys = [
            Column("rows", nil, "how many rows the file has"), Column("created", nil, "how many posts were made"),
            Column("targets", nil, "how many targets they have"),
            Column("existing", nil, "how many were there already"),
            Column("written", nil, "whether anything was written"),
            Column("problems", nil, "what is wrong: line, column, reason"),
            Column("notes", nil, "what a person should know: line, column, reason"),
            Column("posts", nil, "the ids of the new posts"),
        ]
        static let configuration = CommandConfiguration(
            "import", "Plan the posts of a file, all or none.",
            details: """
                CSV with a header, or one JSON object a line (.ndjson, .jsonl).
                Columns: account or accounts (several with |), at (local time), text; and, where wanted, client, tz, media (several with |,
                relative to the file), alt, format, link, first_comment, label or labels, campaign, pillar, key, state (draft or planned), transcode (true, pad or
                false), variant:ACCOUNT and set:PLATFORM.NAME. In JSON, lists are lists and variants and settings are objects.

                Every row is checked before anything is written; wrong rows are listed with line, column and reason, and then nothing is
                written (exit code 65), unless --partial takes the good rows (exit code 2). The same file again makes nothing twice.
                Rows are compared with the other posts of their accounts, and with each other, as `post create` does it.
                """,
            examples: [
                "post import december.csv --client acme", "post import december.csv --client acme --dry-run",
                "post import all-clients.ndjson --partial -o json",
            ], keys: keys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The file; - for standard input.", valueName: "file"))
        var file: String
        @Option(help: ArgumentHelp("The client of rows that name none.", valueName: "client"))
        var client: String?
        @Option(help: ArgumentHelp("csv or ndjson; told from the file's name when not given.", valueName: "format"))
        var format: String?
        @Flag(name: .customLong("partial"), help: "Write the good rows although others are wrong.")
        var isPartial = false
        @OptionGroup var transcoding: TranscodeOptions
        @Flag(help: "Take posts although their accounts have the same already and the platform may refuse them.")
        var allowDuplicate = false

        func validate() throws {
            guard self.format == nil || self.importFormat != nil else {
                throw ValidationError("--format is csv or ndjson.")
            }
        }

        private var importFormat: ImportFormat? { self.format.flatMap { ImportFormat(rawValue: $0) } }

        func run(_ context: CommandContext) async throws {
            let data = try CommandError.contents(of: self.file)
            let file: ImportFile
            do {
                file = try ImportFile(data, format: self.importFormat ?? ImportFormat(fileName: self.file))
            } catch let error as CSVError {
                throw CommandError(
                    .badData, "\(self.file): \(error.message)", remedy: "see `posthorn post import --help`")
            }
            try await context.withServices { services in
                let folder = self.file == "-" ? "." : URL(fileURLWithPath: self.file).deletingLastPathComponent().path
                var options = ImportOptions(
                    client: self.client, folder: URL(fileURLWithPath: folder), actor: Actor.current)
                options.takesGoodRows = self.isPartial
                options.transcoding = self.transcoding.wanted ?? .offered
                options.isDryRun = self.change.isDryRun
                options.allowsDuplicates = self.allowDuplicate
                let importer = PostImport(
                    pool: services.pool, jobs: services.jobs, registry: services.registry, media: services.library)
                let bar = ProgressBar("checking", total: file.rows.count, output: context.output)
                let report = try await importer.run(file, options) { bar.set($0) }
                bar.finish()
                try self.tell(report, context.output)
            }
        }

        private func tell(_ report: ImportReport, _ output: Output) throws {
            for column in report.unknownColumns { output.warn("the column '\(column)' has no meaning and is left out") }
            for note in report.notes.prefix(20) { output.warn(note.description) }
            if report.notes.count > 20 { output.warn("… and \(report.notes.count - 20) more notes") }
            let isRefused = !report.problems.isEmpty && !report.isWritten && !self.change.isDryRun
            if output.format != .table || !isRefused || output.isQuiet { self.show(report, output) }
            guard !report.problems.isEmpty else {
                let verb = report.isWritten ? "planned" : "would plan"
                let known = report.existing > 0 ? "; \(report.existing) were there already" : ""
                return output.success("\(verb) \(report.created.count) post(s), \(report.targets) target(s)\(known)")
            }
            let lines = Set(report.problems.map(\.line)).count
            let shown = report.problems.prefix(50).map(\.description)
            let more = report.problems.count > 50 ? ["… and \(report.problems.count - 50) more"] : []
            throw CommandError(
                self.isPartial ? .partlyFailed : .badData,
                "\(lines) of \(report.rows) row(s) are wrong"
                    + (self.isPartial ? "; the other rows were taken" : "; nothing was written"),
                details: shown + more,
                remedy: self.isPartial ? "mend them and import the file again" : "mend them, or add --partial")
        }

        private func show(_ report: ImportReport, _ output: Output) {
            if output.isQuiet {
                for post in report.created where report.isWritten { output.text("\(post)") }
                return
            }
            func list(_ problems: [CSVProblem]) -> Field {
                .list(
                    problems.map {
                        .record(
                            Record([
                                "line": .count($0.line), "column": .optional($0.column), "reason": .text($0.reason),
                            ]))
                    })
            }
            var record = Record([
                "rows": .count(report.rows), "created": .count(report.created.count), "targets": .count(report.targets),
                "existing": .count(report.existing), "written": .flag(report.isWritten),
            ])
            if output.format != .table {
                record.fields.append(Record.Entry(key: "problems", value: list(report.problems)))
                record.fields.append(Record.Entry(key: "notes", value: list(report.notes)))
                let ids = report.isWritten ? report.created : []
                record.fields.append(Record.Entry(key: "posts", value: .list(ids.map { .text("\($0)") })))
            }
            output.show(record, idKey: "created")
        }
    }
}
