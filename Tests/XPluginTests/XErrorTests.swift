// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

/// One row of the sheet: what X says and what is to be done.
struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: Int
    var body: String
    /// For a call that creates.
    var code: PluginError.Code
    /// For a read; the same unless given.
    var reading: PluginError.Code
    var scope: PluginError.Scope
    /// What its sentence begins with.
    var meaning: String

    static func problem(
        _ status: Int, _ kind: String, _ detail: String, _ code: PluginError.Code, _ meaning: String,
        _ scope: PluginError.Scope = .account
    ) -> Self {
        Self(
            testDescription: "\(status) \(kind) \(detail)", status: status,
            body: #"{"title":"\#(kind)","detail":"\#(detail)","type":"https://api.twitter.com/2/problems/\#(kind)"}"#,
            code: code, reading: code, scope: scope, meaning: meaning)
    }
    static func blank(
        _ status: Int, _ detail: String, _ code: PluginError.Code, _ meaning: String,
        reading: PluginError.Code? = nil, _ scope: PluginError.Scope = .account
    ) -> Self {
        Self(
            testDescription: "\(status) \(detail)", status: status,
            body: #"{"detail":"\#(detail)","type":"about:blank","title":"Forbidden"}"#, code: code,
            reading: reading ?? code, scope: scope, meaning: meaning)
    }
    static func number(
        _ status: Int, _ number: Int, _ message: String, _ code: PluginError.Code, _ meaning: String,
        _ scope: PluginError.Scope = .account
    ) -> Self {
        Self(
            testDescription: "\(status) code \(number)", status: status,
            body: #"{"errors":[{"code":\#(number),"message":"\#(message)"}]}"#, code: code, reading: code, scope: scope,
            meaning: meaning)
    }
    static func oauth(
        _ status: Int, _ error: String, _ code: PluginError.Code, _ meaning: String,
        _ scope: PluginError.Scope = .account
    ) -> Self {
        Self(
            testDescription: "\(status) \(error)", status: status,
            body: #"{"error":"\#(error)","error_description":"Words."}"#, code: code, reading: code, scope: scope,
            meaning: meaning)
    }

    static let all: [Self] = [
        .problem(400, "invalid-request", "One or more parameters was invalid.", .permanent, "X does not take"),
        .number(400, 187, "Status is a duplicate.", .duplicate, "The account has posted the same"),
        .oauth(400, "invalid_grant", .reauthorize, "X no longer accepts the grant"),
        .oauth(400, "invalid_client", .needsHuman, "X does not know the app", .app),
        .oauth(401, "invalid_client", .needsHuman, "X does not know the app", .app),
        .oauth(401, "unauthorized_client", .needsHuman, "The app may not do this", .app),
        .blank(401, "Unauthorized", .reauthorize, "X does not accept the token"),
        .problem(
            402, "credits", "Your enrolled account does not have any credits.", .needsHuman, "The app has no credits",
            .app),
        .blank(
            403, "You are not allowed to create a Tweet with duplicate content.", .duplicate,
            "The account has posted the same"),
        .number(403, 187, "Status is a duplicate.", .duplicate, "The account has posted the same"),
        .blank(
            403, "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged.",
            .permanent, "The account may not reply"),
        .blank(403, "You have not been mentioned or otherwise engaged.", .permanent, "The account may not reply"),
        .blank(403, "Only accounts that were mentioned or engaged may reply.", .permanent, "The account may not reply"),
        .blank(403, "You are not permitted to perform this action.", .needsHuman, "The token or the app lacks"),
        .blank(403, "The token lacks the scope tweet.write.", .needsHuman, "The token lacks a scope"),
        .problem(
            403, "client-forbidden", "When authenticating requests, use keys from an attached App.", .needsHuman,
            "The app lacks access", .app),
        .problem(
            403, "oauth1-permissions", "Your client app is not configured with the appropriate permissions.",
            .needsHuman, "The app may only read", .app),
        .problem(
            403, "unsupported-authentication", "Application-Only is forbidden for this endpoint.", .permanent,
            "This takes another kind of token"),
        .problem(403, "user-suspended", "Your account is suspended.", .needsHuman, "X has suspended the account"),
        .number(403, 64, "Your account is gone.", .needsHuman, "X has suspended the account"),
        .blank(403, "Your account is suspended and is not permitted.", .needsHuman, "X has suspended the account"),
        .number(403, 326, "To protect our users, log in.", .needsHuman, "X has locked the account"),
        .blank(403, "This account is temporarily locked.", .needsHuman, "X has locked the account"),
        .number(403, 186, "Tweet needs to be a bit shorter.", .permanent, "The text is too long"),
        .blank(403, "Your Tweet text is too long.", .permanent, "The text is too long"),
        .blank(403, "Posts may have no more than one cashtag.", .permanent, "The text has more than one cashtag"),
        .blank(403, "The video is longer than 2 minutes.", .permanent, "The film is too long"),
        .problem(
            403, "usage-capped", "Usage cap exceeded: Monthly product cap", .needsHuman,
            "The app has used up what its plan allows", .app),
        .blank(403, "Something new.", .permanent, "X refuses this"),
        .problem(404, "resource-not-found", "Could not find tweet.", .permanent, "X does not have it"),
        .problem(409, "conflict", "Conflict", .permanent, "It contradicts"),
        .blank(413, "Payload too large", .permanent, "The file is too large"),
        .blank(415, "Unsupported", .permanent, "X does not take this type"),
        .blank(422, "Unprocessable", .permanent, "X does not take the request"),
        .number(429, 88, "Rate limit exceeded", .rateLimited, "Too many calls", .endpoint),
        .number(403, 88, "Rate limit exceeded", .rateLimited, "Too many calls", .endpoint),
        .blank(429, "Too Many Requests", .rateLimited, "Too many calls", .endpoint),
        .blank(500, "Internal", .ambiguousOutcome, "X has a problem", reading: .retryAfter),
        .blank(502, "Bad gateway", .ambiguousOutcome, "X has a problem", reading: .retryAfter),
        .blank(503, "Over capacity", .ambiguousOutcome, "X has a problem", reading: .retryAfter),
        .blank(504, "Gateway time-out", .ambiguousOutcome, "X has a problem", reading: .retryAfter),
        .blank(408, "Time-out", .ambiguousOutcome, "X waited too long", reading: .retryAfter),
        .blank(301, "Moved", .ambiguousOutcome, "X gave an answer", reading: .retryAfter),
        .blank(418, "Teapot", .ambiguousOutcome, "X gave an answer", reading: .retryAfter),
    ]
}

@Suite("What X's refusals mean")
struct XErrorTests {
    private func publish(_ reply: HTTPReply) async -> PluginError? {
        let (plugin, _) = XFixtures.plugin([ScriptedExchange(.post, "/2/tweets", .reply(reply), isVisible: true)])
        let request = PublishRequest(access: XFixtures.access, content: XFixtures.text.content, operation: "op-1")
        return await #expect(throws: PluginError.self) {
            _ = try await plugin.publish(request, ScriptedEffectContext())
        }
    }

    @Test("a refusal has its class, scope, sentence and next action", arguments: Refusal.all)
    func classes(refusal: Refusal) async {
        let reply = HTTPReply.json(refusal.status, refusal.body, ["x-transaction-id": "t1"])
        let error = await self.publish(reply)
        #expect(error?.code == refusal.code && error?.scope == refusal.scope)
        #expect(error?.message.hasPrefix(refusal.meaning) == true, "\(error?.message ?? "")")
        #expect(error?.httpStatus == refusal.status && error?.requestID == "t1")
        #expect(error?.nextAction?.isEmpty == false)
        let (plugin, _) = XFixtures.plugin([ScriptedExchange(.get, "/2/tweets", .reply(reply))])
        let reading = await #expect(throws: PluginError.self) {
            _ = try await plugin.metrics(MetricsRequest(access: XFixtures.access, posts: [RemotePost(id: "7")]))
        }
        #expect(reading?.code == refusal.reading)
    }

    @Test("every row of the table is one that a refusal meets, and says what it means")
    func rows() {
        let met = Refusal.all.map { XErrorRule.rule($0.status, XProblem(Data($0.body.utf8))) }
        for row in XErrorRule.table {
            #expect(
                met.contains { $0.statuses == row.statuses && $0.match == row.match }, "\(row.statuses) \(row.match)")
            #expect(!row.meaning.isEmpty)
        }
    }

    @Test(
        "a limit ends at the reset of the window that is used up",
        arguments: [
            (["x-rate-limit": (0, 300)], PluginError.Scope.endpoint, 301),
            (["x-rate-limit": (12, 300), "x-app-limit-24hour": (0, 4000)], .app, 4001),
            (["x-rate-limit": (12, 300), "x-user-limit-24hour": (0, 5000)], .account, 5001),
            (["x-rate-limit": (0, 300), "x-user-limit-24hour": (0, 5000)], .account, 5001),
            (["x-rate-limit": (12, 300)], .endpoint, 301), (["x-rate-limit": (0, -20)], .endpoint, 0),
        ])
    func limits(windows: [String: (Int, Int)], scope: PluginError.Scope, pause: Int) async {
        var headers: [String: String] = [:]
        for (name, window) in windows {
            headers["\(name)-remaining"] = String(window.0)
            headers["\(name)-reset"] = String(Int(XFixtures.now.timeIntervalSince1970) + window.1)
        }
        let error = await self.publish(.json(429, "{}", headers))
        #expect(error?.code == .rateLimited && error?.scope == scope)
        #expect(error?.retryAfter == .seconds(pause))
        #expect(error?.endpoint == (scope == .endpoint ? "POST /2/tweets" : nil))
    }

    @Test(
        "an end of a limit beyond all sense is kept within what can be meant",
        arguments: ["1e30", "9223372036854775807", "-1e30", "nan"])
    func senseless(reset: String) async {
        let headers = ["x-rate-limit-limit": "9", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset]
        let error = await self.publish(.json(429, "{}", headers))
        #expect(error?.code == .rateLimited)
        #expect(error?.retryAfter == (reset == "nan" ? nil : reset.hasPrefix("-") ? .zero : .longestSaid))
        let usage = XPlugin.usage(.json(200, "{}", headers), endpoint: "POST /2/tweets")
        let last = Date(timeIntervalSince1970: 253_402_300_799)
        #expect(usage.map(\.resetsAt) == (Int(reset) == nil ? [] : [last]))
    }

    @Test("a capped usage whose end is given is a limit of the app")
    func cappedUntil() async {
        let reset = String(Int(XFixtures.now.timeIntervalSince1970) + 7200)
        let error = await self.publish(
            .json(
                403, Refusal.problem(403, "usage-capped", "Usage cap exceeded", .rateLimited, "").body,
                ["x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": reset]))
        #expect(error?.code == .rateLimited && error?.scope == .app && error?.retryAfter == .seconds(7201))
    }

    @Test("a plan that is used up is not taken for the quarter of an hour that every answer names")
    func usedUpPlan() async throws {
        let reset = String(Int(XFixtures.now.timeIntervalSince1970) + 600)
        let error = await self.publish(
            .json(
                403, Refusal.problem(403, "usage-capped", "Usage cap exceeded", .needsHuman, "").body,
                ["x-rate-limit-remaining": "57", "x-rate-limit-reset": reset]))
        #expect(error?.code == .needsHuman && error?.scope == .app && error?.nextAction != nil)
    }

    @Test(
        "an accepted post without an id is an unknown outcome",
        arguments: ["{}", #"{"data":{}}"#, "", #"{"data":{"id":"#])
    func unreadable(body: String) async {
        #expect(await self.publish(.json(201, body))?.code == .ambiguousOutcome)
    }
}
