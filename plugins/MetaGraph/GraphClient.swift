// SPDX-License-Identifier: MIT

import Foundation
package import HTTPTypes
package import PluginKit

/// Calls of one version of Graph: requests out, decoded answers or classified errors back.
///
/// Nothing is used that any version has dropped since October 2026: no `pretty`, no `debug`, no `date_format`, no `?ids=`, no ETags.
package struct GraphClient: Sendable {
    /// The way to Meta.
    package var http: any HTTPTransport
    /// The time of the world.
    package var clock: WorldClock
    /// The host of everything but uploads.
    package var host: String
    /// The version.
    package var version: String

    /// Makes a client.
    package init(_ context: PluginContext, host: String = Graph.host) {
        self.http = context.http
        self.clock = context.clock
        self.host = host
        self.version = context.apiVersion ?? Graph.version
    }

    /// Reads.
    package func get<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ query: FormFields = [:], as caller: GraphCaller, endpoint: String
    ) async throws(PluginError) -> Answer {
        let head = self.head(.get, path, query, caller)
        let call = HTTPCall(head, endpoint: endpoint, maximumResponseBytes: 4 << 20)
        return try await self.call(answer, call, hidden: caller.hidden)
    }

    /// Sends a form.
    ///
    /// - Parameters:
    ///   - answer: What a success says; one that cannot be read as this is none.
    ///   - path: The node and its edge, `123/feed`.
    ///   - form: The fields; nested values are JSON text.
    ///   - caller: Who calls.
    ///   - endpoint: The bucket that the call is counted in.
    ///   - permit: The permit, for the call that becomes visible: its outcome is then unknown without an answer.
    /// - Returns: The answer.
    /// - Throws: The class of the refusal or of the failure of the transport.
    package func post<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ form: FormFields, as caller: GraphCaller, endpoint: String,
        permit: SendPermit? = nil
    ) async throws(PluginError) -> Answer {
        var head = self.head(.post, path, [:], caller)
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        let call = HTTPCall(head, body: .bytes(form.data), endpoint: endpoint, permit: permit)
        return try await self.call(answer, call, creates: permit != nil, hidden: caller.hidden)
    }

    /// Sends a form with a part of a file in it, streamed; nothing of it is visible.
    package func post<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ form: FormFields, _ file: GraphFile, as caller: GraphCaller,
        endpoint: String
    ) async throws(PluginError) -> Answer {
        var body = MultipartBody()
        for name in form.names { if let value = form[name] { body.add(name, value) } }
        var head = self.head(.post, path, [:], caller)
        head.headerFields[.contentType] = body.contentType
        let streamed = body.streaming(
            file.field, filename: file.field, type: file.item.type, path: file.item.path, offset: file.offset,
            length: file.length)
        let call = HTTPCall(head, body: streamed, endpoint: endpoint, deadline: file.deadline)
        return try await self.call(answer, call, hidden: caller.hidden)
    }

    /// Deletes; what is not there counts as deleted.
    package func delete(_ path: String, as caller: GraphCaller, endpoint: String) async throws(PluginError) {
        do {
            _ = try await self.reply(
                HTTPCall(self.head(.delete, path, [:], caller), endpoint: endpoint), hidden: caller.hidden)
        } catch  where error.isGone {
            return
        }
    }

    /// Sends a call and decodes the answer of a success.
    package func call<Answer: Decodable>(
        _ answer: Answer.Type, _ call: HTTPCall, creates: Bool = false, hidden: [Secret]
    ) async throws(PluginError) -> Answer {
        let reply = try await self.reply(call, creates: creates, hidden: hidden)
        do {
            return try GraphCoding.decoder().decode(answer, from: reply.body)
        } catch {
            throw PluginError(
                creates ? .ambiguousOutcome : .retryAfter, "The answer of Graph could not be read.",
                httpStatus: reply.status, requestID: reply.header("x-fb-trace-id"), underlying: error)
        }
    }

    /// Sends a call and returns the answer of a success.
    package func reply(_ call: HTTPCall, creates: Bool = false, hidden: [Secret]) async throws(PluginError) -> HTTPReply
    {
        let reply: HTTPReply
        do {
            reply = try await self.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
        guard (200...299).contains(reply.status) else {
            throw GraphFailure(creates: creates, endpoint: call.endpoint, hidden: hidden, clock: self.clock).error(
                reply)
        }
        return reply
    }

    /// Makes the head of a request.
    package func head(
        _ method: HTTPRequest.Method, _ path: String, _ query: FormFields, _ caller: GraphCaller
    ) -> HTTPRequest {
        let encoded = path.split(separator: "/").map { FormEncoding.encode(String($0)) }.joined(separator: "/")
        return HTTPRequest(
            method, host: self.host, path: "/\(self.version)/\(encoded)", query: query, bearer: caller.token)
    }
}

/// A part of a file as a field of a form.
package struct GraphFile: Sendable {
    /// The field's name.
    package var field: String
    /// The file.
    package var item: MediaItem
    /// The first byte.
    package var offset: Int64
    /// How many bytes.
    package var length: Int64

    /// Makes a description; the whole file unless said.
    package init(_ field: String, _ item: MediaItem, offset: Int64 = 0, length: Int64? = nil) {
        self.field = field
        self.item = item
        self.offset = offset
        self.length = max(0, length ?? item.byteCount.subtracting(saturating: offset))
    }

    /// How long sending it may take: at least half a megabyte in a second.
    package var deadline: Duration { .seconds(min(840, max(60, self.length / 500_000))) }
}

extension PluginError {
    /// Whether Graph says that the object is gone, or cannot be seen.
    package var isGone: Bool { self.platformCode == "100/33" }
    /// The subcode of Graph's refusal.
    package var subcode: Int? { self.platformCode?.split(separator: "/").last.flatMap { Int($0) } }
}
