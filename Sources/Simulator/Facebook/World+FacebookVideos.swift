// SPDX-License-Identifier: MIT

extension World {
    /// Bytes in one chunk of a resumable upload.
    private static let videoChunk = 5_000_000

    /// `POST /{page}/videos`: in one request, or by `upload_phase`.
    ///
    /// The specification names the phases of this edge and their parameters, the documentation of the sheet does not; how
    /// they answer is uncertain.
    mutating func publishVideo(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        switch request.arguments.text("upload_phase") {
        case nil: return try self.publishVideoAtOnce(&call, request, page)
        case "start": return try self.startVideo(call, request, page)
        case "transfer": return try self.transferVideo(&call, request, page)
        case "finish": return try self.finishVideo(&call, request, page)
        default:
            let media = try self.videoSession(request.arguments, page)
            self.discard(media, at: call.now)
            return .json(["success": true])
        }
    }

    private mutating func publishVideoAtOnce(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let plan = try PublishPlan(arguments, latestDays: 30, at: call.now)
        let file: GraphFile
        if let url = arguments.text("file_url") {
            file = try Self.videoFile(url, call)
        } else if let part = arguments.files["source"] {
            file = GraphFile(part)
        } else {
            throw GraphRefusal.missing("file_url")
        }
        let type = try Self.checkVideo(file)
        let media = self.keep(file, of: page, type: type, purpose: "video", &call)
        _ = self.makePagePost(&call, page, text: Self.videoText(arguments), format: "video", [media], plan)
        return .json(self.videoWritten(media.id, request.fields, call.now))
    }

    private func videoWritten(_ id: String, _ fields: [GraphField], _ now: WorldTime) -> JSONValue {
        guard !fields.isEmpty, let media = self.media[id] else { return ["id": .string(id)] }
        return self.graphShow(video: media, fields, now)
    }

    /// The text that a video's post shows.
    static func videoText(_ arguments: GraphArguments) -> String {
        arguments.text("description") ?? arguments.text("title") ?? ""
    }

    /// The file at an address, or 389.
    static func videoFile(_ url: String, _ call: Call) throws(GraphRefusal) -> GraphFile {
        let isOwn = WebAddress(url)?.host.hasSuffix("fbcdn.net") ?? true
        guard !isOwn, let file = GraphFile(call.request.fetched[url]) else {
            throw GraphRefusal(
                code: 389, message: "(#389) Unable to fetch video file from URL.",
                userMessage: "The video could not be fetched from its address.")
        }
        return file
    }

    /// The type of a video, or 382 or 352.
    static func checkVideo(_ file: GraphFile) throws(GraphRefusal) -> String {
        guard file.size > 0 else {
            throw GraphRefusal(code: 382, message: "(#382) The video file you tried to upload is too small.")
        }
        guard let type = file.type, type.hasPrefix("video/") else {
            throw GraphRefusal(
                code: 352, message: "(#352) The video file you selected is in a format that we don't support.")
        }
        return type
    }

    private mutating func startVideo(
        _ call: Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        guard let size = request.arguments.integer("file_size"), size > 0 else {
            throw GraphRefusal.missing("file_size")
        }
        let media = self.makeSession(page, "video", size: size, call.now)
        return .json([
            "upload_session_id": .string("s" + media.id), "video_id": .string(media.id), "start_offset": "0",
            "end_offset": .string(String(min(size, Self.videoChunk))),
        ])
    }

    /// A video without bytes yet.
    mutating func makeSession(
        _ page: SimulatedAccount, _ purpose: String, size: Int?, _ now: WorldTime
    ) -> SimulatedMedia {
        let serial = self.nextSerial()
        var media = SimulatedMedia(
            id: self.graphID(serial, page.key.platform), serial: serial, account: page.key, contentType: "video/mp4",
            createdAt: now)
        media.phase = .uploading
        media.declaredSize = size
        media.received = 0
        media.purpose = purpose
        self.media[media.id] = media
        self.record(.media(media))
        return media
    }

    private func videoSession(
        _ arguments: GraphArguments, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedMedia {
        guard let session = arguments.text("upload_session_id") else {
            throw GraphRefusal.missing("upload_session_id")
        }
        guard session.hasPrefix("s"), let media = self.media[String(session.dropFirst())],
            media.account == page.key, media.purpose == "video", media.deletedAt == nil
        else { throw GraphRefusal.invalid("The upload session does not exist") }
        return media
    }

    private mutating func transferVideo(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let media = try self.videoSession(request.arguments, page)
        guard let part = request.arguments.files["video_file_chunk"], let declared = media.declaredSize else {
            throw GraphRefusal.missing("video_file_chunk")
        }
        let received = media.received ?? 0
        guard request.arguments.integer("start_offset") == received, media.phase == .uploading,
            !part.bytes.isEmpty, received + part.bytes.count <= declared
        else {
            throw GraphRefusal(
                code: 6001, message: "(#6001) There was a problem uploading your video file. Continue at \(received).")
        }
        let file = GraphFile(part)
        if received == 0 { _ = try Self.checkVideo(file) }
        let next = self.receive(file, media, &call)
        return .json([
            "start_offset": .string(String(next)),
            "end_offset": .string(String(min(declared, next + Self.videoChunk))),
        ])
    }

    /// Adds bytes to a video that is being uploaded; returns how many there are now.
    mutating func receive(_ file: GraphFile, _ media: SimulatedMedia, _ call: inout Call) -> Int {
        var media = media
        let received = media.received ?? 0
        if received == 0, let type = file.type { media.contentType = type }
        media.token = media.token ?? file.token
        media.isBroken = media.isBroken || file.isBroken
        media.digest = received == 0 ? file.digest : MediaType.digest(Array((media.digest + file.digest).utf8))
        media.received = received + file.size
        media.size = received + file.size
        media.segments.append(file.size)
        if media.received == media.declaredSize {
            media.phase = .processing
            media.readyAt = call.now + Self.processingSeconds(media.size)
        }
        self.media[media.id] = media
        self.record(.media(media))
        if file.isWhole {
            call.uploads.append(Call.Upload(id: media.id, part: media.segments.count - 1, bytes: file.head))
        }
        return received + file.size
    }

    private mutating func finishVideo(
        _ call: inout Call, _ request: GraphRequest, _ page: SimulatedAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let media = try self.videoSession(request.arguments, page)
        let plan = try PublishPlan(request.arguments, latestDays: 30, at: call.now)
        guard media.phase != .uploading else {
            throw GraphRefusal(code: 6000, message: "(#6000) The video file is not complete.")
        }
        guard media.postID == nil else { throw GraphRefusal.invalid("The upload session was finished already") }
        _ = self.makePagePost(&call, page, text: Self.videoText(request.arguments), format: "video", [media], plan)
        return .json(["success": true])
    }
}
