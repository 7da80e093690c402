// SPDX-License-Identifier: MIT

extension World {
    func accountReport(_ key: AccountKey, _ now: WorldTime) -> JSONValue {
        guard let account = self.accounts[key] else { return .null }
        let posts = self.timelines[key, default: []].count { self.posts[$0]?.isLive(at: now) ?? false }
        return [
            "platform": .string(key.platform.rawValue), "external_id": .string(key.externalID),
            "handle": .string(account.handle), "name": .string(account.name),
            "followers": JSONValue(self.followers(of: account, at: now)), "time_zone": .string(account.timeZone),
            "audience_seed": .string(String(account.audienceSeed)), "suspended": .bool(account.isSuspended),
            "token_expires_at": account.tokenExpiresAt.map { .string($0.iso8601) }, "posts": JSONValue(posts),
        ]
    }

    /// The truth that an analysis can be checked against.
    func audienceReport(_ query: FormFields, _ now: WorldTime) throws(SimulatorError) -> JSONValue {
        guard let platform = query["platform"].flatMap(Platform.init(rawValue:)), let name = query["account"],
            let account = self.account(platform, named: name), let audience = self.audiences[account.key]
        else { throw SimulatorError(.invalidInput, "platform and account must name an account.") }
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        let best = audience.weights.enumerated().sorted { $0.element > $1.element }.prefix(10).map {
            slot, weight -> JSONValue in
            [
                "slot": JSONValue(slot), "day": .string(days[slot / 24]), "hour": JSONValue(slot % 24),
                "weight": .double(weight),
            ]
        }
        return [
            "platform": .string(platform.rawValue), "account": .string(account.key.externalID),
            "handle": .string(account.handle), "time_zone": .string(account.timeZone),
            "seed": .string(String(account.audienceSeed)), "followers": JSONValue(account.followers),
            "first_slot": "Monday 00:00", "weights": .array(audience.weights.map { .double($0) }), "best": .array(best),
        ]
    }

    /// What is live on the pretend platforms, newest first.
    func postReport(_ query: FormFields, _ now: WorldTime) throws(SimulatorError) -> JSONValue {
        let limit = query["limit"].map { Int($0) ?? 0 } ?? 100
        guard limit > 0 else { throw SimulatorError(.invalidInput, "limit must be above 0.") }
        let live = self.livePosts(
            platform: query["platform"], account: query["account"], below: query["cursor"].flatMap { Int($0) }, now)
        let posts = Array(live.prefix(limit + 1))
        let page = Array(posts.prefix(limit))
        return [
            "world_now": .string(now.iso8601), "posts": .array(page.map { self.postReport($0, now) }),
            "next_cursor": posts.count > limit ? page.last.map { .string(String($0.serial)) } : nil,
        ]
    }

    /// Live posts, newest first, of a platform and an account if they are named.
    func livePosts(platform: String?, account: String?, below: Int?, _ now: WorldTime) -> some Sequence<SimulatedPost> {
        let wanted = account.map { name in name.hasPrefix("@") ? String(name.dropFirst()) : name }
        return self.allPosts.reversed().lazy.compactMap { self.posts[$0] }.filter { post in
            guard post.serial < below ?? .max, post.isLive(at: now),
                platform == nil || post.account.platform.rawValue == platform
            else { return false }
            return wanted == nil || post.account.externalID == wanted || self.accounts[post.account]?.handle == wanted
        }
    }

    private func postReport(_ post: SimulatedPost, _ now: WorldTime) -> JSONValue {
        let counters = self.engagement(of: post, at: now)
        let paid = self.paid(for: post.id, now)
        return [
            "platform": .string(post.account.platform.rawValue), "account": .string(post.account.externalID),
            "handle": .string(self.accounts[post.account]?.handle ?? ""), "id": .string(post.id),
            "marker": .string(post.marker.value), "text": .string(post.text), "format": .string(post.format),
            "created_at": .string(post.createdAt.iso8601), "reply_to": post.replyTo.map { .string($0) },
            "media": JSONValue(post.mediaIDs), "alt_texts": JSONValue(post.altTexts.compactMap(\.self)),
            "poll": post.poll.map { JSONValue($0.options) }, "poll_minutes": post.poll.map { JSONValue($0.minutes) },
            "link": post.link.map { .string($0) },
            "media_types": JSONValue(post.mediaIDs.map { self.media[$0]?.contentType ?? "" }),
            "settings": .object(
                post.settings.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
            "comments": JSONValue(
                self.commentsByPost[post.id, default: []].compactMap { self.comments[$0] }
                    .filter { $0.deletedAt == nil }.map(\.text)),
            "metrics": [
                "views": JSONValue(counters.views), "likes": JSONValue(counters.likes),
                "comments": JSONValue(counters.comments), "shares": JSONValue(counters.shares),
                "saves": JSONValue(counters.saves), "clicks": JSONValue(counters.clicks),
            ],
            "paid": paid.isBoosted
                ? ["impressions": JSONValue(paid.impressions), "spend": paid.spend.map { .string($0) }] : nil,
        ]
    }

    /// Whether a post was ever promoted, how many impressions were bought and, outside of the mock platform, for what.
    func paid(for postID: String, _ now: WorldTime) -> (isBoosted: Bool, impressions: Int, spend: String?) {
        if self.adsByPost[postID] != nil { return self.promoted(postID, now) }
        let campaigns = self.campaignsByPost[postID, default: []].compactMap { self.campaigns[$0] }
            .filter { $0.activatedAt != nil }
        return (
            !campaigns.isEmpty,
            campaigns.reduce(0) { $0 + $1.results(at: now, seed: self.options.seed).impressions }, nil
        )
    }

    func campaignReport(_ now: WorldTime) -> JSONValue {
        let campaigns = self.campaigns.values.sorted { $0.serial > $1.serial }.map { campaign -> JSONValue in
            var object = self.mockFull(campaign, now).object ?? JSONObject()
            object["account"] = .string(campaign.account.externalID)
            return .object(object)
        }
        return ["campaigns": .array(campaigns)]
    }

    func stateReport(_ now: WorldTime, _ real: Double) -> JSONValue {
        var platforms = JSONObject()
        for platform in Platform.allCases {
            let posts = self.posts.values.filter { $0.account.platform == platform }
            platforms[platform.rawValue] = [
                "accounts": JSONValue(self.accountOrder.count { $0.platform == platform }),
                "posts": JSONValue(posts.count { $0.isLive(at: now) }),
                "media": JSONValue(self.media.values.count { $0.account.platform == platform }),
            ]
        }
        return [
            "seed": .string(String(self.options.seed)), "rate_scale": .double(self.options.rateScale),
            "idempotency_keys": .bool(self.options.honoursIdempotencyKeys),
            "post_fields": .bool(self.options.usesPostFields), "world_now": .string(now.iso8601),
            "clock_rate": .double(self.clock.rate), "platforms": .object(platforms),
            "campaigns": JSONValue(self.campaigns.count), "ad_objects": JSONValue(self.adObjects.count),
            "comments": JSONValue(self.comments.count),
            "fault_rules": JSONValue(self.faults.rules.count), "ledger": self.ledger.summary(),
        ]
    }
}
