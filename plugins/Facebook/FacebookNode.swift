// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
import PluginKit

/// Something that was made: an identity, perhaps with its address.
struct FacebookNode: Decodable, Sendable {
    var id: GraphID
    var permalink_url: String?

    func remote(at instant: Date) -> RemotePost {
        RemotePost(id: self.id.text, url: FacebookWords.url(self.permalink_url, self.id.text), publishedAt: instant)
    }
}

extension GraphSuccess {
    /// What a success made: its post, or else the upload that it published.
    ///
    /// An answer that is no plain success says nothing: it is looked up.
    func remote(or upload: String?, at instant: Date) throws(PluginError) -> RemotePost {
        guard self.success, let id = self.post_id?.text ?? upload else {
            throw PluginError(.ambiguousOutcome, "Facebook did not say whether it was published.")
        }
        return RemotePost(id: id, publishedAt: instant)
    }
}

/// How words and addresses are put together.
enum FacebookWords {
    /// The words of a post: with its link below where Facebook has no field for one.
    static func message(_ content: PostContent) -> String {
        let text = content.parts.first?.text ?? ""
        guard content.format != .text, let link = content.link, !link.isEmpty else { return text }
        return text.isEmpty ? link : "\(text)\n\(link)"
    }

    /// An address that a person can open: Facebook gives some without the host.
    static func url(_ permalink: String?, _ id: String) -> String {
        guard let permalink, !permalink.isEmpty else { return "https://www.facebook.com/\(id)" }
        return permalink.hasPrefix("/") ? "https://www.facebook.com\(permalink)" : permalink
    }
}
