// SPDX-License-Identifier: MIT

extension World {
    mutating func xPublish(_ call: inout Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery([])
        let body = try call.xBody(.createPost)
        let text = XText(body["text"]?.string ?? "")
        let mediaIDs = body["media"]?["media_ids"]?.strings ?? []
        try self.xCheckParts(body, text, mediaIDs)
        let media = try self.xCheckMedia(mediaIDs, account, call.now)
        let parent = body["reply"]?["in_reply_to_tweet_id"]?.string
        try self.xCheckConversation(body, account, parent, call.now)
        let length = text.weightedLength(isReply: parent != nil)
        guard length <= (account.isPremium ? 25_000 : 280) else {
            throw XRefusal.forbidden(
                "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text."
            )
        }
        guard text.cashtags <= 1 else { throw XRefusal.forbidden("Your Tweet contains more than one cashtag.") }
        // Media gives every text a link of its own, so only plain texts are compared.
        let duplicateKey =
            media.isEmpty ? "x|\(account.key.externalID)|\(parent ?? "")|\(stableHash(text.text))" : nil
        if let key = duplicateKey, let id = self.latestByDuplicateKey[key], let earlier = self.posts[id],
            earlier.deletedAt == nil, abs(call.now - earlier.createdAt) < 86_400
        {
            throw XRefusal.forbidden("You are not allowed to create a Tweet with duplicate content.")
        }
        let serial = self.nextSerial()
        var post = SimulatedPost(
            id: self.snowflake(serial, at: call.now), serial: serial, account: account.key,
            marker: call.effect?.marker ?? Marker(text: text.text), text: text.text,
            format: media.isEmpty ? "text" : media.contains(where: \.isVideo) ? "video" : "image", createdAt: call.now,
            visibleAt: call.now)
        post.mediaIDs = mediaIDs
        post.altTexts = media.map(\.altText)
        post.replyTo = parent
        post.quoteOf = body["quote_tweet_id"]?.string
        post.duplicateKey = duplicateKey
        post.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        post.hasImage = media.contains { !$0.isVideo }
        post.hasVideo = media.contains(where: \.isVideo)
        post.links = Self.xLinks(text, post)
        post.shownText = Self.xShownText(text, post)
        if let poll = body["poll"], let options = poll["options"]?.strings {
            post.poll = .init(options: options, minutes: poll["duration_minutes"]?.integer ?? 0)
        }
        if let settings = body["reply_settings"]?.string { post.settings["reply_settings"] = settings }
        if body["made_with_ai"]?.bool == true { post.settings["made_with_ai"] = "true" }
        if body["paid_partnership"]?.bool == true { post.settings["paid_partnership"] = "true" }
        self.insert(post)
        call.tookEffect = true
        call.remoteID = post.id
        let history = self.options.usesPostFields ? "edit_history_post_ids" : "edit_history_tweet_ids"
        let data: JSONValue = [
            history: .array([.string(post.id)]), "id": .string(post.id), "text": .string(post.shownText ?? post.text),
        ]
        return .json(["data": data], status: 201)
    }

    private func xCheckParts(_ body: JSONValue, _ text: XText, _ mediaIDs: [String]) throws(XRefusal) {
        let exclusive = ["media", "poll", "quote_tweet_id", "card_uri"].filter { body[$0] != nil }
        guard exclusive.count <= 1 else {
            throw XRefusal.invalid(["\(exclusive.map { "$.\($0)" }.joined(separator: ", ")): are mutually exclusive"])
        }
        if body["poll"] != nil,
            body["poll"]?["options"]?.strings?.contains(where: { $0.allSatisfy(\.isWhitespace) }) == true
        {
            throw XRefusal.invalid(["$.poll.options: must not be blank"])
        }
        if text.text.allSatisfy(\.isWhitespace), mediaIDs.isEmpty {
            throw XRefusal.invalid(["$.text: is missing but it is required"])
        }
        if body["edit_options"] != nil || body["community_id"] != nil || body["for_super_followers_only"]?.bool == true
        {
            throw XRefusal.forbidden("You are not permitted to perform this action.")
        }
    }

    private func xCheckMedia(
        _ ids: [String], _ account: SimulatedAccount, _ now: WorldTime
    ) throws(XRefusal) -> [SimulatedMedia] {
        let media = ids.compactMap { self.media[$0] }.filter { media in
            let isProcessed = media.phase == .processing && media.readyAt ?? now <= now && !media.isBroken
            return media.account == account.key && (media.phase == .ready || isProcessed)
        }
        let invalid = XRefusal.invalid(
            ["Your media IDs are invalid."], parameters: ["media.media_ids": "[\(ids.joined(separator: ", "))]"])
        guard media.count == ids.count, Set(ids).count == ids.count else { throw invalid }
        let alone = media.count { $0.isVideo || $0.contentType == "image/gif" }
        guard alone == 0 || media.count == 1 else { throw invalid }
        return media
    }

    private func xCheckConversation(
        _ body: JSONValue, _ account: SimulatedAccount, _ parent: String?, _ now: WorldTime
    ) throws(XRefusal) {
        let isSelfServe = self.apps[self.tokenKey(.x, account.clientID ?? "")]?.isSelfServe ?? true
        if let quote = body["quote_tweet_id"]?.string {
            guard !isSelfServe else {
                throw XRefusal.forbidden("Quoting posts is not available to self-serve apps.")
            }
            guard let quoted = self.posts[quote], quoted.account.platform == .x, quoted.isLive(at: now) else {
                throw XRefusal.forbidden("You attempted to quote a Tweet that is deleted or not visible to you.")
            }
        }
        guard let parent else { return }
        guard let post = self.posts[parent], post.account.platform == .x, post.isLive(at: now) else {
            throw XRefusal.forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
        }
        let isSummoned = XText(post.text).mentions(account.handle)
        guard post.account == account.key || !isSelfServe || isSummoned else {
            throw XRefusal.forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
            )
        }
    }

    private static func xLinks(_ text: XText, _ post: SimulatedPost) -> [SimulatedPost.ShortenedLink] {
        func short(_ link: String) -> String {
            let digits = String(stableHash("t.co", post.id, link), radix: 36) + "0000000000"
            return "https://t.co/" + digits.prefix(10)
        }
        return text.linkTexts.map { link in
            let expanded = link.lowercased().hasPrefix("http") ? link : "http://" + link
            return SimulatedPost.ShortenedLink(short: short(link), expanded: expanded)
        }
    }

    /// The text as X returns it: t.co links, entities, and a link for the media at the end.
    private static func xShownText(_ text: XText, _ post: SimulatedPost) -> String {
        let shown = text.shown(replacing: post.links.map(\.short))
        guard !post.mediaIDs.isEmpty else { return shown }
        let digits = String(stableHash("t.co", post.id, "media"), radix: 36) + "0000000000"
        return (shown.isEmpty ? "" : shown + " ") + "https://t.co/" + digits.prefix(10)
    }

    mutating func xDelete(_ call: Call, _ account: SimulatedAccount, _ id: String) throws(XRefusal) -> SimulatedResponse
    {
        try call.xAllowQuery([])
        guard XSchema.isID(id) else { throw call.xInvalidID(id) }
        guard let post = self.posts[id], post.account.platform == .x, post.isLive(at: call.now) else {
            throw XRefusal.notFound("id", id)
        }
        guard post.account == account.key else {
            throw XRefusal.forbidden("You are not authorized to delete this Tweet.")
        }
        self.delete(id, at: call.now)
        return .json(["data": ["deleted": true]])
    }
}
