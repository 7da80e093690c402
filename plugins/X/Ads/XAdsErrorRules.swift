// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// One row of the table that says what a refusal of the Ads API means; the first row that fits decides.
struct XAdsErrorRule: Sendable {
    /// What is to be done.
    enum Effect: Sendable, Hashable {
        /// A class of failure, whatever was called.
        case failure(PluginError.Code)
        /// A limit: it ends when the headers say.
        case limit
        /// The service failed: unknown for the step that lets money be spent, tried again for everything else.
        case service

        /// What to tell a person where a row says no more.
        var usualNextAction: String? {
            switch self {
            case .failure(let code): code.usualNextAction
            case .limit: PluginError.Code.rateLimited.usualNextAction
            case .service: PluginError.Code.retryAfter.usualNextAction
            }
        }
    }

    /// The statuses of the answer.
    var statuses: ClosedRange<Int>
    /// The code of the first error; `nil` for any.
    var code: String?
    var effect: Effect
    /// What it means, for a person.
    var meaning: String
    /// What a person does about it.
    var nextAction: String?
    /// What is limited or stopped.
    var scope = PluginError.Scope.account

    init(
        _ statuses: ClosedRange<Int>, _ code: String?, _ effect: Effect, _ meaning: String,
        _ nextAction: String? = nil, scope: PluginError.Scope = .account
    ) {
        self.statuses = statuses
        self.code = code
        self.effect = effect
        self.meaning = meaning
        self.nextAction = nextAction ?? effect.usualNextAction
        self.scope = scope
    }

    /// The row for an answer.
    static func rule(_ status: Int, _ problem: XAdsProblem) -> XAdsErrorRule {
        self.table.first { $0.statuses.contains(status) && ($0.code == nil || problem.code == $0.code) } ?? self.strange
    }

    private static let authorize = "Authorize again: posthorn account authorize."
    private static let replan = "Correct what X names and plan the boost again."
    /// Neither a success nor a refusal that is known: somebody else answered, or the answer broke off.
    private static let strange = XAdsErrorRule(100...599, nil, .service, "X gave an answer that is not known")

    /// What the refusals mean, from the documents of November 2026.
    static let table: [XAdsErrorRule] = [
        XAdsErrorRule(
            401...401, "UNAUTHORIZED_ACCESS", .failure(.reauthorize), "X does not accept the tokens of OAuth 1.0a",
            authorize),
        XAdsErrorRule(401...401, nil, .failure(.reauthorize), "X does not accept the signature", authorize),
        XAdsErrorRule(
            403...403, "UNAUTHORIZED_CLIENT_APPLICATION", .failure(.needsHuman),
            "X has not given the app access to ads",
            "Apply for access to the Ads API in the X developer console, then: posthorn app resume.", scope: .app),
        XAdsErrorRule(
            403...403, nil, .failure(.permanent), "X does not let the user do this in the ad account",
            "Give the user a role in the ad account at ads.x.com, then start the boost again."),
        XAdsErrorRule(429...429, nil, .limit, "Too many calls", scope: .endpoint),
        XAdsErrorRule(
            400...400, "DUPLICATE_TWEET", .failure(.duplicate), "The line item promotes the post already"),
        XAdsErrorRule(400...400, "INVALID_PARAMETER", .failure(.permanent), "X does not take a value", replan),
        XAdsErrorRule(400...400, "MISSING_PARAMETER", .failure(.permanent), "X misses a value", replan),
        XAdsErrorRule(404...404, "NOT_FOUND", .failure(.permanent), "X does not have it", replan),
        XAdsErrorRule(
            423...423, "LOCK_ACQUISITION_TIMEOUT", .failure(.retryAfter), "Somebody else changes the same thing"),
        XAdsErrorRule(503...503, "SERVICE_UNAVAILABLE", .service, "X's ads are not available for now"),
        XAdsErrorRule(503...503, "OVER_CAPACITY", .service, "X's ads are over capacity"),
        XAdsErrorRule(500...599, nil, .service, "X has a problem"),
        XAdsErrorRule(408...408, nil, .service, "X waited too long for the request"),
        XAdsErrorRule(400...499, nil, .failure(.permanent), "X refuses this", replan),
    ]
}

/// What a refusal of the Ads API says.
struct XAdsProblem: Sendable {
    private struct Body: Decodable {
        struct Item: Decodable {
            var code: String?
            var message: String?
            var parameter: String?
        }
        var errors: [Item]?
    }

    var code: String?
    var message: String?
    var parameter: String?

    /// Reads a body; one in another shape is an empty problem, whose status then says enough.
    init(_ body: Data) {
        let first = (try? JSONDecoder().decode(Body.self, from: body))?.errors?.first
        self.code = first?.code
        self.message = first?.message
        self.parameter = first?.parameter
    }
}

/// What an answer that is no success means for the call that it answers.
struct XAdsFailure: Sendable {
    /// Whether the call lets money be spent.
    var creates: Bool
    /// The bucket that the call was counted in.
    var endpoint: String
    /// What must not be repeated in messages.
    var hidden: [Secret]
    var now: Date

    /// Classifies an answer by its status and the code of its first error.
    func error(_ reply: HTTPReply) -> PluginError {
        let problem = XAdsProblem(reply.body)
        let rule = XAdsErrorRule.rule(reply.status, problem)
        let said = problem.message ?? problem.code
        let message = PluginError.redact(said.map { "\(rule.meaning): \($0)" } ?? "\(rule.meaning).", self.hidden)
        var error = PluginError(.permanent, message, nextAction: rule.nextAction, scope: rule.scope)
        switch rule.effect {
        case .failure(let code): error.code = code
        case .service:
            error.code = self.creates ? .ambiguousOutcome : .retryAfter
            error.retryAfter = self.pause(reply.header("retry-after"))
        case .limit:
            error.code = .rateLimited
            let reset = reply.header("x-account-rate-limit-reset") ?? reply.header("x-rate-limit-reset")
            error.retryAfter = self.pause(reset)
        }
        if error.retryAfter == nil { error.wait(atLeast: reply.retryAfter(at: self.now)) }
        error.endpoint = error.scope == .endpoint ? self.endpoint : nil
        error.platformCode = problem.code
        error.field = problem.parameter
        error.httpStatus = reply.status
        error.requestID = reply.header("x-transaction-id")
        return error
    }

    /// A number of seconds, or, as X writes ends of limits, an instant in seconds; one more makes sure that it has passed.
    private func pause(_ text: String?) -> Duration? {
        guard let seconds = text.flatMap(Double.init), seconds > 0 else { return nil }
        let rest = seconds > 1_000_000_000 ? seconds - self.now.timeIntervalSince1970 : seconds
        return Duration(saidSeconds: max(0, rest) + 1)
    }
}
