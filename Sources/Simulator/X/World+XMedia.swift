// SPDX-License-Identifier: MIT

import HTTPTypes

extension World {
    mutating func xInitialize(_ call: inout Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery([])
        let body = try call.xBody(.initializeUpload)
        guard let type = body["media_type"]?.string, let size = body["total_bytes"]?.integer, size > 0 else {
            throw XRefusal.invalid(["$: media_type and total_bytes are required"])
        }
        let category = body["media_category"]?.string ?? "tweet_image"
        let limit = category.contains("video") ? 512_000_000 : category.contains("gif") ? 15_000_000 : 5_000_000
        guard size <= limit else {
            throw XRefusal.invalid(["File size exceeds \(limit) bytes."], parameters: ["total_bytes": String(size)])
        }
        let fits =
            category.contains("video")
            ? type.hasPrefix("video/") : category.contains("gif") ? type == "image/gif" : !type.hasPrefix("video/")
        guard fits else {
            throw XRefusal.invalid(["$.media_type: does not go with media_category \(category)"])
        }
        var media = self.xMedia(account, type, category, call.now)
        media.declaredSize = size
        media.phase = .uploading
        self.media[media.id] = media
        self.record(.media(media))
        return .json(["data": self.xShow(media, call.now)])
    }

    private mutating func xMedia(
        _ account: SimulatedAccount, _ type: String, _ category: String, _ now: WorldTime
    ) -> SimulatedMedia {
        let serial = self.nextSerial()
        var media = SimulatedMedia(
            id: self.snowflake(serial, at: now), serial: serial, account: account.key, contentType: type, createdAt: now
        )
        media.category = category
        return media
    }

    /// `data` of the answers about uploads.
    private func xShow(_ media: SimulatedMedia, _ now: WorldTime) -> JSONValue {
        var data: JSONObject = ["id": .string(media.id), "media_key": .string(media.key)]
        data["expires_after_secs"] = JSONValue(max(0, Int(86_400 - (now - media.createdAt))))
        if media.size > 0 { data["size"] = JSONValue(media.size) }
        if media.isVideo || media.contentType == "image/gif", media.phase != .uploading {
            data["processing_info"] = self.xProcessing(media, now)
        }
        return .object(data)
    }

    private func xProcessing(_ media: SimulatedMedia, _ now: WorldTime) -> JSONValue {
        switch media.phase {
        case .failed:
            return [
                "state": "failed", "progress_percent": 100,
                "error": ["code": 1, "name": "InvalidMedia", "message": "The media could not be processed."],
            ]
        case .ready: return ["state": "succeeded", "progress_percent": 100]
        case .uploading, .processing:
            let total = max(0.001, (media.readyAt ?? now) - media.createdAt)
            let left = max(0, (media.readyAt ?? now) - now)
            return [
                "state": "in_progress", "check_after_secs": JSONValue(max(1, Int(left.rounded(.up)))),
                "progress_percent": JSONValue(Int(100 * (1 - min(1, left / total)))),
            ]
        }
    }

    private func xUpload(_ id: String, _ account: SimulatedAccount, _ call: Call) throws(XRefusal) -> SimulatedMedia {
        guard XSchema.isID(id) else { throw call.xInvalidID(id) }
        guard let media = self.media[id], media.account == account.key,
            call.now - media.createdAt < 86_400 || media.isUsed
        else { throw XRefusal.notFound("media_id", id) }
        return media
    }

    mutating func xAppend(
        _ call: inout Call, _ account: SimulatedAccount, _ id: String
    ) throws(XRefusal) -> SimulatedResponse {
        var media = try self.xUpload(id, account, call)
        guard media.phase == .uploading, let declared = media.declaredSize else {
            throw XRefusal.invalid(["The upload \(id) is complete."], parameters: ["id": id])
        }
        let (segment, bytes) = try Self.xSegment(call)
        guard (0...999).contains(segment), segment <= media.segments.count else {
            throw XRefusal.invalid(["$.segment_index: segments must follow each other from 0 to 999"])
        }
        guard !bytes.isEmpty, bytes.count <= 5_242_880 else {
            throw XRefusal.problem(413, "Payload Too Large", "A segment has at most 5 MB.")
        }
        if segment == 0 {
            guard MediaType.matches(media.contentType, bytes) else {
                throw XRefusal.invalid(["The media is not of the type \(media.contentType)."])
            }
            media.digest = ""
        }
        if segment == media.segments.count {
            media.segments.append(bytes.count)
        } else {
            media.segments[segment] = bytes.count
        }
        guard media.segments.reduce(0, +) <= declared else {
            throw XRefusal.invalid(["Segments do not add up to provided total file size."])
        }
        media.digest = MediaType.digest(Array((media.digest + MediaType.digest(bytes)).utf8))
        media.isBroken = media.isBroken || MediaType.asksToFail(bytes)
        self.media[id] = media
        self.record(.media(media))
        call.uploads.append(Call.Upload(id: id, part: segment, bytes: bytes))
        return .json(["data": ["expires_at": JSONValue((media.createdAt + 86_400).epochSecondsRoundedUp)]])
    }

    private static func xSegment(_ call: Call) throws(XRefusal) -> (index: Int, bytes: [UInt8]) {
        if call.request.contentType == "application/json" {
            let body = try call.xBody(
                .object(["segment_index": .any, "media": .text()], required: ["media", "segment_index"]))
            let index = body["segment_index"]?.integer ?? body["segment_index"]?.string.flatMap { Int($0) }
            guard let index, let bytes = body["media"]?.string.flatMap({ Base64.decode($0) }) else {
                throw XRefusal.invalid(["$.media: must be base64, and segment_index an integer"])
            }
            return (index, bytes)
        }
        let form = try call.xForm(known: ["segment_index", "media"])
        guard let index = form["segment_index"].flatMap({ Int(String(decoding: $0.bytes, as: UTF8.self)) }),
            let bytes = form["media"]?.bytes
        else { throw XRefusal.invalid(["$.segment_index, $.media: are missing but they are required"]) }
        return (index, bytes)
    }

    mutating func xFinalize(_ call: Call, _ account: SimulatedAccount, _ id: String) throws(XRefusal)
        -> SimulatedResponse
    {
        var media = try self.xUpload(id, account, call)
        if media.phase == .uploading {
            guard media.segments.reduce(0, +) == media.declaredSize else {
                throw XRefusal.invalid(["Segments do not add up to provided total file size."], parameters: ["id": id])
            }
            media.size = media.segments.reduce(0, +)
            let isSlow = media.isVideo || media.contentType == "image/gif"
            media.phase = isSlow ? .processing : .ready
            media.readyAt = call.now + (isSlow ? 3 + Double(media.size) / 2_000_000 : 0)
            self.media[id] = media
            self.record(.media(media))
        }
        return .json(["data": self.xShow(media, call.now)])
    }

    mutating func xUploadStatus(_ call: Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery(["media_id", "command"])
        guard call.request.query["command"] ?? "STATUS" == "STATUS" else {
            throw XRefusal.invalid(["The `command` query parameter is not one of [STATUS]"])
        }
        guard let id = call.request.query["media_id"] else {
            throw XRefusal.invalid(["The `media_id` query parameter can not be empty"])
        }
        var media = try self.xUpload(id, account, call)
        if media.phase == .processing, let readyAt = media.readyAt, readyAt <= call.now {
            media.phase = media.isBroken ? .failed : .ready
            self.media[id] = media
            self.record(.media(media))
        }
        return .json(["data": self.xShow(media, call.now)])
    }

    mutating func xOneShot(_ call: inout Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery([])
        let bytes: [UInt8]
        let category: String
        let given: String?
        if call.request.contentType == "application/json" {
            let body = try call.xBody(.oneShotUpload)
            guard let decoded = body["media"]?.string.flatMap({ Base64.decode($0) }) else {
                throw XRefusal.invalid(["$.media: must be base64"])
            }
            (bytes, category, given) = (decoded, body["media_category"]?.string ?? "", body["media_type"]?.string)
        } else {
            let form = try call.xForm(known: ["media", "media_category", "media_type", "shared", "additional_owners"])
            guard let media = form["media"], let kind = form["media_category"] else {
                throw XRefusal.invalid(["$.media, $.media_category: are missing but they are required"])
            }
            let type = form["media_type"].map { String(decoding: $0.bytes, as: UTF8.self) } ?? media.contentType
            (bytes, category, given) = (media.bytes, String(decoding: kind.bytes, as: UTF8.self), type)
        }
        guard ["tweet_image", "dm_image", "subtitles"].contains(category) else {
            throw XRefusal.invalid([
                "$.media_category: does not have a value in the enumeration [tweet_image, dm_image, subtitles]"
            ])
        }
        guard bytes.count <= 5_242_880 else {
            throw XRefusal.problem(413, "Payload Too Large", "An image has at most 5 MB.")
        }
        let known = ["image/jpeg", "image/png", "image/webp"]
        guard let type = known.first(where: { MediaType.matches($0, bytes) }),
            given == nil || given == type || given == "application/octet-stream"
        else { throw XRefusal.invalid(["The media is not of a type that is allowed here."]) }
        var media = self.xMedia(account, type, category, call.now)
        media.size = bytes.count
        media.digest = MediaType.digest(bytes)
        self.media[media.id] = media
        self.record(.media(media))
        call.uploads.append(Call.Upload(id: media.id, part: 0, bytes: bytes))
        return .json(["data": self.xShow(media, call.now)])
    }

    mutating func xMetadata(_ call: Call, _ account: SimulatedAccount) throws(XRefusal) -> SimulatedResponse {
        try call.xAllowQuery([])
        let body = try call.xBody(.createMetadata)
        let id = body["id"]?.string ?? ""
        var media = try self.xUpload(id, account, call)
        let alt = body["metadata"]?["alt_text"]?["text"]?.string
        media.altText = alt ?? media.altText
        self.media[id] = media
        self.record(.media(media))
        let echo = alt.map { ["alt_text": ["text": .string($0)]] as JSONValue }
        return .json(["data": ["id": .string(id), "associated_metadata": echo]])
    }
}

extension Call {
    /// The multipart body; parts that the endpoint does not have are refused.
    func xForm(known: [String]) throws(XRefusal) -> MultipartBody {
        guard self.request.contentType == "multipart/form-data",
            let form = MultipartBody(self.request.body, contentType: self.request.headers[.contentType] ?? "")
        else { throw XRefusal.problem(415, "Unsupported Media Type", "The body must be multipart/form-data or JSON.") }
        if let unknown = form.parts.first(where: { !known.contains($0.name) }) {
            throw XRefusal.invalid([
                "$.\(unknown.name): is not defined in the schema and the schema does not allow additional properties"
            ])
        }
        return form
    }
}
