// SPDX-License-Identifier: MIT

extension World {
    /// Reels that an app may publish on a Page in 24 hours; with which code the next is refused is uncertain.
    private static let reelLimit = RateLimiter.Limit(requests: 30, seconds: 86_400)

    /// `POST /{page}/video_reels` and `/{page}/video_stories`.
    mutating func publishShortVideo(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let isReel = request.endpoint == .publishReel
        let purpose = isReel ? "reel" : "story"
        guard request.arguments.text("upload_phase") == "FINISH" else {
            let media = self.makeSession(page, purpose, size: nil, call.now)
            let version = GraphPath(call.request).version ?? "v25.0"
            return .json([
                "video_id": .string(media.id),
                "upload_url": .string("https://rupload.facebook.com/video-upload/\(version)/\(media.id)"),
            ])
        }
        guard let id = request.arguments.text("video_id") else { throw GraphRefusal.missing("video_id") }
        guard let media = self.media[id], media.account == page.key, media.purpose == purpose,
            !self.isGone(media, at: call.now)
        else { throw GraphRefusal.noObject(id, "post") }
        guard media.phase != .uploading else {
            throw GraphRefusal(code: 6000, message: "(#6000) The video upload is not complete.")
        }
        guard media.postID == nil else { throw GraphRefusal.invalid("The video \(id) was published already") }
        let state = request.arguments.text("video_state")
        if isReel, state == nil { throw GraphRefusal.missing("video_state") }
        let plan = try PublishPlan(state: state ?? "PUBLISHED", request.arguments, at: call.now)
        if isReel, plan.isVisible {
            let limit = Self.reelLimit.scaled(by: self.options.rateScale)
            guard self.limiter.take("graph|reels|\(page.key.externalID)", limit, now: call.now).isAllowed else {
                throw GraphRefusal.limit(613, "Calls to this api have exceeded the rate limit.")
            }
        }
        let post = self.makePagePost(
            &call, page, text: Self.videoText(request.arguments), format: purpose, [media], plan)
        return .json(isReel ? ["success": true] : ["success": true, "post_id": .string(post.id)])
    }

    /// A video as `GET /{video}` shows it; a status that says it was not published proves that it was not.
    mutating func readVideo(_ call: inout Call, _ request: GraphRequest, _ media: SimulatedMedia) -> JSONValue {
        let isFailed = media.state(at: call.now) == .failed
        if request.fields.contains(where: { $0.name == "status" }), media.postID == nil || isFailed {
            call.read = self.ledger.observe(
                platform: "facebook", account: media.account.externalID, isLeaving: call.isLeaving
            ) { $0.handle == media.id && !$0.tookEffect }
        }
        return self.graphShow(video: media, request.fields, call.now)
    }

    /// A video with the fields that were asked for.
    func graphShow(video media: SimulatedMedia, _ fields: [GraphField], _ now: WorldTime) -> JSONValue {
        var object: JSONObject = ["id": .string(media.id)]
        let post = media.postID.flatMap { self.posts[$0] }
        let isReel = media.purpose == "reel"
        for name in fields.isEmpty ? ["description", "updated_time"] : fields.map(\.name) {
            switch name {
            case "created_time", "updated_time": object[name] = .string(media.createdAt.graph)
            case "description": object[name] = post.flatMap { $0.currentText.isEmpty ? nil : .string($0.currentText) }
            case "status": object[name] = self.videoStatus(media, post, now)
            case "permalink_url":
                object[name] =
                    post == nil
                    ? nil
                    : .string("https://www.facebook.com/" + (isReel ? "reel/\(media.id)" : "watch/?v=\(media.id)"))
            case "post_id":
                object[name] = post.map { .string(String($0.id.split(separator: "_").last ?? "")) }
            case "published": object[name] = .bool(post?.isLive(at: now) ?? false)
            case "source": object[name] = .string("https://video.fbcdn.net/\(media.id).mp4")
            default: break
            }
        }
        return .object(object)
    }

    private func videoStatus(_ media: SimulatedMedia, _ post: SimulatedPost?, _ now: WorldTime) -> JSONValue {
        let state = media.state(at: now)
        let video =
            switch state {
            case .uploading: "uploading"
            case .processing: "processing"
            case .ready: "ready"
            case .failed: "error"
            }
        let isComplete = state != .uploading
        var publishing: JSONObject = ["status": "not_started"]
        if let post {
            let isLive = post.isLive(at: now)
            publishing["status"] = isLive ? "complete" : state == .failed ? "error" : "not_started"
            let scheduled = post.settings["scheduled"] != nil
            publishing["publish_status"] =
                isLive ? "published" : post.settings["draft"] != nil ? "draft" : scheduled ? "scheduled" : nil
            if isLive { publishing["publish_time"] = .string(post.visibleAt.graph) }
        }
        var processing: JSONObject = [
            "status": .string(state == .ready ? "complete" : state == .processing ? "in_progress" : "not_started")
        ]
        if state == .failed {
            processing["status"] = "error"
            processing["errors"] = [["code": 1_363_008, "message": "The video could not be processed."]]
        }
        return [
            "video_status": .string(video),
            "uploading_phase": [
                "status": .string(isComplete ? "complete" : (media.received ?? 0) > 0 ? "in_progress" : "not_started"),
                "bytes_transfered": JSONValue(media.received ?? 0),
            ],
            "processing_phase": .object(processing), "publishing_phase": .object(publishing),
        ]
    }
}
