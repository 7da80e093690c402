// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// What a post itself says of its numbers.
private struct FacebookCounts: Codable, Sendable {
    struct Comments: Codable, Sendable { var summary: Summary? }
    struct Summary: Codable, Sendable { var total_count: Int64? }
    struct Shares: Codable, Sendable { var count: Int64? }
    var shares: Shares?
    var comments: Comments?
    var followers_count: Int64?
}

extension FacebookPlugin: MetricsFetching {
    /// Two reads for each post, fifty reads a batch.
    static let batch = GraphClient.batchSize / 2
    private static let definition = 1

    private static let postMetrics = [
        "post_media_view", "post_total_media_view_unique", "post_reactions_by_type_total",
        "post_reactions_like_total", "post_clicks", "post_clicks_by_type", "post_video_views",
        "post_activity_by_action_type",
    ]
    private static let pageMetrics = [
        "page_media_view", "page_total_media_view_unique", "page_total_actions", "page_video_views",
        "page_post_engagements", "page_daily_follows_unique",
    ]
    private static let counts: FormFields = ["fields": "shares,comments.summary(true).limit(0)"]

    /// Reads posts, or the Page.
    public func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        try await self.asPage(request.access) { caller throws(PluginError) in
            guard !request.posts.isEmpty else { return [try await self.pageMetrics(request.access, caller)] }
            guard request.posts.count > 1 else {
                return [try await self.reading(request.posts[0].id, caller)]
            }
            var readings: [MetricReading] = []
            var rest = request.posts.map(\.id)[...]
            while !rest.isEmpty {
                readings += try await self.readings(
                    Array(rest.prefix(Self.batch)), first: request.posts[0].id, caller)
                rest = rest.dropFirst(Self.batch)
            }
            return readings
        }
    }

    private func question(_ post: String) -> GraphQuestion {
        GraphQuestion(post, Self.postMetrics, kind: "post", more: ["period": "lifetime"])
    }

    private func reading(_ post: String, _ caller: GraphCaller) async throws(PluginError) -> MetricReading {
        do {
            let insights = try await self.insights.ask(
                self.question(post), self.client, as: caller, endpoint: FacebookEndpoint.insights)
            return Self.reading(post, insights, try await self.counts(of: post, caller))
        } catch  where error.isGone {
            return Self.gone(post)
        }
    }

    /// What the post says of comments and shares; a missing permission leaves the insights' own numbers.
    private func counts(of post: String, _ caller: GraphCaller) async throws(PluginError) -> FacebookCounts? {
        do {
            return try await self.client.get(
                FacebookCounts.self, post, Self.counts, as: caller, endpoint: FacebookEndpoint.read)
        } catch  where error.code == .needsHuman || error.isUnknownMetric {
            return nil
        }
    }

    /// Many posts at once; what the batch could not answer is asked alone, and what fails alone is left out, but for the first of all.
    private func readings(_ posts: [String], first: String, _ caller: GraphCaller) async throws(PluginError)
        -> [MetricReading]
    {
        let reads = posts.flatMap { post in
            [self.insights.living(self.question(post)).read, GraphRead(post, Self.counts)]
        }
        let answers = try await self.client.batch(reads, as: caller, endpoint: FacebookEndpoint.insights)
        var readings: [MetricReading] = []
        for (place, post) in posts.enumerated() {
            do throws(PluginError) {
                let insights = try GraphInsights.read(answers[place * 2].get())
                // Without the post's own counts the insights' are taken.
                let counts = try? JSONDecoder().decode(FacebookCounts.self, from: answers[place * 2 + 1].get())
                readings.append(Self.reading(post, insights, counts))
            } catch {
                switch error {
                case _ where error.isGone: readings.append(Self.gone(post))
                case _ where error.isUnknownMetric:
                    do {
                        readings.append(try await self.reading(post, caller))
                    } catch  where post != first && error.code != .reauthorize && error.code != .rateLimited {
                        continue
                    }
                case _ where error.code == .reauthorize || error.code == .rateLimited: throw error
                // The first is what the caller asks for: why it could not be read decides what becomes of the asking.
                case _ where post == first: throw error
                default: continue
                }
            }
        }
        return readings
    }

    private static func gone(_ post: String) -> MetricReading {
        MetricReading(
            postID: post, values: [:], raw: #"{"error":{"code":100,"error_subcode":33}}"#, definition: Self.definition,
            isGone: true)
    }

    private struct Raw: Encodable {
        var insights: [GraphInsight]
        var counts: FacebookCounts?
    }

    private static func reading(
        _ post: String, _ insights: [String: GraphInsight], _ counts: FacebookCounts?
    ) -> MetricReading {
        let actions = insights["post_activity_by_action_type"]?.newest
        var values: [MetricName: Int64] = [:]
        values[.views] = insights["post_media_view"]?.count
        values[.reach] = insights["post_total_media_view_unique"]?.count
        values[.likes] = insights["post_reactions_like_total"]?.count
        values[.clicks] = insights["post_clicks"]?.count
        values[.videoViews] = insights["post_video_views"]?.count
        values[.comments] = counts?.comments?.summary?.total_count ?? actions?["comment"]?.count
        values[.shares] = counts?.shares?.count ?? actions?["share"]?.count
        // Engagements take the reactions of all kinds; likes are one of them.
        if let reactions = insights["post_reactions_by_type_total"]?.count, let comments = values[.comments],
            let shares = values[.shares],
            let clicks = values[.clicks]
        {
            values[.engagements] = [comments, shares, clicks].reduce(reactions) { $0.adding(saturating: $1) }
        }
        let raw = Raw(insights: insights.values.sorted { $0.name < $1.name }, counts: counts)
        return MetricReading(
            postID: post, values: values, reactions: insights["post_reactions_by_type_total"]?.newest?.counts,
            raw: GraphCoding.json(raw), definition: Self.definition)
    }

    /// Followers now, and the last day that Facebook has settled.
    private func pageMetrics(_ access: AccountAccess, _ caller: GraphCaller) async throws(PluginError) -> MetricReading
    {
        let counts = try await self.client.get(
            FacebookCounts.self, access.externalID, ["fields": "followers_count"], as: caller,
            endpoint: FacebookEndpoint.read)
        let now = Int(self.clock.now().timeIntervalSince1970)
        var insights: [String: GraphInsight] = [:]
        do {
            let question = GraphQuestion(
                access.externalID, Self.pageMetrics, kind: "page",
                more: ["period": "day", "since": String(now - 259_200), "until": String(now)])
            insights = try await self.insights.ask(
                question, self.client, as: caller, endpoint: FacebookEndpoint.insights)
        } catch  where error.isUnknownMetric || error.code == .needsHuman {
            // A Page with fewer than 100 likes, or without read_insights, still has followers.
        }
        var values: [MetricName: Int64] = [:]
        values[.followers] = counts.followers_count
        values[.views] = insights["page_media_view"]?.count
        values[.reach] = insights["page_total_media_view_unique"]?.count
        values[.clicks] = insights["page_total_actions"]?.count
        values[.videoViews] = insights["page_video_views"]?.count
        values[.engagements] = insights["page_post_engagements"]?.count
        values[.follows] = insights["page_daily_follows_unique"]?.count
        let raw = Raw(insights: insights.values.sorted { $0.name < $1.name }, counts: counts)
        return MetricReading(
            postID: nil, values: values, dayEnds: insights.values.compactMap(\.newestEnd).max(),
            raw: GraphCoding.json(raw), definition: Self.definition)
    }
}
