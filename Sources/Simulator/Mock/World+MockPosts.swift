// SPDX-License-Identifier: MIT

extension World {
    /// What a request to publish asks for, once it is known to be well-formed.
    private struct MockDraft {
        var text = ""
        var media: [SimulatedMedia] = []
        var altTexts: [String?] = []
        var replyTo: String?
        var link: String?
        var format = "text"

        var hasVideo: Bool { self.media.contains(where: \.isVideo) }
    }

    mutating func mockPublish(_ call: inout Call, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedResponse
    {
        try call.allowQuery()
        let draft = try self.mockDraft(call, account)
        let duplicateKey = draft.replyTo == nil ? self.mockDuplicateKey(account, draft) : nil
        if let key = duplicateKey, let id = self.latestByDuplicateKey[key], let earlier = self.posts[id],
            earlier.deletedAt == nil, !earlier.processingFails, abs(call.now - earlier.createdAt) < 86_400
        {
            throw MockRefusal(status: 409, code: "duplicate", message: "The account has just published this.")
        }
        let serial = self.nextSerial()
        var post = SimulatedPost(
            id: self.mockID("p", serial), serial: serial, account: account.key,
            marker: call.effect?.marker ?? Marker(text: draft.text), text: draft.text, format: draft.format,
            createdAt: call.now, visibleAt: call.now)
        post.mediaIDs = draft.media.map(\.id)
        post.altTexts = draft.altTexts
        post.replyTo = draft.replyTo
        post.link = draft.link
        post.duplicateKey = duplicateKey
        post.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        post.hasVideo = draft.hasVideo
        post.hasImage = draft.media.contains { !$0.isVideo }
        guard draft.hasVideo else {
            self.insert(post)
            call.tookEffect = true
            call.remoteID = post.id
            return .json(self.mockReference(post), status: 201)
        }
        let megabytes = (draft.media.map(\.size).max() ?? 0) / 1_000_000 + 1
        post.visibleAt = call.now + Double(10 + megabytes)
        post.processingID = self.mockID("r", serial)
        post.processingFails = draft.media.contains(where: \.isBroken)
        self.insert(post)
        call.tookEffect = !post.processingFails
        call.remoteID = post.id
        return .json(
            ["processing_id": .string(post.processingID ?? ""), "check_after_seconds": JSONValue(10 + megabytes)],
            status: 202)
    }

    private func mockDuplicateKey(_ account: SimulatedAccount, _ draft: MockDraft) -> String {
        let media = draft.media.map(\.digest).joined(separator: ",")
        return "mock|\(account.key.externalID)|\(stableHash(Marker.normalised(draft.text), media))"
    }

    private func mockDraft(_ call: Call, _ account: SimulatedAccount) throws(MockRefusal) -> MockDraft {
        let fields = try MockFields(
            call.request.body, known: ["text", "media_ids", "alt_texts", "reply_to", "link", "format"])
        var draft = MockDraft()
        draft.text = try fields.string("text") ?? ""
        guard draft.text.count <= 500 else {
            throw MockRefusal.invalid("text", "The text has \(draft.text.count) characters; 500 are allowed.")
        }
        let ids = try fields.strings("media_ids") ?? []
        guard ids.count <= 4, Set(ids).count == ids.count else {
            throw MockRefusal.invalid("media_ids", "At most four different media are allowed.")
        }
        for id in ids {
            guard let media = self.media[id], media.account == account.key,
                media.isUsed || call.now - media.createdAt < 86_400
            else { throw MockRefusal.invalid("media_ids", "There is no media \(id), or it has expired.") }
            draft.media.append(media)
        }
        draft.altTexts = try fields.optionalStrings("alt_texts") ?? []
        guard draft.altTexts.isEmpty || draft.altTexts.count == ids.count,
            draft.altTexts.allSatisfy({ ($0 ?? "").count <= 1000 })
        else {
            throw MockRefusal.invalid(
                "alt_texts", "There must be one alt text for each media, of at most 1000 characters.")
        }
        guard !ids.isEmpty || draft.text.contains(where: { !$0.isWhitespace }) else {
            throw MockRefusal.invalid("text", "A post needs a text or media.")
        }
        draft.replyTo = try fields.string("reply_to")
        if let parent = draft.replyTo, !(self.posts[parent]?.isLive(at: call.now) ?? false) {
            throw MockRefusal.invalid("reply_to", "There is no post \(parent).")
        }
        draft.link = try fields.string("link")
        if let link = draft.link, link.count > 2000 || !(link.hasPrefix("https://") || link.hasPrefix("http://")) {
            throw MockRefusal.invalid("link", "The link must be an http or https address of at most 2000 characters.")
        }
        draft.format = try self.mockFormat(try fields.string("format"), draft)
        return draft
    }

    private func mockFormat(_ format: String?, _ draft: MockDraft) throws(MockRefusal) -> String {
        let count = draft.media.count
        let videos = draft.media.count { $0.isVideo }
        let natural = count == 0 ? "text" : count > 1 ? "carousel" : videos == 1 ? "video" : "image"
        let format = format ?? natural
        let fits: Bool
        switch format {
        case "text": fits = count == 0
        case "image": fits = count == 1 && videos == 0
        case "carousel": fits = (2...4).contains(count)
        case "video", "reel": fits = count == 1 && videos == 1
        case "story": fits = count == 1
        case "thread": fits = videos == 0
        default: throw MockRefusal.invalid("format", "There is no format \(format).")
        }
        guard fits else { throw MockRefusal.invalid("format", "The format \(format) does not go with these media.") }
        return format
    }

    private func mockReference(_ post: SimulatedPost) -> JSONValue {
        [
            "id": .string(post.id), "url": .string(self.mockURL(post)), "created_at": .string(post.createdAt.iso8601),
        ]
    }

    /// The address at which a person sees the post.
    func mockURL(_ post: SimulatedPost) -> String {
        "https://\(Platform.mock.apiHost)/@\(self.accounts[post.account]?.handle ?? "unknown")/\(post.id)"
    }

    private func mockFull(_ post: SimulatedPost) -> JSONValue {
        let media = post.mediaIDs.enumerated().map { index, id -> JSONValue in
            [
                "id": .string(id), "content_type": .string(self.media[id]?.contentType ?? ""),
                "alt_text": index < post.altTexts.count ? post.altTexts[index].map { .string($0) } : nil,
            ]
        }
        return [
            "id": .string(post.id), "url": .string(self.mockURL(post)), "text": .string(post.text),
            "created_at": .string(post.createdAt.iso8601), "format": .string(post.format), "media": .array(media),
            "reply_to": post.replyTo.map { .string($0) }, "link": post.link.map { .string($0) },
        ]
    }

    mutating func mockPosts(_ call: inout Call, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery("limit", "since", "cursor")
        let limit = try call.queryInteger("limit", 1...100, default: 25)
        let since = try call.queryTime("since")
        let cursor = try call.queryCursor()
        var page: [SimulatedPost] = []
        var hasMore = false
        for id in self.timelines[account.key, default: []].reversed() {
            guard let post = self.posts[id], cursor.map({ post.serial < $0 }) ?? true, post.isListed(at: call.now),
                since.map({ post.createdAt >= $0 }) ?? true
            else { continue }
            if page.count == limit {
                hasMore = true
                break
            }
            page.append(post)
        }
        let shown = Set(page.map(\.marker))
        let lowest = hasMore ? page.last?.serial ?? 0 : 0
        call.read = self.ledger.observe(
            platform: "mock", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.kind == .post && attempt.position >= lowest && attempt.position < cursor ?? .max
                && attempt.worldTime >= since ?? attempt.worldTime && !shown.contains(attempt.marker)
        }
        let next = hasMore ? page.last.map { "c" + String($0.serial, radix: 36) } : nil
        return .json(
            ["posts": .array(page.map { self.mockFull($0) }), "next_cursor": next.map { .string($0) }])
    }

    func mockPost(_ call: Call, _ id: String) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        guard let post = self.posts[id], post.account.platform == .mock, post.isLive(at: call.now) else {
            throw MockRefusal.notFound("post")
        }
        return .json(self.mockFull(post))
    }

    mutating func mockDelete(
        _ call: Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        guard let post = self.posts[id], post.account.platform == .mock, post.isLive(at: call.now) else {
            throw MockRefusal.notFound("post")
        }
        guard post.account == account.key else { throw MockRefusal.forbidden }
        self.delete(id, at: call.now)
        return .json(["deleted": true])
    }

    func mockProcessings(_ call: Call, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery("limit", "since")
        let limit = try call.queryInteger("limit", 1...100, default: 25)
        let since = try call.queryTime("since")
        let posts = self.timelines[account.key, default: []].reversed().lazy.compactMap { self.posts[$0] }
            .filter { post in
                post.processingID != nil && call.now - post.createdAt < 7 * 86_400
                    && since.map { post.createdAt >= $0 } ?? true
            }
        return .json(["processing": .array(posts.prefix(limit).map { self.mockProcessingState($0, call.now) })])
    }

    mutating func mockProcessing(
        _ call: inout Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        guard let postID = self.processings[id], let post = self.posts[postID], post.account == account.key,
            call.now - post.createdAt < 7 * 86_400
        else { throw MockRefusal.notFound("processing") }
        if post.processingFails, post.visibleAt <= call.now {
            // A failure that was read is the proof that nothing became visible.
            call.read = self.ledger.observe(
                platform: "mock", account: account.key.externalID, isLeaving: call.isLeaving
            ) { $0.remoteID == post.id }
        }
        return .json(self.mockProcessingState(post, call.now))
    }

    private func mockProcessingState(_ post: SimulatedPost, _ now: WorldTime) -> JSONValue {
        let isOver = post.visibleAt <= now
        let status = !isOver ? "processing" : post.processingFails ? "failed" : "published"
        var state: JSONObject = [
            "id": .string(post.processingID ?? ""), "status": .string(status), "text": .string(post.text),
            "created_at": .string(post.createdAt.iso8601),
        ]
        switch status {
        case "processing": state["check_after_seconds"] = JSONValue(max(1, Int((post.visibleAt - now).rounded(.up))))
        case "published": state["post"] = self.mockReference(post)
        default: state["error"] = ["code": "processing_failed", "message": "The video cannot be read."]
        }
        return .object(state)
    }
}
