// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// The body of a new post.
private struct XNewPost: Encodable, Sendable {
    struct Media: Encodable, Sendable { var media_ids: [String] }
    struct Reply: Encodable, Sendable { var in_reply_to_tweet_id: String }
    var text: String?
    var media: Media?
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
        for (number, piece) in XText.pieces(request.content).enumerated() {
            if let pause = try await self.prepare(piece.media, part: number, request.access, &state, context) {
                return .pending(try state.saved(), checkAfter: pause)
            }
            let media = state.uploads.filter { $0.part == number }.sorted { $0.index < $1.index }.map(\.id)
            let parent = XText.parent(of: number, in: request.content).map { sent[$0].id }
            let body = Self.body(piece, media: media, parent: parent, number == 0 ? request.content.settings : [:])
            sent.append(
                try await context.send(part: number, endpoint: XEndpoint.create.rawValue) {
                    permit throws(PluginError) in
                    try await self.create(body, permit, request.access)
                })
        }
        guard let first = sent.first else {
            throw PluginError(.permanent, "A post needs at least one part.", field: "parts")
        }
        return .published(first)
    }

    private static func body(_ piece: PostPart, media: [String], parent: String?, _ settings: [String: String])
        -> XNewPost
    {
        XNewPost(
            text: piece.text.isEmpty ? nil : piece.text, media: media.isEmpty ? nil : XNewPost.Media(media_ids: media),
            reply: parent.map { XNewPost.Reply(in_reply_to_tweet_id: $0) }, reply_settings: settings["reply_settings"],
            made_with_ai: settings["made_with_ai"] == "true" ? true : nil,
            paid_partnership: settings["paid_partnership"] == "true" ? true : nil)
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

    /// Uploads and describes the files of a piece.
    ///
    /// - Returns: A pause when X still works on one of them.
    private func prepare(
        _ items: [MediaItem], part: Int, _ access: AccountAccess, _ state: inout XState, _ context: any EffectContext
    ) async throws(PluginError) -> Duration? {
        let media = XMedia(client: self.client, access: access)
        var pause: Duration?
        for (index, item) in items.enumerated() {
            var answer: XMediaAnswer.Media?
            if let place = state.place(part: part, index: index, at: self.clock.now()) {
                if state.uploads[place].isProcessing { answer = try await media.status(state.uploads[place].id) }
            } else {
                let made = try await media.upload(item)
                let end = made.expires_after_secs.map { self.clock.now().addingTimeInterval($0) }
                state.uploads.removeAll { $0.part == part && $0.index == index }
                state.uploads.append(
                    XState.Upload(
                        part: part, index: index, id: made.id, expiresAt: end, isProcessing: made.processing_info != nil
                    ))
                try await context.save(state.saved())
                answer = made
            }
            guard let place = state.place(part: part, index: index, at: self.clock.now()) else {
                throw PluginError(
                    .retryAfter, "X keeps the uploaded file for too short a time.", field: "media[\(index)]")
            }
            if let answer, let wait = try Self.pause(answer, index) {
                pause = max(pause ?? .zero, wait)
                continue
            }
            if state.uploads[place].isProcessing {
                state.uploads[place].isProcessing = false
                try await context.save(state.saved())
            }
            if let words = item.altText, !words.isEmpty, !state.uploads[place].isDescribed {
                try await media.describe(state.uploads[place].id, words)
                state.uploads[place].isDescribed = true
                try await context.save(state.saved())
            }
        }
        return pause
    }

    private static func pause(_ media: XMediaAnswer.Media, _ index: Int) throws(PluginError) -> Duration? {
        guard let processing = media.processing_info, let state = processing.state, state != "succeeded" else {
            return nil
        }
        guard state != "failed" else {
            throw PluginError(
                .permanent, PluginError.redact(processing.error?.message ?? "X could not process the file.", []),
                nextAction: "Replace the file and plan the post again.", field: "media[\(index)]",
                platformCode: processing.error?.name)
        }
        return .seconds(max(1, processing.check_after_secs ?? 5))
    }
}
