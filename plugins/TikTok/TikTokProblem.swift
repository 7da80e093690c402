// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What an answer says of success or refusal, in both shapes: the envelope's `error`, and the flat one of the token endpoint.
struct TikTokProblem: Sendable, Equatable {
    var code: String
    var message: String?
    /// TikTok's identity of the request.
    var logID: String?

    var isSuccess: Bool { self.code == "ok" }

    private struct Enveloped: Decodable {
        struct Problem: Decodable {
            var code: String
            var message: String?
            var log_id: String?
            var logid: String?
        }
        var error: Problem
    }
    private struct Flat: Decodable {
        var error: String
        var error_description: String?
        var log_id: String?
    }

    /// Reads a body; `nil` for one in no known shape.
    init?(_ body: Data) {
        let decoder = JSONDecoder()
        // Either shape is an answer; only when both fail there is none.
        if let problem = (try? decoder.decode(Enveloped.self, from: body))?.error {
            self.code = problem.code
            self.message = problem.message
            self.logID = problem.log_id ?? problem.logid
        } else if let problem = try? decoder.decode(Flat.self, from: body), !problem.error.isEmpty {
            self.code = problem.error
            self.message = problem.error_description
            self.logID = problem.log_id
        } else {
            return nil
        }
    }
}

/// What an answer that is no success means for the call that it answers.
struct TikTokFailure: Sendable {
    /// Whether the call would have left something that cannot simply be made again.
    var creates = false
    /// The bucket that the call was counted in.
    var endpoint: String
    /// What must not be repeated in messages.
    var hidden: [Secret]
    /// The world's clock, for an answer that names a date.
    var clock: WorldClock?

    /// Classifies an answer: by its code where it has one that is known, else by its status.
    func error(_ reply: HTTPReply) -> PluginError {
        let problem = TikTokProblem(reply.body)
        let rule = problem.flatMap { problem in TikTokErrorRule.table.first { $0.codes.contains(problem.code) } }
        var error: PluginError
        if let problem, let rule {
            error = self.error(rule, said: problem.message)
        } else {
            error = self.error(TikTokErrorRule.rule(forStatus: reply.status), said: problem?.message)
        }
        error.wait(atLeast: reply.retryAfter(at: self.clock?.now()))
        error.platformCode = problem?.code
        error.httpStatus = reply.status
        error.requestID = problem?.logID
        return error
    }

    /// Applies a row.
    func error(_ rule: TikTokErrorRule, said: String?) -> PluginError {
        let words = said.flatMap { $0.isEmpty ? nil : $0 }
        let message = PluginError.redact(words.map { "\(rule.meaning): \($0)" } ?? "\(rule.meaning).", self.hidden)
        var error: PluginError
        switch rule.effect {
        case .failure(let code): error = PluginError(code, message)
        case .service: error = PluginError(self.creates ? .ambiguousOutcome : .retryAfter, message)
        }
        error.nextAction = rule.nextAction
        error.retryAfter = rule.pause
        error.firstPause = rule.firstPause
        error.scope = rule.scope
        error.endpoint = rule.scope == .endpoint ? self.endpoint : nil
        error.field = rule.field
        return error
    }

    /// A success that cannot be read is none.
    func unreadable(_ reply: HTTPReply, _ underlying: any Error) -> PluginError {
        PluginError(
            self.creates ? .ambiguousOutcome : .retryAfter, "The answer of TikTok could not be read.",
            httpStatus: reply.status, requestID: TikTokProblem(reply.body)?.logID, underlying: underlying)
    }
}
