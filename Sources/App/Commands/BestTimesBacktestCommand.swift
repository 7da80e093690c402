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
            The past is cut in time: the first part is learnt from, the rest is asked. Compared are the posts of the rest in the best fifth of
            their hours with all of the rest. With --account the cut is one date: before it lies all that is learnt from, the account's own posts
            and those of the others on its platform. With --platform or --input every account is cut by its own count of posts, and what it
            borrows may be younger than its cut; --strict lets nobody learn from what others posted after it. Accounts with fewer than ten
            posts on either side are not asked. Nobody drew those hours by lot: what was posted then is part of the difference.
            """,
        examples: [
            "best-times backtest --account acme/instagram", "best-times backtest --platform instagram --strict",
            "best-times backtest --input posts.csv --known 25 -o json",
        ],
        keys: [
            Column("accounts", nil, "accounts with enough posts"),
            Column("learnt", nil, "posts of theirs that were learnt from"),
            Column("posts", nil, "posts that were asked"),
            Column("cut", nil, "of one account: local time of the first post that was asked, else null"),
            Column("lift", nil, "lift of the best fifth, in standard deviations of each account"),
            Column(
                "lower", nil,
                "the lower end of its 95 % interval, by drawing accounts anew, or the weeks of one account; null below five"
            ),
            Column("upper", nil, "the upper end"), Column("gain", nil, "the lift in engagement: 0.13 is 13 % more"),
            Column("calibration", nil, "1 when what is said comes true, below 1 when too much is said"),
            Column("calibration_lower", nil, "the lower end of its 95 % interval, from the same draws"),
            Column("calibration_upper", nil, "the upper end"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp(
            "This account's past, as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String?
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("All accounts of this platform in the database.", valueName: "platform"))
    var platform: String?
    @Option(help: ArgumentHelp("A file of posts instead, as `best-times rank` reads it.", valueName: "file"))
    var input: String?
    @Option(help: ArgumentHelp("The share of each account's past to learn from.", valueName: "0…1")) var share = 0.7
    @Option(help: ArgumentHelp("Learn from so many of an account's last posts only.", valueName: "n")) var known: Int?
    @Flag(help: "Learn nothing from what others posted after an account's cut; --account always does so.")
    var strict = false

    private var plan: Backtest.Plan {
        Backtest.Plan(share: self.share, known: self.known, isStrict: self.strict)
    }

    func validate() throws {
        guard [self.account, self.platform, self.input].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("Give one of --account, --platform and --input.")
        }
        guard self.client == nil || self.account != nil else { throw ValidationError("--client goes with --account.") }
        guard self.share > 0, self.share < 1 else { throw ValidationError("--share must be between 0 and 1.") }
        guard self.known.map({ $0 > 0 }) ?? true else { throw ValidationError("--known must be above 0.") }
    }

    func run(_ context: CommandContext) async throws {
        if let account = self.account { return try await self.run(account, context) }
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
        guard let result = try Backtest.run(histories, plan: self.plan) else {
            throw CommandError(
                .conflict, "not enough data: no account has ten posts on either side of the cut",
                remedy: self.input == nil
                    ? "is the platform's name right? import past posts with `posthorn history import`, or wait for more"
                    : "give more of each account's past")
        }
        self.show(result, context.output)
        guard skipped == 0 else {
            throw CommandError(.partlyFailed, "\(skipped) row(s) were left out, see above; the rest was used")
        }
    }

    private func run(_ account: String, _ context: CommandContext) async throws {
        let past = try await context.withServices {
            try await TimingService(pool: $0.pool).past(of: account, client: self.client)
        }
        guard let result = try Backtest.run(of: past.name, on: past.platform, among: past.histories, plan: self.plan)
        else {
            throw CommandError(
                .conflict,
                "not enough data: \(past.name) has \(past.posts) usable \(past.posts == 1 ? "post" : "posts"), and ten on either side of the cut take \(self.plan.leastPosts)",
                remedy: "take in what it posted before with `posthorn metrics backfill` or `history import`, or wait")
        }
        self.show(result, context.output)
    }

    private func show(_ result: Backtest, _ output: Output) {
        func number(_ value: Double?, _ places: Int) -> Field { value.map { .number($0, places: places) } ?? .none }
        output.show(
            Record([
                "accounts": .count(result.accounts), "learnt": .count(result.learnt), "posts": .count(result.posts),
                "cut": result.cut.map { .text($0.description) } ?? .none,
                "lift": .number(result.lift, places: 3),
                "lower": number(result.interval?.lowerBound, 3), "upper": number(result.interval?.upperBound, 3),
                "gain": .number(result.gain, places: 3),
                "calibration": .number(result.calibration, places: 2),
                "calibration_lower": number(result.calibrationInterval?.lowerBound, 2),
                "calibration_upper": number(result.calibrationInterval?.upperBound, 2),
            ]), idKey: "lift")
        if let interval = result.interval {
            if interval.contains(0) {
                output.note("the interval holds 0: nothing can be told from chance here")
            }
        } else if result.accounts == 1 {
            output.note(
                "not enough data for an interval: the posts that were asked are of \(result.weeks) week(s); this may be chance"
            )
        } else {
            output.note("\(result.accounts) accounts are too few for an interval: this may be chance")
        }
    }
}
