// SPDX-License-Identifier: MIT

extension World {
    /// One of the limits that a request counts in, with the start of its headers' names.
    struct XLimit: Sendable {
        var header: String
        var verdict: RateLimiter.Verdict
    }

    /// Counts a request in the limits of its endpoint: the user's, and the 24-hour ones of the app and the user.
    mutating func xCount(_ endpoint: XEndpoint, _ account: SimulatedAccount, _ call: Call) -> [XLimit] {
        let keys = self.xLimitKeys(endpoint, account)
        let isAllowed = keys.allSatisfy { self.limiter.peek($0.key, $0.limit, now: call.now).isAllowed }
        return keys.map { header, key, limit in
            // A request that one limit refuses counts in none.
            let verdict =
                isAllowed
                ? self.limiter.take(key, limit, now: call.now) : self.limiter.peek(key, limit, now: call.now)
            return XLimit(header: header, verdict: verdict)
        }
    }

    private func xLimitKeys(
        _ endpoint: XEndpoint, _ account: SimulatedAccount
    ) -> [(header: String, key: String, limit: RateLimiter.Limit)] {
        let scale = self.options.rateScale
        let user = "x|\(endpoint.rawValue)|\(account.key.externalID)"
        var keys = [(header: "x-rate-limit", key: user, limit: endpoint.limit.scaled(by: scale))]
        if let daily = endpoint.dailyLimit?.scaled(by: scale) {
            keys.append(("x-app-limit-24hour", "x|24h|\(endpoint.rawValue)|\(account.clientID ?? "")", daily))
            keys.append(("x-user-limit-24hour", user + "|24h", daily))
        }
        return keys
    }

    /// Adds the headers of each limit.
    static func add(_ limits: [XLimit], to response: inout SimulatedResponse) {
        for limit in limits {
            response.set("\(limit.header)-limit", String(limit.verdict.limit))
            response.set("\(limit.header)-remaining", String(limit.verdict.remaining))
            response.set("\(limit.header)-reset", String(limit.verdict.resetsAt.epochSecondsRoundedUp))
        }
    }

    /// An injected answer as X would give it.
    func xFault(_ status: Int, _ call: Call, retryAfter: Double?) -> SimulatedResponse {
        if call.request.host == Platform.xAdsHost { return self.xAdsFault(status, call, retryAfter: retryAfter) }
        let refusal =
            switch status {
            case 400: XRefusal.invalid(["The request was refused."])
            case 401: XRefusal.unauthorized
            case 402:
                XRefusal.typed(
                    402, "credits", "CreditsDepleted",
                    "Your enrolled account does not have any credits to fulfill this request.")
            case 403: XRefusal.forbidden("You are not permitted to perform this action.")
            case 404: XRefusal.problem(404, "Not Found", "Not Found")
            case 429: XRefusal.problem(429, "Too Many Requests", "Too Many Requests")
            case 500: XRefusal.problem(500, "Internal Server Error", "Something is broken.")
            case 502: XRefusal.problem(502, "Bad Gateway", "Bad Gateway")
            case 503: XRefusal.problem(503, "Service Unavailable", "Service Unavailable")
            case 504: XRefusal.problem(504, "Gateway Timeout", "Gateway Timeout")
            default: XRefusal.problem(status, "Error", "Error")
            }
        var response = refusal.response
        if let account = call.account,
            let endpoint = XEndpoint(method: call.request.method, parts: call.request.segments)
        {
            let limits = self.xLimitKeys(endpoint, account).map { header, key, limit in
                XLimit(header: header, verdict: self.limiter.peek(key, limit, now: call.now))
            }
            Self.add(limits, to: &response)
        }
        if status == 429 {
            response.set("x-rate-limit-remaining", "0")
            response.set("x-rate-limit-reset", String((call.now + (retryAfter ?? 60)).epochSecondsRoundedUp))
        }
        response.set("x-transaction-id", call.request.id)
        return response
    }
}
