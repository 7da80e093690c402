// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

extension InstagramPlugin: DeferredPublishing {
    /// Makes containers and publishes, then comments; goes on where an earlier try stopped.
    public func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(InstagramState(context.checkpoint), request, context)
    }

    /// Asks how far Instagram is with the containers, and publishes once they are ready.
    public func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(InstagramState(state), request, context)
    }

    private func run(
        _ state: InstagramState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        let access = request.access
        let outlet = InstagramOutlet(
            client: self.client(access.tokens), account: access.externalID, caller: GraphCaller(access),
            hasUpload: !access.tokens.isInstagramLogin, media: self.context.publicMedia)
        var run = InstagramRun(outlet: outlet, content: request.content, context: context, state: state)
        return try await run.publish()
    }
}

/// An account as the place that something is published on.
struct InstagramOutlet: Sendable {
    var client: GraphClient
    var account: String
    var caller: GraphCaller
    /// Whether films can be uploaded; with Instagram's own login they are fetched like pictures.
    var hasUpload: Bool
    var media: PublicMedia?
}

/// One run of one post.
struct InstagramRun {
    struct Made: Decodable, Sendable {
        var id: GraphID
        var uri: String?
    }

    let outlet: InstagramOutlet
    let content: PostContent
    let context: any EffectContext
    var state: InstagramState

    var client: GraphClient { self.outlet.client }
    var caller: GraphCaller { self.outlet.caller }
    var items: [MediaItem] { self.content.parts.first?.media ?? [] }

    mutating func publish() async throws(PluginError) -> PublishOutcome {
        if let post = self.state.published { return try await self.finish(post) }
        if self.state.containers.isEmpty || self.state.asksQuota == true {
            try await self.requireQuota()
            self.state.asksQuota = nil
        }
        if let pause = try await self.prepareFetched() { return .pending(try self.state.saved(), checkAfter: pause) }
        let whole: Int? = self.content.format == .carousel ? nil : 0
        guard let container = self.state.container(whole) else {
            throw PluginError(.permanent, "The post needs a file.", field: "media")
        }
        let post = try await self.send(container)
        // What is visible is visible: its address may be missing, the post may not fail for it.
        guard let seen = await self.address(of: post) else {
            self.state.looks += 1
            return .pending(try self.state.saved(), checkAfter: .seconds(20))
        }
        self.state.published = seen
        try await self.context.save(self.state.saved())
        return try await self.finish(seen)
    }

    /// Prepares; what Instagram could not fetch it is asked to fetch once more.
    private mutating func prepareFetched() async throws(PluginError) -> Duration? {
        do throws(PluginError) {
            return try await self.prepare()
        } catch  where error.code == .permanent && error.subcode == Self.unfetched && self.state.hasRefetched != true {
            self.state.hasRefetched = true
            self.state.containers = []
            try await self.context.save(self.state.saved())
            throw PluginError(
                .retryAfter, error.message, nextAction: error.nextAction, retryAfter: .seconds(60),
                platformCode: error.platformCode, underlying: error)
        }
    }

    /// Instagram could not fetch a file.
    private static let unfetched = 2_207_052
    /// How often publishing one post is refused as not ready or not there; the documents say "once or twice, then a new container".
    private static let mostRefusals = 10

    /// Publishes a container.
    private mutating func send(_ container: InstagramState.Container) async throws(PluginError) -> RemotePost {
        let outlet = self.outlet
        do {
            return try await self.context.send(part: 0, endpoint: InstagramEndpoint.publish) {
                permit throws(PluginError) in
                let media = try await outlet.client.post(
                    Made.self, "\(outlet.account)/media_publish", ["creation_id": container.id], as: outlet.caller,
                    endpoint: InstagramEndpoint.publish, permit: permit)
                return RemotePost(id: media.id.text, publishedAt: outlet.client.clock.now())
            }
        } catch  where error.code == .retryAfter && error.subcode.map(Self.spoils) == true {
            self.state.refusals += 1
            guard self.state.refusals < Self.mostRefusals else {
                try await self.beginAnew(cost: Int.max / 2, because: error)
                throw error
            }
            if error.subcode == 2_207_027 {
                for place in self.state.containers.indices { self.state.containers[place].isReady = false }
            } else if error.subcode != 2_207_008 || self.state.refusals > 1 {
                self.state.containers = []
            }
            try await self.context.save(self.state.saved())
            throw error
        } catch  where error.code == .rateLimited && error.endpoint == InstagramEndpoint.publish {
            self.state.asksQuota = true
            try await self.context.save(self.state.saved())
            throw error
        }
    }

    /// Whether a refusal says something of the container: not ready yet, or of no use any more.
    private static func spoils(_ subcode: Int) -> Bool {
        subcode == 2_207_027 || GraphErrorRule.spentContainers.contains(subcode)
    }

    private struct Seen: Decodable, Sendable {
        var permalink: String?
        var timestamp: Date?
    }

    /// What is visible, with its address; `nil` while it is worth asking again.
    private func address(of post: RemotePost) async -> RemotePost? {
        do throws(PluginError) {
            let seen = try await self.client.get(
                Seen.self, post.id, ["fields": "permalink,timestamp"], as: self.caller,
                endpoint: InstagramEndpoint.read)
            return RemotePost(id: post.id, url: seen.permalink, publishedAt: seen.timestamp ?? post.publishedAt)
        } catch {
            return self.state.looks < 3 ? nil : post
        }
    }

    /// Comments under what is visible, when there is something to say.
    private func finish(_ post: RemotePost) async throws(PluginError) -> PublishOutcome {
        guard let words = self.content.firstComment, !words.isEmpty, self.content.format != .story else {
            return .published(post)
        }
        let outlet = self.outlet
        _ = try await self.context.send(part: self.content.parts.count, endpoint: InstagramEndpoint.comments) {
            permit throws(PluginError) in
            let comment = try await outlet.client.post(
                Made.self, "\(post.id)/comments", ["message": words], as: outlet.caller,
                endpoint: InstagramEndpoint.comments, permit: permit)
            return RemotePost(id: comment.id.text, publishedAt: outlet.client.clock.now())
        }
        return .published(post)
    }

    /// Asks how many posts the account may still publish; the number differs and is never assumed.
    private func requireQuota() async throws(PluginError) {
        let quota = try await InstagramQuota.read(self.outlet.account, self.client, as: self.caller)
        guard let left = quota.left, left <= 0 else { return }
        throw PluginError(
            .rateLimited, "The account has used up its posts of the last 24 hours.",
            nextAction: "It goes on by itself as soon as Instagram takes posts again.", retryAfter: .seconds(3600),
            scope: .endpoint, endpoint: InstagramEndpoint.publish)
    }
}

/// How many posts an account has published in the last 24 hours, and how many it may.
struct InstagramQuota: Decodable, Sendable {
    struct Config: Decodable, Sendable { var quota_total: Int? }
    var quota_usage: Int?
    var config: Config?

    /// How many are left; `nil` when Instagram does not say.
    var left: Int? {
        guard let total = self.config?.quota_total, let used = self.quota_usage else { return nil }
        return total.subtracting(saturating: used)
    }

    static func read(
        _ account: String, _ client: GraphClient, as caller: GraphCaller
    ) async throws(PluginError) -> InstagramQuota {
        let page = try await client.get(
            GraphPage<InstagramQuota>.self, "\(account)/content_publishing_limit",
            ["fields": "quota_usage,config"], as: caller, endpoint: InstagramEndpoint.quota)
        return page.data.first ?? InstagramQuota()
    }
}
