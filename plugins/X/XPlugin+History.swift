// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// A page of a user's posts with what hangs on them.
private struct XHistory: Decodable, Sendable {
    struct Post: Decodable, Sendable {
        struct Attachments: Decodable, Sendable { var media_keys: [String]? }
        struct Entities: Decodable, Sendable {
            struct Link: Decodable, Sendable {
                var url: String
                var expanded_url: String?
            }
            var urls: [Link]?
        }
        var id: String
        var text: String
        var created_at: Date?
        var attachments: Attachments?
        var entities: Entities?

        /// The words with the addresses that the short links stand for.
        var words: String {
            (self.entities?.urls ?? []).reduce(self.text) { text, link in
                link.expanded_url.map { text.replacing(link.url, with: $0) } ?? text
            }
        }
    }
    struct Includes: Decodable, Sendable {
        struct Media: Decodable, Sendable {
            var media_key: String?
            var type: String?
        }
        var media: [Media]?
    }
    struct Meta: Decodable, Sendable { var next_token: String? }
    var data: [Post]?
    var includes: Includes?
    var meta: Meta?
}

extension XPlugin: HistoryListing {
    /// Lists the user's own posts without reposts and replies; X goes back 800 of them.
    public func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        let page = try await self.dialect.read { dialect throws(PluginError) in
            var query: FormFields = [
                "max_results": String(min(max(request.limit, 5), 100)), "exclude": "retweets,replies",
                "start_time": request.since.formatted(.iso8601),
            ]
            query.append(dialect.fields, "created_at,attachments,entities")
            query.append("expansions", "attachments.media_keys")
            query.append("media.fields", "type")
            query.append("pagination_token", request.cursor)
            let path = "/2/users/\(FormEncoding.encode(request.access.externalID))/tweets"
            let head = HTTPRequest(
                .get, host: Self.host, path: path, query: query, bearer: request.access.tokens.accessToken)
            let call = HTTPCall(head, endpoint: XEndpoint.userPosts.rawValue, maximumResponseBytes: 4 << 20)
            return try await self.client.call(XHistory.self, call, secrets: request.access.secrets)
        }
        let kinds = (page.includes?.media ?? []).reduce(into: [String: String]()) { kinds, media in
            if let key = media.media_key { kinds[key] = media.type }
        }
        let posts = (page.data ?? []).compactMap { post -> FoundPost? in
            // Without its time a post says nothing of when to post.
            guard let created = post.created_at else { return nil }
            let media = (post.attachments?.media_keys ?? []).map { kinds[$0] }
            return FoundPost(
                Self.remote(post.id, publishedAt: created), publishedAt: created, text: post.words,
                format: Self.format(media))
        }
        return HistoryPage(posts: posts, next: page.meta?.next_token)
    }

    /// The shape by the kinds of the media; `nil` for kinds that are not known.
    private static func format(_ media: [String?]) -> PostFormat? {
        guard let first = media.first else { return .text }
        switch first {
        case "video": return .video
        case "photo", "animated_gif": return media.count > 1 ? .carousel : .image
        default: return nil
        }
    }
}
