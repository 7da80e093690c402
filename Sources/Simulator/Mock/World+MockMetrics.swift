// SPDX-License-Identifier: MIT

extension World {
    func mockMe(_ account: SimulatedAccount, _ call: Call) -> SimulatedResponse {
        .json([
            "id": .string(account.key.externalID), "handle": .string(account.handle), "name": .string(account.name),
            "followers": JSONValue(self.followers(of: account, at: call.now)), "time_zone": .string(account.timeZone),
            "idempotency_keys": .bool(self.options.honoursIdempotencyKeys),
        ])
    }

    func mockAccountMetrics(_ account: SimulatedAccount, _ call: Call) -> SimulatedResponse {
        let posts = self.timelines[account.key, default: []].count { self.posts[$0]?.isLive(at: call.now) ?? false }
        return .json([
            "measured_at": .string(call.now.iso8601),
            "followers": JSONValue(self.followers(of: account, at: call.now)),
            "following": JSONValue(50 + stableHash("following", account.key.externalID) % 400),
            "posts": JSONValue(posts),
        ])
    }

    func mockMetrics(_ call: Call, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery("post_ids")
        let ids = (call.request.query["post_ids"] ?? "").split(separator: ",").map(String.init)
        guard (1...100).contains(ids.count), Set(ids).count == ids.count else {
            throw MockRefusal.invalid("post_ids", "One to 100 different post ids are needed.")
        }
        let entries = ids.map { id -> JSONValue in
            guard let post = self.posts[id], post.account.platform == .mock, post.isLive(at: call.now),
                post.format != "story" || call.now - post.visibleAt < 86_400
            else {
                return ["post_id": .string(id), "error": ["code": "not_found", "message": "There is no such post."]]
            }
            guard post.account == account.key else {
                return [
                    "post_id": .string(id),
                    "error": ["code": "forbidden", "message": "This belongs to another account."],
                ]
            }
            return ["post_id": .string(id), "values": self.mockValues(post, call.now)]
        }
        return .json(["measured_at": .string(call.now.iso8601), "metrics": .array(entries)])
    }

    private func mockValues(_ post: SimulatedPost, _ now: WorldTime) -> JSONValue {
        let counters = self.engagement(of: post, at: now)
        let written = self.commentsByPost[post.id, default: []].count { self.comments[$0]?.deletedAt == nil }
        let comments = counters.comments + written
        var values: JSONObject = [
            "views": JSONValue(counters.views), "reach": JSONValue(counters.reach), "comments": JSONValue(comments),
            "shares": JSONValue(counters.shares),
        ]
        if post.format == "story" { return .object(values) }
        let clicks = post.link == nil ? 0 : counters.clicks
        values["likes"] = JSONValue(counters.likes)
        values["saves"] = JSONValue(counters.saves)
        if post.link != nil { values["clicks"] = JSONValue(clicks) }
        values["profile_visits"] = JSONValue(counters.profileVisits)
        values["follows"] = JSONValue(counters.follows)
        values["engagements"] = JSONValue(counters.likes + comments + counters.shares + counters.saves + clicks)
        if post.hasVideo {
            values["video_views"] = JSONValue(counters.videoViews)
            values["watch_time_ms"] = JSONValue(counters.watchMilliseconds)
        }
        return .object(values)
    }
}
