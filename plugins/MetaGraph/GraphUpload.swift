// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
package import PluginKit

/// An answer that says only that it worked.
package struct GraphSuccess: Decodable, Sendable {
    /// Whether it worked.
    package var success: Bool
    /// The post that it made, where there is one.
    package var post_id: GraphID?
}

/// Where and as whom a film is uploaded.
package struct GraphUpload: Sendable {
    private struct Refusal: Decodable {
        struct Info: Decodable {
            var retriable: Bool?
            var type: String?
            var message: String?
        }
        var debug_info: Info
    }

    /// The client.
    package var client: GraphClient
    /// Who uploads.
    package var caller: GraphCaller
    /// The bucket that the call is counted in.
    package var endpoint: String

    /// Describes an upload.
    package init(_ client: GraphClient, as caller: GraphCaller, endpoint: String) {
        self.client = client
        self.caller = caller
        self.endpoint = endpoint
    }

    /// Sends what is left of a file to the address that opened the upload, streamed from the disk.
    ///
    /// Meta takes everything from the offset to the end in one request and refuses less. After an interruption it says how far it came.
    ///
    /// - Parameters:
    ///   - item: The file.
    ///   - address: The address from the answer that opened the upload.
    ///   - offset: How many bytes Meta has already.
    /// - Throws: `retryAfter` when asking for the offset and sending the rest may help, `permanent` when not.
    package func send(_ item: MediaItem, to address: String, from offset: Int64) async throws(PluginError) {
        guard var head = HTTPRequest(.post, url: address) else {
            throw PluginError(.retryAfter, "Meta gave no address to upload to.")
        }
        guard (0...item.byteCount).contains(offset) else {
            throw PluginError(.retryAfter, "Meta has another part of the film than was sent.")
        }
        // Not Bearer: the upload host wants the older word.
        head.headerFields[.authorization] = "OAuth \(self.caller.token.revealed)"
        head.headerFields[.contentType] = "application/octet-stream"
        let file = GraphFile("file", item, offset: offset)
        for (name, value) in [("offset", offset), ("file_size", item.byteCount)] {
            if let name = HTTPField.Name(name) { head.headerFields[name] = String(value) }
        }
        let call = HTTPCall(
            head, body: .file(path: item.path, offset: offset, length: file.length), endpoint: self.endpoint,
            deadline: file.deadline)
        let reply: HTTPReply
        do {
            reply = try await self.client.http.send(call)
        } catch {
            throw PluginError(error, creates: false)
        }
        // A success and a refusal of the upload host have shapes of their own; everything else is Graph's.
        if (200...299).contains(reply.status),
            (try? JSONDecoder().decode(GraphSuccess.self, from: reply.body))?.success == true
        {
            return
        }
        throw self.failure(reply)
    }

    private func failure(_ reply: HTTPReply) -> PluginError {
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: reply.body).debug_info {
            let said = PluginError.redact(refusal.message ?? "The upload was refused.", self.caller.hidden)
            return PluginError(
                refusal.retriable == true ? .retryAfter : .permanent, said, field: "media",
                platformCode: refusal.type, httpStatus: reply.status)
        }
        if (200...299).contains(reply.status) {
            return PluginError(.retryAfter, "The upload was not confirmed.", httpStatus: reply.status)
        }
        return GraphFailure(endpoint: self.endpoint, hidden: self.caller.hidden, clock: self.client.clock).error(reply)
    }
}
