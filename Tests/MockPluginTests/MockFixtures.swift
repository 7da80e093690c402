// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import MockPlugin
import PluginKit
import PluginTestKit

/// Answers of the mock platform, written from its contract sheet.
enum MockFixtures {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)
    static let access = AccountAccess(
        account: AccountID(), externalID: "u_1",
        tokens: TokenSet(accessToken: Secret("mock-access-5f1c9e"), refreshToken: Secret("mock-refresh-77ab02")),
        app: AppCredential(id: "app", secret: Secret("mock-app-secret-31d0")))

    static func error(_ status: Int, _ code: String, _ message: String = "no", _ headers: [String: String] = [:])
        -> HTTPReply
    {
        .json(status, #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#, headers)
    }

    static let answers = PlatformAnswers(
        unauthorized: error(401, "token_expired"),
        limited: error(429, "rate_limited", "slow down", ["Retry-After": "90", "X-RateLimit-Reset": "1795255290"]),
        limitedPause: .seconds(90) ... .seconds(91), limitedUnsaid: error(429, "rate_limited"),
        failures: [error(500, "internal"), error(502, "unavailable"), error(503, "unavailable"), .json(504, "<html>")],
        refusal: { error(400, "invalid_request", $0) })

    static func created(_ id: String) -> ScriptedExchange.Outcome {
        .json(
            201, #"{"id":"\#(id)","url":"https://mock.posthorn.test/p/\#(id)","created_at":"2026-11-21T10:00:00.123Z"}"#
        )
    }
    static func post(_ id: String, replyTo: String? = nil) -> ScriptedExchange {
        ScriptedExchange(.post, "/v1/posts", self.created(id), isVisible: true) { call in
            replyTo.map { call.text.contains(#""reply_to":"\#($0)""#) } ?? !call.text.contains("reply_to")
        }
    }
    static func media(_ id: String) -> ScriptedExchange {
        ScriptedExchange(.post, "/v1/media", .json(201, #"{"id":"\#(id)","content_type":"image/png","size":10}"#))
    }
    static let image = MediaItem(hash: "aa", type: "image/png", byteCount: 10, path: "/nowhere.png", altText: "A horn")
    static let film = MediaItem(hash: "bb", type: "video/mp4", byteCount: 10, path: "/nowhere.mp4")

    static let text = PublishFixture(
        "text", PostContent(format: .text, parts: [PostPart(text: "Hello")]), [post("p_1")])
    static let carousel = PublishFixture(
        "carousel", PostContent(format: .carousel, parts: [PostPart(text: "Two", media: [image, image])]),
        [media("m_1"), media("m_2"), post("p_1")])
    static let thread = PublishFixture(
        "thread",
        PostContent(
            format: .thread,
            parts: [PostPart(text: "One", media: [image]), PostPart(text: "Two"), PostPart(text: "Three")]),
        [media("m_1"), post("p_1"), post("p_2", replyTo: "p_1"), post("p_3", replyTo: "p_2")])
    static let comment = PublishFixture(
        "first comment", PostContent(format: .text, parts: [PostPart(text: "Hello")], firstComment: "First!"),
        [
            post("p_1"),
            ScriptedExchange(
                .post, "/v1/posts/p_1/comments",
                .json(201, #"{"id":"c_1","post_id":"p_1","text":"First!","created_at":"2026-11-21T10:00:01.000Z"}"#),
                isVisible: true),
        ])
    static let film202 = PublishFixture(
        "film", PostContent(format: .video, parts: [PostPart(text: "Film", media: [film])], firstComment: "First!"),
        [
            media("m_1"),
            ScriptedExchange(
                .post, "/v1/posts", .json(202, #"{"processing_id":"r_1","check_after_seconds":10}"#), isVisible: true),
            ScriptedExchange(
                .get, "/v1/processing/r_1", .json(200, #"{"id":"r_1","status":"processing","check_after_seconds":4}"#),
                isRepeatable: false),
            ScriptedExchange(
                .get, "/v1/processing/r_1",
                .json(
                    200,
                    #"{"id":"r_1","status":"published","post":{"id":"p_9","url":"https://m/p_9","created_at":"2026-11-21T10:00:15Z"}}"#
                )),
            ScriptedExchange(
                .post, "/v1/posts/p_9/comments",
                .json(201, #"{"id":"c_1","post_id":"p_9","text":"First!","created_at":"2026-11-21T10:00:16.000Z"}"#),
                isVisible: true),
        ])

    static func campaign(_ status: String, _ more: String = "") -> ScriptedExchange.Outcome {
        .json(
            200,
            #"{"id":"k_1","name":"op-1","post_id":"p_1","objective":"engagement","status":"\#(status)","created_at":"2026-11-21T10:00:00.000Z"\#(more)}"#
        )
    }
    static let boostRequest = BoostRequest(
        access: access, post: RemotePost(id: "p_1"),
        terms: BoostTerms(
            objective: "engagement", audience: Audience(minimumAge: 18, countries: ["DE"]),
            budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .lifetime,
            startsAt: now.addingTimeInterval(3600), endsAt: now.addingTimeInterval(3 * 86_400)), operation: "op-1")
    static let startedBoost = StartedBoost(
        id: "k_1", access: access, terms: boostRequest.terms, operation: boostRequest.operation)
    static let boost = BoostFixture(
        "lifetime", boostRequest,
        [
            ScriptedExchange(.get, "/v1/campaigns", .json(200, #"{"campaigns":[]}"#)),
            ScriptedExchange(.post, "/v1/campaigns", campaign("paused")),
            ScriptedExchange(
                .post, "/v1/campaigns/k_1/activate",
                campaign("in_review", #","activated_at":"2026-11-21T10:00:02.000Z""#), isVisible: true),
        ])

    static func listing(_ posts: [ListedPost]) -> [ScriptedExchange] {
        let items = posts.map { post in
            #"{"id":"\#(post.id)","url":"https://m/\#(post.id)","text":"\#(post.text)","created_at":"\#(post.createdAt.formatted(.iso8601))","format":"text","media":[]}"#
        }
        return [ScriptedExchange(.get, "/v1/posts", .json(200, #"{"posts":[\#(items.joined(separator: ","))]}"#))]
    }
    static let refresh = RefreshFixture(
        app: AppCredential(id: "app", secret: Secret("mock-app-secret-31d0")),
        exchange: ScriptedExchange(
            .post, "/v1/oauth/token",
            .json(
                200,
                #"{"access_token":"new-a","token_type":"bearer","expires_in":7200,"refresh_token":"new-r","scope":"posts metrics"}"#
            )),
        refused: error(400, "invalid_grant", "mock-refresh-77ab02 is dead"))

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [text, carousel, thread, comment, film202], boosts: [boost],
        answers: answers,
        find: FindFixture(text.content, listing: listing), refresh: refresh)

    static func plugin(_ exchanges: [ScriptedExchange]) -> (MockPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        return (MockPlugin(context: PluginContext(http: transport, clock: WorldClock { now })), transport)
    }
}
