// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

extension TikTokRun {
    /// The platform code of an answer that says that an upload is gone.
    private static let gone = "upload_url_expired"
    /// The platform code of an answer that says that chunks are missing.
    private static let outOfOrder = "chunk_out_of_order"

    /// Uploads a film; without its last chunk nobody ever sees it, so that one alone goes through the fence.
    mutating func sendFilm() async throws(PluginError) -> RemotePost {
        guard let item = self.items.first else {
            throw PluginError(.permanent, "The post needs a file.", field: "media")
        }
        if let id = self.state.publishID, self.state.upload?.isComplete == true { return RemotePost(id: id) }
        let chunks = TikTokChunks(of: item.byteCount)
        let (id, upload) = try await self.open(chunks)
        let post: RemotePost
        do {
            try await self.sendChunks(item, chunks, upload)
            post = try await self.sendLast(item, chunks, id)
        } catch  where error.platformCode == Self.gone && error.code == .retryAfter {
            // What never got its end is never published: a new upload is safe.
            self.forgetUpload()
            try await self.save()
            throw error
        } catch  where error.platformCode == Self.outOfOrder && error.code == .retryAfter {
            // From the first chunk on TikTok says with each how far it is.
            self.state.upload?.sent = 0
            try await self.save()
            throw error
        }
        // The fence knows which upload had its end, should an earlier run have got further than was saved.
        self.state.publishID = post.id
        self.state.upload?.isComplete = true
        try await self.save()
        return post
    }

    private mutating func forgetUpload() {
        self.state.upload = nil
        self.state.publishID = nil
        self.state.creator = nil
    }

    /// Opens an upload, or goes on with the one that is open.
    private mutating func open(_ chunks: TikTokChunks) async throws(PluginError) -> (String, TikTokState.Upload) {
        if let id = self.state.publishID, let upload = self.state.upload {
            if try await self.isAlive(id, upload, chunks) { return (id, upload) }
            self.forgetUpload()
        }
        let creator = try await self.askCreator(countedIn: TikTokEndpoint.creator)
        let body = TikTokNewVideo(self.content, privacy: try self.privacy, creator, from: .upload(chunks))
        let opened = try await self.client.post(
            Opened.self, "post/publish/video/init/", body, as: self.caller, endpoint: TikTokEndpoint.open)
        guard let address = opened.upload_url else {
            throw PluginError(.retryAfter, "TikTok gave no address to upload to.")
        }
        let upload = TikTokState.Upload(address: address, openedAt: self.client.clock.now())
        self.state.creator = creator
        self.state.publishID = opened.publish_id
        self.state.upload = upload
        try await self.save()
        return (opened.publish_id, upload)
    }

    /// Whether an upload can be gone on with: one whose address has ended can, unless its status says that something is missing.
    private func isAlive(
        _ id: String, _ upload: TikTokState.Upload, _ chunks: TikTokChunks
    ) async throws(PluginError) -> Bool {
        let age = self.client.clock.now().timeIntervalSince(upload.openedAt)
        guard age >= TikTokState.Upload.life else { return true }
        let status = try await self.client.status(id, as: self.caller)
        guard status.status == "PROCESSING_UPLOAD", let arrived = status.uploaded_bytes else { return true }
        return arrived >= chunks.total
    }

    /// Sends every chunk but the last, in order; each that arrived is saved.
    private mutating func sendChunks(
        _ item: MediaItem, _ chunks: TikTokChunks, _ upload: TikTokState.Upload
    ) async throws(PluginError) {
        var upload = upload
        while upload.sent < chunks.count - 1 {
            let answer = try await self.client.put(
                item, chunks, upload.sent, to: upload.address, as: self.caller)
            let arrived: Int64
            switch answer {
            case .taken(let offset): arrived = offset ?? chunks.range(upload.sent).upperBound
            case .outOfOrder(let offset):
                guard let offset, offset / chunks.size > Int64(upload.sent) else { throw Self.missing }
                arrived = offset
            case .gone: throw Self.expired
            }
            let next = min(Int(arrived / chunks.size), chunks.count - 1)
            guard next > upload.sent else { throw Self.missing }
            upload.sent = next
            self.state.upload = upload
            try await self.save()
        }
    }

    private func sendLast(
        _ item: MediaItem, _ chunks: TikTokChunks, _ id: String
    ) async throws(PluginError) -> RemotePost {
        let (client, caller) = (self.client, self.caller)
        guard let address = self.state.upload?.address else { throw Self.expired }
        return try await self.context.send(part: self.state.attempt, endpoint: TikTokEndpoint.publish) {
            permit throws(PluginError) in
            let answer = try await client.put(
                item, chunks, chunks.count - 1, to: address, as: caller, permit: permit)
            switch answer {
            case .taken(let offset) where (offset ?? chunks.total) >= chunks.total: break
            // All of it is there already.
            case .outOfOrder(.some(chunks.total)): break
            case .taken, .outOfOrder(.some): throw Self.missing
            // An earlier last chunk may have been the one that ended it: the status knows.
            case .gone where permit.number > 1, .outOfOrder(nil):
                throw PluginError(.ambiguousOutcome, "TikTok does not say whether it has the whole film.")
            case .gone: throw Self.expired
            }
            return RemotePost(id: id, publishedAt: client.clock.now())
        }
    }

    private static var expired: PluginError {
        PluginError(.retryAfter, "TikTok has forgotten the upload; it begins anew.", platformCode: Self.gone)
    }

    private static var missing: PluginError {
        PluginError(.retryAfter, "TikTok has another part of the film than was sent.", platformCode: Self.outOfOrder)
    }
}

/// What the upload host says of a chunk.
enum TikTokChunkAnswer: Sendable, Equatable {
    /// It is taken; that many bytes are there, when the answer says so.
    case taken(Int64?)
    /// It is not the next one; that many bytes are there, when the answer says so.
    case outOfOrder(Int64?)
    /// There is no such upload any more.
    case gone
}

extension TikTokClient {
    /// Sends a chunk to the address of its upload, streamed from the disk; the address is its own permission.
    func put(
        _ item: MediaItem, _ chunks: TikTokChunks, _ index: Int, to address: String, as caller: TikTokCaller,
        permit: SendPermit? = nil
    ) async throws(PluginError) -> TikTokChunkAnswer {
        guard var head = HTTPRequest(.put, url: address) else {
            throw PluginError(.retryAfter, "TikTok gave no address to upload to.")
        }
        let range = chunks.range(index)
        let length = range.upperBound - range.lowerBound
        head.headerFields[.contentType] = item.type
        head.headerFields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(chunks.total)"
        // At least half a megabyte in a second.
        let call = HTTPCall(
            head, body: .file(path: item.path, offset: range.lowerBound, length: length),
            endpoint: permit == nil ? TikTokEndpoint.chunk : TikTokEndpoint.publish,
            deadline: .seconds(max(60, length / 500_000)), permit: permit)
        let reply = try await self.send(call, creates: permit != nil)
        switch reply.status {
        case 200...299: return .taken(Self.arrived(reply))
        case 416: return .outOfOrder(Self.arrived(reply))
        case 403, 404: return .gone
        default:
            throw TikTokFailure(
                creates: permit != nil, endpoint: call.endpoint, hidden: caller.hidden, clock: self.clock
            ).error(reply)
        }
    }

    /// How many bytes are there, from `Content-Range: bytes 0-N/TOTAL`.
    private static func arrived(_ reply: HTTPReply) -> Int64? {
        guard let match = reply.header("Content-Range")?.wholeMatch(of: /bytes 0-(\d+)\/\d+/) else { return nil }
        return Int64(match.1).map { $0.adding(saturating: 1) }
    }
}
