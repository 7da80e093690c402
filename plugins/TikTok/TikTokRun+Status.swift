// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// How far TikTok is with a post.
struct TikTokStatus: Decodable, Sendable {
    var status: String
    var fail_reason: String?
    /// Written so by TikTok.
    var publicaly_available_post_id: [TikTokID]?
    var publicly_available_post_id: [TikTokID]?
    var uploaded_bytes: Int64?

    /// The post's own identity; there is none before TikTok has looked at it, and never one of what not everybody may see.
    var post: String? { (self.publicaly_available_post_id ?? self.publicly_available_post_id)?.first?.text }
}

extension TikTokClient {
    private struct Question: Encodable { var publish_id: String }

    /// Asks how far TikTok is.
    func status(_ id: String, as caller: TikTokCaller) async throws(PluginError) -> TikTokStatus {
        try await self.post(
            TikTokStatus.self, "post/publish/status/fetch/", Question(publish_id: id), as: caller,
            endpoint: TikTokEndpoint.status)
    }
}

extension TikTokRun {
    /// When a published post without an identity is asked for it again, after 1, 5, 15 and 60 minutes; then it stays without one.
    private static let looks: [Duration] = [.seconds(60), .seconds(300), .seconds(900), .seconds(3600)]

    /// How long TikTok may work on a post; the documents name no end (?), and fetching and moderation take hours at most.
    private static let patience: TimeInterval = 86_400

    /// Asks how far TikTok is.
    mutating func follow(_ id: String) async throws(PluginError) -> PublishOutcome {
        if let completedAt = self.state.completedAt {
            // What is visible is visible: its identity may stay unknown, the post may not fail for it.
            let status = try? await self.client.status(id, as: self.caller)
            return try self.published(id, status?.post, at: completedAt)
        }
        let now = self.client.clock.now()
        let status = try await self.client.status(id, as: self.caller)
        switch status.status {
        case "PUBLISH_COMPLETE":
            self.state.completedAt = now
            try await self.save()
            return try self.published(id, status.post, at: now)
        case "FAILED":
            // It is known not to exist: whatever comes next begins anew.
            self.state.startOver()
            try await self.save()
            throw TikTokErrorRule.failure(status.fail_reason)
        case "SEND_TO_USER_INBOX":
            throw PluginError(
                .needsHuman, "TikTok has put the post into the creator's inbox instead of publishing it.",
                nextAction: "Finish it in the TikTok app, then cancel it here.", platformCode: status.status)
        default:
            let since = self.state.followedSince ?? now
            self.state.followedSince = since
            guard now.timeIntervalSince(since) < Self.patience else {
                throw PluginError(
                    .permanent, "TikTok has worked on the post for a day and does not say what became of it.",
                    nextAction: "Look in the TikTok app: plan the post again only if it is not there.",
                    platformCode: status.status)
            }
            return .pending(try self.state.saved(), checkAfter: Self.pace(now.timeIntervalSince(since)))
        }
    }

    /// How long to wait before asking again, by how long it has been going on.
    private static func pace(_ age: TimeInterval) -> Duration {
        switch age {
        case ..<120: .seconds(8)
        case ..<900: .seconds(30)
        default: .seconds(300)
        }
    }

    private mutating func published(
        _ id: String, _ post: String?, at completed: Date
    ) throws(PluginError) -> PublishOutcome {
        if let post { return .published(RemotePost(id: post, url: self.address(of: post), publishedAt: completed)) }
        guard TikTokSettings.isPublic(self.content), self.state.looks < Self.looks.count else {
            return .published(RemotePost(id: id, publishedAt: completed))
        }
        let pause = Self.looks[self.state.looks]
        self.state.looks += 1
        return .pending(try self.state.saved(), checkAfter: pause)
    }

    private func address(of post: String) -> String? {
        guard let name = self.state.creator?.name, !name.isEmpty else { return nil }
        let kind = self.content.format == .video ? "video" : "photo"
        return "https://www.tiktok.com/@\(FormEncoding.encode(name))/\(kind)/\(post)"
    }
}
