// SPDX-License-Identifier: MIT

extension World {
    private func tikTokPublish(
        _ body: JSONValue, _ account: SimulatedAccount
    ) throws(TikTokRefusal) -> TikTokPublish {
        guard let id = body["publish_id"]?.string, let publish = self.tikTokPublishes[id] else {
            throw TikTokRefusal(status: 400, code: "invalid_publish_id", message: "The publish_id does not exist.")
        }
        guard publish.account == account.key else {
            throw TikTokRefusal(
                status: 400, code: "token_not_authorized_for_specified_publish_id",
                message: "The publish_id belongs to another user.")
        }
        return publish
    }

    /// `status/fetch`: a status that says it is not published proves that it is not.
    mutating func tikTokStatus(
        _ call: inout Call, _ account: SimulatedAccount, _ body: JSONValue
    ) throws(TikTokRefusal) -> SimulatedResponse {
        guard ["video.publish", "video.upload"].contains(where: account.scopes.contains) else {
            throw TikTokRefusal.needs("video.publish")
        }
        let publish = try self.tikTokPublish(body, account)
        let status = publish.status(at: call.now)
        var data: JSONObject = ["status": .string(status.rawValue)]
        data[publish.isUpload ? "uploaded_bytes" : "downloaded_bytes"] = JSONValue(
            publish.isUpload ? publish.received : status == .downloading ? 0 : publish.size)
        switch status {
        case .failed:
            data["fail_reason"] = .string(publish.cancelledAt == nil ? publish.failure ?? "" : "publish_cancelled")
        case .complete:
            // The misspelt name is the real one. Private posts have no id here, public ones after moderation.
            let isKnown =
                publish.isPublic && (publish.endsAt ?? call.now) + TikTokPublish.moderationSeconds <= call.now
            let post = publish.postID.flatMap { Int64($0) }
            data["publicaly_available_post_id"] = .array(isKnown ? post.map { [.integer($0)] } ?? [] : [])
        case .uploading, .downloading, .inbox: break
        }
        if publish.postID == nil {
            call.read = self.ledger.observe(
                platform: "tiktok", account: account.key.externalID, isLeaving: call.isLeaving
            ) { $0.handle == publish.id && !$0.tookEffect }
        }
        return Self.tikTokData(.object(data), call)
    }

    /// `publish/cancel`, while the file is on its way or processed.
    mutating func tikTokCancel(
        _ call: Call, _ account: SimulatedAccount, _ body: JSONValue
    ) throws(TikTokRefusal) -> SimulatedResponse {
        var publish = try self.tikTokPublish(body, account)
        guard [.uploading, .downloading].contains(publish.status(at: call.now)) else {
            throw TikTokRefusal(
                status: 400, code: "publish_not_cancellable", message: "The publish is over and cannot be cancelled.")
        }
        publish.cancelledAt = call.now
        if let post = publish.postID { self.delete(post, at: call.now) }
        self.store(publish)
        return Self.tikTokData([:], call)
    }
}
