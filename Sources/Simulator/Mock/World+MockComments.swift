// SPDX-License-Identifier: MIT

extension World {
    mutating func mockComment(
        _ call: inout Call, _ account: SimulatedAccount, _ postID: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        let fields = try MockFields(call.request.body, known: ["text"])
        let text = try fields.required("text", try fields.string("text"))
        guard (1...500).contains(text.count), text.contains(where: { !$0.isWhitespace }) else {
            throw MockRefusal.invalid("text", "The text must have 1 to 500 characters.")
        }
        guard let post = self.posts[postID], post.account.platform == .mock, post.isLive(at: call.now) else {
            throw MockRefusal.notFound("post")
        }
        let isRepeat = self.commentsByPost[postID, default: []].contains { id in
            guard let comment = self.comments[id], comment.deletedAt == nil else { return false }
            return comment.account == account.key && Marker.normalised(comment.text) == Marker.normalised(text)
        }
        if isRepeat { throw MockRefusal(status: 409, code: "duplicate", message: "The account has said this here.") }
        let serial = self.nextSerial()
        let comment = SimulatedComment(
            id: self.mockID("c", serial), serial: serial, postID: postID, account: account.key, text: text,
            createdAt: call.now)
        self.insert(comment)
        call.tookEffect = true
        call.remoteID = comment.id
        return .json(
            [
                "id": .string(comment.id), "post_id": .string(postID), "text": .string(text),
                "created_at": .string(comment.createdAt.iso8601),
            ], status: 201)
    }

    /// Puts a comment into every index.
    mutating func insert(_ comment: SimulatedComment) {
        self.comments[comment.id] = comment
        self.commentsByPost[comment.postID, default: []].append(comment.id)
        self.record(.comment(comment))
    }

    mutating func mockComments(
        _ call: inout Call, _ account: SimulatedAccount, _ postID: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery("limit", "cursor")
        let limit = try call.queryInteger("limit", 1...100, default: 25)
        let cursor = try call.queryCursor()
        guard let post = self.posts[postID], post.account.platform == .mock, post.isLive(at: call.now) else {
            throw MockRefusal.notFound("post")
        }
        let all = self.commentsByPost[postID, default: []].reversed().compactMap { self.comments[$0] }
            .filter { $0.deletedAt == nil && $0.serial < cursor ?? .max }
        let page = Array(all.prefix(limit))
        let hasMore = all.count > limit
        let lowest = hasMore ? page.last?.serial ?? 0 : 0
        let shown = Set(page.filter { $0.account == account.key }.map { Marker(text: $0.text, context: postID) })
        call.read = self.ledger.observe(
            platform: "mock", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.kind == .comment && attempt.position >= lowest && attempt.position < cursor ?? .max
                && !shown.contains(attempt.marker)
        }
        let entries = page.map { comment -> JSONValue in
            [
                "id": .string(comment.id), "post_id": .string(postID),
                "author": [
                    "id": .string(comment.account.externalID),
                    "handle": .string(self.accounts[comment.account]?.handle ?? ""),
                ],
                "text": .string(comment.text), "created_at": .string(comment.createdAt.iso8601),
                "own": .bool(comment.account == account.key),
            ]
        }
        let next = hasMore ? page.last.map { "c" + String($0.serial, radix: 36) } : nil
        return .json(["comments": .array(entries), "next_cursor": next.map { .string($0) }])
    }

    mutating func mockDeleteComment(
        _ call: Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        guard var comment = self.comments[id], comment.deletedAt == nil else { throw MockRefusal.notFound("comment") }
        guard comment.account == account.key else { throw MockRefusal.forbidden }
        comment.deletedAt = call.now
        self.comments[id] = comment
        self.record(.comment(comment))
        return .json(["deleted": true])
    }
}
