// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

/// One refusal of X and what it means.
struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: Int
    var body: String
    var code: PluginError.Code
    var scope: PluginError.Scope = .account

    static func problem(
        _ status: Int, _ kind: String, _ detail: String, _ code: PluginError.Code, _ scope: PluginError.Scope = .account
    ) -> Self {
        Self(
            testDescription: "\(status) \(kind) \(detail)", status: status,
            body: #"{"title":"\#(kind)","detail":"\#(detail)","type":"https://api.twitter.com/2/problems/\#(kind)"}"#,
            code: code, scope: scope)
    }
    static func blank(_ status: Int, _ detail: String, _ code: PluginError.Code, _ scope: PluginError.Scope = .account)
        -> Self
    {
        Self(
            testDescription: "\(status) \(detail)", status: status,
            body: #"{"detail":"\#(detail)","type":"about:blank","title":"Forbidden"}"#,
            code: code, scope: scope)
    }
    static func number(_ status: Int, _ number: Int, _ message: String, _ code: PluginError.Code) -> Self {
        Self(
            testDescription: "\(status) code \(number)", status: status,
            body: #"{"errors":[{"code":\#(number),"message":"\#(message)"}]}"#,
            code: code)
    }

    static let all: [Self] = [
        .problem(400, "invalid-request", "One or more parameters was invalid.", .permanent),
        .blank(401, "Unauthorized", .reauthorize),
        .problem(402, "credits", "Your enrolled account does not have any credits.", .needsHuman, .app),
        .blank(403, "You are not allowed to create a Tweet with duplicate content.", .duplicate),
        .number(403, 187, "Status is a duplicate.", .duplicate),
        .blank(
            403, "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged.",
            .permanent),
        .blank(403, "You are not permitted to perform this action.", .needsHuman),
        .problem(
            403, "client-forbidden", "When authenticating requests, use keys from an attached App.", .needsHuman, .app),
        .problem(
            403, "oauth1-permissions", "Your client app is not configured with the appropriate permissions.",
            .needsHuman, .app),
        .problem(403, "unsupported-authentication", "Application-Only is forbidden for this endpoint.", .permanent),
        .problem(403, "user-suspended", "Your account is suspended.", .needsHuman),
        .number(403, 326, "To protect our users, this account is temporarily locked.", .needsHuman),
        .number(403, 186, "Tweet needs to be a bit shorter.", .permanent),
        .blank(403, "Posts may have no more than one cashtag.", .permanent),
        .blank(403, "The video is longer than 2 minutes.", .permanent),
        .problem(403, "usage-capped", "Usage cap exceeded: Monthly product cap", .needsHuman, .app),
        .problem(404, "resource-not-found", "Could not find tweet.", .permanent),
        .blank(409, "Conflict", .permanent), .blank(413, "Payload too large", .permanent),
        .number(429, 88, "Rate limit exceeded", .rateLimited), .blank(429, "Too Many Requests", .rateLimited),
        .blank(500, "Internal", .ambiguousOutcome), .blank(503, "Over capacity", .ambiguousOutcome),
        .blank(408, "Time-out", .ambiguousOutcome),
        .blank(301, "Moved", .ambiguousOutcome),
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

    @Test("a refusal has its class and scope", arguments: Refusal.all)
    func classes(refusal: Refusal) async {
        let error = await self.publish(.json(refusal.status, refusal.body, ["x-transaction-id": "t1"]))
        #expect(error?.code == refusal.code)
        if refusal.code != .rateLimited { #expect(error?.scope == refusal.scope) }
        #expect(error?.httpStatus == refusal.status && error?.requestID == "t1")
        if refusal.code == .needsHuman || refusal.code == .reauthorize { #expect(error?.nextAction != nil) }
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

    @Test("a capped usage whose end is given is a limit of the app")
    func cappedUntil() async {
        let reset = String(Int(XFixtures.now.timeIntervalSince1970) + 7200)
        let error = await self.publish(
            .json(
                403, Refusal.problem(403, "usage-capped", "Usage cap exceeded", .rateLimited).body,
                ["x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": reset]))
        #expect(error?.code == .rateLimited && error?.scope == .app && error?.retryAfter == .seconds(7201))
    }

    @Test(
        "an accepted post without an id is an unknown outcome",
        arguments: ["{}", #"{"data":{}}"#, "", #"{"data":{"id":"#])
    func unreadable(body: String) async {
        #expect(await self.publish(.json(201, body))?.code == .ambiguousOutcome)
    }
}
