// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension TikTokPlugin: HistoryListing {
    private struct Page: Decodable, Sendable {
        struct Post: Decodable, Sendable {
            var id: TikTokID
            var title: String?
            var video_description: String?
            var create_time: Int64?
            var share_url: String?

            var words: String? { [self.video_description, self.title].compactMap(\.self).first { !$0.isEmpty } }
            /// Photos have an address of their own kind; how many they are is not said.
            var isPhoto: Bool { self.share_url?.contains("/photo/") == true }
        }
        var videos: [Post]?
        var cursor: Int64?
        var has_more: Bool?
    }
    private struct Question: Encodable {
        var cursor: Int64?
        var max_count: Int
    }

    /// How far the moment at which an act of publishing ended may lie from the post's own.
    private static let moderation: TimeInterval = 86_400

    /// Lists the creator's public posts: of others TikTok tells nothing.
    public func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        let caller = TikTokCaller(request.access)
        let page = try await self.client.post(
            Page.self, "video/list/", query: ["fields": "id,title,create_time,video_description,share_url"],
            Question(
                cursor: request.cursor.flatMap { Int64($0) },
                max_count: min(max(request.limit, 1), Self.metricsBatch)),
            as: caller, endpoint: TikTokEndpoint.list)
        var posts = (page.videos ?? []).compactMap { post -> FoundPost? in
            guard let created = post.create_time, let moment = Date(saidSeconds: Double(created)) else { return nil }
            return FoundPost(
                RemotePost(id: post.id.text, url: post.share_url, publishedAt: moment), publishedAt: moment,
                text: post.words, format: post.isPhoto ? nil : .video)
        }
        // The list is cut by a moment, not by a time to begin at.
        let isCovered = posts.contains { $0.publishedAt < request.since }
        posts.removeAll { $0.publishedAt < request.since }
        try await self.name(request.own, among: &posts, caller)
        let next = page.has_more == true && !isCovered ? page.cursor.map(String.init) : nil
        return HistoryPage(posts: posts, next: next)
    }

    /// Finds our own posts that are known by their act of publishing alone.
    private func name(
        _ own: [RemotePost], among posts: inout [FoundPost], _ caller: TikTokCaller
    ) async throws(PluginError) {
        guard let newest = posts.map(\.publishedAt).max(), let oldest = posts.map(\.publishedAt).min() else { return }
        for act in own where !TikTokID.isPost(act.id) {
            let moment = act.publishedAt ?? newest
            guard moment >= oldest.addingTimeInterval(-Self.moderation),
                moment <= newest.addingTimeInterval(Self.moderation),
                let id = try await self.post(of: act.id, caller),
                let place = posts.firstIndex(where: { $0.remote.id == id })
            else { continue }
            posts[place].otherIDs.append(act.id)
        }
    }
}
