// SPDX-License-Identifier: MIT

extension World {
    mutating func xTimeline(
        _ call: inout Call, _ account: SimulatedAccount, _ id: String
    ) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery(
            [
                "since_id", "until_id", "max_results", "pagination_token", "exclude", "start_time", "end_time",
            ] + XFields.names(self.options))
        guard XSchema.isID(id) else { throw call.xInvalidID(id) }
        let fields = try XFields(call, self.options)
        let query = try XTimelineQuery(call)
        guard let owner = self.accounts[AccountKey(platform: .x, externalID: id)] else {
            return .json([
                "errors": .array([
                    XRefusal.missing("id", id, resource: "user", detail: "Could not find user with id: [\(id)].")
                ])
            ])
        }
        var page: [SimulatedPost] = []
        var hasMore = false
        for postID in self.timelines[owner.key, default: []].reversed() {
            guard let post = self.posts[postID], post.isListed(at: call.now), query.includes(post) else { continue }
            if page.count == query.limit {
                hasMore = true
                break
            }
            page.append(post)
        }
        if owner.key == account.key { self.xObserve(&call, account, query, page, hasMore: hasMore) }
        var meta: JSONObject = ["result_count": JSONValue(page.count)]
        if let newest = page.first, let oldest = page.last {
            meta["newest_id"] = .string(newest.id)
            meta["oldest_id"] = .string(oldest.id)
            if hasMore { meta["next_token"] = .string(String(oldest.serial, radix: 36)) }
        }
        var answer = self.xShow(page, fields, account, call.now)
        answer["meta"] = .object(meta)
        return .json(.object(answer))
    }

    private mutating func xObserve(
        _ call: inout Call, _ account: SimulatedAccount, _ query: XTimelineQuery, _ page: [SimulatedPost], hasMore: Bool
    ) {
        let lowest = hasMore ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        call.read = self.ledger.observe(
            platform: "x", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.position >= lowest && query.covers(attempt) && !shown.contains(attempt.marker)
        }
    }

    func xPosts(_ call: Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery(["ids"] + XFields.names(self.options))
        let fields = try XFields(call, self.options)
        let ids = (call.request.query["ids"] ?? "").split(separator: ",").map(String.init)
        guard (1...100).contains(ids.count) else {
            throw XRefusal.invalid(
                ["The number of values in the `ids` query parameter list [\(ids.count)] is not between 1 and 100"],
                parameters: ["ids": call.request.query["ids"] ?? ""])
        }
        if let bad = ids.first(where: { !XSchema.isID($0) }) { throw call.xInvalidID(bad, name: "ids") }
        let found = ids.compactMap { self.posts[$0] }.filter { $0.account.platform == .x && $0.isLive(at: call.now) }
        let missing = ids.filter { id in !found.contains { $0.id == id } }
        return .json(.object(self.xShow(found, fields, account, call.now, missing: missing)))
    }

    func xPost(_ call: Call, _ account: SimulatedAccount, _ id: String) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery(XFields.names(self.options))
        guard XSchema.isID(id) else { throw call.xInvalidID(id) }
        let fields = try XFields(call, self.options)
        let post = self.posts[id].flatMap { $0.account.platform == .x && $0.isLive(at: call.now) ? $0 : nil }
        var answer = self.xShow(
            post.map { [$0] } ?? [], fields, account, call.now, missing: post == nil ? [id] : [], parameter: "id")
        if let data = answer["data"]?.array { answer["data"] = data.first }
        return .json(.object(answer))
    }

    func xUser(_ call: Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery(["user.fields", "expansions", XFields.postParameter(self.options)])
        let fields = try call.xList("user.fields", known: XFields.userFields)
        return .json(["data": self.xShow(account, fields, call.now)])
    }

    func xUser(_ call: Call, id: String) throws(XRefusal) -> SimulatedResponse {
        guard XSchema.isID(id) else { throw call.xInvalidID(id) }
        guard let account = self.accounts[AccountKey(platform: .x, externalID: id)] else {
            return .json([
                "errors": .array([
                    XRefusal.missing("id", id, resource: "user", detail: "Could not find user with id: [\(id)].")
                ])
            ])
        }
        return try self.xUser(call, account)
    }
}

/// What a timeline was asked for.
struct XTimelineQuery: Sendable {
    var limit: Int
    var sinceID: Int64?
    var untilID: Int64?
    var start: WorldTime?
    var end: WorldTime?
    var below: Int?
    var excludesReplies = false

    init(_ call: Call) throws(XRefusal) {
        let query = call.request.query
        let limit = query["max_results"].map { Int($0) ?? 0 } ?? 10
        guard (5...100).contains(limit) else {
            let value = query["max_results"] ?? ""
            throw XRefusal.invalid(
                ["The `max_results` query parameter value [\(value)] is not between 5 and 100"],
                parameters: ["max_results": value])
        }
        self.limit = limit
        for (name, path) in [("since_id", \XTimelineQuery.sinceID), ("until_id", \XTimelineQuery.untilID)] {
            guard let text = query[name] else { continue }
            guard XSchema.isID(text), let id = Int64(text) else { throw call.xInvalidID(text, name: name) }
            self[keyPath: path] = id
        }
        self.start = self.sinceID == nil ? try call.xTime("start_time") : nil
        self.end = self.untilID == nil ? try call.xTime("end_time") : nil
        if let token = query["pagination_token"] {
            guard let serial = Int(token, radix: 36) else {
                throw XRefusal.invalid(
                    ["The `pagination_token` query parameter value [\(token)] is not valid"],
                    parameters: ["pagination_token": token])
            }
            self.below = serial
        }
        self.excludesReplies = try call.xList("exclude", known: ["replies", "retweets"]).contains("replies")
    }

    /// Whether the list holds a post.
    func includes(_ post: SimulatedPost) -> Bool {
        let id = Int64(post.id) ?? 0
        return self.isWithin(post.createdAt) && id > self.sinceID ?? -1 && id < self.untilID ?? .max
            && post.serial < self.below ?? .max && !(self.excludesReplies && post.replyTo != nil)
    }

    /// Whether the list would hold what an attempt made.
    func covers(_ attempt: Attempt) -> Bool {
        let moment = (max(0, attempt.worldTime.milliseconds - 1_288_834_974_657)) << 22
        return self.isWithin(attempt.worldTime) && moment > self.sinceID ?? -1 && moment < self.untilID ?? .max
            && attempt.position < self.below ?? .max && !(self.excludesReplies && attempt.isReply)
    }

    /// X knows the time of a post to the second.
    private func isWithin(_ time: WorldTime) -> Bool {
        let second = time.wholeSecond
        return second >= self.start?.wholeSecond ?? second && second < self.end ?? second + 1
    }
}
