// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// Calls of the mock platform: requests out, decoded answers or classified errors back.
struct MockClient: Sendable {
    var http: any HTTPTransport
    var clock: WorldClock

    /// Sends a request and decodes the answer of a success.
    func call<Answer: Decodable>(
        _ answer: Answer.Type = Answer.self, _ call: HTTPCall, creates: Bool = false, secrets: [Secret]
    ) async throws(PluginError) -> Answer {
        let reply: HTTPReply
        do {
            reply = try await self.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
        guard (200...299).contains(reply.status) else {
            throw PluginError(
                mock: reply, at: self.clock.now(), endpoint: call.endpoint, creates: creates, secrets: secrets)
        }
        do {
            return try MockCoding.decoder().decode(Answer.self, from: reply.body)
        } catch {
            throw PluginError(
                creates ? .ambiguousOutcome : .retryAfter, "The mock platform's answer could not be read.",
                httpStatus: reply.status, requestID: reply.header("X-Request-Id"), underlying: error)
        }
    }

    /// Makes a request for an account.
    static func request(
        _ method: HTTPRequest.Method, _ path: String, query: FormFields = [:], _ access: AccountAccess
    ) -> HTTPRequest {
        HTTPRequest(method, host: MockPlugin.host, path: "/v1\(path)", query: query, bearer: access.tokens.accessToken)
    }

    /// Reads something.
    func get<Answer: Decodable>(
        _ answer: Answer.Type = Answer.self, _ path: String, query: FormFields = [:], _ access: AccountAccess
    ) async throws(PluginError) -> Answer {
        let request = Self.request(.get, path, query: query, access)
        return try await self.call(answer, HTTPCall(request, endpoint: MockBucket.read), secrets: access.secrets)
    }

    /// Sends JSON, or nothing, that leaves something on the platform.
    ///
    /// With `creates` a lost answer is an unknown outcome. The permit is the fence's, for what becomes visible; its key goes along for
    /// a platform that honours keys.
    func post<Answer: Decodable>(
        _ answer: Answer.Type = Answer.self, _ path: String, _ body: (any Encodable & Sendable)?, endpoint: String,
        creates: Bool, permit: SendPermit? = nil, _ access: AccountAccess
    ) async throws(PluginError) -> Answer {
        var request = Self.request(.post, path, access)
        var bytes = HTTPCall.Body.empty
        if let body {
            request.headerFields[.contentType] = "application/json"
            do {
                bytes = .bytes(try MockCoding.encoder().encode(body))
            } catch {
                throw PluginError(.permanent, "The request cannot be written as JSON.", underlying: error)
            }
        }
        if let permit, let name = HTTPField.Name("Idempotency-Key") { request.headerFields[name] = permit.key }
        let call = HTTPCall(request, body: bytes, endpoint: endpoint, permit: permit)
        return try await self.call(answer, call, creates: creates, secrets: access.secrets)
    }
}

/// How the mock platform writes JSON: snake case, instants in UTC with milliseconds.
enum MockCoding {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func text(_ date: Date) -> String { date.formatted(Self.style) }

    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if let date = (try? Self.style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) {
                return date  // Either form is an instant; only when both fail is there an error to report.
            }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 instant")
        }
        return decoder
    }

    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in try Self.text(date).encode(to: encoder) }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
