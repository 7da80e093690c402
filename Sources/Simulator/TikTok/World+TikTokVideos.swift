// SPDX-License-Identifier: MIT

/// The Display API: public videos and their counters.
extension World {
    private static let videoFields = [
        "id", "create_time", "cover_image_url", "share_url", "video_description", "duration", "height", "width",
        "title", "embed_html", "embed_link", "like_count", "comment_count", "share_count", "view_count",
    ]
    private static let basicFields = ["open_id", "union_id", "avatar_url", "avatar_url_100", "display_name"]
    private static let statFields = ["follower_count", "following_count", "likes_count", "video_count"]

    private static func fields(_ call: Call, known: [String]) throws(TikTokRefusal) -> [String] {
        let fields = (call.request.query["fields"] ?? "").split(separator: ",").map(String.init)
        guard !fields.isEmpty else { throw TikTokRefusal.invalid("The query parameter fields is required.") }
        if let unknown = fields.first(where: { !known.contains($0) }) {
            throw TikTokRefusal.invalid("The field \(unknown) is not known.")
        }
        return fields
    }

    /// Public videos of a creator, newest first; deleted and moderated ones are not among them.
    private func publicVideos(_ account: SimulatedAccount, _ now: WorldTime) -> [SimulatedPost] {
        self.timelines[account.key, default: []].reversed().compactMap { self.posts[$0] }
            .filter { $0.isListed(at: now) && $0.isPrivate != true }
    }

    mutating func tikTokVideoList(
        _ call: inout Call, _ account: SimulatedAccount, _ body: JSONValue
    ) throws(TikTokRefusal) -> SimulatedResponse {
        let fields = try Self.fields(call, known: Self.videoFields)
        let limit = body["max_count"]?.integer ?? 10
        let cursor = body["cursor"]?.integer.map { WorldTime(milliseconds: Int64($0)) }
        let all = self.publicVideos(account, call.now).filter { $0.createdAt < cursor ?? .never }
        let page = Array(all.prefix(limit))
        let lowest = all.count > limit ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        call.read = self.ledger.observe(
            platform: "tiktok", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.listing == "videos" && attempt.position >= lowest && attempt.worldTime < cursor ?? .never
                && !shown.contains(attempt.marker)
        }
        return Self.tikTokData(
            [
                "videos": .array(page.map { self.show($0, fields, account, call.now) }),
                "cursor": JSONValue(page.last?.createdAt.milliseconds ?? 0), "has_more": .bool(all.count > limit),
            ], call)
    }

    func tikTokVideoQuery(
        _ call: Call, _ account: SimulatedAccount, _ body: JSONValue
    ) throws(TikTokRefusal) -> SimulatedResponse {
        let fields = try Self.fields(call, known: Self.videoFields)
        let ids = body["filters"]?["video_ids"]?.strings ?? []
        let videos = self.publicVideos(account, call.now).filter { ids.contains($0.id) }
        return Self.tikTokData(["videos": .array(videos.map { self.show($0, fields, account, call.now) })], call)
    }

    private func show(
        _ post: SimulatedPost, _ fields: [String], _ account: SimulatedAccount, _ now: WorldTime
    ) -> JSONValue {
        let counters = self.engagement(of: post, at: now)
        var object = JSONObject()
        for name in fields {
            switch name {
            case "id": object[name] = .string(post.id)
            case "create_time": object[name] = JSONValue(post.visibleAt.epochSecondsRoundedUp)
            case "title", "video_description": object[name] = .string(post.text)
            case "share_url", "embed_link":
                object[name] = .string("https://www.tiktok.com/@\(account.handle)/video/\(post.id)")
            case "view_count": object[name] = JSONValue(counters.views)
            case "like_count": object[name] = JSONValue(counters.likes)
            case "comment_count": object[name] = JSONValue(counters.comments)
            case "share_count": object[name] = JSONValue(counters.shares)
            case "cover_image_url": object[name] = .string("https://p16-sign.tiktokcdn.com/\(post.id).jpeg")
            default: break
            }
        }
        return .object(object)
    }

    func tikTokUserInfo(_ call: Call, _ account: SimulatedAccount) throws(TikTokRefusal) -> SimulatedResponse {
        let fields = try Self.fields(call, known: Self.basicFields + Self.statFields)
        if fields.contains(where: Self.statFields.contains), !account.scopes.contains("user.info.stats") {
            throw TikTokRefusal.needs("user.info.stats")
        }
        let videos = self.publicVideos(account, call.now)
        var user = JSONObject()
        for name in fields {
            switch name {
            case "open_id", "union_id": user[name] = .string(account.key.externalID)
            case "display_name": user[name] = .string(account.name)
            case "follower_count": user[name] = JSONValue(self.followers(of: account, at: call.now))
            case "following_count":
                user[name] = JSONValue(50 + stableHash("following", account.key.externalID) % 400)
            case "likes_count":
                user[name] = JSONValue(videos.reduce(0) { $0 + self.engagement(of: $1, at: call.now).likes })
            case "video_count": user[name] = JSONValue(videos.count)
            default: user[name] = .string("https://p16-sign.tiktokcdn.com/\(account.key.externalID).jpeg")
            }
        }
        return Self.tikTokData(["user": .object(user)], call)
    }
}
