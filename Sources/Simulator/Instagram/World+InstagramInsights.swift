// SPDX-License-Identifier: MIT

extension World {
    private static let feedMetrics = [
        "views", "reach", "likes", "comments", "shares", "saved", "total_interactions", "follows", "profile_visits",
        "profile_activity", "reposts", "total_views", "total_likes", "total_comments",
    ]
    private static let reelMetrics = [
        "views", "reach", "likes", "comments", "shares", "saved", "total_interactions", "ig_reels_avg_watch_time",
        "ig_reels_video_view_total_time", "reposts", "total_views", "total_likes", "total_comments",
    ]
    private static let storyMetrics = [
        "views", "reach", "replies", "shares", "total_interactions", "follows", "profile_visits", "link_clicks",
        "navigation", "reposts",
    ]

    /// Metrics that include what was paid for; with Facebook Login only.
    private static let totalMetrics: Set<String> = ["total_views", "total_likes", "total_comments"]

    /// `GET /{ig-media}/insights`: for the lifetime, without dates.
    func mediaInsights(
        _ call: Call, _ request: GraphRequest, _ post: SimulatedPost
    ) throws(GraphRefusal) -> SimulatedResponse {
        let metrics = request.arguments.texts("metric") ?? []
        let breakdown = request.arguments.texts("breakdown")?.first
        return .json(["data": .array(try self.mediaInsights(metrics, breakdown, post, call))])
    }

    /// Insights as a field of a media: `insights.metric(a,b)`.
    func mediaInsights(_ field: GraphField, _ post: SimulatedPost, _ call: Call) throws(GraphRefusal) -> [JSONValue] {
        if let missing = call.bearer?.missing(["instagram_manage_insights"]) { throw GraphRefusal.needs(missing) }
        let metrics = (field.modifiers["metric"] ?? "").split(separator: ",").map(String.init)
        return try self.mediaInsights(metrics, field.modifiers["breakdown"], post, call)
    }

    private func mediaInsights(
        _ metrics: [String], _ breakdown: String?, _ post: SimulatedPost, _ call: Call
    ) throws(GraphRefusal) -> [JSONValue] {
        var known =
            post.format == "story" ? Self.storyMetrics : post.format == "reel" ? Self.reelMetrics : Self.feedMetrics
        if call.bearer?.kind == .instagram { known.removeAll(where: Self.totalMetrics.contains) }
        guard !metrics.isEmpty else { throw GraphRefusal.missing("metric") }
        if let index = metrics.firstIndex(where: { !known.contains($0) }) {
            throw GraphRefusal.invalid(
                "metric[\(index)] must be one of the following values: \(known.joined(separator: ", "))")
        }
        if let breakdown {
            let fitting = ["profile_activity": "action_type", "navigation": "story_navigation_action_type"]
            guard metrics.allSatisfy({ fitting[$0] == breakdown }) else { throw GraphRefusal.unknownProblem }
        }
        let counters = self.engagement(of: post, at: call.now)
        if post.format == "story" {
            guard call.now - post.visibleAt < 86_400 else { return [] }
            guard counters.reach >= 5 else { throw GraphRefusal.tooFewViewers }
        }
        return metrics.map { name in
            let value = self.mediaValue(name, post, counters, call.now)
            var entry: JSONObject = [
                "name": .string(name), "period": "lifetime", "values": [["value": JSONValue(value)]],
                "title": .string(name), "description": .string("Simulated \(name)."),
                "id": .string("\(post.id)/insights/\(name)/lifetime"),
            ]
            if let breakdown {
                entry["values"] = nil
                entry["total_value"] = Self.broken(value, by: breakdown)
            }
            return .object(entry)
        }
    }

    private static func broken(_ value: Int, by breakdown: String) -> JSONValue {
        let names = breakdown == "action_type" ? ["bio_link_clicked", "call"] : ["tap_forward", "tap_exit"]
        let results = zip(names, [value - value / 4, value / 4]).map { name, part -> JSONValue in
            ["dimension_values": [.string(name)], "value": JSONValue(part)]
        }
        return [
            "value": JSONValue(value),
            "breakdowns": [["dimension_keys": [.string(breakdown)], "results": .array(results)]],
        ]
    }

    private func mediaValue(_ name: String, _ post: SimulatedPost, _ counters: Engagement, _ now: WorldTime) -> Int {
        let comments = counters.comments + self.liveComments(of: post.id, parent: nil, withReplies: true).count
        switch name {
        case "views": return counters.views
        case "total_views": return counters.views + self.paid(for: post.id, now).impressions
        case "reach": return counters.reach
        case "likes", "total_likes": return counters.likes
        case "comments", "replies", "total_comments": return comments
        case "shares": return counters.shares
        case "saved": return counters.saves
        case "total_interactions": return counters.likes + comments + counters.shares + counters.saves
        case "follows": return counters.follows
        case "profile_visits": return counters.profileVisits
        case "profile_activity": return counters.profileVisits / 8
        case "reposts": return counters.quotes
        case "link_clicks": return counters.clicks
        case "navigation": return counters.views * 6 / 5
        case "ig_reels_video_view_total_time": return counters.watchMilliseconds
        default: return counters.watchMilliseconds / max(1, counters.videoViews)
        }
    }
}
