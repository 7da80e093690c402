// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PluginKit

/// When publications of a client are boosted without a person asking, and with what.
package struct BoostRule: Sendable, Hashable, Codable {
    /// What a publication's number is compared by.
    package var metric: MetricName
    /// How many times the account's typical post at the same age earns a boost: 2 is twice as much.
    package var threshold: Double
    /// The least age of a publication that is boosted, in hours.
    package var minimumAgeHours: Double
    /// The greatest age.
    package var maximumAgeHours: Double
    /// With how many other posts a publication is compared at least.
    package var minimumPosts: Int
    /// How many boosts of one publication at most, whoever made them.
    package var perPost: Int
    /// How many boosts a day at most for the client, in its zone: the changes that a rule may make.
    package var perDay: Int
    /// How many hours lie between two boosts of one account by rules.
    package var coolDownHours: Double
    /// Whether a publication is compared with what its account's posting-time curve lets expect of its hour.
    package var byHour: Bool
    /// Minutes of the client's day, 0 to 1,439, from when on nothing is begun; `nil` for no quiet hours.
    package var quietFrom: Int?
    /// Minutes of the client's day until when nothing is begun, exclusive; below ``quietFrom`` it reaches over midnight.
    package var quietUntil: Int?
    /// The objective.
    package var objective: String
    /// The budget as written; in the ad account's currency when it names none.
    package var budget: String
    /// How the budget is counted.
    package var budgetKind: BudgetKind
    /// How many days a boost runs.
    package var days: Int
    /// The ad account by slug; the platform's only one when `nil`.
    package var adAccount: String?
    /// Whom boosts are shown to.
    package var audience: Audience
    /// The button.
    package var callToAction: CallToAction?
    /// Legal categories of the advertisement.
    package var specialAdCategories: [String]

    /// Makes a rule: twice the typical, between 6 and 72 hours, once a post, twice a day, a day between two boosts of an account.
    package init(
        metric: MetricName = .engagements, threshold: Double = 2, minimumAgeHours: Double = 6,
        maximumAgeHours: Double = 72, minimumPosts: Int = 10, perPost: Int = 1, perDay: Int = 2,
        coolDownHours: Double = 24, byHour: Bool = false, quietFrom: Int? = nil, quietUntil: Int? = nil,
        objective: String, budget: String,
        budgetKind: BudgetKind = .lifetime, days: Int, adAccount: String? = nil, audience: Audience = Audience(),
        callToAction: CallToAction? = nil, specialAdCategories: [String] = []
    ) {
        self.metric = metric
        self.threshold = threshold
        self.minimumAgeHours = minimumAgeHours
        self.maximumAgeHours = maximumAgeHours
        self.minimumPosts = minimumPosts
        self.perPost = perPost
        self.perDay = perDay
        self.coolDownHours = coolDownHours
        self.byHour = byHour
        self.quietFrom = quietFrom
        self.quietUntil = quietUntil
        self.objective = objective
        self.budget = budget
        self.budgetKind = budgetKind
        self.days = days
        self.adAccount = adAccount
        self.audience = audience
        self.callToAction = callToAction
        self.specialAdCategories = specialAdCategories
    }

    /// What is wrong with it; empty when nothing is.
    package var problems: [String] {
        var problems: [String] = []
        if !(threshold >= 1 && threshold <= 100) { problems.append("the threshold is \(threshold): use 1 to 100") }
        if !(minimumAgeHours >= 0.25 && maximumAgeHours > minimumAgeHours && maximumAgeHours <= 24 * 29) {
            problems.append(
                "the ages are \(minimumAgeHours) to \(maximumAgeHours) hours: use 0.25 to 696, the greater second")
        }
        if !(5...1_000).contains(minimumPosts) {
            problems.append("\(minimumPosts) posts to compare with: use 5 to 1000")
        }
        if !(1...10).contains(perPost) { problems.append("\(perPost) boosts of one post: use 1 to 10") }
        if !(1...100).contains(perDay) { problems.append("\(perDay) boosts a day: use 1 to 100") }
        if !(coolDownHours >= 0 && coolDownHours <= 720) {
            problems.append("\(coolDownHours) hours between two boosts: use 0 to 720")
        }
        if !(1...365).contains(days) { problems.append("\(days) days: use 1 to 365") }
        return problems
    }

    /// Whether nothing is begun at an instant.
    package func isQuiet(at instant: Date, in zone: ZoneID) -> Bool {
        guard let from = self.quietFrom, let until = self.quietUntil, from != until else { return false }
        let wall = zone.wallTime(at: instant)
        let minute = wall.hour * 60 + wall.minute
        return from < until ? minute >= from && minute < until : minute >= from || minute < until
    }

    /// The boost of a publication that it asks for.
    func plan(_ publication: String, id: UUID) -> BoostPlan {
        var plan = BoostPlan(
            .publication(publication), adAccount: self.adAccount, objective: self.objective, budget: self.budget,
            kind: self.budgetKind, days: self.days, audience: self.audience)
        plan.callToAction = self.callToAction
        plan.specialAdCategories = self.specialAdCategories
        plan.rule = id
        return plan
    }
}
