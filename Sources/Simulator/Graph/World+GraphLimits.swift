// SPDX-License-Identifier: MIT

extension World {
    /// What a request counts in: the app for tokens of people and apps, else the Page or the Instagram account.
    ///
    /// The real limits follow the audience: 200 calls × users of the app in an hour, 4,800 × engaged users or impressions
    /// in 24 hours. The simulator takes the people it knows for the users, and a hundredth of the followers for the
    /// engaged. Whether Pages are counted by the hour or the day is uncertain; here it is the day.
    private struct GraphLimit {
        var key: String
        var limit: RateLimiter.Limit
        var code: Int
        /// The account in `X-Business-Use-Case-Usage`; `nil` for the app's limit.
        var subject: (type: String, id: String)?
    }

    private func graphLimit(_ call: Call, _ bearer: GraphBearer) -> GraphLimit {
        if let account = call.adAccount {
            // What apps with full access have an hour, without what each active ad adds.
            return GraphLimit(
                key: "graph|ads|\(account.key.id)", limit: .init(requests: 100_000, seconds: 3600),
                code: 80_004, subject: ("ads_management", account.key.id))
        }
        let account = call.account ?? bearer.token.owner.flatMap { self.accounts[$0] }
        guard bearer.kind == .page || bearer.kind == .instagram || account?.key.platform == .instagram, let account
        else {
            let limit = RateLimiter.Limit(requests: 200 * max(1, self.people.count), seconds: 3600)
            return GraphLimit(key: "graph|app|\(bearer.token.appID)", limit: limit, code: 4)
        }
        let limit = RateLimiter.Limit(requests: 4800 * max(1, account.followers / 100), seconds: 86_400)
        let isPage = account.key.platform == .facebook
        return GraphLimit(
            key: "graph|\(account.key.platform.rawValue)|\(account.key.externalID)", limit: limit,
            code: isPage ? 80_001 : 80_002, subject: (isPage ? "pages" : "instagram", account.key.externalID))
    }

    /// Counts a request.
    ///
    /// - Throws: ``GraphRefusal`` 4, 80001 or 80002 when the limit is used up.
    mutating func graphCount(_ call: Call, _ bearer: GraphBearer) throws(GraphRefusal) {
        let limit = self.graphLimit(call, bearer)
        let verdict = self.limiter.take(limit.key, limit.limit.scaled(by: self.options.rateScale), now: call.now)
        if !verdict.isAllowed { throw Self.graphLimitRefusal(limit.code) }
    }

    private static func graphLimitRefusal(_ code: Int) -> GraphRefusal {
        switch code {
        case 80_001: .limit(code, "There have been too many calls to this Page account. Wait a bit and try again.")
        case 80_002: .limit(code, "There have been too many calls to this Instagram account. Wait a bit and try again.")
        case 80_004: .limit(code, "There have been too many calls to this ad-account. Wait a bit and try again.")
        default: .limit(code, "Application request limit reached")
        }
    }

    /// Adds the headers that tell how much is used, in per cent.
    func addGraphUsage(to response: inout SimulatedResponse, _ call: Call, minutes: Int? = nil) {
        guard let bearer = call.bearer, self.graphTokenIsKnown(bearer) else { return }
        let limit = self.graphLimit(call, bearer)
        let verdict = self.limiter.peek(limit.key, limit.limit.scaled(by: self.options.rateScale), now: call.now)
        let used = minutes == nil ? 100 * (verdict.limit - verdict.remaining) / max(1, verdict.limit) : 100
        let usage: JSONObject = [
            "call_count": JSONValue(used), "total_cputime": JSONValue(used / 4), "total_time": JSONValue(used / 4),
        ]
        guard let subject = limit.subject else {
            response.set("X-App-Usage", String(decoding: JSONValue.object(usage).encoded, as: UTF8.self))
            return
        }
        let wait = verdict.isAllowed ? 0 : Int(((verdict.resetsAt - call.now) / 60).rounded(.up))
        var entry = usage
        entry["type"] = .string(subject.type)
        entry["estimated_time_to_regain_access"] = JSONValue(minutes ?? wait)
        let header: JSONObject = [subject.id: .array([.object(entry)])]
        response.set(
            "X-Business-Use-Case-Usage", String(decoding: JSONValue.object(header).encoded, as: UTF8.self))
        response.set("X-App-Usage", #"{"call_count":0,"total_cputime":0,"total_time":0}"#)
        if call.adAccount != nil {
            let seconds = (minutes ?? wait) * 60
            response.set(
                "X-Ad-Account-Usage", #"{"acc_id_util_pct":\#(used),"reset_time_duration":\#(seconds)}"#)
        }
    }

    private func graphTokenIsKnown(_ bearer: GraphBearer) -> Bool {
        bearer.refusal == nil || bearer.token.owner != nil || bearer.token.person != nil
    }

    /// What the log of calls names a call by.
    func graphCountedEndpoint(_ call: Call) -> String {
        let path = GraphPath(call.request)
        if path.isUpload { return "POST /\(path.parts.first ?? "")/{id}" }
        if let id = path.node, let bearer = call.bearer,
            let node = self.graphNode(id, bearer, at: call.now),
            let endpoint = GraphEndpoint(method: call.request.method, node: node, edge: path.edge)
        {
            return endpoint.rawValue
        }
        return "\(call.request.method) \(call.request.path)"
    }

    /// An injected answer as Graph would give it; 429 becomes its own codes, with the minutes to wait in the header.
    func graphFault(_ status: Int, _ call: Call, retryAfter: Double?) -> SimulatedResponse {
        if GraphPath(call.request).isUpload {
            return RuploadRefusal(
                status: status, isRetriable: status >= 500 || status == 429, type: "ServerError",
                message: "The upload was interrupted."
            ).response
        }
        let limit = call.bearer.map { self.graphLimit(call, $0) }
        var refusal =
            switch status {
            case 401: GraphRefusal.deadToken(463)
            case 403: GraphRefusal.noRole
            case 404: GraphRefusal.noObject(GraphPath(call.request).node ?? "", call.request.method)
            case 429: Self.graphLimitRefusal(limit?.code ?? 4)
            case 500...: GraphRefusal.serviceProblem
            default: GraphRefusal.invalid("Invalid parameter")
            }
        if status >= 500 { refusal.status = status }
        var response = refusal.response(trace: call.request.id)
        let minutes = status == 429 ? Int(((retryAfter ?? 60) / 60).rounded(.up)) : nil
        self.addGraphUsage(to: &response, call, minutes: minutes)
        return response
    }
}
