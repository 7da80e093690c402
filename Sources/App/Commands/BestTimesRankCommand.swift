// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Foundation

/// `posthorn best-times rank`: a file in, a file out, no database.
///
/// Here `--output` is a file, so the command does not take the options of the others.
struct BestTimesRankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "rank", "Rank all 168 hours of the week for every account of a file; needs no database.",
        details: """
            Reads a CSV with the columns account, platform, posted_at, paid, engagement and, where there are any, impressions, followers,
            content_type, tz, observed_at, in any order. Writes account, weekday (0 is Monday), hour, score, lower, upper for every hour of
            every account: a score of 1.18 is 18 % more engagement than the account's typical post, and the truth is between lower and
            upper in 80 of 100 cases. When one name stands on several platforms, a last column, platform, tells them apart. Boosted posts and posts whose numbers are too young are left out. Wrong rows are named on standard
            error and left out (exit code 2). The same rows give the same file.
            """,
        examples: [
            "best-times rank --input posts.csv --output slots.csv",
            "best-times rank --input posts.csv --output slots.json --strict",
            "best-times rank --input - --output - < posts.csv",
        ])

    @Option(help: ArgumentHelp("The posts; - reads standard input.", valueName: "file")) var input: String
    @Option(
        help: ArgumentHelp("The slots: JSON when the name ends in .json, else CSV; - prints them.", valueName: "file"))
    var output: String
    @Flag(name: .customLong("strict"), help: "Refuse the file when a row cannot be used.") var isStrict = false
    @Flag(name: .customLong("quiet"), help: "No messages but warnings and errors.") var isQuiet = false

    func run() async throws {
        let output = Output(format: .table, isQuiet: self.isQuiet || self.output == "-", terminal: .current())
        do {
            try self.rank(output)
        } catch {
            let known = CommandError(describing: error)
            output.fail(known)
            throw Finished(status: known.status)
        }
    }

    private func rank(_ output: Output) throws {
        let file = PostsFile(path: self.input)
        let (histories, skipped) = try file.histories { output.warn($0) }
        guard skipped == 0 || !self.isStrict else {
            throw CommandError(
                .badData, "\(skipped) row(s) cannot be used, see above; nothing was written",
                remedy: "mend them, or leave out --strict to use the rest")
        }
        guard !histories.isEmpty else {
            throw CommandError(
                .badData, "no row of \(file.name) can be used",
                remedy: "see `posthorn best-times rank --help` for the columns")
        }
        let times = try BestTimes(histories)
        try self.write(times)
        let posts = histories.reduce(0) { $0 + $1.posts.count }
        let left = histories.reduce(0) { $0 + $1.excluded.values.reduce(0, +) }
        output.success(
            "\(times.accounts.count) account(s) ranked from \(posts) posts; \(left) boosted, young or without numbers")
        guard skipped == 0 else {
            throw CommandError(.partlyFailed, "\(skipped) row(s) were left out, see above; the rest was used")
        }
    }

    private func write(_ times: BestTimes) throws {
        let file = SlotsFile(self.output.lowercased().hasSuffix(".json") ? .json : .csv, of: times)
        var data = file.head
        for (index, account) in times.accounts.enumerated() { data += try file.rows(account, isFirst: index == 0) }
        data += file.tail
        guard self.output != "-" else { return try FileHandle.standardOutput.write(contentsOf: data) }
        do {
            // Whole or not at all.
            try data.write(to: URL(fileURLWithPath: self.output), options: .atomic)
        } catch {
            throw CommandError(
                .badData, "cannot write the file \(self.output)", details: [error.localizedDescription],
                remedy: "is there such a folder, room on the disk, and may this user write there?")
        }
    }
}
