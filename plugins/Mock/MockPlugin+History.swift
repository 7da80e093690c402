// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension MockPlugin: HistoryListing {
    /// The most posts of a page.
    private static let pageSize = 100

    /// Lists posts by the list that reconciling reads too; answers are left out.
    public func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        var query: FormFields = [
            "limit": String(min(max(request.limit, 1), Self.pageSize)), "since": MockCoding.text(request.since),
        ]
        query.append("cursor", request.cursor)
        let page = try await self.client.get(MockPostPage.self, "/posts", query: query, request.access)
        let posts = page.posts.filter { $0.replyTo == nil && $0.format != "story" }.map { post in
            FoundPost(
                post.remote, publishedAt: post.createdAt, text: post.text,
                format: post.format.map { PostFormat(rawValue: $0) })
        }
        return HistoryPage(posts: posts, next: page.nextCursor)
    }
}
