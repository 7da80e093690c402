// SPDX-License-Identifier: MIT

extension World {
    /// Lets people of the pretend world write under posts of Facebook and Instagram, all or none.
    ///
    /// They are in no ledger: nobody's client sent them.
    mutating func addComments(
        _ request: SimulatedRequest, _ now: WorldTime
    ) throws(SimulatorError) -> SimulatedResponse {
        var added: [SimulatedComment] = []
        for (index, object) in try Self.list(request, "comments").enumerated() {
            var fields = FieldReader(object, path: "comments[\(index)]")
            let id = try Self.required(&fields, "post")
            let text = try Self.required(&fields, "text")
            let author = CommentAuthor(
                id: try Self.required(&fields, "author_id"), name: try Self.required(&fields, "author"))
            let answered = try fields.string("answers")
            try fields.finish()
            guard let post = self.posts[id], post.isLive(at: now),
                [.facebook, .instagram].contains(post.account.platform)
            else {
                throw SimulatorError(.invalidInput, "\(fields.path).post is no live post of Facebook or Instagram.")
            }
            let parent = answered.flatMap { self.comments[$0] }
            guard answered == nil || parent?.postID == id && parent?.deletedAt == nil else {
                throw SimulatorError(.invalidInput, "\(fields.path).answers is no comment under the post.")
            }
            let serial = self.nextSerial()
            let number = id.split(separator: "_").last.map(String.init) ?? id
            let comment = SimulatedComment(
                id: post.account.platform == .facebook
                    ? "\(number)_\(self.graphID(serial))" : self.graphID(serial, .instagram),
                serial: serial, postID: id, account: post.account, text: text, createdAt: now, author: author,
                parentID: parent.map { $0.parentID ?? $0.id })
            added.append(comment)
        }
        for comment in added { self.insert(comment) }
        return .json(["comments": .array(added.map { .string($0.id) })], status: 201)
    }

    /// Lets somebody take a remark back.
    mutating func removeComment(
        _ request: SimulatedRequest, _ now: WorldTime
    ) throws(SimulatorError) -> SimulatedResponse {
        guard let comment = request.query["id"].flatMap({ self.comments[$0] }), comment.deletedAt == nil else {
            throw SimulatorError(.invalidInput, "id must name a comment.")
        }
        self.remove(comment, at: now)
        return .json(["removed": 1])
    }
}
