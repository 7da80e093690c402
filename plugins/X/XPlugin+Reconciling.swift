// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// A page of a user's posts.
private struct XTimeline: Decodable, Sendable {
    struct Post: Decodable, Sendable {
        struct Reference: Decodable, Sendable {
            var type: String
            var id: String
        }
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
        var referenced_tweets: [Reference]?
        var referenced_posts: [Reference]?
        var entities: Entities?

        /// The post that it answers.
        var parent: String? { (self.referenced_tweets ?? self.referenced_posts)?.first { $0.type == "replied_to" }?.id }
        /// Where its short links lead.
        var links: [String: String] {
            (self.entities?.urls ?? []).reduce(into: [:]) { $0[$1.url] = $1.expanded_url }
        }
    }
    struct Meta: Decodable, Sendable { var next_token: String? }
    var data: [Post]?
    var meta: Meta?
}

extension XPlugin: Reconciling {
    /// X gives the last 3,200 posts of a user, ten a page here; nobody sends more between a loss and a look.
    private static let mostPages = 40

    /// Looks in the account's own posts since the send for one with the same words, links and parent.
    public func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        let pieces = XText.pieces(send.content)
        guard pieces.indices.contains(send.part) else { return .inconclusive("The post has no part \(send.part).") }
        let piece = pieces[send.part]
        var parent = send.part == 0 ? XSettings.parent(send.content) : nil
        if let number = XText.parent(of: send.part, in: send.content) {
            guard let before = send.confirmed[number] else {
                return .inconclusive("Part \(number), which this one replies to, is not confirmed.")
            }
            parent = before.id
        }
        let known = send.others.union(send.confirmed.values.map(\.id))
        // X cuts creation times to whole seconds.
        let since = Date(timeIntervalSince1970: send.sentAfter.timeIntervalSince1970.rounded(.down))
        var match: RemotePost?
        var doubt: String?
        var token: String?
        for _ in 1...Self.mostPages {
            let page = try await self.page(
                of: send.access, after: token, hasLinks: !URLFinder.urls(in: piece.text).isEmpty, isReply: parent != nil
            )
            var covered = false
            for post in page.data ?? [] {
                guard let created = post.created_at else { return .inconclusive("X lists posts without their times.") }
                guard created >= since else {
                    covered = true
                    continue
                }
                guard !known.contains(post.id), parent == nil || post.parent == parent else { continue }
                switch TextComparison.compare(
                    sent: piece.text, listed: post.text, links: post.links, hasMedia: !piece.media.isEmpty,
                    isReply: parent != nil)
                {
                case .same:
                    // The oldest since the send is the first.
                    match = Self.remote(post.id, publishedAt: created)
                case .otherLink: doubt = "Post \(post.id) has the same words with another link."
                case .different: break
                }
            }
            token = page.meta?.next_token
            if covered || token == nil {
                if let match { return .found(match) }
                return doubt.map(Finding.inconclusive) ?? .absent
            }
        }
        return match.map(Finding.found) ?? .inconclusive("The list of posts does not reach back to the send.")
    }

    private func page(
        of access: AccountAccess, after token: String?, hasLinks: Bool, isReply: Bool
    ) async throws(PluginError) -> XTimeline {
        try await self.dialect.read { dialect throws(PluginError) in
            var fields = "created_at"
            if hasLinks { fields += ",entities" }
            if isReply, dialect == .tweets { fields += ",referenced_tweets" }
            var query: FormFields = ["max_results": "10", "exclude": "retweets"]
            query.append(dialect.fields, fields)
            if isReply, dialect == .posts { query.append("expansions", "referenced_posts") }
            query.append("pagination_token", token)
            let path = "/2/users/\(FormEncoding.encode(access.externalID))/tweets"
            let head = HTTPRequest(.get, host: Self.host, path: path, query: query, bearer: access.tokens.accessToken)
            let call = HTTPCall(head, endpoint: XEndpoint.userPosts.rawValue)
            return try await self.client.call(XTimeline.self, call, secrets: access.secrets)
        }
    }
}
