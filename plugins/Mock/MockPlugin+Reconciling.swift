// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension MockPlugin: Reconciling {
    private static let mostPages = 50

    /// Looks for a post or comment with the same content since the send.
    public func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        guard send.part < send.content.parts.count else { return try await self.findComment(send) }
        guard send.part >= 0 else { return .inconclusive("The post has no part \(send.part).") }
        var parent: String?
        if send.part > 0 {
            guard let before = send.confirmed[send.part - 1] else {
                return .inconclusive("Part \(send.part - 1), which this one replies to, is not confirmed.")
            }
            parent = before.id
        }
        let wanted = Wanted(send, parent: parent)
        var cursor: String?
        var match: RemotePost?
        for page in 1...Self.mostPages {
            var query: FormFields = ["limit": "100", "since": MockCoding.text(send.sentAfter)]
            query.append("cursor", cursor)
            let list = try await self.client.get(MockPostPage.self, "/posts", query: query, send.access)
            // The oldest is the first send.
            if let found = list.posts.last(where: { wanted.matches($0) }) { match = found.remote }
            cursor = list.nextCursor
            guard cursor != nil else { break }
            if page == Self.mostPages {
                return match.map(Finding.found) ?? .inconclusive("The list of posts is too long to read whole.")
            }
        }
        if let match { return .found(match) }
        return wanted.mayBeProcessed ? try await self.findProcessing(send, wanted) : .absent
    }

    private func findProcessing(_ send: UnknownSend, _ wanted: Wanted) async throws(PluginError) -> Finding {
        let query: FormFields = ["limit": "100", "since": MockCoding.text(send.sentAfter)]
        let list = try await self.client.get(MockProcessingPage.self, "/processing", query: query, send.access)
        for item in list.processing where (item.text ?? "") == wanted.part.text {
            if let created = item.createdAt, created < send.sentAfter { continue }
            if let post = item.post, item.status == "published", !send.others.contains(post.id) {
                return .found(RemotePost(id: post.id, url: post.url, publishedAt: post.createdAt))
            }
            if item.status != "failed" {
                return .inconclusive("The platform still works on the film; it is listed when it is done.")
            }
        }
        return list.nextCursor == nil
            ? .absent : .inconclusive("The list of films that are worked on is too long to read whole.")
    }

    private func findComment(_ send: UnknownSend) async throws(PluginError) -> Finding {
        let saved = try MockState(send.checkpoint).published
        guard send.part == send.content.parts.count, let text = send.content.firstComment,
            let post = saved ?? send.confirmed[0], !post.isProcessing
        else { return .inconclusive("The post that the comment belongs to is not known.") }
        var cursor: String?
        for _ in 1...Self.mostPages {
            var query: FormFields = ["limit": "100"]
            query.append("cursor", cursor)
            let list = try await self.client.get(
                MockCommentPage.self, "/posts/\(post.id)/comments", query: query, send.access)
            if let found = list.comments.first(where: {
                $0.own != false && $0.text == text && $0.createdAt >= send.sentAfter
            }) {
                return .found(RemotePost(id: found.id, publishedAt: found.createdAt))
            }
            cursor = list.nextCursor
            if cursor == nil || list.comments.contains(where: { $0.createdAt < send.sentAfter }) { return .absent }
        }
        return .inconclusive("The list of comments is too long to read whole.")
    }
}

/// What a listed post must look like to be the one that was sent.
private struct Wanted {
    var part: PostPart
    var parent: String?
    var link: String?
    var sentAfter: Date
    var known: Set<String>
    var mayBeProcessed: Bool

    init(_ send: UnknownSend, parent: String?) {
        self.part = send.content.parts[send.part]
        self.parent = parent
        self.link = send.part == 0 ? send.content.link : nil
        self.sentAfter = send.sentAfter
        self.known = send.others.union(send.confirmed.values.map(\.id))
        self.mayBeProcessed =
            [.video, .reel, .story].contains(send.content.format)
            && self.part.media.contains { MockPlugin.videoTypes.contains($0.type) }
    }

    func matches(_ post: MockPost) -> Bool {
        post.createdAt >= self.sentAfter && !self.known.contains(post.id) && (post.text ?? "") == self.part.text
            && post.replyTo == self.parent && post.link == self.link
            && (post.media ?? []).map(\.contentType) == self.part.media.map(\.type)
    }
}
