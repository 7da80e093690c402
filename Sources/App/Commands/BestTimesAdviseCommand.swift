// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import PluginKit
import Publishing

/// `posthorn best-times advise`.
struct BestTimesAdviseCommand: PosthornCommand {
    private static let columns = [
        Column("published", "PUBLISHED", "when it appeared, in the account's zone"),
        Column("verdict", "VERDICT", "boost, or why not"),
        Column("ratio", "TIMES", "times what was to be expected of its age and hour"),
        Column("hour_score", "HOUR", "what its hour is worth: 1.18 is 18 % more than typical"),
        Column("reason", "WHY", "why", isFlexible: true),
        Column("publication", "PUBLICATION", "for `boost create --publication`"),
        Column("text", nil, "the beginning of what was published"),
    ]
    static let configuration = CommandConfiguration(
        "advise", "Say which publications of an account are worth a boost, and why.",
        details: """
            What a publication had early is compared with the account's typical organic post at the same age, and that with what the account's
            week lets expect of the post's hour: one that does well in a poor hour earns more than one that does as expected in a good hour.
            Where an hour makes no measurable difference it changes nothing. Boosted posts and what money bought are in neither. Nothing is
            boosted: `boost create` does that, and `boost rule add --by-hour` by itself.
            """,
        examples: [
            "best-times advise --account acme/instagram",
            "best-times advise --account acme/instagram --age 3h-48h --threshold 1.5 --all -o json",
        ],
        keys: columns)

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("What is compared, as in `boost rule add`.", valueName: "metric"))
    var metric = "engagements"
    @Option(help: ArgumentHelp("How many times the expected earns a boost.", valueName: "factor"))
    var threshold: Double = 2
    @Option(help: ArgumentHelp("The ages of posts that are looked at, as 6h-72h.", valueName: "from-to"))
    var age = "6h-72h"
    @Option(help: ArgumentHelp("With how many other posts one is compared at least.", valueName: "n"))
    var minimumPosts = 10
    @Flag(name: .customLong("all"), help: "Show those that did not earn it too.") var showsAll = false

    func run(_ context: CommandContext) async throws {
        let metric = try BoostRuleOptions.metric(self.metric)
        let (youngest, oldest) = try BoostRuleOptions.ages(self.age)
        guard youngest < oldest else {
            throw CommandError.usage("--age “\(self.age)” ends before it begins", remedy: "write it as 6h-72h")
        }
        let advices = try await context.withServices {
            try await BoostAdvisor(pool: $0.pool).advise(
                account: self.account, client: self.client, metric: metric, threshold: self.threshold,
                ages: youngest...oldest, minimumPosts: self.minimumPosts)
        }
        let shown = advices.posts.filter { self.showsAll || $0.verdict == .boost }
        context.output.show(
            Listing(
                Self.columns, rows: shown.map { Self.record($0, advices.zone) }, idKey: "publication",
                empty: advices.posts.isEmpty
                    ? "no publication of those ages has a reading" : "none of \(advices.posts.count) earned a boost"))
        if advices.isFlat {
            context.output.note("for this account the hour makes no measurable difference: compared is by age alone")
        }
    }

    private static func record(_ advice: BoostAdvice, _ zone: ZoneID) -> Record {
        Record([
            "published": .time(advice.publishedAt, in: zone.rawValue), "verdict": .state(advice.verdict.rawValue),
            "ratio": advice.ratio.map { .number($0, places: 1) } ?? .none,
            "hour_score": .number(advice.hour.expected, places: 2), "reason": .text(advice.reason),
            "publication": .text("\(advice.publication)"), "text": .text(advice.text),
        ])
    }
}
