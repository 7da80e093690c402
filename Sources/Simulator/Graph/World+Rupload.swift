// SPDX-License-Identifier: MIT

/// A refusal of the upload host; `retriable` is what a client has to obey.
struct RuploadRefusal: Error, Sendable {
    var status = 400
    var isRetriable: Bool
    var type: String
    var message: String

    var response: SimulatedResponse {
        .json(
            [
                "debug_info": [
                    "retriable": .bool(self.isRetriable), "type": .string(self.type), "message": .string(self.message),
                ]
            ], status: self.status)
    }
}

extension World {
    /// `https://rupload.facebook.com/video-upload/VERSION/ID` and `/ig-api-upload/VERSION/ID`.
    mutating func rupload(_ call: inout Call, _ path: GraphPath) -> SimulatedResponse {
        do {
            return try self.ruploadResult(&call, path)
        } catch let refusal {
            return refusal.response
        }
    }

    private mutating func ruploadResult(
        _ call: inout Call, _ path: GraphPath
    ) throws(RuploadRefusal) -> SimulatedResponse {
        guard call.request.method == "POST", path.parts.count == 2, path.version != nil,
            ["video-upload", "ig-api-upload"].contains(path.parts[0])
        else {
            throw RuploadRefusal(
                status: 404, isRetriable: false, type: "NotFoundError", message: "There is no such upload address.")
        }
        guard let bearer = call.bearer, bearer.usesOAuthScheme, bearer.refusal == nil else {
            throw RuploadRefusal(
                status: 401, isRetriable: false, type: "NotAuthorizedError",
                message: "The request needs a valid token as Authorization: OAuth.")
        }
        let id = path.parts[1]
        let mediaID = self.containers[id]?.mediaIDs.first ?? id
        guard let media = self.media[mediaID], media.phase == .uploading || media.postID == nil,
            (media.account.platform == .instagram) == (path.parts[0] == "ig-api-upload"),
            call.now - media.createdAt < 86_400
        else {
            throw RuploadRefusal(
                status: 404, isRetriable: false, type: "NotFoundError", message: "There is no upload \(id).")
        }
        guard let account = self.accounts[media.account], self.mayAct(bearer, for: account) else {
            throw RuploadRefusal(
                status: 403, isRetriable: false, type: "NotAuthorizedError",
                message: "The upload is of another account.")
        }
        if let url = call.request.header("file_url") { return try self.ruploadFetched(url, media, &call) }
        return try self.ruploadBytes(media, &call)
    }

    private mutating func ruploadFetched(
        _ url: String, _ media: SimulatedMedia, _ call: inout Call
    ) throws(RuploadRefusal) -> SimulatedResponse {
        guard call.request.body.isEmpty else {
            throw RuploadRefusal(
                isRetriable: false, type: "ValidationError", message: "A request with file_url has no body.")
        }
        let isOwn = WebAddress(url)?.host.hasSuffix("fbcdn.net") ?? true
        guard !isOwn, let file = GraphFile(call.request.fetched[url]) else {
            throw RuploadRefusal(
                isRetriable: false, type: "ProcessingFailedError",
                message: "The file could not be fetched from its URL.")
        }
        try Self.checkBeginning(file)
        guard media.phase == .uploading, (media.received ?? 0) == 0 else { return Self.ruploaded }
        var media = media
        media.declaredSize = file.size
        _ = self.receive(file, media, &call)
        return Self.ruploaded
    }

    private static let ruploaded = SimulatedResponse.json(["success": true, "message": "Upload successful."])

    private static func checkBeginning(_ file: GraphFile) throws(RuploadRefusal) {
        guard let type = file.type, type.hasPrefix("video/") else {
            throw RuploadRefusal(
                isRetriable: false, type: "ProcessingFailedError", message: "The file is not a video that is supported."
            )
        }
    }

    private mutating func ruploadBytes(
        _ media: SimulatedMedia, _ call: inout Call
    ) throws(RuploadRefusal) -> SimulatedResponse {
        guard let offset = call.request.header("offset").flatMap({ Int($0) }),
            let size = call.request.header("file_size").flatMap({ Int($0) }), offset >= 0, size > 0
        else {
            throw RuploadRefusal(
                isRetriable: false, type: "ValidationError", message: "The headers offset and file_size are needed.")
        }
        guard media.declaredSize ?? size == size else {
            throw RuploadRefusal(
                isRetriable: false, type: "ValidationError", message: "file_size is not what it was before.")
        }
        let received = media.received ?? 0
        if received == size, media.phase != .uploading { return Self.ruploaded }
        guard offset == received else {
            throw RuploadRefusal(
                isRetriable: true, type: "OffsetInvalidError", message: "The upload stands at \(received).")
        }
        let file = GraphFile(uploadedBy: call.request)
        guard offset + file.size <= size else {
            throw RuploadRefusal(
                isRetriable: false, type: "ValidationError", message: "There are more bytes than file_size says.")
        }
        if offset == 0, file.size > 0 { try Self.checkBeginning(file) }
        var media = media
        media.declaredSize = size
        guard file.size > 0, self.receive(file, media, &call) == size else {
            throw RuploadRefusal(
                isRetriable: true, type: "PartialRequestError", message: "The request did not match the file's length.")
        }
        return Self.ruploaded
    }
}
