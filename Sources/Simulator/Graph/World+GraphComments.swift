// SPDX-License-Identifier: MIT

extension World {
    /// Comments of a post, or the answers to one of them, oldest first.
    func liveComments(of post: String, parent: String?, withReplies: Bool = false) -> [SimulatedComment] {
        self.commentsByPost[post, default: []].compactMap { self.comments[$0] }.filter {
            $0.deletedAt == nil && (withReplies && parent == nil || $0.parentID == parent)
        }
    }

    /// Changes a comment.
    mutating func change(_ comment: SimulatedComment, _ change: (inout SimulatedComment) -> Void) {
        var comment = comment
        change(&comment)
        self.comments[comment.id] = comment
        self.record(.comment(comment))
    }

    /// Deletes a comment and what answers it.
    mutating func remove(_ comment: SimulatedComment, at now: WorldTime) {
        for reply in self.liveComments(of: comment.postID, parent: comment.id) {
            self.change(reply) { $0.deletedAt = now }
        }
        self.change(comment) { $0.deletedAt = now }
    }

    /// `POST …/comments` of Facebook.
    mutating func graphComment(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost, parent: SimulatedComment?
    ) throws(GraphRefusal) -> SimulatedResponse {
        let text = request.arguments.text("message") ?? ""
        let hasAttachment = request.arguments.text("attachment_url") ?? request.arguments.text("attachment_id") != nil
        guard text.contains(where: { !$0.isWhitespace }) || hasAttachment else {
            throw GraphRefusal.missing("message")
        }
        guard text.count <= 8000 else { throw GraphRefusal.invalid("The comment is too long") }
        guard post.isLive(at: call.now) else { throw GraphRefusal.noObject(post.id, "post") }
        let number = post.id.split(separator: "_").last.map(String.init) ?? post.id
        let serial = self.nextSerial()
        let comment = self.makeComment(
            &call, id: "\(number)_\(self.graphID(serial))", serial, post, text, parent: parent)
        let fields = request.fields
        return .json(fields.isEmpty ? ["id": .string(comment.id)] : self.graphShow(comment, fields, call))
    }

    /// Puts a comment by the account of the post under it.
    mutating func makeComment(
        _ call: inout Call, id: String, _ serial: Int, _ post: SimulatedPost, _ text: String, parent: SimulatedComment?
    ) -> SimulatedComment {
        var comment = SimulatedComment(
            id: id, serial: serial, postID: post.id, account: post.account, text: text, createdAt: call.now)
        // Answers to answers hang on the first comment.
        comment.parentID = parent.map { $0.parentID ?? $0.id }
        self.insert(comment)
        call.tookEffect = true
        call.remoteID = comment.id
        return comment
    }

    /// `GET …/comments` of Facebook.
    mutating func graphComments(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost, parent: SimulatedComment?
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let window = GraphWindow(arguments)
        var all = self.liveComments(
            of: post.id, parent: parent?.id, withReplies: arguments.text("filter") == "stream"
        ).filter { window.contains($0.createdAt) }
        let isNewestFirst = arguments.text("order") == "reverse_chronological"
        if isNewestFirst { all.reverse() }
        let list = try GraphPage(all, arguments, defaultLimit: 25) { $0.id }
        self.observeComments(
            &call, post, parent?.id ?? post.id, list.entries, isCut: list.isCut, isNewestFirst: isNewestFirst,
            arguments, includesReplies: arguments.text("filter") == "stream")
        var answer: JSONObject = [
            "data": .array(list.entries.map { self.graphShow($0, request.fields, call) }), "paging": list.paging(call),
        ]
        if arguments.value("summary") != nil {
            answer["summary"] = ["order": "chronological", "total_count": JSONValue(all.count), "can_comment": true]
        }
        return .json(.object(answer))
    }

    /// Tells the ledger what a list of comments proves.
    mutating func observeComments(
        _ call: inout Call, _ post: SimulatedPost, _ object: String, _ page: [SimulatedComment], isCut: Bool,
        isNewestFirst: Bool, _ arguments: GraphArguments, includesReplies: Bool
    ) {
        let window = GraphWindow(arguments)
        let start = arguments.text("after").flatMap { self.comments[$0]?.serial }
        let end = isCut ? page.last?.serial : nil
        let range =
            isNewestFirst
            ? (above: end ?? 0, below: start ?? .max) : (above: start ?? 0, below: end.map { $0 + 1 } ?? .max)
        let shown = Set(page.map { Marker(text: $0.text, context: $0.parentID ?? post.id) })
        let below = includesReplies ? self.commentsByPost[post.id, default: []] : []
        let listings = Set(([object] + below).map { "comments:" + $0 })
        call.read = self.ledger.observe(
            platform: post.account.platform.rawValue, account: post.account.externalID, isLeaving: call.isLeaving
        ) { attempt in
            attempt.kind == .comment && attempt.position >= range.above && attempt.position < range.below
                && attempt.listing.map(listings.contains) == true && window.contains(attempt.worldTime)
                && !shown.contains(attempt.marker)
        }
    }

    /// `POST /{comment}`.
    mutating func editComment(
        _ call: Call, _ request: GraphRequest, _ comment: SimulatedComment
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard request.arguments.text("message") != nil || request.arguments.flag("is_hidden") != nil else {
            throw GraphRefusal.invalid("Nothing to change")
        }
        self.change(comment) {
            if let text = request.arguments.text("message") { $0.text = text }
            if let isHidden = request.arguments.flag("is_hidden") { $0.isHidden = isHidden }
        }
        return .json(["success": true])
    }

    /// A comment on Facebook with the fields that were asked for.
    func graphShow(_ comment: SimulatedComment, _ fields: [GraphField], _ call: Call) -> JSONValue {
        var object: JSONObject = ["id": .string(comment.id)]
        let names = fields.isEmpty ? ["created_time", "from", "message"] : fields.map(\.name)
        for name in names {
            switch name {
            case "message": object[name] = .string(comment.text)
            case "created_time": object[name] = .string(comment.createdAt.graph)
            case "from":
                // Who somebody is takes a permission of its own; without it the field is left out.
                guard let author = comment.author else {
                    object[name] = [
                        "id": .string(comment.account.externalID),
                        "name": JSONValue(self.accounts[comment.account]?.name),
                    ]
                    continue
                }
                guard call.bearer?.missing(["pages_read_user_content"]) == nil else { continue }
                object[name] = ["id": .string(author.id), "name": .string(author.name)]
            case "is_hidden": object[name] = .bool(comment.isHidden ?? false)
            case "like_count": object[name] = JSONValue(comment.isLiked == true ? 1 : 0)
            case "user_likes": object[name] = .bool(comment.isLiked ?? false)
            case "comment_count":
                object[name] = JSONValue(self.liveComments(of: comment.postID, parent: comment.id).count)
            case "parent": object[name] = comment.parentID.map { ["id": .string($0)] }
            case "can_comment", "can_hide", "can_like", "can_remove": object[name] = true
            case "permalink_url":
                object[name] = .string("https://www.facebook.com/\(comment.postID)?comment_id=\(comment.id)")
            default: break
            }
        }
        return .object(object)
    }
}
