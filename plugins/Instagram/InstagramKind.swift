// SPDX-License-Identifier: MIT

import MetaGraph

/// Which kind a media is, in the words of Facebook Login, and what to ask to know it.
enum InstagramKind {
    static let feed = "FEED"
    static let reel = "REELS"
    static let story = "STORY"

    /// What says the kind: tokens of Instagram's own login may not ask for the product type, so the address has to tell (?).
    static func field(on client: GraphClient) -> String {
        client.host == Graph.instagramHost ? "permalink" : "media_product_type"
    }

    /// The address, and what else says the kind.
    static func fields(on client: GraphClient) -> String {
        client.host == Graph.instagramHost ? "permalink" : "permalink,media_product_type"
    }

    /// The kind, by the product type where it is given, else by the address; `nil` when neither is known.
    static func of(_ productType: String?, permalink: String?) -> String? {
        if let productType { return productType }
        guard let permalink else { return nil }
        if permalink.contains("/reel/") { return Self.reel }
        return permalink.contains("/stories/") ? Self.story : Self.feed
    }
}
