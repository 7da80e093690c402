// SPDX-License-Identifier: MIT

import HTTPTypes

/// The upload host: no token, the address itself is the permission.
extension World {
    /// The publish that an upload address belongs to.
    func tikTokPublish(of request: SimulatedRequest) -> TikTokPublish? {
        guard request.host == "open-upload.tiktokapis.com", let token = request.query["upload_token"],
            let publish = request.query["upload_id"].flatMap({ self.tikTokPublishes[$0] }), publish.isUpload,
            publish.uploadToken == token
        else { return nil }
        return publish
    }

    /// The account that an upload is for.
    func tikTokUploader(_ request: SimulatedRequest) -> SimulatedAccount? {
        self.tikTokPublish(of: request).flatMap { self.accounts[$0.account] }
    }

    /// The last chunk of a direct post is what makes it visible.
    func tikTokUploadEffect(_ call: Call) -> Call.Effect? {
        guard call.request.method == "PUT", let publish = self.tikTokPublish(of: call.request), !publish.isDraft,
            let range = ChunkRange(call.request.header("Content-Range") ?? ""), range.last + 1 == range.total
        else { return nil }
        var known = publish
        known.token = known.token ?? Marker.token(in: call.request.body)
        if known.digest.isEmpty { known.digest = call.request.streamed?.digest ?? "" }
        return Call.Effect(
            kind: .post, endpoint: "PUT /video/", marker: known.marker, handle: publish.id,
            listing: publish.isPublic ? "videos" : "private")
    }

    /// Takes one chunk, strictly in order.
    mutating func tikTokUpload(_ call: inout Call) -> SimulatedResponse {
        guard call.request.method == "PUT", call.request.path == "/video/" else {
            return SimulatedResponse(status: 404)
        }
        guard var publish = self.tikTokPublish(of: call.request), publish.cancelledAt == nil else {
            return SimulatedResponse(status: 404)
        }
        guard call.now - publish.createdAt < TikTokPublish.uploadLife else { return SimulatedResponse(status: 403) }
        let types = ["video/mp4", "video/quicktime", "video/webm"]
        guard call.request.headers[.authorization] == nil, types.contains(call.request.contentType),
            let range = ChunkRange(call.request.header("Content-Range") ?? ""), range.total == publish.size
        else { return SimulatedResponse(status: 400) }
        let file = GraphFile(uploadedBy: call.request)
        guard file.size == range.count else { return SimulatedResponse(status: 400) }
        // A chunk that is here already is answered like the first time.
        if range.last < publish.received { return Self.progress(publish) }
        guard range.first == publish.received else {
            var response = Self.progress(publish)
            response.status = 416
            return response
        }
        guard range.count == publish.chunkLength(at: range.first) else { return SimulatedResponse(status: 400) }
        publish.contentType = call.request.contentType
        publish.token = publish.token ?? file.token
        publish.isBroken = publish.isBroken || file.isBroken
        publish.digest =
            publish.received == 0 ? file.digest : MediaType.digest(Array((publish.digest + file.digest).utf8))
        if publish.received == 0, file.type?.hasPrefix("video/") != true {
            publish.failure = "file_format_check_failed"
        }
        publish.failure = publish.failure ?? Self.tikTokLengthProblem(file)
        if file.isWhole {
            call.uploads.append(Call.Upload(id: "t\(publish.serial)", part: publish.chunks, bytes: file.head))
        }
        publish.chunks += 1
        publish.received += file.size
        guard publish.received == publish.size else {
            self.store(publish)
            return Self.progress(publish)
        }
        if publish.isBroken { publish.failure = publish.failure ?? "file_format_check_failed" }
        publish.endsAt = call.now + Self.tikTokProcessingSeconds(publish.size)
        self.finish(&publish, [self.uploadedMedia(publish, call.now)], &call)
        return Self.progress(publish)
    }

    private mutating func uploadedMedia(_ publish: TikTokPublish, _ now: WorldTime) -> SimulatedMedia {
        var media = SimulatedMedia(
            id: "t\(publish.serial)", serial: publish.serial, account: publish.account,
            contentType: publish.contentType, createdAt: now)
        media.size = publish.size
        media.digest = publish.digest
        self.media[media.id] = media
        self.record(.media(media))
        return media
    }

    /// 206 while bytes are missing, 201 at the end, with how far it is.
    private static func progress(_ publish: TikTokPublish) -> SimulatedResponse {
        var response = SimulatedResponse(status: publish.received == publish.size ? 201 : 206)
        response.set(
            "Content-Range",
            publish.received == 0 ? "bytes */\(publish.size)" : "bytes 0-\(publish.received - 1)/\(publish.size)")
        return response
    }
}

/// `Content-Range: bytes first-last/total`, both ends included.
struct ChunkRange: Sendable, Equatable {
    var first: Int
    var last: Int
    var total: Int

    var count: Int { self.last - self.first + 1 }

    init?(_ header: String) {
        guard header.hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts.first?.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) } ?? []
        guard parts.count == 2, let total = Int(parts[1]), ends.count == 2, let first = ends[0], let last = ends[1],
            first >= 0, last >= first, last < total
        else { return nil }
        self.first = first
        self.last = last
        self.total = total
    }
}
