// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import Logging

/// `posthorn demo`.
struct DemoCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "demo", "Live through a month of an agency in under a minute, from nothing to a result.",
        details: """
            Starts an installation of its own in ./.posthorn/demo (fresh each time): PostgreSQL, the pretend platforms, two workers. Four clients
            in four time zones import a month of posts; workers publish them on time, boosts run, metrics are fetched, a token dies, a worker is
            killed. Then it compares the database with the platforms' own ledger and writes an HTML page of the result.
            Needs no account, no key and no network. Exit code 1 when a post was lost or sent twice.
            """,
        examples: ["demo", "demo --page result.html", "demo -o json"],
        keys: [
            Column("period", nil, "the business time that was lived through: start, end"),
            Column("run", nil, "real seconds, worker processes, versions"),
            Column("deliveries", nil, "due, on time, late, failed by client and platform, with engagement and views"),
            Column("lateness", nil, "percentiles in seconds, by platform and in all"),
            Column("proof", nil, "what the platforms' own ledger says: visible, duplicates, missing, faults"),
            Column("calendar", nil, "every planned post and where it stands"),
            Column("week", nil, "the hours of the week of one account"),
            Column("boosts", nil, "boosts with their ledgers"),
            Column("troubles", nil, "what went wrong and how it ended"),
        ])

    @OptionGroup var options: CommandOptions

    @Option(help: ArgumentHelp("Where the HTML page is written.", valueName: "file"))
    var page = "posthorn-demo.html"

    func run(_ context: CommandContext) async throws {
        try DemoFolder.requireWritable(self.page)
        let folder = DemoFolder(context.state)
        try folder.state.create()
        let lock = try FolderLock.acquire(folder.state.lock, what: "posthorn demo")
        let environment = DemoEnvironment.isolate(context.settings.environment)
        let settings = try await ConfigurationLoader(environment: environment, flags: [:], file: nil).load()
        // A worker that is killed on purpose is told of at the end, not in the middle.
        var logger = context.logger
        logger.logLevel = max(logger.logLevel, .error)
        let own = CommandContext(
            settings: settings, output: context.output, state: folder.state, plugins: context.plugins, logger: logger)
        let run = DemoRun(context: own, folder: folder)
        let ended = try await StopSignal.guarding { try await run.run() }
        _ = consume lock
        guard case .finished(var outcome) = ended else {
            throw CommandError(.interrupted, "stopped; nothing is left running")
        }
        let reporter = DemoReporter(findings: outcome.findings, verdict: outcome.verdict)
        outcome.report.commands = DemoCommands.list(state: folder.state, target: outcome.survivor)
        var page = outcome.report
        page.week?.account += ", learned from what the workers fetched"
        try DemoFolder.write(Data(DemoPage.render(page).utf8), to: self.page)
        try self.show(outcome, reporter, context.output)
        guard outcome.verdict.isKept else {
            throw CommandError(
                .failed, "a promise was broken",
                details: outcome.verdict.missing.map { "lost: \($0)" }
                    + outcome.verdict.open.map { "not ended: \($0)" },
                remedy: "look at the logs in \(folder.state.logs)")
        }
    }

    private func show(_ outcome: DemoRun.Outcome, _ reporter: DemoReporter, _ output: Output) throws {
        guard output.format == .table else {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.dateEncodingStrategy = .iso8601
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            if output.format == .json { encoder.outputFormatting.insert(.prettyPrinted) }
            return output.text(String(decoding: try encoder.encode(outcome.report), as: UTF8.self))
        }
        let summary = DemoSummary(
            report: outcome.report, verdict: outcome.verdict, notes: outcome.notes,
            latenesses: { reporter.latenesses(platform: $0, client: $1) }, terminal: output.terminal)
        var text = summary.render()
        text += "\nThe whole month as a page: \(self.page)\n"
        let widest = outcome.report.commands.map(\.line.count).max() ?? 0
        for command in outcome.report.commands {
            let gap = String(repeating: " ", count: widest - command.line.count + 2)
            text += "  \(command.line)\(gap)\(command.purpose)\n"
        }
        output.text(text)
    }
}
