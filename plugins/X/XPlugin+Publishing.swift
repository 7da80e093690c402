// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// The body of a new post.
private struct XNewPost: Encodable, Sendable {
    struct Media: Encodable, Sendable { var media_ids: [String] }
    struct Reply: Encodable, Sendable { var in_reply_to_tweet_id: String }
    struct Poll: Encodable, Sendable {
        var duration_minutes: Int
        var options: [String]
    }
    var text: String?
    var media: Media?
    var poll: Poll?
    var reply: Reply?
    var reply_settings: String?
    var made_with_ai: Bool?
    var paid_partnership: Bool?
}

/// The answer to a new post.
private struct XCreated: Decodable {
    struct Post: Decodable { var id: String }
    var data: Post
}

extension XPlugin: DeferredPublishing {
    /// Publishes every piece, each as a reply to the one before; goes on where an earlier try stopped.
    public func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(XState(context.checkpoint), request, context)
    }

    /// Asks how far X is with the files, and publishes once they are ready.
    public func resume(
        _ state: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        try await self.run(XState(state), request, context)
    }

    private func run(
        _ saved: XState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        var state = saved
        var sent: [RemotePost] = []
        let pieces = XText.pieces(request.content)
        // All files first: a film that X refuses must not leave half a thread in public.
        for (number, piece) in pieces.enumerated() {
            if let pause = try await self.prepare(piece.media, part: number, request.access, &state, context) {
                return .pending(try state.saved(), checkAfter: pause)
            }
        }
        for (number, piece) in pieces.enumerated() {
            let media = state.uploads.filter { $0.part == number }.sorted { $0.index < $1.index }.map(\.id)
            let parent =
                XText.parent(of: number, in: request.content).map { sent[$0].id }
                ?? XSettings.parent(request.content)
            var body = Self.body(piece, media: media, parent: parent)
            if number == 0 { Self.add(settingsOf: request.content, to: &body) }
            let post = body
            sent.append(
                try await context.send(part: number, endpoint: XEndpoint.create.rawValue) {
                    permit throws(PluginError) in
                    try await self.create(post, permit, request.access)
                })
        }
        guard let first = sent.first else {
            throw PluginError(.permanent, "A post needs at least one part.", field: "parts")
        }
        return .published(first)
    }

    private static func body(_ piece: PostPart, media: [String], parent: String?) -> XNewPost {
        XNewPost(
            text: piece.text.isEmpty ? nil : piece.text, media: media.isEmpty ? nil : XNewPost.Media(media_ids: media),
            reply: parent.map { XNewPost.Reply(in_reply_to_tweet_id: $0) })
    }

    /// What is set for the whole post belongs to its first piece.
    private static func add(settingsOf content: PostContent, to body: inout XNewPost) {
        body.poll = XSettings.answers(content).map {
            XNewPost.Poll(
                duration_minutes: XSettings.minutes(content) ?? XSettings.usualPollDuration, options: $0)
        }
        body.reply_settings = content.settings["reply_settings"]
        body.made_with_ai = content.settings["made_with_ai"] == "true" ? true : nil
        body.paid_partnership = content.settings["paid_partnership"] == "true" ? true : nil
    }

    private func create(_ body: XNewPost, _ permit: SendPermit, _ access: AccountAccess) async throws(PluginError)
        -> RemotePost
    {
        var head = HTTPRequest(.post, host: Self.host, path: "/2/tweets", bearer: access.tokens.accessToken)
        head.headerFields[.contentType] = "application/json"
        let call = HTTPCall(
            head, body: .bytes(try XCoding.json(body)), endpoint: XEndpoint.create.rawValue, permit: permit)
        let id = try await self.client.call(XCreated.self, call, creates: true, secrets: access.secrets).data.id
        return Self.remote(id, publishedAt: self.clock.now())
    }

    /// A reference to a post, with the address that works without knowing the account's handle.
    static func remote(_ id: String, publishedAt: Date?) -> RemotePost {
        RemotePost(id: id, url: "https://x.com/i/status/\(id)", publishedAt: publishedAt)
    }
}
