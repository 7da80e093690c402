// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// Calls of the open API: requests out, decoded answers or classified errors back.
struct TikTokClient: Sendable {
    var http: any HTTPTransport
    var clock: WorldClock
    /// The version of the API, the first component of every path.
    var version: String

    init(_ context: PluginContext) {
        self.http = context.http
        self.clock = context.clock
        self.version = context.apiVersion ?? TikTokPlugin.manifest.apiVersion
    }

    private struct Envelope<Answer: Decodable>: Decodable {
        var data: Answer
    }

    /// Sends JSON.
    ///
    /// - Parameters:
    ///   - answer: The `data` of a success; one that cannot be read as this is none.
    ///   - path: The path after the version, with the slash at its end.
    ///   - query: The fields of the query.
    ///   - body: What is sent.
    ///   - caller: Who calls.
    ///   - endpoint: The bucket that the call is counted in.
    ///   - permit: The permit, for the call that becomes visible: its outcome is then unknown without an answer.
    /// - Returns: The data.
    /// - Throws: The class of the refusal or of the failure of the transport.
    func post<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, query: FormFields = [:], _ body: some Encodable, as caller: TikTokCaller,
        endpoint: String, permit: SendPermit? = nil
    ) async throws(PluginError) -> Answer {
        var head = self.head(.post, path, query, caller)
        head.headerFields[.contentType] = "application/json; charset=UTF-8"
        let call = HTTPCall(head, body: .bytes(try TikTokCoding.json(body)), endpoint: endpoint, permit: permit)
        return try await self.call(answer, call, hidden: caller.hidden)
    }

    /// Reads.
    func get<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, query: FormFields, as caller: TikTokCaller, endpoint: String
    ) async throws(PluginError) -> Answer {
        let call = HTTPCall(self.head(.get, path, query, caller), endpoint: endpoint)
        return try await self.call(answer, call, hidden: caller.hidden)
    }

    private func head(
        _ method: HTTPRequest.Method, _ path: String, _ query: FormFields, _ caller: TikTokCaller
    ) -> HTTPRequest {
        HTTPRequest(
            method, host: TikTokPlugin.host, path: "/\(self.version)/\(path)", query: query, bearer: caller.token)
    }

    private func call<Answer: Decodable>(
        _ answer: Answer.Type, _ call: HTTPCall, hidden: [Secret]
    ) async throws(PluginError) -> Answer {
        let failure = TikTokFailure(
            creates: call.permit != nil, endpoint: call.endpoint, hidden: hidden, clock: self.clock)
        let reply = try await self.send(call, creates: failure.creates)
        // The code decides, whatever the status: refusals come with 200 too.
        guard TikTokProblem(reply.body)?.isSuccess == true else { throw failure.error(reply) }
        do {
            return try JSONDecoder().decode(Envelope<Answer>.self, from: reply.body).data
        } catch {
            throw failure.unreadable(reply, error)
        }
    }

    /// Sends a call and returns the answer, whatever it says.
    func send(_ call: HTTPCall, creates: Bool) async throws(PluginError) -> HTTPReply {
        do {
            return try await self.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
    }
}

/// Who calls, and what must not be repeated in messages.
struct TikTokCaller: Sendable {
    var token: Secret
    var hidden: [Secret]

    init(_ access: AccountAccess) {
        self.token = access.tokens.accessToken
        self.hidden = access.secrets
    }

    init(_ tokens: TokenSet) {
        self.token = tokens.accessToken
        self.hidden = tokens.secrets
    }
}

/// How TikTok writes JSON.
enum TikTokCoding {
    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Writes a body.
    static func json(_ body: some Encodable) throws(PluginError) -> Data {
        do {
            return try Self.encoder().encode(body)
        } catch {
            throw PluginError(.permanent, "The request cannot be written as JSON.", underlying: error)
        }
    }

    /// Writes what was read, for people to look at.
    static func text(_ value: some Encodable) -> String {
        // Integers and texts under text keys always encode; an empty object says the same as none.
        (try? Self.encoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// An identity, which TikTok writes as a text or as a number above 2^53.
struct TikTokID: Decodable, Sendable, Hashable {
    var text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // As an integer, never by way of a double, which would round it.
        if let number = try? container.decode(Int64.self) {
            self.text = String(number)
        } else {
            self.text = try container.decode(String.self)
        }
    }

    /// Whether a text is the identity of a post rather than that of an act of publishing.
    static func isPost(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } }
}
