// SPDX-License-Identifier: MIT

import Crypto

extension World {
    mutating func mockUpload(_ call: inout Call, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        let bytes = call.request.body
        let type = call.request.contentType
        guard MediaType.mockTypes.contains(type) else {
            throw MockRefusal(
                status: 415, code: "unsupported_media_type",
                message: "The type must be one of \(MediaType.mockTypes.joined(separator: ", ")).",
                field: "Content-Type")
        }
        guard bytes.count <= 20_000_000 else {
            throw MockRefusal(
                status: 413, code: "payload_too_large",
                message: "The file has \(bytes.count) bytes; 20000000 are allowed.")
        }
        guard MediaType.matches(type, bytes) else {
            throw MockRefusal.invalid("Content-Type", "The bytes are not what \(type) looks like.")
        }
        let serial = self.nextSerial()
        var media = SimulatedMedia(
            id: self.mockID("m", serial), serial: serial, account: account.key, contentType: type, createdAt: call.now)
        media.size = bytes.count
        media.digest = MediaType.digest(bytes)
        media.isBroken = MediaType.asksToFail(bytes)
        self.media[media.id] = media
        self.record(.media(media))
        call.uploads.append(Call.Upload(id: media.id, part: 0, bytes: bytes))
        return .json(
            ["id": .string(media.id), "content_type": .string(type), "size": JSONValue(bytes.count)], status: 201)
    }
}

/// What files look like.
enum MediaType {
    static let mockTypes = ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/quicktime"]

    /// Whether the first bytes are those of the type.
    static func matches(_ type: String, _ bytes: [UInt8]) -> Bool {
        switch type {
        case "image/jpeg", "image/pjpeg": bytes.starts(with: [0xFF, 0xD8, 0xFF])
        case "image/png": bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        case "image/gif": bytes.starts(with: Array("GIF8".utf8))
        case "image/webp": bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
        case "video/mp4", "video/quicktime": bytes.dropFirst(4).starts(with: Array("ftyp".utf8))
        default: !bytes.isEmpty
        }
    }

    /// SHA-256 in hexadecimal digits.
    static func digest(_ bytes: [UInt8]) -> String {
        self.hexadecimal(SHA256.hash(data: bytes))
    }

    /// Bytes as hexadecimal digits.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether the bytes contain the text that makes processing fail.
    static func asksToFail(_ bytes: [UInt8]) -> Bool {
        let needle = Array("mock:fail".utf8)
        guard bytes.count >= needle.count else { return false }
        return bytes.indices.dropLast(needle.count - 1).contains { index in
            bytes[index] == needle[0] && bytes[index..<index + needle.count].elementsEqual(needle)
        }
    }
}
