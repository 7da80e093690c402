// SPDX-License-Identifier: MIT

public import Domain

/// A request to start one boost.
///
/// Calling again with the same operation continues.
public struct BoostRequest: Sendable {
    /// Who pays and acts.
    public var access: AccountAccess
    /// What is promoted.
    public var post: RemotePost
    /// What it was published as; `nil` when that is not known.
    public var format: PostFormat?
    /// What it is to do, for whom, when and for how much.
    public var terms: BoostTerms
    /// The identity of the operation, unique: usable as the name on the platform.
    public var operation: String

    /// Makes a request.
    public init(
        access: AccountAccess, post: RemotePost, format: PostFormat? = nil, terms: BoostTerms, operation: String
    ) {
        self.access = access
        self.post = post
        self.format = format
        self.terms = terms
        self.operation = operation
    }
}

/// A boost that the platform knows.
public struct StartedBoost: Sendable {
    /// The platform's identity of it, as `startBoost` answered.
    public var id: String
    /// Who acts.
    public var access: AccountAccess
    /// What was agreed.
    public var terms: BoostTerms
    /// The identity of the operation.
    public var operation: String

    /// Makes a reference.
    public init(id: String, access: AccountAccess, terms: BoostTerms, operation: String) {
        self.id = id
        self.access = access
        self.terms = terms
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
    /// What was spent on each day of the ad account (`YYYY-MM-DD` in its zone), when the platform said; adds up to `spend`.
    public var spendByDay: [String: Money]
    /// Paid results by name, when the platform said.
    public var results: [MetricName: Int64]
    /// The platform's words about a refusal or a problem.
    public var remark: String?

    /// Makes a description.
    public init(
        id: String, state: State, spend: Money? = nil, spendByDay: [String: Money] = [:],
        results: [MetricName: Int64] = [:], remark: String? = nil
    ) {
        self.id = id
        self.state = state
        self.spend = spend
        self.spendByDay = spendByDay
        self.results = results
        self.remark = remark
    }
}

/// A plugin that can promote what was published.
///
/// Everything it makes stays paused until the last step, which alone enters the fence.
public protocol Boosting: PlatformPlugin {
    /// Checks terms against the platform's rules, without asking it: units of money, buttons, audiences, dates.
    func validate(_ terms: BoostTerms) -> [ValidationIssue]
    /// Starts a boost, or goes on where an earlier try stopped.
    func startBoost(_ request: BoostRequest, _ context: any EffectContext) async throws(PluginError) -> RemoteBoost
    /// Reads how a boost stands and what it spent.
    func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost
    /// Stops a boost; one that has ended counts as stopped, and repeating is harmless.
    ///
    /// - Throws: Unless the platform confirmed that it does not deliver any more.
    func stopBoost(_ boost: StartedBoost) async throws(PluginError)
    /// Looks whether an activation whose answer was lost took effect.
    func findBoost(_ request: BoostRequest, checkpoint: PluginState?) async throws(PluginError) -> Finding
}

/// A plugin that can ask whether the tokens of an account may use an ad account.
public protocol AdAccountChecking: Boosting {
    /// Reads the ad account; nothing is made or changed.
    ///
    /// - Throws: `reauthorize` for a token that is not accepted, `needsHuman` or `permanent` for what a person must put right.
    func checkAdAccount(_ adAccount: AdAccountReference, _ access: AccountAccess) async throws(PluginError)
}

extension Boosting {
    /// Lets nothing start that the platform's rules refuse.
    ///
    /// - Throws: `permanent` with the first thing that is wrong.
    public func requireFit(_ terms: BoostTerms) throws(PluginError) {
        guard let wrong = self.validate(terms).first(where: { $0.severity == .error }) else { return }
        throw PluginError(
            .permanent, "\(wrong.field): \(wrong.message)", nextAction: "Change the terms and plan the boost again.",
            field: wrong.field)
    }
}
