// SPDX-License-Identifier: MIT

extension World {
    /// `POST /{ig-media}/comments` and `/{ig-comment}/replies`.
    mutating func instagramComment(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost, parent: SimulatedComment?
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let text = request.arguments.text("message"), text.contains(where: { !$0.isWhitespace }) else {
            throw GraphRefusal.missing("message")
        }
        guard text.count <= 2200 else { throw GraphRefusal.captionTooLong }
        guard post.settings["comments"] != "off" else {
            throw GraphRefusal.invalid("Comments are switched off on this media")
        }
        let serial = self.nextSerial()
        let comment = self.makeComment(
            &call, id: self.graphID(serial, .instagram), serial, post, text, parent: parent)
        return .json(["id": .string(comment.id)])
    }

    /// `GET /{ig-media}/comments` and `/{ig-comment}/replies`, newest first, 50 at a time.
    mutating func instagramComments(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost, parent: SimulatedComment?
    ) throws(GraphRefusal) -> SimulatedResponse {
        let window = GraphWindow(request.arguments)
        let all = self.liveComments(of: post.id, parent: parent?.id).filter { window.contains($0.createdAt) }
        let list = try GraphPage(Array(all.reversed()), request.arguments, defaultLimit: 50) { $0.id }
        self.observeComments(
            &call, post, parent?.id ?? post.id, list.entries, isCut: list.isCut, isNewestFirst: true,
            request.arguments, includesReplies: false)
        let fields = request.fields
        return .json([
            "data": .array(list.entries.map { self.graphShow(instagram: $0, fields, call) }),
            "paging": list.paging(call),
        ])
    }

    /// A comment on Instagram with the fields that were asked for.
    func graphShow(instagram comment: SimulatedComment, _ fields: [GraphField], _ call: Call) -> JSONValue {
        var object: JSONObject = ["id": .string(comment.id)]
        let wanted = fields.isEmpty ? ["text", "timestamp"].map { GraphField(name: $0) } : fields
        for field in wanted {
            let name = field.name
            switch name {
            case "text": object[name] = .string(comment.text)
            case "timestamp": object[name] = .string(comment.createdAt.graph)
            case "username": object[name] = JSONValue(comment.author?.name ?? self.accounts[comment.account]?.handle)
            case "from":
                object[name] = [
                    "id": .string(comment.author?.id ?? comment.account.externalID),
                    "username": JSONValue(comment.author?.name ?? self.accounts[comment.account]?.handle),
                ]
            // Only the account's own; of others Instagram gives none.
            case "user": if comment.author == nil { object[name] = ["id": .string(comment.account.externalID)] }
            case "like_count": object[name] = 0
            case "hidden": object[name] = .bool(comment.isHidden ?? false)
            case "parent_id": object[name] = JSONValue(comment.parentID)
            case "media": object[name] = ["id": .string(comment.postID)]
            case "replies":
                let replies = self.liveComments(of: comment.postID, parent: comment.id).reversed()
                object[name] = [
                    "data": .array(replies.map { self.graphShow(instagram: $0, field.children, call) })
                ]
            default: break
            }
        }
        return .object(object)
    }
}
