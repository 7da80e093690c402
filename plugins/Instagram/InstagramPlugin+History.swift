// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// A media of an account as it is listed.
private struct InstagramListedMedia: Decodable, Sendable {
    var id: GraphID
    var caption: String?
    var timestamp: Date?
    var permalink: String?
    var media_type: String?

    /// The shape; a reel reads back as a film, and only its address tells.
    var format: PostFormat? {
        switch self.media_type {
        case "IMAGE": .image
        case "CAROUSEL_ALBUM": .carousel
        case "VIDEO": self.permalink?.contains("/reel/") == true ? .reel : .video
        default: nil
        }
    }
}

extension InstagramPlugin: HistoryListing {
    private static let pageSize = 50

    /// Lists the account's media, stories not among them; Instagram goes back 10,000.
    public func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage {
        var query: FormFields = [
            "fields": "id,caption,timestamp,permalink,media_type",
            "since": String(Int(request.since.timeIntervalSince1970)),
            "limit": String(min(max(request.limit, 1), Self.pageSize)),
        ]
        query.append("after", request.cursor)
        let page = try await self.client(request.access.tokens).get(
            GraphPage<InstagramListedMedia>.self, "\(request.access.externalID)/media", query,
            as: GraphCaller(request.access), endpoint: InstagramEndpoint.list)
        let posts = page.data.compactMap { media -> FoundPost? in
            guard let appeared = media.timestamp else { return nil }
            return FoundPost(
                RemotePost(id: media.id.text, url: media.permalink, publishedAt: appeared), publishedAt: appeared,
                text: media.caption, format: media.format)
        }
        return HistoryPage(posts: posts, next: page.after)
    }
}
