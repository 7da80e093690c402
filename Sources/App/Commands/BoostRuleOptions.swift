// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import PluginKit
import Publishing

/// What a boost rule says, as flags.
struct BoostRuleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this account, by slug; all of the client's when not given.", valueName: "account"))
    var account: String?
    @Option(
        help: ArgumentHelp(
            "What is compared: engagements, views, reach, likes, comments, shares, saves, clicks, video_views.",
            valueName: "metric"))
    var metric: String = "engagements"
    @Option(
        help: ArgumentHelp(
            "How many times the account's typical post at the same age earns a boost.", valueName: "factor"))
    var threshold: Double = 2
    @Option(help: ArgumentHelp("The ages of posts that are boosted, as 6h-72h.", valueName: "from-to"))
    var age: String = "6h-72h"
    @Option(help: ArgumentHelp("With how many other posts one is compared at least.", valueName: "n"))
    var minimumPosts: Int = 10
    @Flag(help: "Compare with what the account's best times let expect of the post's hour.")
    var byHour = false
    @Option(help: ArgumentHelp("Boosts of one post at most, whoever made them.", valueName: "n"))
    var perPost: Int = 1
    @Option(help: ArgumentHelp("Boosts that it begins on one day of the client at most.", valueName: "n"))
    var perDay: Int = 2
    @Option(help: ArgumentHelp("How long lies between two boosts of one account by rules.", valueName: "duration"))
    var coolDown: String = "24h"
    @Option(
        help: ArgumentHelp("Hours of the client's day when nothing is begun, as 22:00-07:00.", valueName: "from-to"))
    var quietHours: String?
    @OptionGroup var terms: BoostTermOptions

    /// The flags as a rule.
    ///
    /// - Throws: ``CommandError`` with exit code 64 or 65 that says how it is written.
    func rule() throws -> BoostRule {
        let metric = try Self.metric(self.metric)
        let (youngest, oldest) = try Self.ages(self.age)
        var rule = BoostRule(
            metric: metric, threshold: self.threshold, minimumAgeHours: youngest, maximumAgeHours: oldest,
            minimumPosts: self.minimumPosts, perPost: self.perPost, perDay: self.perDay,
            coolDownHours: try JobRows.duration(self.coolDown) / .seconds(3_600), objective: self.terms.objective,
            budget: self.terms.budget, budgetKind: self.terms.kind, days: self.terms.days,
            adAccount: self.terms.adAccount, callToAction: self.terms.button,
            specialAdCategories: self.terms.specialAdCategory)
        rule.byHour = self.byHour
        if let quietHours {
            (rule.quietFrom, rule.quietUntil) = try SlotWishOptions.hours(quietHours, of: "--quiet-hours")
        }
        rule.audience = try self.terms.people()
        return rule
    }

    /// Reads the name of a metric that is compared.
    ///
    /// - Throws: ``CommandError`` with exit code 64 that names those that are.
    static func metric(_ name: String) throws -> MetricName {
        let metric = MetricName(rawValue: name)
        guard EarlyResults.metrics.contains(metric) else {
            throw CommandError.usage(
                "--metric “\(name)” is none that is compared",
                remedy: "use \(EarlyResults.metrics.map(\.rawValue).joined(separator: ", "))")
        }
        return metric
    }

    /// Reads a span of ages, say `6h-72h`, as hours.
    ///
    /// - Throws: ``CommandError`` with exit code 64 that says how it is written.
    static func ages(_ text: String) throws -> (Double, Double) {
        let ages = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ages.count == 2 else {
            throw CommandError.usage("--age “\(text)” is no span of ages", remedy: "write it as 6h-72h")
        }
        return (
            try JobRows.duration(String(ages[0])) / .seconds(3_600),
            try JobRows.duration(String(ages[1])) / .seconds(3_600)
        )
    }
}
