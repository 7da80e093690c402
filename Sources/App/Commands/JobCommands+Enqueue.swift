// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import JobQueue
import Persistence
import Publishing

extension JobCommands {
    struct Enqueue: PosthornCommand {
        static let configuration = CommandConfiguration(
            "enqueue", "Put work into the queue.",
            details: """
                publish needs a target that is a draft, planned, failed, missed or waiting; boost a boost that is planned; fetch-metrics a
                publication or an account. A target's or boost's job is brought forward, or back: without --at to now. What has failed, was
                missed or waits for a person is tried again then. The same --key again changes nothing and answers the first job, also after
                it has ended; with another target or boost it is refused.
                """,
            examples: [
                "job enqueue --kind publish --target 0198f2c4-… --wait", "job enqueue --kind boost --boost 0198f2c4-…",
                "job enqueue --kind publish --target 0198f2c4-… --at 2026-12-01T09:30 --key again-1 --priority 50",
                "job enqueue --kind fetch-metrics --account acme/x --key daily-2026-12-01",
                "job enqueue --kind fetch-metrics --publication 0198f2c4-… --at 2026-12-01T09:30",
            ], keys: JobRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("publish, boost or fetch-metrics.", valueName: "kind"))
        var kind: String
        @Option(help: ArgumentHelp("The target to publish.", valueName: "target"))
        var target: String?
        @Option(help: ArgumentHelp("The boost to start.", valueName: "boost"))
        var boost: String?
        @Option(help: ArgumentHelp("The publication to read.", valueName: "publication"))
        var publication: String?
        @Option(help: ArgumentHelp("The account to read, as client/account.", valueName: "account"))
        var account: String?
        @Option(help: ArgumentHelp("When, in the client's local time; now when not given.", valueName: "time"))
        var at: String?
        @Option(
            name: .customLong("tz"),
            help: ArgumentHelp("The zone of --at; the client's when not given.", valueName: "zone"))
        var timeZone: String?
        @Option(
            help: ArgumentHelp(
                "Low first, within the account. A new job has 100; one that is there keeps its own.", valueName: "n"))
        var priority: Int16?
        @Option(help: ArgumentHelp("A key under which it is enqueued once.", valueName: "key"))
        var key: String?
        @Flag(name: .customLong("wait"), help: "Wait until it has ended.")
        var waits = false
        @Option(help: ArgumentHelp("How long --wait waits, as 30s, 2m, 1h.", valueName: "duration"))
        var timeout: String = "60s"

        func validate() throws {
            _ = try self.request()
        }

        private func request() throws -> JobRequest {
            try JobRequest(
                kind: self.kind, target: self.target, boost: self.boost, publication: self.publication,
                account: self.account)
        }

        func run(_ context: CommandContext) async throws {
            let limit = try JobRows.duration(self.timeout)
            var request = try self.request()
            request.time = try self.at.map { try CommandError.time($0, zone: self.timeZone) }
            request.priority = self.priority
            request.key = self.key
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    try await request.check(services)
                    return context.output.note("would enqueue a \(self.kind) job")
                }
                let ids = try await request.enqueue(services).map(\.description)
                if self.waits { return try await JobRows.wait(for: ids, timeout: limit, services, context.output) }
                let names = try await JobRows.Names(services)
                var rows: [Record] = []
                for id in ids { rows.append(JobRows.record(try await JobRows.find(id, services), names)) }
                context.output.show(Listing(JobRows.columns, rows: rows))
            }
        }
    }

    struct Import: PosthornCommand {
        static let configuration = CommandConfiguration(
            "import", "Enqueue the jobs of a file: one JSON object a line, or CSV.",
            details: """
                Keys or columns: kind, and one of target, boost, publication, account; where wanted at (local time), tz, priority, key.
                Every line is checked before one is enqueued; wrong lines are listed and then nothing is enqueued (exit code 65).
                """,
            examples: ["job import sweep.ndjson", "job import sweep.csv --dry-run"],
            keys: [Column("id", "JOB", "the job's id")])

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The file; - for standard input.", valueName: "file"))
        var file: String

        func run(_ context: CommandContext) async throws {
            let data = try CommandError.contents(of: self.file)
            try await context.withServices { services in
                var problems: [CSVProblem] = []
                var requests: [JobRequest] = []
                for (line, fields) in try JobRequest.rows(of: data, fileName: self.file, &problems) {
                    do {
                        let request = try JobRequest(fields)
                        try await request.check(services)
                        requests.append(request)
                    } catch {
                        problems.append(CSVProblem(line: line, reason: JobRequest.reason(of: error)))
                    }
                }
                guard problems.isEmpty else {
                    throw CommandError(
                        .badData, "\(problems.count) line(s) are wrong; nothing was enqueued",
                        details: problems.sorted { $0.line < $1.line }.prefix(50).map(\.description),
                        remedy: "mend them; see `posthorn job import --help`")
                }
                guard !self.change.isDryRun else {
                    return context.output.note("would enqueue \(requests.count) job(s)")
                }
                let bar = ProgressBar("enqueueing", total: requests.count, output: context.output)
                var ids: [JobID] = []
                for request in requests {
                    ids += try await request.enqueue(services)
                    bar.advance()
                }
                bar.finish()
                context.output.success("enqueued \(ids.count) job(s)")
                context.output.show(
                    Listing([Column("id", "JOB", "")], rows: ids.map { Record(["id": .text("\($0)")]) }))
            }
        }
    }
}

/// Work that a person asks for.
struct JobRequest {
    enum Subject {
        case publish(target: String)
        case boost(String)
        case metrics(MetricsSubject)
    }

    var subject: Subject
    var time: PostTime?
    var priority: Int16?
    var key: String?

    init(kind: String, target: String?, boost: String?, publication: String?, account: String?) throws {
        let given = [target, boost, publication, account].compactMap { $0 }
        switch (kind, given.count) {
        case ("publish", 1):
            guard let target else { throw ValidationError("publish needs --target.") }
            self.subject = .publish(target: target)
        case ("boost", 1):
            guard let boost else { throw ValidationError("boost needs --boost.") }
            self.subject = .boost(boost)
        case ("fetch-metrics", 1):
            if let publication {
                self.subject = .metrics(.publication(publication))
            } else if let account {
                self.subject = .metrics(.account(account, client: nil))
            } else {
                throw ValidationError("fetch-metrics needs --publication or --account.")
            }
        case ("publish", _), ("boost", _), ("fetch-metrics", _):
            throw ValidationError("Say what it acts on: exactly one of --target, --boost, --publication, --account.")
        default:
            let close = Suggestion.closest(to: kind, among: ["publish", "boost", "fetch-metrics"])
            throw ValidationError(
                "There is no kind '\(kind)'.\(close.map { " Did you mean '\($0)'?" } ?? "") Kinds are publish, boost, fetch-metrics."
            )
        }
    }

    /// Makes a request from a file's fields.
    init(_ fields: [String: String]) throws {
        try self.init(
            kind: fields["kind"] ?? "", target: fields["target"], boost: fields["boost"],
            publication: fields["publication"],
            account: fields["account"])
        self.time = try fields["at"].map { try CommandError.time($0, zone: fields["tz"]) }
        self.key = fields["key"]
        if let text = fields["priority"] {
            guard let priority = Int16(text) else {
                throw ValidationError("priority: '\(text)' is no small whole number.")
            }
            self.priority = priority
        }
    }

    /// Whether it could be enqueued.
    func check(_ services: ServiceContext) async throws {
        switch self.subject {
        case .publish(let target): _ = try await Self.target(target, services)
        case .boost(let id): _ = try await services.boosts.show(id)
        case .metrics(let subject): _ = try await services.metrics.show(subject)
        }
    }

    func enqueue(_ services: ServiceContext) async throws -> [JobID] {
        switch self.subject {
        case .metrics(let subject):
            let at = try await self.instant(subject, services)
            return try await services.metrics.fetch(subject, at: at, priority: self.priority, key: self.key)
        case .publish(let text):
            let target = try await Self.target(text, services)
            return [
                try await services.posts.enqueue(
                    target.id, at: self.time ?? .now, priority: self.priority, key: self.key, actor: Actor.current)
            ]
        case .boost(let text):
            return [
                try await services.boosts.enqueue(
                    text, at: self.time ?? .now, priority: self.priority, key: self.key)
            ]
        }
    }

    private func instant(_ subject: MetricsSubject, _ services: ServiceContext) async throws -> Date? {
        guard let time else { return nil }
        guard let reading = try await services.metrics.show(subject).first else { return nil }
        return try await JobRows.instant(time, client: reading.client.id, services)
    }

    private static func target(_ text: String, _ services: ServiceContext) async throws -> TargetRow {
        let detail = try await services.posts.show(text)
        guard let target = detail.targets.first(where: { $0.id.description == text.lowercased() }) else {
            let targets = detail.targets.map { "\($0.id) (\(detail.account(of: $0)))" }
            throw CommandError(
                .badData, "\(text) is a post, not a target", details: targets, remedy: "name one of its targets")
        }
        return target
    }

    /// The rows of a file as fields by name.
    static func rows(
        of data: Data, fileName: String, _ problems: inout [CSVProblem]
    ) throws -> [(line: Int, fields: [String: String])] {
        var rows: [(line: Int, fields: [String: String])] = []
        switch ImportFormat(fileName: fileName) {
        case .ndjson:
            for (index, bytes) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            where !bytes.isEmpty {
                do {
                    rows.append((index + 1, try JSONDecoder().decode([String: String].self, from: bytes)))
                } catch {
                    problems.append(CSVProblem(line: index + 1, reason: "is no JSON object of texts on one line"))
                }
            }
        case .csv:
            var table: CSVTable
            do {
                table = try CSVTable(CSVReader(text: String(decoding: data, as: UTF8.self)), required: ["kind"])
            } catch let error as CSVError {
                throw CommandError(.badData, "\(fileName): \(error.message)")
            }
            while let next = try table.next() {
                switch next {
                case .failure(let problem): problems.append(problem)
                case .success(let row):
                    var fields: [String: String] = [:]
                    for column in table.columns { fields[column] = row[column] }
                    rows.append((row.line, fields))
                }
            }
        }
        return rows
    }

    static func reason(of error: any Error) -> String {
        if let error = error as? ValidationError { return error.message }
        return CommandError(describing: error).what
    }
}
