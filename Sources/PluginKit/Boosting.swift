// SPDX-License-Identifier: MIT

public import Domain
public import Foundation

/// Whom a boost is shown to; empty lists mean everybody.
public struct Audience: Sendable, Hashable, Codable {
    /// The youngest age.
    public var minimumAge: Int?
    /// The oldest age.
    public var maximumAge: Int?
    /// `female`, `male`; empty for all.
    public var genders: [String]
    /// Countries by ISO 3166-1 alpha-2 code.
    public var countries: [String]
    /// Interests by the platform's identities.
    public var interests: [String]
    /// Custom audiences by the platform's identities.
    public var customAudiences: [String]

    /// Makes an audience.
    public init(
        minimumAge: Int? = nil, maximumAge: Int? = nil, genders: [String] = [], countries: [String] = [],
        interests: [String] = [], customAudiences: [String] = []
    ) {
        self.minimumAge = minimumAge
        self.maximumAge = maximumAge
        self.genders = genders
        self.countries = countries
        self.interests = interests
        self.customAudiences = customAudiences
    }

    private enum CodingKeys: String, CodingKey {
        case minimumAge = "min_age"
        case maximumAge = "max_age"
        case genders, countries, interests
        case customAudiences = "custom_audiences"
    }

    /// Decodes; lists may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.minimumAge = try container.decodeIfPresent(Int.self, forKey: .minimumAge)
        self.maximumAge = try container.decodeIfPresent(Int.self, forKey: .maximumAge)
        self.genders = try container.decodeIfPresent([String].self, forKey: .genders) ?? []
        self.countries = try container.decodeIfPresent([String].self, forKey: .countries) ?? []
        self.interests = try container.decodeIfPresent([String].self, forKey: .interests) ?? []
        self.customAudiences = try container.decodeIfPresent([String].self, forKey: .customAudiences) ?? []
    }
}

/// How a boost's budget is counted.
public enum BudgetKind: String, Sendable, Hashable, Codable {
    /// Per day of the ad account.
    case daily
    /// For the whole time.
    case lifetime
}

/// A request to start one boost.
///
/// Calling again with the same operation continues.
public struct BoostRequest: Sendable {
    /// Who pays and acts.
    public var access: AccountAccess
    /// The ad account's identity on the platform, where the platform has such a thing.
    public var adAccountID: String?
    /// What is promoted.
    public var post: RemotePost
    /// One of the manifest's objectives.
    public var objective: String
    /// Whom it is shown to.
    public var audience: Audience
    /// The budget.
    public var budget: Money
    /// How the budget is counted.
    public var budgetKind: BudgetKind
    /// When it begins.
    public var startsAt: Date
    /// When it ends.
    public var endsAt: Date
    /// The identity of the operation, unique: usable as the name on the platform.
    public var operation: String

    /// Makes a request.
    public init(
        access: AccountAccess, adAccountID: String?, post: RemotePost, objective: String, audience: Audience,
        budget: Money,
        budgetKind: BudgetKind, startsAt: Date, endsAt: Date, operation: String
    ) {
        self.access = access
        self.adAccountID = adAccountID
        self.post = post
        self.objective = objective
        self.audience = audience
        self.budget = budget
        self.budgetKind = budgetKind
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.operation = operation
    }
}

/// How a boost stands on the platform.
public struct RemoteBoost: Sendable, Hashable, Codable {
    /// The state, in the core's words.
    public enum State: String, Sendable, Hashable, Codable {
        /// Made, not running.
        case paused
        /// The platform looks at it.
        case inReview = "in-review"
        /// It runs.
        case running
        /// It came to its end.
        case completed
        /// Somebody stopped it.
        case stopped
        /// The platform refused it.
        case rejected
    }

    /// The platform's identity of it.
    public var id: String
    /// The state.
    public var state: State
    /// What was spent so far, when the platform said.
    public var spend: Money?
    /// Paid results by name, when the platform said.
    public var results: [MetricName: Int64]

    /// Makes a description.
    public init(id: String, state: State, spend: Money? = nil, results: [MetricName: Int64] = [:]) {
        self.id = id
        self.state = state
        self.spend = spend
        self.results = results
    }
}

/// A plugin that can promote what was published.
///
/// Everything it makes stays paused until the last step, which alone enters the fence.
public protocol Boosting: PlatformPlugin {
    /// Starts a boost, or goes on where an earlier try stopped.
    func startBoost(_ request: BoostRequest, _ context: any EffectContext) async throws(PluginError) -> RemoteBoost
    /// Reads how a boost stands and what it spent.
    func boostStatus(_ id: String, _ access: AccountAccess) async throws(PluginError) -> RemoteBoost
    /// Stops a boost; one that has ended counts as stopped.
    func stopBoost(_ id: String, _ access: AccountAccess) async throws(PluginError)
    /// Looks whether an activation whose answer was lost took effect.
    func findBoost(
        _ request: BoostRequest, checkpoint: PluginState?
    ) async throws(PluginError) -> Finding
}
