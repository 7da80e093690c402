// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// Calls of X: requests out, decoded answers or classified errors back.
struct XClient: Sendable {
    var http: any HTTPTransport
    var clock: WorldClock

    /// Sends a call and returns the answer of a success.
    ///
    /// - Parameters:
    ///   - call: What is sent.
    ///   - creates: Whether the call leaves something that cannot simply be made again.
    ///   - secrets: What must not be repeated in messages.
    /// - Returns: The complete answer.
    /// - Throws: The class of the refusal or of the failure of the transport.
    func reply(_ call: HTTPCall, creates: Bool = false, secrets: [Secret]) async throws(PluginError) -> HTTPReply {
        let reply: HTTPReply
        do {
            reply = try await self.http.send(call)
        } catch {
            throw PluginError(error, creates: creates)
        }
        guard (200...299).contains(reply.status) else {
            throw self.failure(reply, endpoint: call.endpoint, creates: creates, secrets: secrets)
        }
        return reply
    }

    /// Sends a call and decodes the answer of a success.
    func call<Answer: Decodable>(
        _ answer: Answer.Type, _ call: HTTPCall, creates: Bool = false, secrets: [Secret]
    ) async throws(PluginError) -> Answer {
        let reply = try await self.reply(call, creates: creates, secrets: secrets)
        do {
            return try XCoding.decoder().decode(Answer.self, from: reply.body)
        } catch {
            throw PluginError(
                creates ? .ambiguousOutcome : .retryAfter, "The answer of X could not be read.",
                httpStatus: reply.status,
                requestID: reply.header("x-transaction-id"), underlying: error)
        }
    }

    /// Classifies an answer that is not a success.
    func failure(_ reply: HTTPReply, endpoint: String, creates: Bool, secrets: [Secret]) -> PluginError {
        let problem = XProblem(reply.body)
        let rule = XErrorRule.rule(reply.status, problem)
        let message = PluginError.redact(problem.said.map { "\(rule.meaning): \($0)" } ?? "\(rule.meaning).", secrets)
        let limit = XRateLimit(reply)
        var error = PluginError(.permanent, message, nextAction: rule.nextAction, scope: rule.scope)
        switch rule.effect {
        case .failure(let code): error.code = code
        case .service: error.code = creates ? .ambiguousOutcome : .retryAfter
        case .limit:
            error.code = .rateLimited
            self.addLimit(limit, endpoint: endpoint, to: &error)
        case .limitOrPerson:
            error.code = .needsHuman
            // Headers come with every answer; only a window with nothing left is what was refused.
            guard let limit, limit.isUsedUp, limit.resetsAt > self.clock.now() else { break }
            error.code = .rateLimited
            error.nextAction = nil
            self.addLimit(limit, endpoint: endpoint, to: &error)
        }
        // Headers of limits come with every answer, also with that of a service that failed: they say nothing of when it is back.
        if error.retryAfter == nil { error.wait(atLeast: reply.retryAfter(at: self.clock.now())) }
        error.platformCode = problem.kind ?? problem.numbers.first.map(String.init)
        error.field = problem.refusedParameters.sorted().first
        error.httpStatus = reply.status
        error.requestID = reply.header("x-transaction-id")
        return error
    }

    private func addLimit(_ limit: XRateLimit?, endpoint: String, to error: inout PluginError) {
        if let limit {
            error.scope = limit.scope
            // The reset is given in whole seconds, cut off: one more makes sure that it has passed.
            error.retryAfter = self.clock.pause(until: limit.resetsAt.addingTimeInterval(1))
        }
        error.endpoint = error.scope == .endpoint ? endpoint : nil
    }
}

/// How X writes JSON: snake case, instants in UTC.
enum XCoding {
    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            let exact = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            if let date = (try? exact.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) {
                return date  // Either form is an instant; only when both fail is there an error to report.
            }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 instant")
        }
        return decoder
    }

    static func encoder() -> JSONEncoder {
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
}
