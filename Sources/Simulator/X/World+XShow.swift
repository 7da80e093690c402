// SPDX-License-Identifier: MIT

extension World {
    /// `data`, `includes` and `errors` for posts, as one user may see them.
    ///
    /// The private groups of metrics are shown to the author alone and for 30 days; what is refused becomes an
    /// `errors[]` entry while the rest of the answer stays whole.
    func xShow(
        _ posts: [SimulatedPost], _ fields: XFields, _ reader: SimulatedAccount, _ now: WorldTime,
        missing: [String] = [], parameter: String = "ids"
    ) -> JSONObject {
        var errors = missing.map { id in
            XRefusal.missing(
                parameter, id, resource: "tweet", detail: "Could not find tweet with \(parameter): [\(id)].")
        }
        var data: [JSONValue] = []
        for post in posts {
            var object = self.xObject(post, fields, now)
            for group in ["non_public_metrics", "organic_metrics", "promoted_metrics"] where fields.post.contains(group)
            {
                if post.account == reader.key, now - post.createdAt < 30 * 86_400, group != "promoted_metrics" {
                    object[group] = self.xPrivateMetrics(post, group, now)
                } else {
                    errors.append(Self.xUnauthorizedField(group, post.id))
                }
            }
            data.append(.object(object))
        }
        var answer = JSONObject()
        if !data.isEmpty { answer["data"] = .array(data) }
        if let includes = self.xIncludes(posts, fields, now) { answer["includes"] = includes }
        if !errors.isEmpty { answer["errors"] = .array(errors) }
        return answer
    }

    private static func xUnauthorizedField(_ field: String, _ id: String) -> JSONValue {
        [
            "resource_id": .string(id), "parameter": .string(field), "resource_type": "tweet", "section": "data",
            "title": "Field Authorization Error", "value": .string(id), "field": .string(field),
            "detail": .string("Sorry, you are not authorized to access '\(field)' on the Tweet with id : [\(id)]."),
            "type": "https://api.x.com/2/problems/not-authorized-for-field",
        ]
    }

    private func xObject(_ post: SimulatedPost, _ fields: XFields, _ now: WorldTime) -> JSONObject {
        let isRenamed = self.options.usesPostFields
        let shown = post.shownText ?? post.text
        var object: JSONObject = ["id": .string(post.id), "text": .string(shown)]
        if !isRenamed { object["edit_history_tweet_ids"] = .array([.string(post.id)]) }
        let parent = post.replyTo.flatMap { self.posts[$0] }
        func wants(_ field: String) -> Bool { fields.post.contains(field) || fields.expansions.contains(field) }
        if wants("author_id") { object["author_id"] = .string(post.account.externalID) }
        if wants("in_reply_to_user_id"), let parent {
            object["in_reply_to_user_id"] = .string(parent.account.externalID)
        }
        if fields.post.contains("created_at") { object["created_at"] = .string(post.createdAt.wholeSecond.iso8601) }
        if fields.post.contains("conversation_id") { object["conversation_id"] = .string(self.xConversation(post)) }
        if fields.post.contains("lang") { object["lang"] = "und" }
        if fields.post.contains("possibly_sensitive") { object["possibly_sensitive"] = false }
        if fields.post.contains("reply_settings") {
            object["reply_settings"] = .string(post.settings["reply_settings"] ?? "everyone")
        }
        if fields.post.contains("paid_partnership") {
            object["paid_partnership"] = .bool(post.settings["paid_partnership"] == "true")
        }
        if fields.post.contains("public_metrics") { object["public_metrics"] = self.xPublicMetrics(post, now) }
        if fields.post.contains("entities") { object["entities"] = Self.xEntities(post, shown) }
        if let attachments = self.xAttachments(post, fields) { object["attachments"] = attachments }
        let references = isRenamed ? "referenced_posts" : "referenced_tweets"
        if wants(references) || fields.expansions.contains("referenced_tweets.id") {
            let replied = post.replyTo.map { ["type": "replied_to", "id": .string($0)] as JSONValue }
            let quoted = post.quoteOf.map { ["type": "quoted", "id": .string($0)] as JSONValue }
            let all = [replied, quoted].compactMap { $0 }
            if !all.isEmpty { object[references] = .array(all) }
        }
        return object
    }

    private func xAttachments(_ post: SimulatedPost, _ fields: XFields) -> JSONValue? {
        let wantsAll = fields.post.contains("attachments")
        var attachments = JSONObject()
        if wantsAll || fields.expansions.contains("attachments.media_keys"), !post.mediaIDs.isEmpty {
            attachments["media_keys"] = JSONValue(post.mediaIDs.compactMap { self.media[$0]?.key })
        }
        if wantsAll || fields.expansions.contains("attachments.poll_ids"), post.poll != nil {
            attachments["poll_ids"] = .array([.string(Self.xPollID(post))])
        }
        return attachments.members.isEmpty ? nil : .object(attachments)
    }

    private static func xPollID(_ post: SimulatedPost) -> String {
        String(1_000_000_000_000_000_000 + stableHash("poll", post.id) % 1_000_000_000_000_000_000)
    }

    private static func xShow(
        _ poll: SimulatedPost.Poll, of post: SimulatedPost, _ fields: Set<String>, _ now: WorldTime
    ) -> JSONValue {
        let options = poll.options.enumerated().map { place, label -> JSONValue in
            ["position": JSONValue(place + 1), "label": .string(label), "votes": 0]
        }
        let end = post.createdAt + Double(poll.minutes) * 60
        var object: JSONObject = ["id": .string(Self.xPollID(post)), "options": .array(options)]
        if fields.contains("duration_minutes") { object["duration_minutes"] = JSONValue(poll.minutes) }
        if fields.contains("end_datetime") { object["end_datetime"] = .string(end.iso8601) }
        if fields.contains("voting_status") { object["voting_status"] = now < end ? "open" : "closed" }
        return .object(object)
    }

    private func xConversation(_ post: SimulatedPost) -> String {
        var root = post
        for _ in 0..<100 {
            guard let parent = root.replyTo.flatMap({ self.posts[$0] }) else { break }
            root = parent
        }
        return root.id
    }

    private static func xEntities(_ post: SimulatedPost, _ shown: String) -> JSONValue? {
        guard !post.links.isEmpty else { return nil }
        let urls = post.links.compactMap { link -> JSONValue? in
            guard let range = shown.firstRange(of: link.short) else { return nil }
            let start = shown[..<range.lowerBound].unicodeScalars.count
            let display = link.expanded.split(separator: "://", maxSplits: 1).last.map(String.init) ?? link.expanded
            return [
                "start": JSONValue(start), "end": JSONValue(start + link.short.unicodeScalars.count),
                "url": .string(link.short), "expanded_url": .string(link.expanded), "display_url": .string(display),
            ]
        }
        return ["urls": .array(urls)]
    }

    private func xPublicMetrics(_ post: SimulatedPost, _ now: WorldTime) -> JSONValue {
        let counters = self.engagement(of: post, at: now)
        let replies = self.xReplies(to: post, now)
        return [
            self.options.usesPostFields ? "repost_count" : "retweet_count": JSONValue(counters.shares),
            "reply_count": JSONValue(counters.comments + replies), "like_count": JSONValue(counters.likes),
            "quote_count": JSONValue(counters.quotes), "bookmark_count": JSONValue(counters.saves),
            "impression_count": JSONValue(counters.views),
        ]
    }

    private func xReplies(to post: SimulatedPost, _ now: WorldTime) -> Int {
        self.repliesByPost[post.id, default: []].count { self.posts[$0]?.isLive(at: now) ?? false }
    }

    private func xPrivateMetrics(_ post: SimulatedPost, _ group: String, _ now: WorldTime) -> JSONValue {
        let counters = self.engagement(of: post, at: now)
        var metrics: JSONObject = ["impression_count": JSONValue(counters.views)]
        metrics["user_profile_clicks"] = JSONValue(counters.profileVisits)
        if !post.links.isEmpty { metrics["url_link_clicks"] = JSONValue(counters.clicks) }
        if group == "non_public_metrics" {
            metrics["engagements"] = JSONValue(counters.engagements + counters.profileVisits)
        } else {
            metrics["retweet_count"] = JSONValue(counters.shares)
            metrics["reply_count"] = JSONValue(counters.comments)
            metrics["like_count"] = JSONValue(counters.likes)
        }
        return .object(metrics)
    }

    private func xIncludes(_ posts: [SimulatedPost], _ fields: XFields, _ now: WorldTime) -> JSONValue? {
        var includes = JSONObject()
        if fields.expansions.contains("author_id") {
            let authors = Set(posts.map(\.account)).compactMap { self.accounts[$0] }
            if !authors.isEmpty { includes["users"] = .array(authors.map { self.xShow($0, fields.user, now) }) }
        }
        if fields.expansions.contains("attachments.media_keys") {
            let media = posts.flatMap { post in
                post.mediaIDs.compactMap { self.media[$0] }.map { self.xShow($0, post, fields.media, now) }
            }
            if !media.isEmpty { includes["media"] = .array(media) }
        }
        if fields.expansions.contains("attachments.poll_ids") {
            let polls = posts.compactMap { post in post.poll.map { Self.xShow($0, of: post, fields.poll, now) } }
            if !polls.isEmpty { includes["polls"] = .array(polls) }
        }
        return includes.members.isEmpty ? nil : .object(includes)
    }

    private func xShow(
        _ media: SimulatedMedia, _ post: SimulatedPost, _ fields: Set<String>, _ now: WorldTime
    ) -> JSONValue {
        let type = media.isVideo ? "video" : media.contentType == "image/gif" ? "animated_gif" : "photo"
        var object: JSONObject = ["media_key": .string(media.key), "type": .string(type)]
        if fields.contains("alt_text"), let alt = media.altText { object["alt_text"] = .string(alt) }
        if fields.contains("url"), !media.isVideo { object["url"] = .string("https://pbs.twimg.com/media/\(media.id)") }
        if fields.contains("public_metrics"), media.isVideo {
            object["public_metrics"] = ["view_count": JSONValue(self.engagement(of: post, at: now).videoViews)]
        }
        return .object(object)
    }

    /// A user as the API shows it.
    func xShow(_ account: SimulatedAccount, _ fields: Set<String>, _ now: WorldTime) -> JSONValue {
        var object: JSONObject = [
            "id": .string(account.key.externalID), "name": .string(account.name), "username": .string(account.handle),
        ]
        if fields.contains("created_at") { object["created_at"] = .string(account.createdAt.iso8601) }
        if fields.contains("protected") { object["protected"] = false }
        if fields.contains("verified") { object["verified"] = .bool(account.isPremium) }
        if fields.contains("verified_type") { object["verified_type"] = account.isPremium ? "blue" : "none" }
        if fields.contains("subscription_type") { object["subscription_type"] = account.isPremium ? "Premium" : "None" }
        if fields.contains("public_metrics") {
            let posts = self.timelines[account.key, default: []].count { self.posts[$0]?.isLive(at: now) ?? false }
            let following = 50 + stableHash("following", account.key.externalID) % 400
            object["public_metrics"] = [
                "followers_count": JSONValue(self.followers(of: account, at: now)),
                "following_count": JSONValue(following),
                self.options.usesPostFields ? "post_count" : "tweet_count": JSONValue(posts),
                "listed_count": JSONValue(account.followers / 200),
            ]
        }
        return .object(object)
    }
}
