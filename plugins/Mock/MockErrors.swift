// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// The body of a refused call: `{"error":{"code","message","field"?}}`.
struct MockErrorBody: Decodable {
    struct Detail: Decodable {
        var code: String
        var message: String
        var field: String?
    }
    var error: Detail
}

/// What an answer of the mock platform means, as a table: the first row that fits decides.
struct MockErrorRule {
    var status: Int
    var platformCode: String?
    var code: PluginError.Code
    var scope: PluginError.Scope = .account
    var nextAction: String?

    static let table: [MockErrorRule] = [
        MockErrorRule(
            status: 400, platformCode: "invalid_grant", code: .reauthorize,
            nextAction: "Connect the account again: its refresh token is used up."),
        MockErrorRule(status: 400, code: .permanent),
        MockErrorRule(
            status: 401, platformCode: "invalid_client", code: .needsHuman, scope: .app,
            nextAction: "Check the app's id and secret for the mock platform."),
        MockErrorRule(
            status: 401, code: .reauthorize, nextAction: "Connect the account again when renewing its token fails."),
        MockErrorRule(
            status: 403, platformCode: "account_suspended", code: .needsHuman,
            nextAction: "The platform has suspended the account: settle it there, then resume the account."),
        MockErrorRule(status: 403, code: .permanent),
        MockErrorRule(status: 404, code: .permanent),
        MockErrorRule(status: 405, code: .permanent),
        MockErrorRule(status: 409, platformCode: "duplicate", code: .duplicate),
        MockErrorRule(status: 409, code: .permanent),
        MockErrorRule(status: 413, code: .permanent),
        MockErrorRule(status: 415, code: .permanent),
        MockErrorRule(status: 422, code: .permanent),
    ]
}

extension PluginError {
    /// Classifies an answer that is not a success.
    ///
    /// - Parameters:
    ///   - reply: The answer.
    ///   - now: The present moment of the world.
    ///   - endpoint: The bucket that the call counted in.
    ///   - creates: Whether the call would have left something that cannot simply be made again.
    ///   - secrets: What must not be repeated in the message.
    init(mock reply: HTTPReply, at now: Date, endpoint: String, creates: Bool, secrets: [Secret]) {
        // A refusal may have any body.
        let detail = try? JSONDecoder().decode(MockErrorBody.self, from: reply.body).error
        let said = PluginError.redact(detail?.message ?? "The mock platform answered \(reply.status).", secrets)
        var error: PluginError
        if reply.status == 429 {
            error = PluginError(.rateLimited, said)
            error.scope = endpoint == MockBucket.token ? .app : .endpoint
            error.endpoint = endpoint
        } else if let rule = MockErrorRule.table.first(where: {
            $0.status == reply.status && ($0.platformCode == nil || $0.platformCode == detail?.code)
        }) {
            error = PluginError(rule.code, said, nextAction: rule.nextAction, scope: rule.scope)
        } else {
            error = PluginError(creates && reply.status != 429 ? .ambiguousOutcome : .retryAfter, said)
        }
        error.wait(atLeast: reply.retryAfter(at: now))
        error.field = detail?.field
        error.platformCode = detail?.code
        error.httpStatus = reply.status
        error.requestID = reply.header("X-Request-Id")
        self = error
    }
}
