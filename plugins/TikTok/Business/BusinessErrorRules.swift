// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What an answer of the API for Business says of success or refusal: mostly with HTTP 200, so that the code decides.
struct BusinessProblem: Decodable, Sendable {
    var code: Int
    var message: String?
    /// TikTok's identity of the request.
    var request_id: String?

    var isSuccess: Bool { self.code == 0 }

    /// Reads a body; `nil` for one that is no answer of this API.
    init?(_ body: Data) {
        // A gateway's page or half an answer says nothing; its caller knows what that means.
        guard let problem = try? JSONDecoder().decode(Self.self, from: body) else { return nil }
        self = problem
    }
}

/// What an answer that is no success means for the call that it answers.
struct BusinessFailure: Sendable {
    /// Whether the call lets money be spent.
    var creates: Bool
    /// The bucket that the call was counted in.
    var endpoint: String
    /// What must not be repeated in messages.
    var hidden: [Secret]
    /// The world's clock, for an answer that names a date.
    var clock: WorldClock?

    /// Classifies an answer: by its code where it has one, else by its status.
    func error(_ reply: HTTPReply) -> PluginError {
        let problem = BusinessProblem(reply.body)
        let rule =
            problem.flatMap { problem in TikTokErrorRule.business(problem.code) }
            ?? TikTokErrorRule.rule(forStatus: problem == nil ? reply.status : max(reply.status, 400))
        let failure = TikTokFailure(creates: self.creates, endpoint: self.endpoint, hidden: self.hidden)
        var error = failure.error(rule, said: problem?.message)
        error.wait(atLeast: reply.retryAfter(at: self.clock?.now()))
        error.platformCode = problem.map { String($0.code) }
        error.httpStatus = reply.status
        error.requestID = problem?.request_id
        return error
    }
}

extension TikTokErrorRule {
    /// The row for a code of the API for Business.
    static func business(_ code: Int) -> TikTokErrorRule? {
        Self.businessTable.first { $0.codes.contains(String(code)) }
            ?? ((51_000...51_999).contains(code) ? Self.businessService : nil)
    }

    private static let replan = "Correct what TikTok names and plan the boost again."
    private static let newToken =
        "Give the account a new business_token: authorize the app for the ad account, then account connect."
    private static let businessService = TikTokErrorRule(
        ["50000", "50002"], .service, "TikTok's ads have a problem")

    /// What the codes mean; those beyond 40001, 40002, 40100 and 40105 come from secondary sources (?).
    static let businessTable: [TikTokErrorRule] = [
        // A call for one thing that was partly done: whether it was done shows only by looking.
        TikTokErrorRule(["20001"], .service, "TikTok did it partly"),
        TikTokErrorRule(
            ["40001"], .failure(.needsHuman), "The token may not do this in the ad account",
            "Give its user a role in the ad account at ads.tiktok.com, then start the boost again."),
        TikTokErrorRule(["40002"], .failure(.permanent), "TikTok does not take the request", replan),
        TikTokErrorRule(["40006", "40007", "40300"], .failure(.permanent), "TikTok does not have it", replan),
        TikTokErrorRule(
            ["40016", "40100", "40132", "40133"], .failure(.rateLimited), "Too many calls in a short time",
            scope: .endpoint, firstPause: .seconds(10)),
        TikTokErrorRule(
            ["40101"], .failure(.rateLimited), "The calls of a day are used up",
            "It goes on by itself as soon as TikTok takes calls again.", scope: .endpoint, pause: capPause),
        TikTokErrorRule(
            ["40102", "40104", "40105", "40131"], .failure(.reauthorize), "TikTok does not accept the business token",
            newToken),
        TikTokErrorRule(
            ["40106"], .failure(.needsHuman), "The business token lacks a permission",
            "Give the app the permissions for ad management and reporting, authorize it again, then resume the account."
        ),
        businessService,
    ]
}
