// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension TikTokPlugin: MetricsFetching {
    private static let definition = 1
    /// The most posts that one question may name.
    static let metricsBatch = 20

    /// Reads posts that everybody may see, or the account; of other posts TikTok tells nothing.
    public func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        let caller = TikTokCaller(request.access)
        guard !request.posts.isEmpty else { return [try await self.accountMetrics(caller)] }
        var readings: [MetricReading] = []
        // A post that had no identity when it was published is asked for by its act of publishing.
        var wanted: [(id: String, as: String)] = []
        for post in request.posts.map(\.id) {
            if TikTokID.isPost(post) {
                wanted.append((post, post))
            } else if let id = try await self.post(of: post, caller) {
                wanted.append((id, post))
            } else {
                readings.append(MetricReading(postID: post, values: [:], raw: "{}", definition: Self.definition))
            }
        }
        var rest = wanted[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.metricsBatch)
            rest = rest.dropFirst(Self.metricsBatch)
            let videos = try await self.videos(batch.map(\.id), caller)
            for entry in batch {
                // What TikTok leaves out is deleted, or not everybody's any more: it does not say which.
                guard let video = videos.first(where: { $0.id == entry.id }) else { continue }
                readings.append(Self.reading(video, of: entry.as))
            }
        }
        return readings
    }

    /// The identity of a post, when everybody may see it by now.
    func post(of id: String, _ caller: TikTokCaller) async throws(PluginError) -> String? {
        do {
            return try await self.client.status(id, as: caller).post
        } catch  where error.code == .permanent {
            return nil
        }
    }

    private struct Video: Codable, Sendable {
        static let fields = "id,title,create_time,share_url,view_count,like_count,comment_count,share_count"

        var id: String
        var create_time: Int64?
        var view_count: Int64?
        var like_count: Int64?
        var comment_count: Int64?
        var share_count: Int64?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try container.decode(TikTokID.self, forKey: .id).text
            self.create_time = try container.decodeIfPresent(Int64.self, forKey: .create_time)
            self.view_count = try container.decodeIfPresent(Int64.self, forKey: .view_count)
            self.like_count = try container.decodeIfPresent(Int64.self, forKey: .like_count)
            self.comment_count = try container.decodeIfPresent(Int64.self, forKey: .comment_count)
            self.share_count = try container.decodeIfPresent(Int64.self, forKey: .share_count)
        }
    }
    private struct Videos: Decodable, Sendable { var videos: [Video]? }
    private struct Question: Encodable {
        struct Filters: Encodable { var video_ids: [String] }
        var filters: Filters
    }

    private func videos(_ ids: [String], _ caller: TikTokCaller) async throws(PluginError) -> [Video] {
        try await self.client.post(
            Videos.self, "video/query/", query: ["fields": Video.fields],
            Question(filters: Question.Filters(video_ids: ids)), as: caller, endpoint: TikTokEndpoint.videos
        ).videos ?? []
    }

    private static func reading(_ video: Video, of post: String) -> MetricReading {
        var values: [MetricName: Int64] = [:]
        values[.views] = video.view_count
        values[.likes] = video.like_count
        values[.comments] = video.comment_count
        values[.shares] = video.share_count
        return MetricReading(
            postID: post, values: values, raw: TikTokCoding.text(video), definition: Self.definition)
    }

    private func accountMetrics(_ caller: TikTokCaller) async throws(PluginError) -> MetricReading {
        let user = try await TikTokUser.read("follower_count,likes_count,video_count", self.client, caller)
        var values: [MetricName: Int64] = [:]
        values[.followers] = user.follower_count
        return MetricReading(postID: nil, values: values, raw: TikTokCoding.text(user), definition: Self.definition)
    }
}

/// What TikTok says of the token's own user.
struct TikTokUser: Codable, Sendable {
    var open_id: String?
    var display_name: String?
    var follower_count: Int64?
    var likes_count: Int64?
    var video_count: Int64?

    private struct Answer: Decodable, Sendable { var user: TikTokUser }

    static func read(
        _ fields: String, _ client: TikTokClient, _ caller: TikTokCaller
    ) async throws(PluginError) -> TikTokUser {
        try await client.get(
            Answer.self, "user/info/", query: ["fields": fields], as: caller, endpoint: TikTokEndpoint.user
        ).user
    }
}
