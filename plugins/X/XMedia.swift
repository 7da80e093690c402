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

/// Uploads files, streamed: small images in one call, everything else in segments.
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

    /// Whether a file goes in segments.
    static func isSegmented(_ item: MediaItem) -> Bool {
        self.category(item.type) != "tweet_image" || item.byteCount > self.oneShot
    }

    /// How many segments a file has.
    static func segments(of item: MediaItem) -> Int { Int((item.byteCount + self.segment - 1) / self.segment) }

    /// Uploads a small image; nothing of it is public.
    func upload(_ item: MediaItem) async throws(PluginError) -> XMediaAnswer.Media {
        var form = MultipartBody()
        form.add("media_category", Self.category(item.type))
        let body = form.streaming(
            "media", filename: "media", type: item.type, path: item.path, length: item.byteCount)
        let call = self.call("/2/media/upload", form.contentType, body)
        return try await self.client.call(XMediaAnswer.self, call, secrets: self.access.secrets).data
    }

    /// Begins the upload of a file in segments.
    func begin(_ item: MediaItem) async throws(PluginError) -> XMediaAnswer.Media {
        let start = Initialize(
            media_category: Self.category(item.type), media_type: item.type, total_bytes: item.byteCount)
        let call = try self.json(start, "/2/media/upload/initialize", endpoint: .upload)
        return try await self.client.call(XMediaAnswer.self, call, secrets: self.access.secrets).data
    }

    /// Sends one segment, counted from 0, straight from the file; sent again it takes its own place.
    func append(_ item: MediaItem, segment number: Int, to id: String) async throws(PluginError) {
        let offset = Int64(number) * Self.segment
        var form = MultipartBody()
        form.add("segment_index", String(number))
        let body = form.streaming(
            "media", filename: "segment", type: "application/octet-stream", path: item.path, offset: offset,
            length: min(Self.segment, item.byteCount - offset))
        let call = self.call("/2/media/upload/\(id)/append", form.contentType, body)
        _ = try await self.client.reply(call, secrets: self.access.secrets)
    }

    /// Says that every segment is there.
    func finalize(_ id: String) async throws(PluginError) -> XMediaAnswer.Media {
        let call = HTTPCall(self.head("/2/media/upload/\(id)/finalize"), endpoint: XEndpoint.upload.rawValue)
        return try await self.client.call(XMediaAnswer.self, call, secrets: self.access.secrets).data
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

    private func head(_ path: String) -> HTTPRequest {
        HTTPRequest(.post, host: XPlugin.host, path: path, bearer: self.access.tokens.accessToken)
    }

    private func json(_ body: some Encodable, _ path: String, endpoint: XEndpoint) throws(PluginError) -> HTTPCall {
        var head = self.head(path)
        head.headerFields[.contentType] = "application/json"
        return HTTPCall(head, body: .bytes(try XCoding.json(body)), endpoint: endpoint.rawValue)
    }

    private func call(_ path: String, _ type: String, _ body: HTTPCall.Body) -> HTTPCall {
        var head = self.head(path)
        head.headerFields[.contentType] = type
        return HTTPCall(head, body: body, endpoint: XEndpoint.upload.rawValue, deadline: .seconds(120))
    }

    private static func category(_ type: String) -> String {
        if type == XPlugin.gifType { return "tweet_gif" }
        return XPlugin.videoTypes.contains(type) ? "tweet_video" : "tweet_image"
    }
}
