// SPDX-License-Identifier: MIT

/// The buckets of the mock platform's rate limits.
enum MockBucket: String {
    case publish
    case boost
    case media
    case read

    func limit(_ options: World.Options) -> RateLimiter.Limit {
        let limit: RateLimiter.Limit =
            switch self {
            case .publish: .init(requests: 50, seconds: 3600)
            case .boost: .init(requests: 60, seconds: 3600)
            case .media: .init(requests: 200, seconds: 3600)
            case .read: .init(requests: 900, seconds: 900)
            }
        return limit.scaled(by: options.rateScale)
    }

    func key(_ account: SimulatedAccount) -> String { "mock|\(self.rawValue)|\(account.key.externalID)" }
}

extension World {
    /// The bucket that a request counts in.
    func mockBucket(_ call: Call) -> MockBucket {
        guard call.request.method == "POST" else { return .read }
        if call.request.path.hasPrefix("/v1/campaigns") { return .boost }
        return call.request.path.hasPrefix("/v1/media") ? .media : .publish
    }

    /// Adds the headers of the bucket that a request counted in.
    func addMockLimits(_ response: inout SimulatedResponse, _ account: SimulatedAccount, _ call: Call) {
        let bucket = self.mockBucket(call)
        let verdict = self.limiter.peek(bucket.key(account), bucket.limit(self.options), now: call.now)
        response.set("X-RateLimit-Limit", String(verdict.limit))
        response.set("X-RateLimit-Remaining", String(verdict.remaining))
        response.set("X-RateLimit-Reset", String(verdict.resetsAt.epochSecondsRoundedUp))
    }

    /// An injected answer as the mock platform would give it.
    func mockFault(_ status: Int, _ call: Call, retryAfter: Double?) -> SimulatedResponse {
        let refusal =
            switch status {
            case 400: MockRefusal.invalid(nil, "The request was refused.")
            case 401: MockRefusal(status: 401, code: "token_expired", message: "The access token has expired.")
            case 403: MockRefusal.forbidden
            case 404: MockRefusal.notFound("thing")
            case 409: MockRefusal(status: 409, code: "conflict", message: "The request is in conflict with another.")
            case 413: MockRefusal(status: 413, code: "payload_too_large", message: "The body is too large.")
            case 429: MockRefusal(status: 429, code: "rate_limited", message: "Too many requests.")
            case 500: MockRefusal(status: 500, code: "internal", message: "Something went wrong.")
            case 501...599: MockRefusal(status: status, code: "unavailable", message: "The service is not available.")
            default: MockRefusal(status: status, code: "refused", message: "The request was refused.")
            }
        var response = refusal.response
        if let account = call.account { self.addMockLimits(&response, account, call) }
        if status == 429 {
            let wait = retryAfter ?? 60
            response.set("Retry-After", String(max(1, Int(wait.rounded(.up)))))
            response.set("X-RateLimit-Remaining", "0")
            response.set("X-RateLimit-Reset", String((call.now + wait).epochSecondsRoundedUp))
        } else if let retryAfter {
            response.set("Retry-After", String(max(1, Int(retryAfter.rounded(.up)))))
        }
        return response
    }
}
