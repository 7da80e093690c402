// SPDX-License-Identifier: MIT

extension World {
    /// Hands a checked request to its endpoint.
    mutating func graphRoute(
        _ call: inout Call, _ request: GraphRequest, _ node: GraphNode
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch node {
        case .person(let person): return try self.personRoute(&call, request, person)
        case .page(let page): return try self.pageRoute(&call, request, page)
        case .post(let post): return try self.postRoute(&call, request, post)
        case .photo(let media), .video(let media): return try self.fileRoute(&call, request, media)
        case .comment(let comment): return try self.commentRoute(&call, request, comment)
        case .instagramUser(let account): return try self.instagramUserRoute(&call, request, account)
        case .container(let container): return try self.readContainer(&call, request, container)
        case .instagramMedia(let post): return try self.instagramMediaRoute(&call, request, post)
        case .instagramComment(let comment): return try self.instagramCommentRoute(&call, request, comment)
        case .adAccount(let account): return try self.adAccountRoute(&call, request, account)
        case .campaign(let object), .adSet(let object), .ad(let object), .adCreative(let object):
            return try self.adObjectRoute(&call, request, object)
        }
    }

    private mutating func pageRoute(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .readPage: return .json(self.graphShow(page, request.fields, call))
        case .feed, .pagePosts, .publishedPosts, .scheduledPosts: return try self.pagePosts(&call, request, page)
        case .publishPost: return try self.publishPost(&call, request, page)
        case .photos: return try self.pagePhotos(call, request, page)
        case .publishPhoto: return try self.publishPhoto(&call, request, page)
        case .videos, .reels: return try self.pageVideos(&call, request, page)
        case .publishVideo: return try self.publishVideo(&call, request, page)
        case .publishReel, .publishVideoStory: return try self.publishShortVideo(&call, request, page)
        case .publishPhotoStory: return try self.publishPhotoStory(&call, request, page)
        case .stories: return try self.pageStories(&call, request, page)
        case .pageInsights: return try self.pageInsights(call, request, page)
        case .subscriptions: return self.subscriptions(call, page)
        case .subscribe, .unsubscribe: return self.subscribe(request, page)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    /// Notes what an app wants to hear of; the simulator calls nobody.
    private mutating func subscribe(_ request: GraphRequest, _ account: SimulatedAccount) -> SimulatedResponse {
        var account = account
        account.subscribedFields = request.arguments.texts("subscribed_fields")
        self.store(account)
        return .json(["success": true])
    }

    private func subscriptions(_ call: Call, _ page: SimulatedAccount) -> SimulatedResponse {
        guard let fields = page.subscribedFields else { return .json(["data": []]) }
        let id = call.bearer?.token.appID ?? ""
        return .json(["data": [["id": .string(id), "subscribed_fields": JSONValue(fields)]]])
    }

    private mutating func postRoute(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .readPost: return .json(try self.graphShow(post, request.fields, call))
        case .editPost: return try self.editPost(&call, request, post)
        case .deletePost:
            self.delete(post.id, at: call.now)
            return .json(["success": true])
        case .attachments: return .json(["data": .array(self.graphAttachments(post))])
        case .postInsights: return try self.postInsights(call, request, post)
        case .reactions: return .json(["data": [], "summary": self.graphReactions(post, nil, call.now)])
        case .likePost, .unlikePost:
            self.posts[post.id]?.settings["liked"] = request.endpoint == .likePost ? "true" : nil
            if let post = self.posts[post.id] { self.record(.post(post)) }
            return .json(["success": true])
        case .postComments: return try self.graphComments(&call, request, post, parent: nil)
        case .commentPost: return try self.graphComment(&call, request, post, parent: nil)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    private mutating func fileRoute(
        _ call: inout Call, _ request: GraphRequest, _ media: SimulatedMedia
    ) throws(GraphRefusal) -> SimulatedResponse {
        let post = media.postID.flatMap { self.posts[$0] }
        switch request.endpoint {
        case .readPhoto: return .json(self.graphShow(photo: media, request.fields, call.now))
        case .readVideo: return .json(self.readVideo(&call, request, media))
        case .deletePhoto, .deleteVideo:
            if let post { self.delete(post.id, at: call.now) }
            self.discard(media, at: call.now)
            return .json(["success": true])
        case .photoComments, .videoComments:
            guard let post else { return .json(["data": []]) }
            return try self.graphComments(&call, request, post, parent: nil)
        case .commentPhoto, .commentVideo:
            guard let post else { throw GraphRefusal.noObject(media.id, call.request.method) }
            return try self.graphComment(&call, request, post, parent: nil)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    private mutating func commentRoute(
        _ call: inout Call, _ request: GraphRequest, _ comment: SimulatedComment
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let post = self.posts[comment.postID] else { throw GraphRefusal.noObject(comment.id, "get") }
        switch request.endpoint {
        case .readComment: return .json(self.graphShow(comment, request.fields, call))
        case .editComment: return try self.editComment(call, request, comment)
        case .deleteComment:
            self.remove(comment, at: call.now)
            return .json(["success": true])
        case .replies: return try self.graphComments(&call, request, post, parent: comment)
        case .reply: return try self.graphComment(&call, request, post, parent: comment)
        case .likeComment, .unlikeComment:
            self.change(comment) { $0.isLiked = request.endpoint == .likeComment }
            return .json(["success": true])
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    private mutating func instagramUserRoute(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .readInstagramUser: return .json(self.graphShow(instagram: account, request.fields, call))
        case .media, .instagramStories: return try self.instagramList(&call, request, account)
        case .createContainer: return try self.createContainer(&call, request, account)
        case .publishContainer: return try self.publishContainer(&call, request, account)
        case .publishingLimit: return self.publishingLimit(call, request, account)
        case .instagramInsights: return try self.instagramInsights(call, request, account)
        case .instagramSubscribe: return self.subscribe(request, account)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    private mutating func instagramMediaRoute(
        _ call: inout Call, _ request: GraphRequest, _ post: SimulatedPost
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .readMedia: return .json(try self.graphShow(instagram: post, request.fields, call))
        case .editMedia:
            self.posts[post.id]?.settings["comments"] =
                request.arguments.flag("comment_enabled") == false ? "off" : nil
            if let post = self.posts[post.id] { self.record(.post(post)) }
            return .json(["success": true])
        case .deleteMedia:
            self.delete(post.id, at: call.now)
            return .json(["success": true])
        case .children: return .json(["data": .array(self.instagramChildren(post, request.fields))])
        case .collaborators: return .json(["data": .array(Self.collaborators(post))])
        case .mediaInsights: return try self.mediaInsights(call, request, post)
        case .mediaComments: return try self.instagramComments(&call, request, post, parent: nil)
        case .commentMedia: return try self.instagramComment(&call, request, post, parent: nil)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }

    private mutating func instagramCommentRoute(
        _ call: inout Call, _ request: GraphRequest, _ comment: SimulatedComment
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let post = self.posts[comment.postID] else { throw GraphRefusal.noObject(comment.id, "get") }
        switch request.endpoint {
        case .readInstagramComment: return .json(self.graphShow(instagram: comment, request.fields, call))
        case .hideInstagramComment:
            self.change(comment) { $0.isHidden = request.arguments.flag("hide") }
            return .json(["success": true])
        case .deleteInstagramComment:
            self.remove(comment, at: call.now)
            return .json(["success": true])
        case .instagramReplies: return try self.instagramComments(&call, request, post, parent: comment)
        case .instagramReply: return try self.instagramComment(&call, request, post, parent: comment)
        default: throw GraphRefusal.unsupported(call.request.method)
        }
    }
}
