// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient
package import PluginKit

/// Where a boost stands.
package enum BoostState: String, Sendable, CaseIterable, PQConvertible {
    /// Its target is not published yet.
    case waiting
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
        publication: PublicationID?,
        target: TargetID?, objective: String, audience: Audience, budget: Money, budgetKind: BudgetKind, startsAt: Date,
        endsAt: Date, campaign: String, state: BoostState, createdBy: String
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
        self.campaign = campaign
        self.state = state
        self.results = [:]
        self.createdBy = createdBy
    }

    init(row: Row) throws {
        self.init(
            client: try row.get("client_id"), id: try row.get("boost_id"), account: try row.get("account_id"),
            adAccount: try row.get("ad_account_id"), publication: try row.get("publication_id"),
            target: try row.get("target_id"), objective: try row.get("objective"),
            audience: try JSONColumn.decode(try row.get("audience")),
            budget: Money(minorUnits: try row.get("budget_minor"), currency: try row.get("currency")),
            budgetKind: try row.get("budget_kind"), startsAt: try row.get("starts_at"), endsAt: try row.get("ends_at"),
            campaign: try row.get("campaign"), state: try row.get("state"), createdBy: try row.get("created_by"))
        self.job = try row.get("job_id")
        self.remoteID = try row.get("remote_id")
        self.spendMinorUnits = try row.get("spend_minor")
        if let results: JSONText = try row.get("results") { self.results = try JSONColumn.decode(results) }
        self.failureCode = try row.get("failure_code")
        self.failureMessage = try row.get("failure_message")
    }
}
