// SPDX-License-Identifier: MIT

extension World {
    /// A Page with the fields that were asked for.
    func graphShow(_ page: SimulatedAccount, _ fields: [GraphField], _ call: Call) -> JSONValue {
        var object: JSONObject = ["id": .string(page.key.externalID)]
        for field in fields.isEmpty ? [GraphField(name: "name")] : fields {
            switch field.name {
            case "name": object["name"] = .string(page.name)
            case "username": object["username"] = .string(page.handle)
            case "category": object["category"] = "Brand"
            case "link": object["link"] = .string("https://www.facebook.com/\(page.handle)")
            case "followers_count", "fan_count":
                object[field.name] = JSONValue(self.followers(of: page, at: call.now))
            case "is_published": object["is_published"] = true
            case "access_token":
                object["access_token"] = call.bearer?.kind == .page ? JSONValue(call.bearer?.token.text) : nil
            case "instagram_business_account", "connected_instagram_account":
                let linked = self.accountOrder.first {
                    $0.platform == .instagram && self.accounts[$0]?.pageID == page.key.externalID
                }
                guard let linked, let account = self.accounts[linked] else { continue }
                object[field.name] = self.graphShow(
                    instagram: account, field.children.isEmpty ? [GraphField(name: "id")] : field.children, call)
            case "picture":
                object["picture"] = ["data": ["url": .string("https://scontent.fbcdn.net/\(page.key.externalID).jpg")]]
            default: break
            }
        }
        return .object(object)
    }

    /// A post with the fields that were asked for.
    func graphShow(
        _ post: SimulatedPost, _ fields: [GraphField], _ call: Call
    ) throws(GraphRefusal) -> JSONValue {
        var object: JSONObject = ["id": .string(post.id)]
        let now = call.now
        for field in fields.isEmpty ? ["created_time", "message"].map({ GraphField(name: $0) }) : fields {
            let name = field.name
            switch name {
            case "message": object[name] = post.currentText.isEmpty ? nil : .string(post.currentText)
            case "created_time":
                object[name] = .string((post.isLive(at: now) ? post.visibleAt : post.createdAt).graph)
            case "updated_time": object[name] = .string(post.createdAt.graph)
            case "permalink_url": object[name] = .string(self.graphPermalink(post))
            case "is_published": object[name] = .bool(post.isLive(at: now))
            case "is_hidden", "is_expired": object[name] = false
            case "scheduled_publish_time":
                guard !post.isLive(at: now), let seconds = post.settings["scheduled"] else { continue }
                object[name] = Int64(seconds).map { .integer($0) }
            case "promotable_id": object[name] = .string(post.id)
            case "is_eligible_for_promotion": object[name] = .bool(self.boostRefusal(of: post, at: now) == nil)
            case "status_type":
                object[name] = .string(
                    post.hasVideo ? "added_video" : post.hasImage ? "added_photos" : "mobile_status_update")
            case "from":
                object[name] = [
                    "id": .string(post.account.externalID), "name": JSONValue(self.accounts[post.account]?.name),
                ]
            case "full_picture", "picture":
                object[name] = post.mediaIDs.first.map { .string("https://scontent.fbcdn.net/\($0).jpg") }
            case "attachments": object[name] = ["data": .array(self.graphAttachments(post))]
            case "shares":
                let shares = self.engagement(of: post, at: now).shares
                object[name] = shares > 0 ? ["count": JSONValue(shares)] : nil
            case "comments": object[name] = self.commentSummary(post, field, call)
            case "reactions", "likes":
                var connection: JSONObject = ["data": []]
                if field.modifiers["summary"] != nil {
                    connection["summary"] = self.graphReactions(post, name == "likes" ? "LIKE" : nil, now)
                }
                object[name] = .object(connection)
            case "insights": object[name] = ["data": .array(try self.postInsights(field, post, call))]
            default: break
            }
        }
        return .object(object)
    }

    func graphPermalink(_ post: SimulatedPost) -> String {
        if post.format == "reel", let video = post.mediaIDs.first { return "https://www.facebook.com/reel/\(video)" }
        return "https://www.facebook.com/\(post.id)"
    }

    /// What hangs on a post.
    func graphAttachments(_ post: SimulatedPost) -> [JSONValue] {
        if let link = post.link {
            return [["media_type": "link", "type": "share", "target": ["url": .string(link)], "url": .string(link)]]
        }
        let media = post.mediaIDs.compactMap { self.media[$0] }.map { item -> JSONValue in
            let kind = item.isVideo ? "video" : "photo"
            let url = "https://www.facebook.com/\(item.isVideo ? "watch/?v=" : "photo.php?fbid=")\(item.id)"
            return [
                "media_type": .string(kind), "type": .string(item.isVideo ? "video_inline" : "photo"),
                "target": ["id": .string(item.id), "url": .string(url)], "url": .string(url),
            ]
        }
        guard media.count > 1 else { return media }
        return [
            [
                "media_type": "album", "type": "album", "target": ["id": .string(post.id)],
                "subattachments": ["data": .array(media)],
            ]
        ]
    }

    /// Reactions of a post: of one type, or all.
    func graphReactions(_ post: SimulatedPost, _ type: String?, _ now: WorldTime) -> JSONValue {
        let likes = self.engagement(of: post, at: now).likes
        let count = type == "LIKE" ? Self.reactions(likes)["like"] ?? 0 : likes
        return ["total_count": JSONValue(count), "viewer_reaction": "NONE"]
    }

    /// How reactions divide into kinds.
    static func reactions(_ likes: Int) -> [String: Int] {
        let love = likes / 8
        let haha = likes / 25
        let wow = likes / 50
        return ["like": likes - love - haha - wow, "love": love, "haha": haha, "wow": wow]
    }

    private func commentSummary(_ post: SimulatedPost, _ field: GraphField, _ call: Call) -> JSONValue {
        let comments = self.liveComments(of: post.id, parent: nil)
        var connection: JSONObject = [
            "data": .array(comments.map { self.graphShow($0, field.children, call) })
        ]
        if field.modifiers["summary"] != nil {
            let organic = self.engagement(of: post, at: call.now).comments
            connection["summary"] = [
                "order": "chronological", "total_count": JSONValue(organic + comments.count), "can_comment": true,
            ]
        }
        return .object(connection)
    }
}
