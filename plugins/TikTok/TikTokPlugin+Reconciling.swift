// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension TikTokPlugin: Reconciling {
    /// Looks whether a send took effect: the status where its identity is known, else the creator's public posts.
    public func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        let state = try TikTokState(send.checkpoint)
        let look = TikTokLook(client: self.client, send: send)
        if let id = state.publishID { return try await look.status(id, state.upload) }
        // An upload whose address nobody ever had can get no chunk, and is never published.
        guard TikTokSettings.isPulled(send.content) else { return .absent }
        return try await look.listed()
    }
}

/// One look for one send.
struct TikTokLook {
    /// The most pages of the list that are read.
    private static let mostPages = 20
    /// How long TikTok may take to fetch; not found before that proves nothing.
    private static let fetching: TimeInterval = 3600 + 120
    /// How often absence from the list is believed: for one new act of publishing, no more.
    private static let mostAbsences = 1
    /// How many UTF-16 units of long words the list still shows (?).
    private static let shownLength = 100

    let client: TikTokClient
    let send: UnknownSend

    /// What the status of a known act of publishing says of its last chunk.
    func status(_ id: String, _ upload: TikTokState.Upload?) async throws(PluginError) -> Finding {
        let post = RemotePost(id: id)
        let status = try await self.client.status(id, as: TikTokCaller(self.send.access))
        // Whatever became of it, it had all that it needed: the status says the rest to the run that goes on.
        guard status.status == "PROCESSING_UPLOAD", let upload else { return .found(post) }
        let total = self.send.content.parts.first?.media.first?.byteCount ?? 0
        if let arrived = status.uploaded_bytes { return arrived >= total ? .found(post) : .absent }
        // The last chunk again, at the same address, makes no second post; without the address only time tells.
        let age = self.client.clock.now().timeIntervalSince(upload.openedAt)
        return age < TikTokState.Upload.life
            ? .absent : .inconclusive("TikTok does not say whether it has the whole film.")
    }

    private struct Page: Decodable, Sendable {
        struct Post: Decodable, Sendable {
            var id: TikTokID
            var title: String?
            var video_description: String?
            var create_time: Int64?
            var share_url: String?
        }
        var videos: [Post]?
        var cursor: Int64?
        var has_more: Bool?
    }
    private struct Question: Encodable {
        var cursor: Int64?
        var max_count = 20
    }

    /// Looks in the creator's public posts since the send for one with the same words.
    func listed() async throws(PluginError) -> Finding {
        guard TikTokSettings.isPublic(self.send.content) else {
            return .inconclusive("TikTok lists only what everybody may see.")
        }
        // TikTok cuts times to whole seconds.
        let since = Int64(self.send.sentAfter.timeIntervalSince1970.rounded(.down))
        let words = self.words
        var match: Page.Post?
        var hasWordless = false
        var cursor: Int64?
        for _ in 1...Self.mostPages {
            let page = try await self.client.post(
                Page.self, "video/list/", query: ["fields": "id,title,create_time,video_description,share_url"],
                Question(cursor: cursor), as: TikTokCaller(self.send.access), endpoint: TikTokEndpoint.list)
            var isCovered = false
            for post in page.videos ?? [] {
                guard let created = post.create_time else {
                    return .inconclusive("TikTok lists posts without their times.")
                }
                guard created >= since else {
                    isCovered = true
                    continue
                }
                guard !self.send.others.contains(post.id.text) else { continue }
                let shown = [post.title, post.video_description].compactMap { $0.map(Self.normalized) }
                if words.isEmpty {
                    hasWordless = hasWordless || shown.allSatisfy(\.isEmpty)
                } else if shown.contains(where: { Self.shows($0, words) }) {
                    // Newest first: the oldest since the send is the first.
                    match = post
                }
            }
            cursor = page.cursor
            if isCovered || page.has_more != true { return self.finding(match, hasWordless: hasWordless) }
            if cursor == nil { break }
        }
        return match.map { .found(Self.remote($0)) }
            ?? .inconclusive("The list of posts does not reach back to the send.")
    }

    private func finding(_ match: Page.Post?, hasWordless: Bool) -> Finding {
        if let match { return .found(Self.remote(match)) }
        if hasWordless {
            return .inconclusive("There are posts without words since the send that cannot be told apart.")
        }
        guard self.client.clock.now().timeIntervalSince(self.send.sentAfter) >= Self.fetching else {
            return .inconclusive("TikTok may still be fetching the file.")
        }
        // Whether the list has photos at all is uncertain, and what is in moderation is in no list.
        guard self.send.content.format == .video else {
            return .undecidable("TikTok's list does not prove that photos were not posted.")
        }
        guard self.send.absences < Self.mostAbsences else {
            return .undecidable("It was taken for absent once already, and is not in TikTok's list again.")
        }
        return .absent
    }

    private static func remote(_ post: Page.Post) -> RemotePost {
        RemotePost(
            id: post.id.text, url: post.share_url,
            publishedAt: post.create_time.flatMap { Date(saidSeconds: Double($0)) })
    }

    /// The words that it would be known by: the caption, or for photos without one their title.
    private var words: String {
        let caption = Self.normalized(TikTokSettings.caption(self.send.content))
        return caption.isEmpty ? Self.normalized(self.send.content.settings[TikTokSettings.title] ?? "") : caption
    }

    /// Whether listed words are the sent ones, or the beginning of long ones.
    private static func shows(_ listed: String, _ sent: String) -> Bool {
        listed == sent || (listed.utf16.count >= Self.shownLength && sent.hasPrefix(listed))
    }

    /// The words with one space between them, in composed characters.
    private static func normalized(_ text: String) -> String {
        text.precomposedStringWithCanonicalMapping.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
