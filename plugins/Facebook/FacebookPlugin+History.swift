// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// A published post of a Page with what hangs on it.
private struct FacebookListedPost: Decodable, Sendable {
    struct Target: Decodable, Sendable { var id: GraphID? }
    struct Attachment: Decodable, Sendable {
        var media_type: String?
        var target: Target?
    }
    struct Attachments: Decodable, Sendable { var data: [Attachment] }
    var id: GraphID
    var message: String?
    var created_time: Date?
    var permalink_url: String?
    var attachments: Attachments?

    /// The shape; `nil` for what Posthorn has no word for.
    var format: PostFormat? {
        if self.permalink_url?.contains("/reel/") == true { return .reel }
        switch self.attachments?.data.first?.media_type {
        case nil, "link": return .text
        case "photo": return .image
        case "album": return .carousel
        case "video": return .video
        default: return nil
        }
    }
}

extension FacebookPlugin: HistoryListing {
    /// Facebook shortens larger pages of posts with attachments.
    private static let pageSize = 50

    /// Lists what the Page published, about 600 posts of a year; a film's post is known by the film too.
    public func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        try await self.asPage(request.access) { caller throws(PluginError) in
            var query: FormFields = [
                "fields": "id,message,created_time,permalink_url,attachments{media_type,target}",
                "since": String(Int(request.since.timeIntervalSince1970)),
                "limit": String(min(max(request.limit, 1), Self.pageSize)),
            ]
            query.append("after", request.cursor)
            let page = try await self.client.get(
                GraphPage<FacebookListedPost>.self, "\(request.access.externalID)/published_posts", query, as: caller,
                endpoint: FacebookEndpoint.list)
            let posts = page.data.compactMap { post -> FoundPost? in
                guard let created = post.created_time else { return nil }
                let id = post.id.text
                return FoundPost(
                    RemotePost(id: id, url: FacebookWords.url(post.permalink_url, id), publishedAt: created),
                    publishedAt: created, text: post.message, format: post.format,
                    otherIDs: (post.attachments?.data ?? []).compactMap { $0.target?.id?.text }.filter { $0 != id })
            }
            return HistoryPage(posts: posts, next: page.after)
        }
    }
}
