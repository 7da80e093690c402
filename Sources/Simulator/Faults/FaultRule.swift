// SPDX-License-Identifier: MIT

/// A rule that makes some requests go wrong.
struct FaultRule: Sendable {
    /// Which requests a rule is for; what is absent matches everything.
    struct Match: Sendable {
        var platform: String?
        /// Glob over the path, `*` for any characters: `/v1/posts*`.
        var endpoint: String?
        var method: String?
        /// External id or handle.
        var account: String?
        var probability = 1.0
        /// Matching requests to let pass first.
        var after = 0
        /// How many requests to hit at most.
        var times: Int?
    }

    /// What happens; a rule may have several.
    struct Action: Sendable {
        var latency: LatencyDistribution?
        /// Delays before the request is carried out, so that its effect comes late, instead of the answer only.
        var isLatencyBeforeEffect = false
        var status: InjectedStatus?
        var reset: Moment?
        var expiresToken = false
        /// The review of an ad that the request makes refuses it.
        var refusesReview = false
        var bytesPerSecond: Int?
        /// World seconds for which what the request publishes is missing from lists.
        var hiddenSeconds: Double?
    }

    /// An answer in place of the platform's own.
    struct InjectedStatus: Sendable {
        var code: Int
        var headers: [FormFields.Field] = []
        /// The body to send; without one, the platform's own for that code.
        var body: JSONValue?
        var when = Moment.before
        /// World seconds that a 429 tells the client to wait.
        var retryAfterSeconds: Double?
    }

    /// Whether a fault strikes instead of the effect or after it.
    enum Moment: String, Sendable {
        case before
        case after
    }

    var id: String
    var match: Match
    var action: Action
    /// The rule as it was given.
    var source: JSONObject
    /// Requests that matched all but the dice, so far.
    var seen = 0
    /// Requests that it struck, so far.
    var hits = 0

    /// The rule with its counters, as the admin endpoint shows it.
    var report: JSONValue {
        var report = self.source
        report["id"] = .string(self.id)
        report["seen"] = JSONValue(self.seen)
        report["hits"] = JSONValue(self.hits)
        return .object(report)
    }
}

/// How long an answer is held back, in real time.
enum LatencyDistribution: Sendable, Equatable {
    case fixed(milliseconds: Double)
    case uniform(minimum: Double, maximum: Double)
    /// Log-normal, as network delays are.
    case logNormal(median: Double, sigma: Double)

    /// Draws a delay of at most ten minutes.
    func draw(_ generator: inout SplitMix64) -> Duration {
        let milliseconds =
            switch self {
            case .fixed(let milliseconds): milliseconds
            case .uniform(let minimum, let maximum): minimum + (maximum - minimum) * generator.unit()
            case .logNormal(let median, let sigma): median * exponential(sigma * standardNormal(&generator))
            }
        return .milliseconds(Int64(min(max(0, milliseconds), 600_000)))
    }
}
