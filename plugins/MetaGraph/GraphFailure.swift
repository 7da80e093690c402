// SPDX-License-Identifier: MIT

import Foundation
package import PluginKit

/// What an answer that is no success means for the call that it answers.
package struct GraphFailure: Sendable {
    /// Whether the call would have left something that cannot simply be made again.
    package var creates: Bool
    /// The bucket that the call was counted in.
    package var endpoint: String
    /// What must not be repeated in messages.
    package var hidden: [Secret]
    /// The world's clock, for an answer that names a date.
    package var clock: WorldClock?

    /// Describes a call.
    package init(creates: Bool = false, endpoint: String, hidden: [Secret], clock: WorldClock? = nil) {
        self.creates = creates
        self.endpoint = endpoint
        self.hidden = hidden
        self.clock = clock
    }

    /// Classifies an answer by code and subcode, never by its words or its status alone.
    package func error(_ reply: HTTPReply) -> PluginError {
        guard let problem = GraphProblem(reply.body) else {
            var error = self.unspoken("Meta answered \(reply.status) without a word of Graph.")
            error.wait(atLeast: reply.retryAfter(at: self.clock?.now()))
            error.httpStatus = reply.status
            return error
        }
        var error = self.error(problem, status: reply.status)
        // Meta's own headers know better than what stands before its servers.
        let own = error.code == .rateLimited ? GraphUsage(reply).pause : nil
        error.wait(atLeast: own ?? reply.retryAfter(at: self.clock?.now()))
        error.httpStatus = reply.status
        error.requestID = problem.traceID ?? reply.header("x-fb-trace-id")
        return error
    }

    /// Classifies a refusal.
    package func error(_ problem: GraphProblem, status: Int) -> PluginError {
        let rule = GraphErrorRule.rule(for: problem)
        let said = problem.userMessage ?? problem.message ?? "Graph refused with code \(problem.number)"
        let message = PluginError.redact(
            problem.userMessage == nil ? rule.map { "\($0.meaning): \(said)" } ?? said : said, self.hidden)
        var error: PluginError
        switch rule?.effect {
        case .failure(let code): error = PluginError(code, message)
        case .service: error = self.unspoken(message)
        case nil: error = status >= 500 ? self.unspoken(message) : PluginError(.permanent, message)
        }
        error.nextAction = rule?.nextAction ?? error.code.usualNextAction ?? "Correct what Meta names, then try again."
        error.scope = rule?.scope ?? .account
        error.retryAfter = rule?.pause
        error.endpoint = error.scope == .endpoint ? self.endpoint : nil
        error.field = problem.field
        error.platformCode = problem.number
        return error
    }

    /// Meta may or may not have acted.
    private func unspoken(_ message: String) -> PluginError {
        PluginError(self.creates ? .ambiguousOutcome : .retryAfter, message)
    }
}
