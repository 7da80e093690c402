// SPDX-License-Identifier: MIT

extension World {
    private static let accountMetrics = [
        "views", "reach", "likes", "comments", "saves", "shares", "replies", "reposts", "total_interactions",
        "accounts_engaged", "profile_links_taps", "follows_and_unfollows", "follower_count", "follower_demographics",
        "engaged_audience_demographics",
    ]

    /// Metrics that come as a series of days too.
    private static let seriesMetrics: Set<String> = ["reach", "follower_count"]

    /// `GET /{ig-user}/insights`.
    func instagramInsights(
        _ call: Call, _ request: GraphRequest, _ account: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let metrics = arguments.texts("metric") ?? []
        guard !metrics.isEmpty else { throw GraphRefusal.missing("metric") }
        if let index = metrics.firstIndex(where: { !Self.accountMetrics.contains($0) }) {
            throw GraphRefusal.invalid(
                "metric[\(index)] must be one of the following values: \(Self.accountMetrics.joined(separator: ", "))")
        }
        let until = min(arguments.time("until") ?? call.now, call.now)
        let since = arguments.time("since") ?? until + -86_400
        guard since <= until, until - since <= 30 * 86_400 else {
            throw GraphRefusal.invalid("There cannot be more than 30 days (2592000 s) between since and until")
        }
        let period = arguments.texts("period")?.first ?? "day"
        var data: [JSONValue] = []
        for name in metrics {
            if name.hasSuffix("_demographics") {
                data.append(try self.demographics(name, period, arguments, account, call.now))
            } else {
                data.append(
                    contentsOf: try self.accountInsight(name, period, arguments, account, from: since, to: until))
            }
        }
        return .json(["data": .array(data)])
    }

    private func accountInsight(
        _ name: String, _ period: String, _ arguments: GraphArguments, _ account: SimulatedAccount,
        from since: WorldTime, to until: WorldTime
    ) throws(GraphRefusal) -> [JSONValue] {
        guard period == "day" else { throw GraphRefusal.invalid("The metric \(name) needs period=day") }
        guard arguments.texts("breakdown") == nil else { throw GraphRefusal.unknownProblem }
        let isTotal = arguments.text("metric_type") == "total_value"
        guard isTotal || Self.seriesMetrics.contains(name) else {
            throw GraphRefusal.invalid("The metric \(name) should be specified with parameter metric_type=total_value")
        }
        if name == "follower_count" {
            guard !isTotal else { throw GraphRefusal.invalid("The metric follower_count is a series of days") }
            if account.followers < 100 { return [] }
        }
        var entry: JSONObject = [
            "name": .string(name), "period": "day", "title": .string(name),
            "description": .string("Simulated \(name)."),
            "id": .string("\(account.key.externalID)/insights/\(name)/day"),
        ]
        if isTotal {
            entry["total_value"] = ["value": JSONValue(self.accountValue(name, account, from: since, to: until))]
        } else {
            entry["values"] = .array(
                PacificDay.ends(from: since, to: until).map { end in
                    let value = self.accountValue(name, account, from: end + -86_400, to: end)
                    return ["value": JSONValue(value), "end_time": .string(end.graph)]
                })
        }
        return [.object(entry)]
    }

    private func accountValue(
        _ name: String, _ account: SimulatedAccount, from start: WorldTime, to end: WorldTime
    ) -> Int {
        if name == "follower_count" || name == "follows_and_unfollows" {
            return max(0, self.followers(of: account, at: end) - self.followers(of: account, at: start))
        }
        let posts = self.timelines[account.key, default: []].compactMap { self.posts[$0] }
            .filter { $0.deletedAt == nil && !$0.processingFails }
        func gained(_ count: (Engagement) -> Int) -> Int {
            posts.reduce(0) { sum, post in
                sum + count(self.engagement(of: post, at: end)) - count(self.engagement(of: post, at: start))
            }
        }
        switch name {
        case "views": return gained(\.views)
        case "reach": return gained(\.reach)
        case "likes": return gained(\.likes)
        case "comments": return gained(\.comments)
        case "saves": return gained(\.saves)
        case "shares": return gained(\.shares)
        case "reposts": return gained(\.quotes)
        case "total_interactions": return gained(\.engagements)
        case "accounts_engaged": return gained(\.engagements) * 4 / 5
        case "profile_links_taps": return gained(\.profileVisits) / 10
        default: return 0
        }
    }

    private func demographics(
        _ name: String, _ period: String, _ arguments: GraphArguments, _ account: SimulatedAccount, _ now: WorldTime
    ) throws(GraphRefusal) -> JSONValue {
        guard period == "lifetime", arguments.text("timeframe") != nil,
            arguments.text("metric_type") == "total_value"
        else {
            throw GraphRefusal.invalid("\(name) needs period=lifetime, timeframe and metric_type=total_value")
        }
        let values = [
            "age": ["18-24", "25-34", "35-44", "45-54"], "gender": ["F", "M", "U"], "country": ["DE", "AT", "CH"],
            "city": ["Berlin, Berlin", "Hamburg, Hamburg"],
        ]
        guard let breakdown = arguments.texts("breakdown")?.first, let names = values[breakdown] else {
            throw GraphRefusal.unknownProblem
        }
        let followers = self.followers(of: account, at: now)
        let results = names.enumerated().map { index, value -> JSONValue in
            ["dimension_values": [.string(value)], "value": JSONValue(followers >> (index + 1))]
        }
        return [
            "name": .string(name), "period": "lifetime", "title": .string(name),
            "description": .string("Simulated \(name)."),
            "total_value": ["breakdowns": [["dimension_keys": [.string(breakdown)], "results": .array(results)]]],
            "id": .string("\(account.key.externalID)/insights/\(name)/lifetime"),
        ]
    }
}
