// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension FacebookPlugin: WebhookReceiving {
    /// As long as Meta delivers again.
    public var deliveryLife: Duration? { GraphWebhooks.deliveryLife }

    /// Answers Meta's verification request.
    public func reply(
        to question: WebhookDelivery, app: AppCredential, verifyToken: String
    ) throws(WebhookRefusal) -> WebhookReply {
        try GraphWebhooks.reply(to: question, verifyToken: verifyToken)
    }

    /// Reads changes of a Page's feed: comments, reactions, and posts that were added, edited, hidden or removed.
    public func events(
        in delivery: WebhookDelivery, app: AppCredential
    ) throws(WebhookRefusal) -> [WebhookEvent] {
        try GraphWebhooks.changes(in: delivery, of: "page", app: app).compactMap { change in
            guard change.field == "feed", let post = change.value["post_id"] else { return nil }
            if change.value["item"] == "comment", let comment = change.value["comment_id"] {
                return WebhookEvent(account: change.account, .comment(comment, post: post))
            }
            return WebhookEvent(account: change.account, .post(post))
        }
    }
}
