// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

extension FacebookPlugin: Reconciling {
    /// Looks whether a send took effect: by what was uploaded for it where there is such a thing, else by its words and time.
    public func find(_ send: UnknownSend) async throws(PluginError) -> Finding {
        let state = try FacebookState(send.checkpoint)
        return try await self.asPage(send.access) { caller throws(PluginError) in
            let outlet = FacebookOutlet(client: self.client, page: send.access.externalID, caller: caller)
            let look = FacebookLook(outlet: outlet, send: send, state: state)
            guard send.part == 0 else { return try await look.comment() }
            switch (send.content.format, state.film) {
            case (.story, _): return try await look.story()
            case (.video, let film?): return try await look.video(film)
            case (.reel, let film?): return try await look.reel(film)
            case (.video, nil), (.reel, nil): return .absent
            default: return try await look.feed()
            }
        }
    }
}

/// One look for one send.
struct FacebookLook {
    /// The most pages of a list that are read.
    private static let mostPages = 20

    let outlet: FacebookOutlet
    let send: UnknownSend
    let state: FacebookState

    /// What the page says when it was listed to its end.
    private enum Reading<Item> {
        case match(Item)
        case end
        case doubt(String)
    }

    /// Reads a list until something matches, it ends, or it reaches back before the send.
    private func read<Item: Decodable & Sendable>(
        _ item: Item.Type, _ path: String, _ query: FormFields, endpoint: String, created: (Item) -> Date?,
        isMatch: (Item) -> Bool
    ) async throws(PluginError) -> Reading<Item> {
        var after: String?
        var match: Item?
        for _ in 1...Self.mostPages {
            var query = query
            query.append("after", after)
            let page = try await self.outlet.client.get(
                GraphPage<Item>.self, path, query, as: self.outlet.caller, endpoint: endpoint)
            var isCovered = false
            for listed in page.data {
                if let at = created(listed), at < self.since {
                    isCovered = true
                } else if isMatch(listed) {
                    // Newest first: the last one is the first since the send.
                    match = listed
                }
            }
            after = page.after
            if isCovered || !page.hasMore { return match.map { .match($0) } ?? .end }
            guard after != nil else { return match.map { .match($0) } ?? .doubt("Facebook's list breaks off.") }
        }
        return match.map { .match($0) } ?? .doubt("Facebook's list does not reach back to the send.")
    }

    /// Facebook cuts times to whole seconds.
    private var since: Date { Date(timeIntervalSince1970: self.send.sentAfter.timeIntervalSince1970.rounded(.down)) }

    // MARK: Posts

    private struct Post: Decodable, Sendable {
        struct Target: Decodable, Sendable {
            var id: GraphID?
            var url: String?
        }
        struct Part: Decodable, Sendable { var target: Target? }
        struct Parts: Decodable, Sendable { var data: [Part] }
        struct Attachment: Decodable, Sendable {
            var media_type: String?
            var target: Target?
            /// The photos of an album: its own target is the album.
            var subattachments: Parts?
        }
        struct Attachments: Decodable, Sendable { var data: [Attachment] }
        var id: GraphID
        var message: String?
        var created_time: Date?
        var permalink_url: String?
        var is_published: Bool?
        var attachments: Attachments?

        var targets: [Target] { (self.attachments?.data ?? []).compactMap(\.target) }
        /// What is attached, and what is attached in it.
        var media: [Target] {
            self.targets + (self.attachments?.data ?? []).flatMap { $0.subattachments?.data ?? [] }.compactMap(\.target)
        }
        var remote: RemotePost {
            RemotePost(
                id: self.id.text, url: FacebookWords.url(self.permalink_url, self.id.text),
                publishedAt: self.created_time)
        }
    }

    func feed() async throws(PluginError) -> Finding {
        let words = FacebookWords.message(self.send.content)
        let photos = Set(self.state.photos.map(\.id))
        let link = self.send.content.format == .text ? self.send.content.link : nil
        let known = self.send.others.union(self.send.confirmed.values.map(\.id))
        var doubts: [String] = []
        let query: FormFields = [
            "fields":
                "id,message,created_time,permalink_url,is_published,attachments{media_type,target,subattachments{target}}",
            "since": String(Int(self.since.timeIntervalSince1970)), "limit": "100",
        ]
        let reading = try await self.read(
            Post.self, "\(self.outlet.page)/feed", query, endpoint: FacebookEndpoint.list, created: \.created_time
        ) { post in
            guard post.is_published != false, !known.contains(post.id.text) else { return false }
            // Our own photo in a post is proof, whatever became of the words.
            if post.media.contains(where: { $0.id.map { photos.contains($0.text) } == true }) { return true }
            guard GraphText.same(words, post.message) else { return false }
            if let link, let url = post.targets.compactMap(\.url).first, !GraphText.leads(url, to: link) {
                doubts.append("Post \(post.id.text) has the same words with another link.")
                return false
            }
            guard words.isEmpty else { return true }
            if let url = post.targets.compactMap(\.url).first, let link { return GraphText.leads(url, to: link) }
            doubts.append("Post \(post.id.text) has no words either, and cannot be told apart.")
            return false
        }
        switch reading {
        case .match(let post): return .found(post.remote)
        case .end: return doubts.first.map(Finding.inconclusive) ?? .absent
        case .doubt(let why): return .inconclusive(why)
        }
    }

    // MARK: Films

    private struct Film: Decodable, Sendable {
        var id: GraphID
        var created_time: Date?
        var permalink_url: String?
        var post_id: GraphID?
    }

    /// A film's own identity has no metrics of a post: the post's, when Facebook gives it.
    private func post(of film: FacebookState.Film, _ post: GraphID?) -> String {
        post.map { FacebookRun.post($0, on: self.outlet.page) } ?? film.id
    }

    /// A film of the feed: in the Page's list under its upload's identity.
    func video(_ film: FacebookState.Film) async throws(PluginError) -> Finding {
        let query: FormFields = ["fields": "id,created_time,permalink_url,post_id", "limit": "100"]
        let reading = try await self.read(
            Film.self, "\(self.outlet.page)/videos", query, endpoint: FacebookEndpoint.list, created: \.created_time
        ) { $0.id.text == film.id }
        switch reading {
        case .match(let listed):
            let id = self.post(of: film, listed.post_id)
            return .found(
                RemotePost(
                    id: id, url: FacebookWords.url(listed.permalink_url, id), publishedAt: listed.created_time))
        case .end, .doubt: return try await self.reel(film)
        }
    }

    /// A reel, or a film that is not listed: the upload itself says whether it was published.
    func reel(_ film: FacebookState.Film) async throws(PluginError) -> Finding {
        let status: FacebookFilmStatus
        do {
            status = try await self.outlet.client.get(
                FacebookFilmStatus.self, film.id, ["fields": FacebookFilmStatus.fields], as: self.outlet.caller,
                endpoint: FacebookEndpoint.read)
        } catch  where error.isGone {
            return .absent
        }
        if status.isPublished {
            let id = self.post(of: film, status.post_id)
            return .found(RemotePost(id: id, url: FacebookWords.url(status.permalink_url, id)))
        }
        if status.isMoving, !status.isDead {
            return .inconclusive("Facebook works on the film and does not say yet whether it is published.")
        }
        return .absent
    }

    // MARK: Stories

    private struct Story: Decodable, Sendable {
        var post_id: GraphID
        var creation_time: Date?
        var media_id: GraphID?
        var url: String?
    }

    func story() async throws(PluginError) -> Finding {
        let media = Set(self.state.photos.map(\.id) + [self.state.film?.id].compactMap(\.self))
        guard !media.isEmpty else { return .absent }
        let query: FormFields = ["since": String(Int(self.since.timeIntervalSince1970))]
        let reading = try await self.read(
            Story.self, "\(self.outlet.page)/stories", query, endpoint: FacebookEndpoint.list,
            created: \.creation_time
        ) { $0.media_id.map { media.contains($0.text) } == true }
        switch reading {
        case .match(let story):
            return .found(RemotePost(id: story.post_id.text, url: story.url, publishedAt: story.creation_time))
        case .doubt(let why): return .inconclusive(why)
        case .end:
            guard let film = self.state.film else { return .absent }
            switch try await self.reel(film) {
            case .found: return .inconclusive("Facebook says that the story is published and does not list it yet.")
            case let other: return other
            }
        }
    }

    // MARK: Comments

    private struct Comment: Decodable, Sendable {
        struct Author: Decodable, Sendable { var id: GraphID }
        var id: GraphID
        var message: String?
        var from: Author?
        var created_time: Date?
    }

    func comment() async throws(PluginError) -> Finding {
        guard let post = self.state.published ?? self.send.confirmed[0] else {
            return .inconclusive("The post that it stands under is not confirmed.")
        }
        let known = self.send.others
        let query: FormFields = [
            "fields": "id,message,from,created_time", "filter": "stream", "order": "chronological", "limit": "100",
        ]
        var match: Comment?
        var after: String?
        for _ in 1...Self.mostPages {
            var query = query
            query.append("after", after)
            let page = try await self.outlet.client.get(
                GraphPage<Comment>.self, "\(post.id)/comments", query, as: self.outlet.caller,
                endpoint: FacebookEndpoint.list)
            match =
                match
                ?? page.data.first { comment in
                    !known.contains(comment.id.text) && GraphText.same(self.send.content.firstComment, comment.message)
                        && (comment.from.map { $0.id.text == self.outlet.page } ?? true)
                        && (comment.created_time.map { $0 >= self.since } ?? true)
                }
            if let match { return .found(RemotePost(id: match.id.text, publishedAt: match.created_time)) }
            after = page.after
            if !page.hasMore { return .absent }
            if after == nil { break }
        }
        return .inconclusive("The list of comments does not end.")
    }
}
