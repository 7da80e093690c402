// SPDX-License-Identifier: MIT

extension World {
    /// What only tokens of Facebook Login may ask for.
    private static let facebookLoginFields: Set<String> = [
        "boost_eligibility_info", "boost_ads_list", "media_product_type", "saved_count", "shares_count",
        "reposts_count", "total_comments_count", "total_like_count", "total_views_count",
    ]

    /// An Instagram account with the fields that were asked for.
    func graphShow(instagram account: SimulatedAccount, _ fields: [GraphField], _ call: Call) -> JSONValue {
        var object: JSONObject = ["id": .string(account.key.externalID)]
        for name in fields.map(\.name) {
            switch name {
            case "username": object[name] = .string(account.handle)
            case "name": object[name] = .string(account.name)
            case "user_id": object[name] = .string(account.key.externalID)
            case "account_type": object[name] = "BUSINESS"
            case "followers_count": object[name] = JSONValue(self.followers(of: account, at: call.now))
            case "follows_count": object[name] = JSONValue(50 + stableHash("following", account.key.externalID) % 400)
            case "media_count":
                object[name] = JSONValue(
                    self.timelines[account.key, default: []].compactMap { self.posts[$0] }
                        .count { $0.isLive(at: call.now) && $0.format != "story" })
            case "profile_picture_url":
                object[name] = .string("https://scontent.cdninstagram.com/\(account.key.externalID).jpg")
            default: break
            }
        }
        return .object(object)
    }

    /// `/{ig-user}/media` and `/{ig-user}/stories`, newest first.
    mutating func instagramList(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let isStories = request.endpoint == .instagramStories
        let window = GraphWindow(request.arguments)
        let all = self.timeline(account, since: window).filter {
            $0.isListed(at: call.now) && ($0.format == "story") == isStories && window.contains($0.createdAt)
                && (!isStories || call.now - $0.visibleAt < 86_400)
        }
        let list = try GraphPage(all, request.arguments, defaultLimit: 25) { $0.id }
        self.observePage(
            &call, account, isStories ? "stories" : "media", list.entries, isCut: list.isCut, request.arguments)
        var entries: [JSONValue] = []
        for post in list.entries { entries.append(try self.graphShow(instagram: post, request.fields, call)) }
        return .json(["data": .array(entries), "paging": list.paging(call)])
    }

    /// What is on Instagram with the fields that were asked for.
    func graphShow(
        instagram post: SimulatedPost, _ fields: [GraphField], _ call: Call
    ) throws(GraphRefusal) -> JSONValue {
        var object: JSONObject = ["id": .string(post.id)]
        let counters = self.engagement(of: post, at: call.now)
        let written = self.liveComments(of: post.id, parent: nil, withReplies: true).count
        for field in fields {
            let name = field.name
            if call.bearer?.kind == .instagram, Self.facebookLoginFields.contains(name) {
                throw GraphRefusal.invalid("Tried accessing nonexisting field (\(name)) on node type (IGMedia)")
            }
            switch name {
            case "caption": object[name] = post.text.isEmpty ? nil : .string(post.text)
            case "media_type": object[name] = .string(Self.mediaType(post))
            case "media_product_type": object[name] = .string(Self.productType(post))
            case "permalink": object[name] = .string(self.instagramPermalink(post))
            case "shortcode", "legacy_instagram_media_id", "ig_id": object[name] = .string(post.id)
            case "timestamp": object[name] = .string(post.visibleAt.graph)
            case "username": object[name] = JSONValue(self.accounts[post.account]?.handle)
            case "owner": object[name] = ["id": .string(post.account.externalID)]
            case "alt_text": object[name] = post.altTexts.first.flatMap { JSONValue($0) }
            case "like_count", "total_like_count": object[name] = JSONValue(counters.likes)
            case "comments_count", "total_comments_count": object[name] = JSONValue(counters.comments + written)
            case "saved_count": object[name] = JSONValue(counters.saves)
            case "shares_count": object[name] = JSONValue(counters.shares)
            case "reposts_count": object[name] = JSONValue(counters.quotes)
            case "total_views_count", "view_count":
                object[name] = JSONValue(counters.views + self.paid(for: post.id, call.now).impressions)
            case "is_comment_enabled": object[name] = .bool(post.settings["comments"] != "off")
            case "is_shared_to_feed":
                object[name] = post.format == "reel" ? .bool(post.settings["share_to_feed"] == nil) : nil
            case "media_url", "thumbnail_url":
                object[name] = post.mediaIDs.first.map { .string("https://scontent.cdninstagram.com/\($0)") }
            case "boost_eligibility_info":
                let reason = self.boostRefusal(of: post, at: call.now)
                object[name] = [
                    "eligible_to_boost": .bool(reason == nil), "boost_ineligible_reason": reason.map { .string($0) },
                ]
            case "boost_ads_list":
                let ads = self.adsByPost[post.id, default: []].compactMap { self.adObjects[$0] }
                    .filter { $0.state.status != .deleted }
                object[name] = [
                    "data": .array(
                        ads.map {
                            [
                                "ad_id": .string($0.id),
                                "ad_status": .string(self.effectiveStatus(of: $0, at: call.now)),
                            ]
                        })
                ]
            case "children":
                let children = self.instagramChildren(post, field.children)
                object[name] = children.isEmpty ? nil : ["data": .array(children)]
            case "collaborators": object[name] = ["data": .array(Self.collaborators(post))]
            case "comments":
                let comments = self.liveComments(of: post.id, parent: nil).reversed()
                object[name] = [
                    "data": .array(comments.map { self.graphShow(instagram: $0, field.children, call) })
                ]
            case "insights": object[name] = ["data": .array(try self.mediaInsights(field, post, call))]
            default: break
            }
        }
        return .object(object)
    }

    /// A reel reads back as a video.
    private static func mediaType(_ post: SimulatedPost) -> String {
        post.format == "carousel" ? "CAROUSEL_ALBUM" : post.hasVideo ? "VIDEO" : "IMAGE"
    }

    static func productType(_ post: SimulatedPost) -> String {
        post.format == "reel" ? "REELS" : post.format == "story" ? "STORY" : "FEED"
    }

    /// The address at which a person sees it.
    func instagramPermalink(_ post: SimulatedPost) -> String {
        switch post.format {
        case "reel": "https://www.instagram.com/reel/\(post.id)/"
        case "story": "https://www.instagram.com/stories/\(self.accounts[post.account]?.handle ?? "")/\(post.id)"
        default: "https://www.instagram.com/p/\(post.id)/"
        }
    }

    /// The parts of a carousel.
    func instagramChildren(_ post: SimulatedPost, _ fields: [GraphField]) -> [JSONValue] {
        guard post.format == "carousel" else { return [] }
        return post.mediaIDs.compactMap { self.media[$0] }.map { media in
            var object: JSONObject = ["id": .string(media.id)]
            for name in fields.map(\.name) {
                switch name {
                case "media_type": object[name] = media.isVideo ? "VIDEO" : "IMAGE"
                case "media_url": object[name] = .string("https://scontent.cdninstagram.com/\(media.id)")
                case "alt_text": object[name] = JSONValue(media.altText)
                case "timestamp": object[name] = .string(media.createdAt.graph)
                default: break
                }
            }
            return .object(object)
        }
    }

    static func collaborators(_ post: SimulatedPost) -> [JSONValue] {
        (post.settings["collaborators"] ?? "").split(separator: ",").map { name in
            [
                "id": .string(String(stableHash("collaborator", String(name)) % 1_000_000_000)),
                "username": .string(String(name)), "invite_status": "Pending",
            ]
        }
    }
}
