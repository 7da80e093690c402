// SPDX-License-Identifier: MIT

extension World {
    /// Why a post cannot be promoted; `nil` when it can.
    ///
    /// A text or caption with `mock:no-boost` makes it so.
    func boostRefusal(of post: SimulatedPost, at now: WorldTime) -> String? {
        if !post.isLive(at: now) { return "not_published" }
        if post.format == "story" { return "story" }
        return post.currentText.contains("mock:no-boost") ? "copyrighted_music" : nil
    }

    mutating func createAdCreative(
        _ call: Call, _ request: GraphRequest, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let story = arguments.text("object_story_id")
        let media = arguments.text("source_instagram_media_id")
        let objects = [story != nil, media != nil, arguments.value("object_story_spec") != nil].count { $0 }
        guard objects == 1 else { throw GraphRefusal.ambiguousCreative }
        let post: SimulatedPost
        if let story {
            post = try self.promotedPost(story, call)
        } else if let media {
            post = try self.promotedMedia(media, arguments, call)
        } else {
            throw GraphRefusal.unusable("object_story_spec", "the simulator promotes what is published already")
        }
        var creative = self.makeAdObject(
            call, .creative, account, parent: nil, arguments, .init(at: call.now, status: .active))
        creative.postID = post.id
        guard !Self.validatesOnly(arguments.value("execution_options")) else { return .json(["success": true]) }
        self.store(creative)
        return .json(self.graphShow(creative, request.fields, call.now))
    }

    private func promotedPost(_ id: String, _ call: Call) throws(GraphRefusal) -> SimulatedPost {
        guard let page = id.split(separator: "_").first, id.contains("_") else {
            throw GraphRefusal.unusable("object_story_id", "it is PAGE_POST")
        }
        guard self.mayPromote(String(page), call) else { throw GraphRefusal.noRole }
        guard let post = self.posts[id], post.account.platform == .facebook, post.isLive(at: call.now) else {
            throw GraphRefusal.postIsGone
        }
        guard self.boostRefusal(of: post, at: call.now) == nil else {
            throw GraphRefusal.unusable("object_story_id", "the post is not eligible for promotion")
        }
        return post
    }

    private func promotedMedia(
        _ id: String, _ arguments: GraphArguments, _ call: Call
    ) throws(GraphRefusal) -> SimulatedPost {
        guard let post = self.posts[id], post.account.platform == .instagram, post.isLive(at: call.now) else {
            throw GraphRefusal.ad(2_446_289, "The media of this ad was deleted or cannot be seen.")
        }
        let page = self.accounts[post.account]?.pageID
        guard let page, self.mayPromote(page, call) else {
            throw GraphRefusal.ad(1_815_199, "The ad account may not use this Instagram account.")
        }
        if let object = arguments.text("object_id"), object != page {
            throw GraphRefusal.unusable("object_id", "it is the Page that the Instagram account is linked to")
        }
        if let user = arguments.text("instagram_user_id"), user != post.account.externalID {
            throw GraphRefusal.ad(1_815_199, "The ad account may not use this Instagram account.")
        }
        guard self.boostRefusal(of: post, at: call.now) == nil else {
            throw GraphRefusal.ad(2_875_030, "The media has licensed music and cannot be promoted.")
        }
        return post
    }

    mutating func createAd(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        guard let id = arguments.text("adset_id") else { throw GraphRefusal.missing("adset_id") }
        guard let adSet = self.adObject(.meta, .group, id), adSet.account == account.key,
            adSet.state.status != .deleted
        else { throw GraphRefusal.unusable("adset_id", "there is no such ad set in the ad account") }
        let creative = try self.creative(arguments, account)
        guard creative.postID.flatMap({ self.posts[$0] })?.isLive(at: call.now) ?? false else {
            throw GraphRefusal.postIsGone
        }
        var ad = self.makeAdObject(
            call, .ad, account, parent: adSet.id, arguments,
            .init(at: call.now, status: try Self.newStatus(arguments)))
        self.submit(&ad, creative, call, account)
        return self.finish(&call, request, ad)
    }

    private func creative(
        _ arguments: GraphArguments, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedAdObject {
        let value = arguments.value("creative")
        guard let id = value?["creative_id"]?.string ?? value?["creative_id"]?.integer.map(String.init),
            let creative = self.adObject(.meta, .creative, id), creative.account == account.key,
            creative.state.status != .deleted
        else { throw GraphRefusal.unusable("creative", "creative_id must name a creative of the ad account") }
        return creative
    }

    /// Begins the review of an ad.
    ///
    /// A name or a text with `mock:reject`, or a fault rule, makes it refuse.
    private func submit(
        _ ad: inout SimulatedAdObject, _ creative: SimulatedAdObject, _ call: Call, _ account: SimulatedAdAccount
    ) {
        let text = creative.postID.flatMap { self.posts[$0] }?.currentText ?? ""
        ad.postID = creative.postID
        ad.reviewedAt = call.now + account.reviewSeconds
        ad.isRefused = call.isReviewRefused || ad.name.contains("mock:reject") || text.contains("mock:reject")
        ad.merge(["creative": ["creative_id": .string(creative.id)]])
    }

    mutating func editAd(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount, _ ad: SimulatedAdObject
    ) throws(GraphRefusal) -> SimulatedResponse {
        var changed = ad
        if request.arguments.value("creative") != nil {
            let creative = try self.creative(request.arguments, account)
            guard creative.postID == ad.postID else {
                throw GraphRefusal.unusable("creative", "in the simulator an ad keeps the post that it promotes")
            }
            self.submit(&changed, creative, call, account)
        }
        return try self.finishChange(&call, request, changed)
    }
}
