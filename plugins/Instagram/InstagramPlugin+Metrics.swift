// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// What a media itself says: which kind it is, and its numbers without ads.
private struct InstagramMedia: Codable, Sendable {
    var media_product_type: String?
    var permalink: String?
    var like_count: Int64?
    var comments_count: Int64?
    var followers_count: Int64?

    var kind: String { InstagramKind.of(self.media_product_type, permalink: self.permalink) ?? InstagramKind.feed }
}

extension InstagramPlugin: MetricsFetching {
    private static let definition = 1
    private static func mediaFields(_ client: GraphClient) -> FormFields {
        ["fields": "\(InstagramKind.field(on: client)),like_count,comments_count"]
    }

    /// Which metrics a kind of media has.
    ///
    /// Names that have died (`impressions`, `plays`, `video_views`, …) are not asked for; `link_clicks` of
    /// stories is in the prose and not in the specification (?), so that stories have no clicks.
    private static func names(_ kind: String) -> [String] {
        switch kind {
        case InstagramKind.reel:
            [
                "views", "reach", "likes", "comments", "shares", "saved", "total_interactions",
                "ig_reels_avg_watch_time", "ig_reels_video_view_total_time",
            ]
        case InstagramKind.story:
            ["views", "reach", "replies", "shares", "total_interactions", "follows", "profile_visits"]
        default:
            [
                "views", "reach", "likes", "comments", "shares", "saved", "total_interactions", "follows",
                "profile_visits", "profile_activity",
            ]
        }
    }
    private static let accountNames = [
        "views", "reach", "likes", "comments", "saves", "shares", "total_interactions", "accounts_engaged",
        "profile_links_taps",
    ]

    /// Reads media, each by the metrics of its kind, or the account.
    public func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        let client = self.client(request.access.tokens)
        let caller = GraphCaller(request.access)
        guard !request.posts.isEmpty else { return [try await self.accountMetrics(request.access, client, caller)] }
        guard request.posts.count > 1 else { return [try await self.reading(request.posts[0].id, client, caller)] }
        var readings: [MetricReading] = []
        var rest = request.posts.map(\.id)[...]
        while !rest.isEmpty {
            readings += try await self.readings(
                Array(rest.prefix(GraphClient.batchSize)), first: request.posts[0].id, client, caller)
            rest = rest.dropFirst(GraphClient.batchSize)
        }
        return readings
    }

    private func question(_ id: String, _ kind: String) -> GraphQuestion {
        GraphQuestion(id, Self.names(kind), kind: kind)
    }

    private func reading(_ id: String, _ client: GraphClient, _ caller: GraphCaller) async throws(PluginError)
        -> MetricReading
    {
        let media: InstagramMedia
        do {
            media = try await client.get(
                InstagramMedia.self, id, Self.mediaFields(client), as: caller, endpoint: InstagramEndpoint.read)
        } catch  where error.isGone {
            return Self.gone(id)
        }
        return try await self.reading(id, media, client, caller)
    }

    private func reading(
        _ id: String, _ media: InstagramMedia, _ client: GraphClient, _ caller: GraphCaller
    ) async throws(PluginError) -> MetricReading {
        let kind = media.kind
        do {
            let insights = try await self.insights.ask(
                self.question(id, kind), client, as: caller, endpoint: InstagramEndpoint.insights)
            return Self.reading(id, media, insights)
        } catch  where error.isGone {
            return Self.gone(id)
        } catch  where kind == InstagramKind.story && error.platformCode == "10" {
            // Too few viewers: nothing is given, which is no error.
            return Self.reading(id, media, [:])
        }
    }

    /// Reads many in two batches: which kinds they are, then each by the metrics of its kind.
    ///
    /// What the batch could not answer is asked alone, and what fails alone is left out, but for the first of all: it is what the caller asks
    /// for, and why it could not be read decides what becomes of the asking.
    private func readings(
        _ ids: [String], first: String, _ client: GraphClient, _ caller: GraphCaller
    ) async throws(PluginError) -> [MetricReading] {
        let kinds = try await client.batch(
            ids.map { GraphRead($0, Self.mediaFields(client)) }, as: caller, endpoint: InstagramEndpoint.read)
        var readings: [MetricReading] = []
        var known: [(id: String, media: InstagramMedia)] = []
        for (id, answer) in zip(ids, kinds) {
            switch answer {
            case .success(let body):
                // What cannot be read is left out, like what fails alone.
                if let media = try? JSONDecoder().decode(InstagramMedia.self, from: body) {
                    known.append((id, media))
                } else if id == first {
                    throw PluginError(.retryAfter, "Instagram's answer for the media \(id) could not be read.")
                }
            case .failure(let error) where error.isGone: readings.append(Self.gone(id))
            case .failure(let error) where error.code == .reauthorize || error.code == .rateLimited: throw error
            case .failure(let error) where id == first: throw error
            case .failure: continue
            }
        }
        guard !known.isEmpty else { return readings }
        let reads = known.map { self.insights.living(self.question($0.id, $0.media.kind)).read }
        let answers = try await client.batch(reads, as: caller, endpoint: InstagramEndpoint.insights)
        for (entry, answer) in zip(known, answers) {
            do throws(PluginError) {
                readings.append(Self.reading(entry.id, entry.media, try GraphInsights.read(answer.get())))
            } catch {
                switch error {
                case _ where error.isGone: readings.append(Self.gone(entry.id))
                case _ where error.isUnknownMetric || error.platformCode == "10":
                    do {
                        readings.append(try await self.reading(entry.id, entry.media, client, caller))
                    } catch  where entry.id != first && error.code != .reauthorize && error.code != .rateLimited {
                        continue
                    }
                case _ where error.code == .reauthorize || error.code == .rateLimited: throw error
                case _ where entry.id == first: throw error
                default: continue
                }
            }
        }
        return readings
    }

    private static func gone(_ id: String) -> MetricReading {
        MetricReading(
            postID: id, values: [:], raw: #"{"error":{"code":100,"error_subcode":33}}"#, definition: Self.definition,
            isGone: true)
    }

    private struct Raw: Encodable {
        var insights: [GraphInsight]
        var media: InstagramMedia
    }

    private static func reading(
        _ id: String?, _ media: InstagramMedia, _ insights: [String: GraphInsight], dayEnds: Date? = nil
    ) -> MetricReading {
        func value(_ names: String...) -> Int64? { names.lazy.compactMap { insights[$0]?.count }.first }
        var values: [MetricName: Int64] = [:]
        values[.views] = value("views")
        values[.reach] = value("reach")
        values[.likes] = value("likes") ?? (media.kind == InstagramKind.story ? nil : media.like_count)
        values[.comments] =
            value("comments", "replies") ?? (media.kind == InstagramKind.story ? nil : media.comments_count)
        values[.shares] = value("shares")
        values[.saves] = value("saved", "saves")
        values[.engagements] = value("total_interactions")
        values[.follows] = value("follows")
        values[.profileVisits] = value("profile_visits")
        values[.clicks] = value("profile_activity", "profile_links_taps")
        values[.watchTimeMilliseconds] = value("ig_reels_video_view_total_time")
        values[.followers] = media.followers_count
        let raw = Raw(insights: insights.values.sorted { $0.name < $1.name }, media: media)
        return MetricReading(
            postID: id, values: values, dayEnds: dayEnds, raw: GraphCoding.json(raw), definition: Self.definition)
    }

    /// Followers now, and the totals of the last full day.
    private func accountMetrics(
        _ access: AccountAccess, _ client: GraphClient, _ caller: GraphCaller
    ) async throws(PluginError) -> MetricReading {
        let account = try await client.get(
            InstagramMedia.self, access.externalID, ["fields": "followers_count"], as: caller,
            endpoint: InstagramEndpoint.read)
        let today = (self.clock.now().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
        let question = GraphQuestion(
            access.externalID, Self.accountNames, kind: "account",
            more: [
                "period": "day", "metric_type": "total_value", "since": String(Int(today) - 86_400),
                "until": String(Int(today)),
            ])
        do {
            let insights = try await self.insights.ask(
                question, client, as: caller, endpoint: InstagramEndpoint.insights)
            return Self.reading(
                nil, account, insights,
                dayEnds: insights.isEmpty ? nil : Date(timeIntervalSince1970: today))
        } catch  where error.isUnknownMetric || error.code == .needsHuman {
            // Without instagram_manage_insights an account still has followers.
            return Self.reading(nil, account, [:])
        }
    }
}
