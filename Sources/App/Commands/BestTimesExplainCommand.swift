// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Persistence
import Publishing

/// `posthorn best-times explain`.
struct BestTimesExplainCommand: PosthornCommand {
    private static let columns = [
        Column("weekday", nil, "0 is Monday"), Column("hour", nil, "local hour, 0 to 23"),
        Column("slot", "HOUR", "day and hour for a person"),
        Column("score", "SCORE", "engagement against the account's typical post: 1.18 is 18 % more"),
        Column("lower", "FROM", "the lower end of the 80 % interval"),
        Column("upper", "TO", "the upper end"),
        Column("own_share", "OWN", "how much comes from the account's own posts, 0 to 1; the rest is the platform's"),
        Column("chance", "CHANCE", "the probability that it is better than typical"),
        Column("posts", "POSTS", "the account's posts in this hour"),
        Column("certainty", "CERTAINTY", "strong, weak, borrowed or none"), Column("sentence", nil, "what can be said"),
    ]
    static let configuration = CommandConfiguration(
        "explain", "Say which hours do better or worse for an account, how sure that is and why.",
        details: """
            Workers fit the model of docs/best-times.md to the account's publications and, for what it cannot know from them, to those of
            the other accounts of its platform in this installation; where the account has other posts than at its last fit, or with
            --fresh, it is fitted for this answer. A table shows the five best and three worst hours; json, jsonl and csv have
            all 168, best first. What was left out is counted.
            """,
        examples: [
            "best-times explain --account acme/instagram", "best-times explain --account acme/x -o json",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?

    @Flag(help: "Fit anew for this answer.") var fresh = false

    func run(_ context: CommandContext) async throws {
        let timing = try await context.withServices {
            try await TimingService(pool: $0.pool).timing(of: self.account, client: self.client, isFresh: self.fresh)
        }
        let curve = timing.fit.curve
        let ranked = curve.ranked
        let isTable = context.output.format == .table && !context.output.isQuiet
        let shown = isTable ? Array(ranked.prefix(5) + ranked.suffix(3)) : ranked
        if isTable { context.output.text("\(timing.name) — \(timing.dataLine); local time in \(timing.fit.zone)") }
        context.output.show(
            Listing(Self.columns, rows: shown.map { Self.record($0, timing) }, idKey: "slot"))
        guard isTable else { return }
        context.output.text(timing.sentences.map { "· \($0)" }.joined(separator: "\n"))
    }

    private static func record(_ hour: AccountCurve.Hour, _ timing: AccountTiming) -> Record {
        let curve = timing.fit.curve
        return Record([
            "weekday": .count(hour.hour.weekday), "hour": .count(hour.hour.hour), "slot": .text("\(hour.hour)"),
            "score": .number(hour.score, places: 2), "lower": .number(hour.lower, places: 2),
            "upper": .number(hour.upper, places: 2), "own_share": .number(hour.ownShare, places: 2),
            "chance": .number(hour.chance, places: 2), "posts": .count(hour.posts),
            "certainty": .text(curve.certainty(of: hour).rawValue),
            "sentence": .text(curve.sentence(for: hour, platform: "\(timing.account.platform)", common: timing.common)),
        ])
    }
}
