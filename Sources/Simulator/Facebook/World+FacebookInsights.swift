// SPDX-License-Identifier: MIT

extension World {
    /// Metrics of posts, all for the lifetime.
    ///
    /// That these names are right was confirmed by one public probe only.
    private static let postMetrics: Set<String> = [
        "post_media_view", "post_total_media_view_unique", "post_reactions_by_type_total",
        "post_reactions_like_total", "post_reactions_love_total", "post_reactions_wow_total",
        "post_reactions_haha_total", "post_activity_by_action_type", "post_clicks", "post_clicks_by_type",
        "post_video_views",
    ]

    /// Metrics of Pages, by day; the unique ones also by week and 28 days.
    private static let pageMetrics: Set<String> = [
        "page_media_view", "page_total_media_view_unique", "page_total_actions", "page_video_views",
        "page_post_engagements", "page_follows", "page_daily_follows_unique", "page_daily_unfollows_unique",
    ]

    private static let wrongMetric = GraphRefusal.invalid("The value must be a valid insights metric")

    private static func metrics(_ names: [String]?, known: Set<String>) throws(GraphRefusal) -> [String] {
        guard let names, !names.isEmpty else {
            throw GraphRefusal(
                code: 3001, subcode: 1_504_028, message: "(#3001) No metric was specified to be fetched.")
        }
        guard names.allSatisfy(known.contains) else { throw Self.wrongMetric }
        return names
    }

    /// `GET /{post}/insights`.
    func postInsights(
        _ call: Call, _ request: GraphRequest, _ post: SimulatedPost
    ) throws(GraphRefusal) -> SimulatedResponse {
        let metrics = try Self.metrics(request.arguments.texts("metric"), known: Self.postMetrics)
        return .json([
            "data": .array(self.postValues(metrics, period: request.arguments.text("period"), post, call.now))
        ])
    }

    /// Insights as a field of a post: `insights.metric(a,b)`.
    func postInsights(_ field: GraphField, _ post: SimulatedPost, _ call: Call) throws(GraphRefusal) -> [JSONValue] {
        if let missing = call.bearer?.missing(["read_insights"]) { throw GraphRefusal.needs(missing) }
        let names = field.modifiers["metric"]?.split(separator: ",").map(String.init)
        let metrics = try Self.metrics(names, known: Self.postMetrics)
        return self.postValues(metrics, period: field.modifiers["period"], post, call.now)
    }

    private func postValues(
        _ metrics: [String], period: String?, _ post: SimulatedPost, _ now: WorldTime
    ) -> [JSONValue] {
        guard period ?? "lifetime" == "lifetime", post.isLive(at: now), let page = self.accounts[post.account],
            self.hasInsights(page, now)
        else { return [] }
        let counters = self.engagement(of: post, at: now)
        let paid = self.paid(for: post.id, now).impressions
        return metrics.map { name in
            Self.insight(name, "lifetime", [["value": self.postValue(name, post, counters, paid)]], of: post.id)
        }
    }

    private func postValue(_ name: String, _ post: SimulatedPost, _ counters: Engagement, _ paid: Int) -> JSONValue {
        let reactions = Self.reactions(counters.likes)
        let written = self.liveComments(of: post.id, parent: nil, withReplies: true).count
        switch name {
        case "post_media_view": return JSONValue(counters.views + paid)
        case "post_total_media_view_unique": return JSONValue(counters.reach + paid * 7 / 10)
        case "post_reactions_by_type_total": return Self.object(reactions.filter { $0.value > 0 })
        case "post_reactions_like_total": return JSONValue(reactions["like"] ?? 0)
        case "post_reactions_love_total": return JSONValue(reactions["love"] ?? 0)
        case "post_reactions_wow_total": return JSONValue(reactions["wow"] ?? 0)
        case "post_reactions_haha_total": return JSONValue(reactions["haha"] ?? 0)
        case "post_activity_by_action_type":
            return Self.object([
                "like": counters.likes, "comment": counters.comments + written, "share": counters.shares,
            ])
        case "post_clicks": return JSONValue(counters.clicks + counters.views / 100)
        case "post_clicks_by_type":
            return Self.object(["link clicks": counters.clicks, "other clicks": counters.views / 100])
        default: return JSONValue(counters.videoViews)
        }
    }

    private static func object(_ counts: [String: Int]) -> JSONValue {
        var object = JSONObject()
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { object[name] = JSONValue(count) }
        return .object(object)
    }

    /// A Page needs 100 likes before it has insights.
    private func hasInsights(_ page: SimulatedAccount, _ now: WorldTime) -> Bool {
        self.followers(of: page, at: now) >= 100
    }

    private static func insight(_ name: String, _ period: String, _ values: [JSONValue], of id: String) -> JSONValue {
        [
            "name": .string(name), "period": .string(period), "values": .array(values),
            "title": .string(name.replacing("_", with: " ")), "description": .string("Simulated \(name)."),
            "id": .string("\(id)/insights/\(name)/\(period)"),
        ]
    }

    /// `GET /{page}/insights`: one value for each day that ended, Pacific time.
    func pageInsights(
        _ call: Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let metrics = try Self.metrics(request.arguments.texts("metric"), known: Self.pageMetrics)
        let period = request.arguments.text("period") ?? "day"
        let days = ["day": 1, "week": 7, "days_28": 28][period]
        let until = min(request.arguments.time("until") ?? call.now, call.now)
        let since = request.arguments.time("since") ?? until + -2 * 86_400
        guard since <= until else { throw GraphRefusal.invalid("since must not be later than until") }
        guard until - since <= 90 * 86_400 else {
            throw GraphRefusal.invalid("There cannot be more than 90 days between since and until")
        }
        guard let days, self.hasInsights(page, call.now) else { return .json(["data": []]) }
        let ends = PacificDay.ends(from: since, to: until)
        let posts = self.timelines[page.key, default: []].compactMap { self.posts[$0] }
            .filter { $0.isLive(at: call.now) }
        var data: [JSONValue] = []
        for name in metrics where days == 1 || name == "page_total_media_view_unique" {
            let values = ends.map { end -> JSONValue in
                let start = end + -Double(days) * 86_400
                return [
                    "value": JSONValue(self.pageValue(name, page, posts, from: start, to: end)),
                    "end_time": .string(end.graph),
                ]
            }
            data.append(Self.insight(name, period, values, of: page.key.externalID))
        }
        return .json(["data": .array(data)])
    }

    private func pageValue(
        _ name: String, _ page: SimulatedAccount, _ posts: [SimulatedPost], from start: WorldTime, to end: WorldTime
    ) -> Int {
        func gained(_ count: (Engagement) -> Int) -> Int {
            posts.reduce(0) { sum, post in
                sum + count(self.engagement(of: post, at: end)) - count(self.engagement(of: post, at: start))
            }
        }
        let followers = self.followers(of: page, at: end)
        switch name {
        case "page_media_view": return gained(\.views)
        case "page_total_media_view_unique": return gained(\.reach)
        case "page_total_actions": return gained(\.profileVisits) / 10
        case "page_video_views": return gained(\.videoViews)
        case "page_post_engagements": return gained(\.engagements)
        case "page_follows": return followers
        case "page_daily_follows_unique": return max(0, followers - self.followers(of: page, at: start))
        default: return followers / 20_000
        }
    }
}

/// Days of the Pacific time zone, which is how Meta counts them.
enum PacificDay {
    /// The ends of the days that ended between two instants.
    static func ends(from since: WorldTime, to until: WorldTime) -> [WorldTime] {
        var ends: [WorldTime] = []
        var day = Int64((since.epochSeconds / 86_400).rounded(.down))
        while true {
            // Midnight there is 07:00 or 08:00 UTC.
            let noon = WorldTime(milliseconds: (day * 86_400 + 43_200) * 1000)
            let offset = LocalWeek.secondsFromGMT(at: noon, in: "America/Los_Angeles")
            let end = WorldTime(milliseconds: (day * 86_400 - Int64(offset)) * 1000)
            if end > until { return ends }
            if end > since { ends.append(end) }
            day += 1
        }
    }
}
