// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Publishing

/// `posthorn best-times backtest`.
struct BestTimesBacktestCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "backtest", "Say what the model would have been worth on posts that it had not seen.",
        details: """
            Each account's past is cut in time: the first part is learnt from, the rest is asked. Compared are the posts of the rest in the
            best fifth of their hours with all of the rest. Accounts with fewer than ten posts on either side are not asked. Nobody drew those
            hours by lot: what was posted then is part of the difference.
            """,
        examples: [
            "best-times backtest --platform instagram", "best-times backtest --input posts.csv --known 25 -o json",
        ],
        keys: [
            Column("accounts", nil, "accounts with enough posts"), Column("posts", nil, "posts that were asked"),
            Column("lift", nil, "lift of the best fifth, in standard deviations of each account"),
            Column(
                "lower", nil, "the lower end of its 95 % interval, by drawing accounts anew; null below five accounts"),
            Column("upper", nil, "the upper end"), Column("gain", nil, "the lift in engagement: 0.13 is 13 % more"),
            Column("calibration", nil, "1 when what is said comes true, below 1 when too much is said"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("The accounts of this platform in the database.", valueName: "platform"))
    var platform: String?
    @Option(help: ArgumentHelp("A file of posts instead, as `best-times rank` reads it.", valueName: "file"))
    var input: String?
    @Option(help: ArgumentHelp("The share of each account's past to learn from.", valueName: "0…1")) var share = 0.7
    @Option(help: ArgumentHelp("Learn from so many of an account's last posts only.", valueName: "n")) var known: Int?

    func validate() throws {
        guard (self.platform == nil) != (self.input == nil) else {
            throw ValidationError("Give either --platform or --input.")
        }
        guard self.share > 0, self.share < 1 else { throw ValidationError("--share must be between 0 and 1.") }
        guard self.known.map({ $0 > 0 }) ?? true else { throw ValidationError("--known must be above 0.") }
    }

    func run(_ context: CommandContext) async throws {
        let histories: [TimingHistory]
        var skipped = 0
        if let input = self.input {
            (histories, skipped) = try PostsFile(path: input).histories { context.output.warn($0) }
        } else {
            let platform = PlatformID(rawValue: self.platform ?? "")
            histories = try await context.withServices {
                try await TimingService(pool: $0.pool).histories(on: platform)
            }
        }
        guard let result = try Backtest.run(histories, plan: Backtest.Plan(share: self.share, known: self.known)) else {
            throw CommandError(
                .conflict, "not enough data: no account has ten posts on either side of the cut",
                remedy: self.input == nil
                    ? "is the platform's name right? import past posts with `posthorn history import`, or wait for more"
                    : "give more of each account's past")
        }
        context.output.show(
            Record([
                "accounts": .count(result.accounts), "posts": .count(result.posts),
                "lift": .number(result.lift, places: 3),
                "lower": result.interval.map { .number($0.lowerBound, places: 3) } ?? .none,
                "upper": result.interval.map { .number($0.upperBound, places: 3) } ?? .none,
                "gain": .number(result.gain, places: 3),
                "calibration": .number(result.calibration, places: 2),
            ]), idKey: "lift")
        if let interval = result.interval {
            if interval.contains(0) {
                context.output.note("the interval holds 0: nothing can be told from chance here")
            }
        } else {
            context.output.note("\(result.accounts) account(s) are too few for an interval: this may be chance")
        }
        guard skipped == 0 else {
            throw CommandError(.partlyFailed, "\(skipped) row(s) were left out, see above; the rest was used")
        }
    }
}
