// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension InstagramPlugin: WebhookReceiving {
    /// As long as Meta delivers again.
    public var deliveryLife: Duration? { GraphWebhooks.deliveryLife }

    /// Answers Meta's verification request.
    public func reply(
        to question: WebhookDelivery, app: AppCredential, verifyToken: String
    ) throws(WebhookRefusal) -> WebhookReply {
        try GraphWebhooks.reply(to: question, verifyToken: verifyToken)
    }

    /// Reads comments and mentions; Facebook Login names the comment `comment_id`, Instagram Login `id`.
    public func events(
        in delivery: WebhookDelivery, app: AppCredential
    ) throws(WebhookRefusal) -> [WebhookEvent] {
        try GraphWebhooks.changes(in: delivery, of: "instagram", app: app).compactMap { change in
            switch change.field {
            case "comments", "live_comments":
                guard let comment = change.value["comment_id"] ?? change.value["id"],
                    let media = change.value["media.id"]
                else { return nil }
                return WebhookEvent(account: change.account, .comment(comment, post: media))
            case "story_insights":
                guard let media = change.value["media_id"] else { return nil }
                return WebhookEvent(account: change.account, .post(media))
            default: return nil
            }
        }
    }
}
