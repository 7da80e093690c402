// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient
package import PluginKit

/// Where a boost stands.
package enum BoostState: String, Sendable, CaseIterable, PQConvertible {
    /// Its target is not published yet.
    case waiting
    /// It may cost more than one person may decide: a second one must release it.
    case awaitingRelease = "awaiting-release"
    /// Waits for its turn.
    case planned
    /// A worker starts it.
    case starting
    /// Nobody knows whether the platform started it.
    case unknown
    /// The platform looks at it.
    case inReview = "in-review"
    /// It runs.
    case running
    /// Made, not running.
    case paused
    /// The platform was asked, or will be, to stop it, until it confirms.
    case stopping
    /// It came to its end.
    case completed
    /// Somebody stopped it.
    case stopped
    /// The platform refused it.
    case rejected
    /// It failed for a reason that is kept.
    case failed
    /// A person called it off before it began.
    case cancelled
    /// Its job is held: a person must look why.
    case held

    /// Whether it ran, or was to run, and does not deliver any more.
    package var hasEnded: Bool { [.completed, .stopped, .rejected].contains(self) }
}

/// That a boost is to be stopped.
package struct StopWish: Sendable, Hashable {
    /// Since when; the world's time.
    package var at: Date
    /// Who said so.
    package var by: String
    /// Why.
    package var reason: String
}

/// Paid promotion of a publication.
package struct BoostRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: BoostID
    /// The account whose publication is promoted.
    package var account: AccountID
    /// Where the money is spent.
    package var adAccount: AdAccountID?
    /// What is promoted, once it exists.
    package var publication: PublicationID?
    /// The target whose publication is promoted.
    package var target: TargetID?
    /// One of the platform's objectives.
    package var objective: String
    /// Whom it is shown to.
    package var audience: Audience
    /// The budget.
    package var budget: Money
    /// How the budget is counted.
    package var budgetKind: BudgetKind
    /// When it begins; the world's time.
    package var startsAt: Date
    /// When it ends; the world's time.
    package var endsAt: Date
    /// The button, where one is wanted.
    package var callToAction: CallToAction?
    /// Legal categories of the advertisement, by the platform's names.
    package var specialAdCategories: [String]
    /// The most that it may cost by the platform's own rules, in minor units of the budget's currency.
    package var mostMinorUnits: Int64
    /// Whether a second person must release it.
    package var needsRelease: Bool
    /// Who released it.
    package var releasedBy: String?
    /// The rule that made it.
    package var rule: UUID?
    /// Why it is to be stopped, and who said so.
    package var stop: StopWish?
    /// When its spend was final and the rest given back; the world's time.
    package var settledAt: Date?
    /// Whether it is stopped when it spends next to nothing of its plan.
    package var stopsWhenIdle = false
    /// Since when it spends next to nothing of its plan; the world's time.
    package var idleSince: Date?
    /// The platform's words about a refusal or a problem, or ours about its spend.
    package var remark: String?
    /// The campaign; empty for none.
    package var campaign: String
    /// Where it stands.
    package var state: BoostState
    /// The job that starts it.
    package var job: JobID?
    /// The platform's identity of it.
    package var remoteID: String?
    /// What was spent, in minor units of the budget's currency, when the platform said.
    package var spendMinorUnits: Int64?
    /// Paid results by name, when the platform said.
    package var results: [String: Int64]
    /// Why it failed.
    package var failureCode: String?
    /// What happened then.
    package var failureMessage: String?
    /// Who made it.
    package var createdBy: String

    /// Makes a boost that has not begun.
    package init(
        client: ClientID, id: BoostID = BoostID(), account: AccountID, adAccount: AdAccountID?,
        publication: PublicationID?, target: TargetID?, objective: String, audience: Audience, budget: Money,
        budgetKind: BudgetKind, startsAt: Date, endsAt: Date, callToAction: CallToAction? = nil,
        specialAdCategories: [String] = [], mostMinorUnits: Int64, needsRelease: Bool = false, rule: UUID? = nil,
        campaign: String, state: BoostState, createdBy: String
    ) {
        self.client = client
        self.id = id
        self.account = account
        self.adAccount = adAccount
        self.publication = publication
        self.target = target
        self.objective = objective
        self.audience = audience
        self.budget = budget
        self.budgetKind = budgetKind
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.callToAction = callToAction
        self.specialAdCategories = specialAdCategories
        self.mostMinorUnits = mostMinorUnits
        self.needsRelease = needsRelease
        self.rule = rule
        self.campaign = campaign
        self.state = state
        self.results = [:]
        self.createdBy = createdBy
    }

    /// What was agreed, with the ad account that pays.
    package func terms(_ adAccount: AdAccountRow?) -> BoostTerms {
        BoostTerms(
            objective: self.objective, audience: self.audience, budget: self.budget, budgetKind: self.budgetKind,
            startsAt: self.startsAt, endsAt: self.endsAt, callToAction: self.callToAction,
            specialAdCategories: self.specialAdCategories, adAccount: adAccount?.reference)
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("boost_id"), account: try row.get("account_id"),
            adAccount: try row.get("ad_account_id"), publication: try row.get("publication_id"),
            target: try row.get("target_id"), objective: try row.get("objective"),
            audience: try JSONColumn.decode(try row.get("audience")),
            budget: Money(minorUnits: try row.get("budget_minor"), currency: try row.get("currency")),
            budgetKind: try row.get("budget_kind"), startsAt: try row.get("starts_at"), endsAt: try row.get("ends_at"),
            specialAdCategories: try row.get("special_ad_categories"), mostMinorUnits: try row.get("most_minor"),
            needsRelease: try row.get("needs_release"), rule: try row.get("rule_id"), campaign: try row.get("campaign"),
            state: try row.get("state"), createdBy: try row.get("created_by"))
        if let button: JSONText = try row.get("call_to_action") {
            self.callToAction = try JSONColumn.decode(button)
        }
        self.releasedBy = try row.get("released_by")
        if let at: Date = try row.get("stop_asked_at") {
            self.stop = StopWish(at: at, by: try row.get("stop_asked_by"), reason: try row.get("stop_reason"))
        }
        self.settledAt = try row.get("settled_at")
        self.stopsWhenIdle = try row.get("stops_when_idle")
        self.idleSince = try row.get("idle_since")
        self.remark = try row.get("remark")
        self.job = try row.get("job_id")
        self.remoteID = try row.get("remote_id")
        self.spendMinorUnits = try row.get("spend_minor")
        if let results: JSONText = try row.get("results") { self.results = try JSONColumn.decode(results) }
        self.failureCode = try row.get("failure_code")
        self.failureMessage = try row.get("failure_message")
    }
}
