// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension TikTokPlugin: DeferredPublishing {
    /// Asks what the creator may choose, uploads or lets TikTok fetch, and follows the status; goes on where an earlier try stopped.
    public func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(TikTokState(context.checkpoint), request, context)
    }

    /// Asks how far TikTok is.
    public func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(TikTokState(state), request, context)
    }

    private func run(
        _ state: TikTokState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        var run = TikTokRun(
            client: self.client, media: self.context.publicMedia, caller: TikTokCaller(request.access),
            content: request.content, context: context, state: state)
        return try await run.publish()
    }
}

/// One run of one post.
struct TikTokRun {
    /// What an act of publishing is known by.
    struct Opened: Decodable, Sendable {
        var publish_id: String
        var upload_url: String?
    }

    let client: TikTokClient
    let media: PublicMedia?
    let caller: TikTokCaller
    let content: PostContent
    let context: any EffectContext
    var state: TikTokState

    var items: [MediaItem] { self.content.parts.first?.media ?? [] }

    mutating func publish() async throws(PluginError) -> PublishOutcome {
        let post: RemotePost
        if TikTokSettings.isPulled(self.content) {
            post = try await self.sendAddresses()
        } else {
            post = try await self.sendFilm()
        }
        // A send that was found in the list of films has the post's own identity already.
        if TikTokID.isPost(post.id) { return .published(post) }
        return try await self.follow(post.id)
    }

    // MARK: Before

    private struct CreatorInfo: Decodable, Sendable {
        var creator_username: String?
        var privacy_level_options: [String]?
        var comment_disabled: Bool?
        var duet_disabled: Bool?
        var stitch_disabled: Bool?
        var max_video_post_duration_sec: Double?
    }
    private struct Nothing: Encodable {}

    /// Asks what the creator may choose now; TikTok wants that before every post.
    ///
    /// The answer is kept until it is known what became of the send: a run that only finds out again that it was sent does not ask.
    ///
    /// - Parameter endpoint: The bucket. What TikTok fetches is opened by its visible step, which is counted as a post: the question right
    ///   before it takes the token of the act of publishing. A call is debited to one bucket: the one of questions is smaller by as many.
    /// - Returns: What the creator may choose.
    /// - Throws: `permanent` for what the creator may not post.
    mutating func askCreator(countedIn endpoint: String) async throws(PluginError) -> TikTokState.Creator {
        if let known = self.state.creator { return known }
        let privacy = try self.privacy
        let info = try await self.client.post(
            CreatorInfo.self, "post/publish/creator_info/query/", Nothing(), as: self.caller,
            endpoint: endpoint)
        if let options = info.privacy_level_options, !options.contains(privacy) {
            throw PluginError(
                .permanent, "The creator cannot choose the privacy level \(privacy).",
                nextAction: "Set privacy_level to one of: \(options.joined(separator: ", ")).",
                field: "settings.\(TikTokSettings.privacy)", platformCode: "privacy_level_option_mismatch")
        }
        try self.checkLength(most: info.max_video_post_duration_sec)
        return TikTokState.Creator(
            name: info.creator_username, hasComments: info.comment_disabled != true,
            hasDuets: info.duet_disabled != true, hasStitches: info.stitch_disabled != true)
    }

    /// Refuses a film that is longer than the creator may post; one whose length nobody could measure is left to TikTok.
    private func checkLength(most seconds: Double?) throws(PluginError) {
        guard let seconds, self.content.format == .video,
            let length = self.items.first?.facts?.duration.map({ $0 / .seconds(1) }),
            length > seconds
        else { return }
        let (shown, most) = (Int(length.rounded(.up)), Int(max(0, seconds)))
        throw PluginError(
            .permanent, "The film lasts \(shown) seconds, and the creator may post \(most).",
            nextAction: "Shorten the film to \(most) seconds and plan the post again.", field: "media[0]",
            platformCode: "duration_check_failed")
    }

    /// Who may see it: nobody decides that but the person who planned the post.
    var privacy: String {
        get throws(PluginError) {
            if let level = self.content.settings[TikTokSettings.privacy] { return level }
            throw PluginError(
                .permanent, "The post does not say who may see it.", nextAction: TikTokPlugin.choosePrivacy,
                field: "settings.\(TikTokSettings.privacy)")
        }
    }

    mutating func save() async throws(PluginError) { try await self.context.save(self.state.saved()) }

    // MARK: Addresses

    /// Lets TikTok fetch the files; from then on the post exists or fails without us.
    private mutating func sendAddresses() async throws(PluginError) -> RemotePost {
        if let id = self.state.publishID { return RemotePost(id: id) }
        let addresses = try self.addresses()
        let creator = try await self.askCreator(countedIn: TikTokEndpoint.open)
        if self.state.creator == nil {
            self.state.creator = creator
            try await self.save()
        }
        let post: RemotePost
        do {
            post = try await self.pull(addresses, creator)
        } catch  where error.code != .ambiguousOutcome && error.code != .duplicate {
            // Nothing was sent: the creator is asked again before the next try.
            self.state.creator = nil
            try await self.save()
            throw error
        }
        guard !TikTokID.isPost(post.id) else { return post }
        self.state.publishID = post.id
        try await self.save()
        return post
    }

    private func pull(
        _ addresses: [String], _ creator: TikTokState.Creator
    ) async throws(PluginError) -> RemotePost {
        let (client, caller, content) = (self.client, self.caller, self.content)
        let privacy = try self.privacy
        return try await self.context.send(part: self.state.attempt, endpoint: TikTokEndpoint.publish) {
            permit throws(PluginError) in
            let opened: Opened
            if content.format == .video {
                let source = TikTokSource(source: "PULL_FROM_URL", video_url: addresses.first)
                opened = try await client.post(
                    Opened.self, "post/publish/video/init/",
                    TikTokNewVideo(content, privacy: privacy, creator, from: source), as: caller,
                    endpoint: TikTokEndpoint.publish, permit: permit)
            } else {
                opened = try await client.post(
                    Opened.self, "post/publish/content/init/",
                    TikTokNewPhotos(content, privacy: privacy, creator, at: addresses), as: caller,
                    endpoint: TikTokEndpoint.publish, permit: permit)
            }
            return RemotePost(id: opened.publish_id, publishedAt: client.clock.now())
        }
    }

    private func addresses() throws(PluginError) -> [String] {
        var addresses: [String] = []
        for (index, item) in self.items.enumerated() {
            guard let address = self.media?.url(of: item) else {
                throw PluginError(
                    .permanent, "TikTok fetches the file itself, and this installation has no public address.",
                    nextAction: TikTokPlugin.publicAddress, field: "media[\(index)]")
            }
            addresses.append(address)
        }
        guard !addresses.isEmpty else { throw PluginError(.permanent, "The post needs a file.", field: "media") }
        return addresses
    }
}
