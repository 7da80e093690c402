// SPDX-License-Identifier: MIT

import HTTPTypes

/// The mock platform: routes, authentication, limits. The contract is `docs/mock-platform.md`.
extension World {
    /// What a person would see if this request worked.
    func mockEffect(_ call: Call) -> Call.Effect? {
        guard call.request.method == "POST" else { return nil }
        let parts = call.request.segments
        guard parts.first == "v1", parts.count >= 2 else { return nil }
        // What cannot be read still counts, without a token.
        let body = (try? JSONParser.parse(call.request.body)) ?? .null
        switch (parts[1], parts.count) {
        case ("posts", 2):
            let media = body["media_ids"]?.strings ?? []
            let digests = media.map { self.media[$0]?.digest ?? $0 }.joined(separator: ",")
            let context = [body["reply_to"]?.string ?? "", body["link"]?.string ?? "", digests].joined(separator: "|")
            return Call.Effect(
                kind: .post, endpoint: "POST /v1/posts",
                marker: Marker(text: body["text"]?.string ?? "", context: context), isReply: body["reply_to"] != nil)
        case ("posts", 4) where parts[3] == "comments":
            return Call.Effect(
                kind: .comment, endpoint: "POST /v1/posts/{id}/comments",
                marker: Marker(text: body["text"]?.string ?? "", context: parts[2]))
        case ("campaigns", 2):
            return Call.Effect(
                kind: .campaign, endpoint: "POST /v1/campaigns",
                marker: Marker(text: body["name"]?.string ?? ""))
        case ("campaigns", 4) where parts[3] == "activate":
            return Call.Effect(
                kind: .activation, endpoint: "POST /v1/campaigns/{id}/activate",
                marker: self.campaigns[parts[2]]?.marker ?? Marker(text: parts[2]))
        default: return nil
        }
    }

    /// The mock platform's answer.
    mutating func mockAnswer(_ call: inout Call) -> SimulatedResponse {
        var response: SimulatedResponse
        do {
            response = try self.mockResult(&call)
        } catch let refusal {
            response = refusal.response
            if refusal.status == 429, let account = call.account {
                let verdict = self.limiter.peek(
                    self.mockBucket(call).key(account), self.mockBucket(call).limit(self.options), now: call.now)
                response.set("Retry-After", String(max(1, Int((verdict.resetsAt - call.now).rounded(.up)))))
            }
        }
        if let account = call.account, !call.isTokenDead { self.addMockLimits(&response, account, call) }
        return response
    }

    private mutating func mockResult(_ call: inout Call) throws(MockRefusal) -> SimulatedResponse {
        let parts = call.request.segments
        guard parts.first == "v1", parts.count >= 2 else {
            if parts.first?.hasPrefix("@") == true { return self.postPage(call, id: parts.last ?? "") }
            throw MockRefusal.notFound("path; paths begin with /v1")
        }
        if parts[1] == "oauth" { return try self.mockOAuth(&call, parts) }
        guard let account = call.account else {
            throw MockRefusal(status: 401, code: "unauthorized", message: "The access token is missing or not known.")
        }
        if call.isTokenDead {
            throw MockRefusal(status: 401, code: "token_expired", message: "The access token has expired.")
        }
        if account.isSuspended {
            throw MockRefusal(status: 403, code: "account_suspended", message: "The account is suspended.")
        }
        let bucket = self.mockBucket(call)
        let verdict = self.limiter.take(bucket.key(account), bucket.limit(self.options), now: call.now)
        guard verdict.isAllowed else {
            throw MockRefusal(
                status: 429, code: "rate_limited",
                message:
                    "The limit of \(verdict.limit) requests (\(bucket.rawValue)) is used up until \(verdict.resetsAt.iso8601)."
            )
        }
        return try self.mockIdempotent(&call, account) { (world, call) throws(MockRefusal) in
            try world.mockRoute(&call, account, parts)
        }
    }

    private mutating func mockRoute(
        _ call: inout Call, _ account: SimulatedAccount, _ parts: [String]
    ) throws(MockRefusal) -> SimulatedResponse {
        let rest = Array(parts.dropFirst())
        switch (call.request.method, rest.count, rest.first ?? "", rest.count > 2 ? rest[2] : "") {
        case ("GET", 1, "me", _): return self.mockMe(account, call)
        case ("GET", 2, "me", _) where rest[1] == "metrics": return self.mockAccountMetrics(account, call)
        case ("POST", 1, "media", _): return try self.mockUpload(&call, account)
        case ("POST", 1, "posts", _): return try self.mockPublish(&call, account)
        case ("GET", 1, "posts", _): return try self.mockPosts(&call, account)
        case ("GET", 2, "posts", _): return try self.mockPost(call, rest[1])
        case ("DELETE", 2, "posts", _): return try self.mockDelete(call, account, rest[1])
        case ("POST", 3, "posts", "comments"): return try self.mockComment(&call, account, rest[1])
        case ("GET", 3, "posts", "comments"): return try self.mockComments(&call, account, rest[1])
        case ("DELETE", 2, "comments", _): return try self.mockDeleteComment(call, account, rest[1])
        case ("GET", 1, "processing", _): return try self.mockProcessings(call, account)
        case ("GET", 2, "processing", _): return try self.mockProcessing(&call, account, rest[1])
        case ("GET", 1, "metrics", _): return try self.mockMetrics(call, account)
        case ("POST", 1, "campaigns", _): return try self.mockCreateCampaign(&call, account)
        case ("GET", 1, "campaigns", _): return try self.mockCampaigns(&call, account)
        case ("GET", 2, "campaigns", _): return try self.mockCampaign(&call, account, rest[1])
        case ("POST", 3, "campaigns", "activate"): return try self.mockActivate(&call, account, rest[1])
        case ("POST", 3, "campaigns", "stop"): return try self.mockStop(call, account, rest[1])
        default: throw self.mockNoRoute(rest)
        }
    }

    private func mockNoRoute(_ rest: [String]) -> MockRefusal {
        let known: Set<String> = ["me", "media", "posts", "comments", "processing", "metrics", "campaigns"]
        guard known.contains(rest.first ?? ""), rest.count <= 3 else { return .notFound("path") }
        return MockRefusal(status: 405, code: "method_not_allowed", message: "This path does not have this method.")
    }

    /// Answers a repeated idempotency key with what the first got, when the simulator has them on.
    private mutating func mockIdempotent(
        _ call: inout Call, _ account: SimulatedAccount,
        _ body: (inout World, inout Call) throws(MockRefusal) -> SimulatedResponse
    ) throws(MockRefusal) -> SimulatedResponse {
        guard self.options.honoursIdempotencyKeys, call.effect != nil,
            let key = call.request.headers.first(where: { $0.name.canonicalName == "idempotency-key" })?.value
        else { return try body(&self, &call) }
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw MockRefusal.invalid("Idempotency-Key", "The key must be 1 to 200 visible ASCII characters.")
        }
        let name = "\(account.key.externalID)|\(key)"
        if let stored = self.idempotentAnswers[name], call.now - stored.at < 86_400 {
            guard stored.fingerprint == call.fingerprint else {
                throw MockRefusal(
                    status: 409, code: "idempotency_conflict", message: "The key was used for another request.")
            }
            call.isHarmlessRepeat = true
            var response = stored.response
            response.set("Idempotent-Replay", "true")
            return response
        }
        let response: SimulatedResponse
        do {
            response = try body(&self, &call)
        } catch {
            response = error.response
        }
        self.idempotentAnswers[name] = IdempotentAnswer(fingerprint: call.fingerprint, response: response, at: call.now)
        return response
    }
}
