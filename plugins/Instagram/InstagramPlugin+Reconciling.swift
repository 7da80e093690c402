// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

extension InstagramPlugin: Reconciling {
    /// Looks whether a send took effect: the container says whether it was published, the list of media as what.
    public func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        let state = try InstagramState(send.checkpoint)
        let look = InstagramLook(
            client: self.client(send.access.tokens), caller: GraphCaller(send.access), send: send, state: state)
        guard send.part == 0 else { return try await look.comment() }
        return try await look.post()
    }
}

/// One look for one send.
struct InstagramLook {
    private struct Media: Decodable, Sendable {
        var id: GraphID
        var caption: String?
        var timestamp: Date?
        var permalink: String?
        var media_product_type: String?

        var remote: RemotePost {
            RemotePost(id: self.id.text, url: self.permalink, publishedAt: self.timestamp)
        }
    }

    /// The most pages of a list that are read.
    private static let mostPages = 20

    let client: GraphClient
    let caller: GraphCaller
    let send: UnknownSend
    let state: InstagramState

    private var account: String { self.send.access.externalID }
    /// Instagram cuts times to whole seconds.
    private var since: Date { Date(timeIntervalSince1970: self.send.sentAfter.timeIntervalSince1970.rounded(.down)) }

    func post() async throws(PluginError) -> Finding {
        let whole: Int? = self.send.content.format == .carousel ? nil : 0
        guard let container = self.state.container(whole) else { return try await self.listed(isPublished: false) }
        let status: InstagramContainerStatus
        do {
            status = try await self.client.get(
                InstagramContainerStatus.self, container.id, ["fields": InstagramContainerStatus.fields],
                as: self.caller, endpoint: InstagramEndpoint.status)
        } catch  where error.isGone {
            return try await self.listed(isPublished: false)
        }
        switch status.status_code {
        case "PUBLISHED": return try await self.listed(isPublished: true)
        case "FINISHED": return .absent
        case "EXPIRED", "ERROR": return try await self.listed(isPublished: false)
        default: return .inconclusive("Instagram still works on the container.")
        }
    }

    /// Looks in the account's media, or its stories.
    ///
    /// - Parameter isPublished: Whether the container says that it is among them: then the only newcomer is ours, whatever its words.
    /// - Returns: What the list shows.
    /// - Throws: What became of the reads.
    private func listed(isPublished: Bool) async throws(PluginError) -> Finding {
        let isStory = self.send.content.format == .story
        let known = self.send.others.union(self.send.confirmed.values.map(\.id))
        let caption = InstagramSettings.caption(self.send.content)
        var newcomers: [Media] = []
        var after: String?
        var isComplete = false
        for _ in 1...Self.mostPages {
            var query: FormFields = [
                "fields": "id,caption,timestamp,\(InstagramKind.fields(on: self.client))"
            ]
            if !isStory { query.append("limit", "25") }
            query.append("after", after)
            let page = try await self.client.get(
                GraphPage<Media>.self, "\(self.account)/\(isStory ? "stories" : "media")", query, as: self.caller,
                endpoint: InstagramEndpoint.list)
            let fresh = page.data.filter { $0.timestamp.map { $0 >= self.since } ?? true }
            newcomers += fresh.filter { !known.contains($0.id.text) && self.isOfKind($0) }
            after = page.after
            isComplete = fresh.count < page.data.count || !page.hasMore
            if isComplete || after == nil { break }
        }
        // Newest first: the last one is the first since the send.
        let matches = newcomers.filter { !isStory && !caption.isEmpty && GraphText.same(caption, $0.caption) }
        if let match = matches.last { return .found(match.remote) }
        let wordless = newcomers.filter { isStory || (caption.isEmpty && GraphText.normalized($0.caption).isEmpty) }
        if isPublished, wordless.count == 1, let only = wordless.first { return .found(only.remote) }
        if isPublished {
            return .inconclusive("Instagram says that it is published, and its list does not show which.")
        }
        guard wordless.isEmpty else {
            return .inconclusive("There is media without words since the send that cannot be told apart.")
        }
        return isComplete ? .absent : .inconclusive("The list of media does not reach back to the send.")
    }

    private func isOfKind(_ media: Media) -> Bool {
        guard let kind = InstagramKind.of(media.media_product_type, permalink: media.permalink) else { return true }
        switch self.send.content.format {
        case .story: return kind == InstagramKind.story
        case .reel: return kind == InstagramKind.reel
        default: return kind == InstagramKind.feed
        }
    }

    // MARK: Comments

    private struct Comment: Decodable, Sendable {
        struct Author: Decodable, Sendable { var id: GraphID? }
        var id: GraphID
        var text: String?
        var timestamp: Date?
        var from: Author?
    }

    func comment() async throws(PluginError) -> Finding {
        guard let post = self.state.published ?? self.send.confirmed[0] else {
            return .inconclusive("The post that it stands under is not confirmed.")
        }
        var match: Comment?
        var after: String?
        for _ in 1...Self.mostPages {
            var query: FormFields = ["fields": "id,text,timestamp,from,username"]
            query.append("after", after)
            let page = try await self.client.get(
                GraphPage<Comment>.self, "\(post.id)/comments", query, as: self.caller,
                endpoint: InstagramEndpoint.list)
            var isCovered = false
            for comment in page.data {
                if let at = comment.timestamp, at < self.since {
                    isCovered = true
                } else if GraphText.same(self.send.content.firstComment, comment.text),
                    !self.send.others.contains(comment.id.text),
                    comment.from?.id.map({ $0.text == self.account }) ?? true
                {
                    match = comment
                }
            }
            after = page.after
            if isCovered || !page.hasMore {
                return match.map { .found(RemotePost(id: $0.id.text, publishedAt: $0.timestamp)) } ?? .absent
            }
            if after == nil { break }
        }
        return match.map { .found(RemotePost(id: $0.id.text, publishedAt: $0.timestamp)) }
            ?? .inconclusive("The list of comments does not reach back to the send.")
    }
}
