// SPDX-License-Identifier: MIT

/// A file that a request brought, or that its address gave.
struct GraphFile: Sendable {
    /// The bytes, or the beginning of many.
    var head: [UInt8]
    var size: Int
    var digest: String
    var isWhole: Bool

    /// What the first bytes look like.
    var type: String? { MediaType.detected(self.head) }
    /// The token that the file carries for the ledger.
    var token: String? { Marker.token(in: self.head) }
    /// Whether the file asks for its processing to fail; looked for near its beginning.
    var isBroken: Bool { MediaType.asksToFail(Array(self.head.prefix(262_144))) }

    init(_ part: MultipartBody.Part) {
        self.head = part.bytes
        self.size = part.bytes.count
        self.digest = MediaType.digest(part.bytes)
        self.isWhole = true
    }

    /// `nil` when the address gave no file.
    init?(_ remote: RemoteFile?) {
        guard case .file(_, let head, let body) = remote else { return nil }
        self.head = head
        self.size = body.size
        self.digest = body.digest
        self.isWhole = body.isWhole
    }

    /// The body of an upload.
    init(uploadedBy request: SimulatedRequest) {
        self.head = request.body
        self.size = request.streamed?.size ?? request.body.count
        self.digest = request.streamed?.digest ?? MediaType.digest(request.body)
        self.isWhole = request.streamed?.isWhole ?? true
    }
}

extension MediaType {

    /// The type that the first bytes belong to.
    static func detected(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: Array("BM".utf8)) { return "image/bmp" }
        if bytes.starts(with: [0x49, 0x49, 0x2A, 0]) || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            return "image/tiff"
        }
        if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "video/webm" }
        if self.matches("video/mp4", bytes) {
            return bytes.dropFirst(8).starts(with: Array("qt  ".utf8)) ? "video/quicktime" : "video/mp4"
        }
        return ["image/jpeg", "image/png", "image/gif", "image/webp"].first { self.matches($0, bytes) }
    }

    /// How long an MP4 or QuickTime film lasts, in seconds, as its movie header says; `nil` when it has none near its beginning or end.
    static func secondsOfFilm(_ bytes: [UInt8]) -> Double? {
        let name = Array("mvhd".utf8)
        func seconds(_ part: ArraySlice<UInt8>) -> Double? {
            guard
                let found = part.indices.dropLast(32).first(where: {
                    part[$0] == name[0] && part[$0...].starts(with: name)
                })
            else {
                return nil
            }
            func number(_ offset: Int, _ length: Int) -> Double? {
                let start = found + 4 + offset
                guard start + length <= part.endIndex else { return nil }
                return part[start..<start + length].reduce(0) { $0 * 256 + Double($1) }
            }
            // Version 1 has times of eight bytes.
            let isLong = part[found + 4] == 1
            guard let scale = number(isLong ? 20 : 12, 4), let length = number(isLong ? 24 : 16, isLong ? 8 : 4),
                scale > 0
            else { return nil }
            return length / scale
        }
        return seconds(bytes.prefix(262_144)) ?? (bytes.count > 262_144 ? seconds(bytes.suffix(262_144)) : nil)
    }

    /// Width and height of a JPEG, as its frame header says; `nil` when it has none near its beginning.
    static func sizeOfJPEG(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        var index = 2
        while index + 9 < bytes.count, bytes[index] == 0xFF {
            let marker = bytes[index + 1]
            let length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
            let isFrame = (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
            if isFrame {
                let height = Int(bytes[index + 5]) << 8 | Int(bytes[index + 6])
                let width = Int(bytes[index + 7]) << 8 | Int(bytes[index + 8])
                return (width, height)
            }
            guard length >= 2 else { return nil }
            index += 2 + length
        }
        return nil
    }
}

extension World {
    /// Keeps a file of a Page or an Instagram account.
    mutating func keep(
        _ file: GraphFile, of account: SimulatedAccount, type: String, purpose: String, _ call: inout Call
    ) -> SimulatedMedia {
        let serial = self.nextSerial()
        var media = SimulatedMedia(
            id: self.graphID(serial, account.key.platform), serial: serial, account: account.key, contentType: type,
            createdAt: call.now)
        media.size = file.size
        media.received = file.size
        media.digest = file.digest
        media.token = file.token
        media.isBroken = file.isBroken
        media.purpose = purpose
        if media.isVideo {
            media.phase = .processing
            media.readyAt = call.now + Self.processingSeconds(file.size)
        }
        self.media[media.id] = media
        self.record(.media(media))
        if file.isWhole { call.uploads.append(Call.Upload(id: media.id, part: 0, bytes: file.head)) }
        return media
    }

    /// Takes a file away.
    mutating func discard(_ media: SimulatedMedia, at now: WorldTime) {
        self.media[media.id]?.deletedAt = now
        if let media = self.media[media.id] { self.record(.media(media)) }
    }

    /// World seconds that a video takes to be processed.
    static func processingSeconds(_ size: Int) -> Double { 5 + Double(size) / 2_000_000 }

    /// What a post's attempt is known by: its text, or a token in its files, or a hash of both.
    func graphMarker(_ text: String, _ media: [SimulatedMedia], context: String = "") -> Marker {
        if Marker.token(in: Array(text.utf8)) == nil, let token = media.lazy.compactMap(\.token).first {
            return Marker(text: "[\(token)]")
        }
        return Marker(text: text, context: ([context] + media.map(\.digest)).joined(separator: "|"))
    }
}

extension SimulatedMedia {
    /// How a video of Graph stands.
    func state(at now: WorldTime) -> Phase {
        guard self.phase == .processing, let readyAt = self.readyAt, readyAt <= now else { return self.phase }
        return self.isBroken ? .failed : .ready
    }
}
