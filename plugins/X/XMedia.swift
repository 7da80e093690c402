// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// What X says about an uploaded file.
struct XMediaAnswer: Decodable {
    struct Processing: Decodable {
        struct Failure: Decodable {
            var message: String?
            var name: String?
        }
        var state: String?
        var check_after_secs: Double?
        var error: Failure?
    }
    struct Media: Decodable {
        var id: String
        var expires_after_secs: Double?
        var processing_info: Processing?
    }
    var data: Media
}

/// Uploads files: small images in one call, everything else in segments.
struct XMedia: Sendable {
    /// An image up to this size goes in one call.
    static let oneShot: Int64 = 1 << 20
    /// The size of a segment; X takes up to 5 MB.
    static let segment: Int64 = 1 << 20

    var client: XClient
    var access: AccountAccess

    private struct Initialize: Encodable {
        var media_category: String
        var media_type: String
        var total_bytes: Int64
    }
    private struct Metadata: Encodable {
        struct Value: Encodable {
            struct AltText: Encodable { var text: String }
            var alt_text: AltText
        }
        var id: String
        var metadata: Value
    }
    private struct Ignored: Decodable {}

    /// Uploads one file; nothing of it is public.
    func upload(_ item: MediaItem) async throws(PluginError) -> XMediaAnswer.Media {
        let category = Self.category(item.type)
        guard category == "tweet_image", item.byteCount <= Self.oneShot else {
            return try await self.segments(item, category)
        }
        var body = MultipartBody()
        body.add("media_category", category)
        body.add("media", filename: "media", type: item.type, try Self.read(item, from: 0, Int(item.byteCount)))
        return try await self.send(body, "/2/media/upload").data
    }

    /// Asks how far X is with a file.
    func status(_ id: String) async throws(PluginError) -> XMediaAnswer.Media {
        let head = HTTPRequest(
            .get, host: XPlugin.host, path: "/2/media/upload", query: ["command": "STATUS", "media_id": id],
            bearer: self.access.tokens.accessToken)
        let call = HTTPCall(head, endpoint: XEndpoint.uploadStatus.rawValue)
        return try await self.client.call(XMediaAnswer.self, call, secrets: self.access.secrets).data
    }

    /// Sets the alternative text of a file; repeating is harmless.
    func describe(_ id: String, _ text: String) async throws(PluginError) {
        let body = Metadata(id: id, metadata: Metadata.Value(alt_text: Metadata.Value.AltText(text: text)))
        let call = try self.json(body, "/2/media/metadata", endpoint: .uploadMetadata)
        _ = try await self.client.reply(call, secrets: self.access.secrets)
    }

    private func segments(_ item: MediaItem, _ category: String) async throws(PluginError) -> XMediaAnswer.Media {
        let start = Initialize(media_category: category, media_type: item.type, total_bytes: item.byteCount)
        let made = try await self.client.call(
            XMediaAnswer.self, self.json(start, "/2/media/upload/initialize", endpoint: .upload),
            secrets: self.access.secrets
        ).data
        var offset: Int64 = 0
        var number = 0
        while offset < item.byteCount {
            let length = min(Self.segment, item.byteCount - offset)
            var body = MultipartBody()
            body.add("segment_index", String(number))
            body.add(
                "media", filename: "segment", type: "application/octet-stream",
                try Self.read(item, from: offset, Int(length)))
            var head = self.head("/2/media/upload/\(made.id)/append")
            head.headerFields[.contentType] = body.contentType
            let call = HTTPCall(
                head, body: .bytes(body.data), endpoint: XEndpoint.upload.rawValue, deadline: .seconds(120))
            _ = try await self.client.reply(call, secrets: self.access.secrets)
            offset += length
            number += 1
        }
        let end = HTTPCall(self.head("/2/media/upload/\(made.id)/finalize"), endpoint: XEndpoint.upload.rawValue)
        var media = try await self.client.call(XMediaAnswer.self, end, secrets: self.access.secrets).data
        media.expires_after_secs = media.expires_after_secs ?? made.expires_after_secs
        return media
    }

    private func head(_ path: String) -> HTTPRequest {
        HTTPRequest(.post, host: XPlugin.host, path: path, bearer: self.access.tokens.accessToken)
    }

    private func json(_ body: some Encodable, _ path: String, endpoint: XEndpoint) throws(PluginError) -> HTTPCall {
        var head = self.head(path)
        head.headerFields[.contentType] = "application/json"
        return HTTPCall(head, body: .bytes(try XCoding.json(body)), endpoint: endpoint.rawValue)
    }

    private func send(_ body: MultipartBody, _ path: String) async throws(PluginError) -> XMediaAnswer {
        var head = self.head(path)
        head.headerFields[.contentType] = body.contentType
        let call = HTTPCall(head, body: .bytes(body.data), endpoint: XEndpoint.upload.rawValue, deadline: .seconds(120))
        return try await self.client.call(XMediaAnswer.self, call, secrets: self.access.secrets)
    }

    private static func category(_ type: String) -> String {
        if type == XPlugin.gifType { return "tweet_gif" }
        return XPlugin.videoTypes.contains(type) ? "tweet_video" : "tweet_image"
    }

    private static func read(_ item: MediaItem, from offset: Int64, _ length: Int) throws(PluginError) -> Data {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: item.path))
            defer { try? file.close() }  // Nothing was written; a failed close loses nothing.
            try file.seek(toOffset: UInt64(offset))
            let data = try file.read(upToCount: length) ?? Data()
            guard data.count == length else {
                throw PluginError(
                    .permanent, "The media file is shorter than its \(item.byteCount) bytes.", field: "media")
            }
            return data
        } catch let error as PluginError {
            throw error
        } catch {
            throw PluginError(
                .retryAfter, "The media file cannot be read.", nextAction: "Check the media store.", field: "media",
                underlying: error)
        }
    }
}
