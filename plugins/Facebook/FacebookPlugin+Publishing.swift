// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

extension FacebookPlugin: DeferredPublishing {
    /// Publishes, then comments; goes on where an earlier try stopped.
    public func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(FacebookState(context.checkpoint), request, context)
    }

    /// Asks how far Facebook is with a film.
    public func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(FacebookState(state), request, context)
    }

    private func run(
        _ state: FacebookState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        let access = request.access
        let before = context.checkpoint
        return try await self.asPage(access) { caller throws(PluginError) in
            let outlet = FacebookOutlet(client: self.client, page: access.externalID, caller: caller)
            // Called again with the Page's new token, it goes on from what it saved.
            let latest = context.checkpoint == before ? state : try FacebookState(context.checkpoint)
            var run = FacebookRun(outlet: outlet, content: request.content, context: context, state: latest)
            return try await run.publish()
        }
    }
}

/// A Page as the place that something is published on.
struct FacebookOutlet: Sendable {
    var client: GraphClient
    var page: String
    var caller: GraphCaller
}

/// One run of one post.
struct FacebookRun {
    let outlet: FacebookOutlet
    let content: PostContent
    let context: any EffectContext
    var state: FacebookState

    var client: GraphClient { self.outlet.client }
    var caller: GraphCaller { self.outlet.caller }
    var page: String { self.outlet.page }
    var item: MediaItem? { self.content.parts.first?.media.first }

    mutating func publish() async throws(PluginError) -> PublishOutcome {
        switch self.content.format {
        case .text: return try await self.finish(self.sendFeed([]))
        case .image, .carousel: return try await self.finish(self.sendFeed(self.uploadPhotos()))
        case .story where self.item.map({ FacebookPlugin.imageTypes.contains($0.type) }) == true:
            guard let photo = try await self.uploadPhotos().first else { throw Self.noFile }
            return .published(try await self.sendStory(photo))
        default:
            guard let kind = FacebookFilm(self.content.format) else {
                throw PluginError(.unsupported, "Facebook has no format \(self.content.format).", field: "format")
            }
            return try await self.publish(kind)
        }
    }

    static let noFile = PluginError(.permanent, "The post needs a file.", field: "media")

    /// Comments under what is visible, when there is something to say.
    func finish(_ post: RemotePost) async throws(PluginError) -> PublishOutcome {
        guard let words = self.content.firstComment, !words.isEmpty else { return .published(post) }
        let outlet = self.outlet
        _ = try await self.context.send(part: self.content.parts.count, endpoint: FacebookEndpoint.comments) {
            permit throws(PluginError) in
            let comment = try await outlet.client.post(
                FacebookNode.self, "\(post.id)/comments", ["message": words], as: outlet.caller,
                endpoint: FacebookEndpoint.comments, permit: permit)
            return RemotePost(id: comment.id.text, publishedAt: outlet.client.clock.now())
        }
        return .published(post)
    }

    /// Sends the post with the photos that were uploaded for it.
    private func sendFeed(_ photos: [String]) async throws(PluginError) -> RemotePost {
        var form: FormFields = [:]
        let words = FacebookWords.message(self.content)
        form.append("message", words.isEmpty ? nil : words)
        if self.content.format == .text { form.append("link", self.content.link) }
        if !photos.isEmpty {
            form.append("attached_media", GraphCoding.json(photos.map { ["media_fbid": $0] }))
        }
        form.append("fields", "id,permalink_url")
        let ready = form
        let outlet = self.outlet
        return try await self.context.send(part: 0, endpoint: FacebookEndpoint.feed) { permit throws(PluginError) in
            let post = try await outlet.client.post(
                FacebookNode.self, "\(outlet.page)/feed", ready, as: outlet.caller, endpoint: FacebookEndpoint.feed,
                permit: permit)
            return post.remote(at: outlet.client.clock.now())
        }
    }

    private func sendStory(_ photo: String) async throws(PluginError) -> RemotePost {
        let outlet = self.outlet
        return try await self.context.send(part: 0, endpoint: FacebookEndpoint.photoStories) {
            permit throws(PluginError) in
            let answer = try await outlet.client.post(
                GraphSuccess.self, "\(outlet.page)/photo_stories", ["photo_id": photo], as: outlet.caller,
                endpoint: FacebookEndpoint.photoStories, permit: permit)
            return try answer.remote(or: nil, at: outlet.client.clock.now())
        }
    }

    /// Uploads the photos unpublished, each once; a lost answer leaves one that nobody sees and Facebook deletes.
    ///
    /// One photo goes this way too: what becomes visible is then a small request, and the photo's identity finds it again.
    private mutating func uploadPhotos() async throws(PluginError) -> [String] {
        var ids: [String] = []
        for (index, item) in (self.content.parts.first?.media ?? []).enumerated() {
            let now = self.client.clock.now()
            if let known = self.state.photos.first(where: { $0.index == index }),
                now.timeIntervalSince(known.at) < FacebookState.life
            {
                ids.append(known.id)
                continue
            }
            var form: FormFields = ["published": "false"]
            form.append("alt_text_custom", item.altText.flatMap { $0.isEmpty ? nil : $0 })
            let photo = try await self.client.post(
                FacebookNode.self, "\(self.page)/photos", form, GraphFile("source", item), as: self.caller,
                endpoint: FacebookEndpoint.photos)
            self.state.photos.removeAll { $0.index == index }
            self.state.photos.append(FacebookState.Photo(index: index, id: photo.id.text, at: now))
            try await self.context.save(self.state.saved())
            ids.append(photo.id.text)
        }
        return ids
    }
}
