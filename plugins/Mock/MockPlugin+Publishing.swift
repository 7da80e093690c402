// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

extension MockPlugin: DeferredPublishing {
    /// Publishes every part, then the first comment; goes on where an earlier try stopped.
    public func publish(
        _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        var state = try MockState(context.checkpoint)
        var first: RemotePost?
        var parent: String?
        for (number, part) in request.content.parts.enumerated() {
            let media = try await self.upload(part.media, part: number, request, &state, context)
            let body = MockNewPost(
                text: part.text.isEmpty ? nil : part.text, mediaIds: media.isEmpty ? nil : media,
                altTexts: media.isEmpty ? nil : part.media.map(\.altText), replyTo: parent,
                link: number == 0 ? request.content.link : nil, format: request.content.format.rawValue)
            let sent = try await context.send(part: number, endpoint: MockBucket.publish) {
                permit throws(PluginError) in
                try await self.create(body, permit, request.access)
            }
            first = first ?? sent
            parent = sent.id
        }
        guard let first else { throw PluginError(.permanent, "A post needs at least one part.", field: "parts") }
        guard first.isProcessing, state.published == nil else {
            return try await self.finish(state.published ?? first, request, context)
        }
        if state.processing != first.id {
            state.processing = first.id
            try await context.save(state.saved())
        }
        return try await self.resume(state.saved(), request, context)
    }

    /// Asks how far the platform is with a film.
    public func resume(
        _ saved: PluginState, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        var state = try MockState(saved)
        if let published = state.published { return try await self.finish(published, request, context) }
        guard let id = state.processing else {
            throw PluginError(.permanent, "The saved state names no film that is worked on.")
        }
        let answer = try await self.client.get(MockProcessing.self, "/processing/\(id)", request.access)
        if let post = answer.post, answer.status == "published" {
            let published = RemotePost(id: post.id, url: post.url, publishedAt: post.createdAt)
            state.published = published
            try await context.save(state.saved())
            return try await self.finish(published, request, context)
        }
        guard answer.status != "failed" else {
            throw PluginError(
                .permanent,
                PluginError.redact(
                    answer.error?.message ?? "The platform could not process the film.", request.access.secrets),
                nextAction: "Replace the film and plan the post again.", field: "media[0]",
                platformCode: answer.error?.code ?? "processing_failed")
        }
        let pause = answer.checkAfterSeconds.flatMap { Duration(saidSeconds: max(1, $0)) }
        return .pending(try state.saved(), checkAfter: pause ?? .seconds(5))
    }

    private func finish(
        _ post: RemotePost, _ request: PublishRequest, _ context: any EffectContext
    ) async throws(PluginError) -> PublishOutcome {
        guard let text = request.content.firstComment, !text.isEmpty else { return .published(post) }
        _ = try await context.send(part: request.content.parts.count, endpoint: MockBucket.publish) {
            permit throws(PluginError) in
            let comment = try await self.client.post(
                MockComment.self, "/posts/\(post.id)/comments", MockNewComment(text: text),
                endpoint: MockBucket.publish,
                creates: true, permit: permit, request.access)
            return RemotePost(id: comment.id, publishedAt: comment.createdAt)
        }
        return .published(post)
    }

    private func create(
        _ body: MockNewPost, _ permit: SendPermit, _ access: AccountAccess
    ) async throws(PluginError) -> RemotePost {
        let created = try await self.client.post(
            MockCreated.self, "/posts", body, endpoint: MockBucket.publish, creates: true, permit: permit, access)
        guard let id = created.id ?? created.processingId else {
            throw PluginError(.ambiguousOutcome, "The mock platform accepted the post without saying which it is.")
        }
        return RemotePost(id: id, url: created.url, publishedAt: created.createdAt)
    }

    private func upload(
        _ items: [MediaItem], part: Int, _ request: PublishRequest, _ state: inout MockState,
        _ context: any EffectContext
    ) async throws(PluginError) -> [String] {
        var ids: [String] = []
        for (index, item) in items.enumerated() {
            let known = state.uploads.first { $0.part == part && $0.index == index }
            if let known, self.clock.now().timeIntervalSince(known.at) < MockState.uploadLife {
                ids.append(known.id)
                continue
            }
            var head = MockClient.request(.post, "/media", request.access)
            head.headerFields[.contentType] = item.type
            let call = HTTPCall(
                head, body: .file(path: item.path, offset: 0, length: item.byteCount), endpoint: MockBucket.media,
                deadline: .seconds(120))
            let media = try await self.client.call(MockMedia.self, call, secrets: request.access.secrets)
            state.uploads.removeAll { $0.part == part && $0.index == index }
            state.uploads.append(MockState.Upload(part: part, index: index, id: media.id, at: self.clock.now()))
            try await context.save(state.saved())
            ids.append(media.id)
        }
        return ids
    }
}

extension RemotePost {
    /// Whether this names a film that the platform works on: such identities begin with `r_`.
    var isProcessing: Bool { self.id.hasPrefix("r_") }
}
