// SPDX-License-Identifier: MIT

import Analysis
package import Domain
package import Foundation
import PluginKit

/// What a rule says about a publication, and why.
package struct RuleVerdict: Sendable, Hashable {
    /// The class of the answer.
    package enum Code: String, Sendable, CaseIterable {
        /// It is boosted.
        case boost
        /// It was to be boosted, but the boost was refused: a cap, the platform's rules.
        case refused
        /// There is too little to compare with.
        case notEnoughData = "not-enough-data"
        /// It did not earn it.
        case belowThreshold = "below-threshold"
        /// It was boosted as often as allowed.
        case boosted
        /// Nothing is begun at this time of day.
        case quietHours = "quiet-hours"
        /// The day's boosts are used up.
        case dayFull = "day-full"
        /// The account was boosted a short while ago.
        case coolDown = "cool-down"

        /// Whether waiting may change it.
        package var mayChange: Bool { ![.boost, .boosted].contains(self) }
    }

    /// The publication.
    package var publication: PublicationID
    /// The class of the answer.
    package var code: Code
    /// Why, as a sentence for a person.
    package var reason: String
    /// How many times the expected it had, when that could be said.
    package var ratio: Double?
}

/// A boost that a rule made.
package struct RuledBoost: Sendable, Hashable {
    /// The account.
    package var account: AccountID
    /// The publication.
    package var publication: PublicationID
    /// When.
    package var at: Date
    /// Whether it began; one that a person called off before, or that the platform refused, did not.
    package var hasBegun: Bool

    /// Notes a boost.
    package init(account: AccountID, publication: PublicationID, at: Date, hasBegun: Bool = true) {
        self.account = account
        self.publication = publication
        self.at = at
        self.hasBegun = hasBegun
    }
}

/// A publication that a rule may boost, with how it stands.
struct RuleCandidate: Sendable, Hashable {
    var post: EarlyPost
    var standing: EarlyStanding

    /// The boost of it, begun at an instant.
    func boost(at instant: Date) -> RuledBoost {
        RuledBoost(account: self.post.account, publication: self.post.publication, at: instant)
    }
}

/// Applies a rule to what is known at an instant.
///
/// Pure: the same results, history and instant give the same verdicts.
package struct RuleJudge: Sendable {
    /// The rule.
    package var rule: BoostRule
    /// The zone of the client's day.
    package var zone: ZoneID
    /// What is known of the accounts' hours; an account without a fit is judged by its typical post alone.
    package var fits: [AccountID: StoredFit]

    /// Makes a judge.
    package init(rule: BoostRule, zone: ZoneID, fits: [AccountID: StoredFit] = [:]) {
        self.rule = rule
        self.zone = zone
        self.fits = fits
    }

    /// The verdicts on every publication of the rule's ages that has a reading, the best first, as if every boost were allowed.
    ///
    /// - Parameters:
    ///   - results: What is known.
    ///   - made: The boosts that rules of the client made before, in any order; those of persons are counted by the publications.
    ///   - instant: Now.
    /// - Returns: What the rule says of each.
    package func verdicts(_ results: EarlyResults, made: [RuledBoost], at instant: Date) -> [RuleVerdict] {
        var made = made
        return self.candidates(results, at: instant).map { candidate in
            let verdict = self.verdict(on: candidate, made: made, at: instant)
            if verdict.code == .boost { made.append(candidate.boost(at: instant)) }
            return verdict
        }
    }

    /// The publications of the rule's ages that have a reading, the best first.
    ///
    /// One that money promoted nobody knows since when is none: what it has may be bought.
    func candidates(_ results: EarlyResults, at instant: Date) -> [RuleCandidate] {
        let ages = (self.rule.minimumAgeHours * 3_600)...(self.rule.maximumAgeHours * 3_600)
        let candidates = results.posts.compactMap { post -> RuleCandidate? in
            guard !post.isPaid, ages.contains(instant.timeIntervalSince(post.publishedAt)),
                var standing = results.standing(of: post, at: instant),
                standing.ageHours >= self.rule.minimumAgeHours
            else { return nil }
            if self.rule.byHour { standing.worth = self.fits[post.account].map { HourWorth(at: post.publishedAt, $0) } }
            return RuleCandidate(post: post, standing: standing)
        }
        return candidates.sorted { left, right in
            let ratios = (left.standing.ratio ?? 0, right.standing.ratio ?? 0)
            return ratios.0 == ratios.1
                ? left.post.publication.description < right.post.publication.description : ratios.0 > ratios.1
        }
    }

    /// What the rule says of one publication, with the boosts that were made by now.
    func verdict(on candidate: RuleCandidate, made: [RuledBoost], at instant: Date) -> RuleVerdict {
        let (code, reason) = self.answer(candidate.post, candidate.standing, made: made, at: instant)
        return RuleVerdict(
            publication: candidate.post.publication, code: code, reason: reason, ratio: candidate.standing.ratio)
    }

    private func answer(
        _ post: EarlyPost, _ standing: EarlyStanding, made: [RuledBoost], at instant: Date
    ) -> (RuleVerdict.Code, String) {
        let metric = self.rule.metric.rawValue
        guard standing.posts >= self.rule.minimumPosts, let ratio = standing.ratio else {
            let why =
                standing.posts < self.rule.minimumPosts
                ? "only \(standing.posts) posts of the account have a reading at that age; the rule wants \(self.rule.minimumPosts)"
                : "the account's typical post has no \(metric) at that age"
            return (.notEnoughData, why)
        }
        let earned =
            "\(standing.value) \(metric) after \(Self.hours(standing.ageHours)), \(Self.times(ratio)) \(Self.expected(standing))"
        guard ratio >= self.rule.threshold else {
            return (.belowThreshold, "\(earned); the rule wants \(Self.times(self.rule.threshold))")
        }
        let own = post.boosts + made.count { $0.publication == post.publication }
        guard own < self.rule.perPost else {
            let words =
                made.contains { $0.publication == post.publication && !$0.hasBegun }
                ? "a boost of it was called off or refused" : "it was boosted \(own) time(s) already"
            return (.boosted, "\(earned); \(words)")
        }
        // What was called off or refused is final for its post, and uses up nobody's day.
        let made = made.filter(\.hasBegun)
        if self.rule.isQuiet(at: instant, in: self.zone) {
            return (.quietHours, "\(earned); nothing is begun in the quiet hours")
        }
        let today = self.zone.wallTime(at: instant).dayNumber
        let count = made.count { self.zone.wallTime(at: $0.at).dayNumber == today }
        guard count < self.rule.perDay else {
            return (.dayFull, "\(earned); \(count) boost(s) were begun today, which is all that is allowed")
        }
        let last = made.filter { $0.account == post.account && $0.at <= instant }.map(\.at).max()
        if let last, instant.timeIntervalSince(last) < self.rule.coolDownHours * 3_600 {
            let since = Self.hours(instant.timeIntervalSince(last) / 3_600)
            return (
                .coolDown,
                "\(earned); the account was boosted \(since) ago, and \(Self.hours(self.rule.coolDownHours)) lie between two"
            )
        }
        return (.boost, earned)
    }

    private static func expected(_ standing: EarlyStanding) -> String {
        let typical = "the account's typical \(Self.number(standing.typical)) (\(standing.posts) posts)"
        guard let worth = standing.worth else { return typical }
        guard worth.isSure else { return "\(typical); its hour, \(worth.hour), makes no measurable difference" }
        return
            "the \(Self.number((standing.expected * 10).rounded() / 10)) that \(worth.hour) lets expect: \(typical), \(AccountCurve.percent(worth.score)) at that hour"
    }

    private static func times(_ ratio: Double) -> String { "\((ratio * 10).rounded() / 10) ×" }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int64(value)) : String(value)
    }

    private static func hours(_ hours: Double) -> String {
        let rounded = (hours * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded)) h" : "\(rounded) h"
    }
}
