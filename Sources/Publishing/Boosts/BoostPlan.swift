// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PluginKit

/// A boost as a person describes it.
package struct BoostPlan: Sendable {
    /// What is promoted: an existing publication, or a target, perhaps not published yet.
    package enum Subject: Sendable, Hashable {
        /// A publication by identity.
        case publication(String)
        /// A target by identity; the boost waits until it is published.
        case target(String)
    }

    /// What is promoted.
    package var subject: Subject
    /// The ad account by slug or identity.
    package var adAccount: String?
    /// The objective.
    package var objective: String
    /// The budget as written; in the ad account's currency when it names none.
    package var budget: String
    /// How the budget is counted.
    package var kind: BudgetKind
    /// When it begins; when it is created, or its target is published, unless given.
    package var start: PostTime
    /// How many days it runs.
    package var days: Int
    /// Whom it is shown to.
    package var audience: Audience
    /// The button, where one is wanted.
    package var callToAction: CallToAction?
    /// Legal categories of the advertisement, by the platform's names.
    package var specialAdCategories: [String] = []
    /// Whether it is stopped when it spends next to nothing of its plan; otherwise that is only said.
    package var stopsWhenIdle = false
    /// The rule that wants it; `nil` for a person's.
    package var rule: UUID?
    /// The campaign; empty for the post's own.
    package var campaign: String

    /// Makes a plan for everybody, beginning now.
    package init(
        _ subject: Subject, adAccount: String? = nil, objective: String, budget: String, kind: BudgetKind = .lifetime,
        days: Int,
        start: PostTime = .unplanned, audience: Audience = Audience(), campaign: String = ""
    ) {
        self.subject = subject
        self.adAccount = adAccount
        self.objective = objective
        self.budget = budget
        self.kind = kind
        self.days = days
        self.start = start
        self.audience = audience
        self.campaign = campaign
    }
}
