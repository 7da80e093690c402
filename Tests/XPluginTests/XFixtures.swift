// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import XPlugin

/// Answers of X, written from its documents.
enum XFixtures {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)
    static let access = AccountAccess(
        account: AccountID(), externalID: "2244994945",
        tokens: TokenSet(accessToken: Secret("x-access-5f1c9e01"), refreshToken: Secret("x-refresh-77ab02f3")),
        app: AppCredential(id: "client", secret: Secret("x-app-secret-31d0")))

    static func problem(_ status: Int, _ kind: String, _ detail: String, _ headers: [String: String] = [:]) -> HTTPReply
    {
        .json(
            status,
            #"{"title":"T","detail":"\#(detail)","type":"https://api.x.com/2/problems/\#(kind)","status":\#(status)}"#,
            headers)
    }

    static let limits = [
        "x-rate-limit-limit": "100", "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": "\(Int(now.timeIntervalSince1970) + 300)",
        "x-app-limit-24hour-limit": "10000", "x-app-limit-24hour-remaining": "57",
        "x-app-limit-24hour-reset": "\(Int(now.timeIntervalSince1970) + 40_000)",
    ]

    static let answers = PlatformAnswers(
        unauthorized: .json(
            401, #"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#),
        limited: .json(
            429, #"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#,
            limits),
        limitedPause: .seconds(300) ... .seconds(302),
        limitedUnsaid: .json(429, #"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#),
        failures: [
            .json(500, "{}"), .json(502, "<html>"), .json(503, #"{"title":"Service Unavailable","status":503}"#),
            .json(504, ""),
        ],
        refusal: { problem(400, "invalid-request", $0) })

    static func created(_ id: String) -> ScriptedExchange.Outcome {
        .json(201, #"{"data":{"id":"\#(id)","text":"…"}}"#)
    }
    static func post(_ id: String, replyTo: String? = nil) -> ScriptedExchange {
        ScriptedExchange(.post, "/2/tweets", self.created(id), isVisible: true) { call in
            replyTo.map { call.text.contains(#""in_reply_to_tweet_id":"\#($0)""#) } ?? !call.text.contains(
                "in_reply_to")
        }
    }

    /// A file with some bytes, made once for the process.
    static let file: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "posthorn-x-\(UUID().uuidString).bin").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0x2A, count: 2_621_440))
        return path
    }()
    static let small = MediaItem(hash: "aa", type: "image/png", byteCount: 1000, path: file, altText: "A horn")
    static let large = MediaItem(hash: "bb", type: "image/jpeg", byteCount: 2_621_440, path: file)
    static let film = MediaItem(hash: "cc", type: "video/mp4", byteCount: 1_500_000, path: file)

    static func media(_ id: String, _ more: String = "") -> ScriptedExchange.Outcome {
        .json(200, #"{"data":{"id":"\#(id)","media_key":"3_\#(id)","expires_after_secs":86400\#(more)}}"#)
    }
    static func oneShot(_ id: String) -> ScriptedExchange { ScriptedExchange(.post, "/2/media/upload", media(id)) }
    static func describe(_ id: String) -> ScriptedExchange {
        ScriptedExchange(.post, "/2/media/metadata", .json(200, #"{"data":{"id":"\#(id)"}}"#)) {
            $0.text == #"{"id":"\#(id)","metadata":{"alt_text":{"text":"A horn"}}}"#
        }
    }
    static func segments(_ id: String, _ count: Int, finalize more: String = "") -> [ScriptedExchange] {
        [ScriptedExchange(.post, "/2/media/upload/initialize", media(id))]
            + (0..<count).map { number in
                ScriptedExchange(.post, "/2/media/upload/\(id)/append", .json(200, #"{"data":{"expires_at":1}}"#)) {
                    String(decoding: $0.body.prefix(200), as: UTF8.self).contains(
                        "name=\"segment_index\"\r\n\r\n\(number)\r\n")
                }
            } + [ScriptedExchange(.post, "/2/media/upload/\(id)/finalize", media(id, more)) { $0.body.isEmpty }]
    }

    static let text = PublishFixture(
        "text", PostContent(format: .text, parts: [PostPart(text: "Tom & Jerry")]), [post("1")])
    static let images = PublishFixture(
        "images", PostContent(format: .image, parts: [PostPart(text: "Two", media: [small, large])]),
        [oneShot("71"), describe("71")] + segments("72", 3) + [post("1")])
    static let thread = PublishFixture(
        "thread",
        PostContent(
            format: .thread,
            parts: [PostPart(text: "One"), PostPart(text: "Two", media: [small]), PostPart(text: "Three")]),
        [post("1"), oneShot("71"), describe("71"), post("2", replyTo: "1"), post("3", replyTo: "2")])
    static let comment = PublishFixture(
        "first comment", PostContent(format: .text, parts: [PostPart(text: "Hello")], firstComment: "First!"),
        [post("1"), post("2", replyTo: "1")])
    static let film202 = PublishFixture(
        "film", PostContent(format: .video, parts: [PostPart(text: "Film", media: [film])]),
        segments("73", 2, finalize: #","processing_info":{"state":"pending","check_after_secs":5}"#) + [
            ScriptedExchange(
                .get, "/2/media/upload",
                media("73", #","processing_info":{"state":"in_progress","check_after_secs":3}"#), isRepeatable: false
            ) { $0.query == ["command": "STATUS", "media_id": "73"] },
            ScriptedExchange(.get, "/2/media/upload", media("73", #","processing_info":{"state":"succeeded"}"#)),
            post("1"),
        ])

    static let gif = PublishFixture(
        "gif",
        PostContent(
            format: .image,
            parts: [
                PostPart(
                    text: "Moves",
                    media: [MediaItem(hash: "dd", type: "image/gif", byteCount: 900_000, path: file, altText: "A horn")]
                )
            ]),
        segments("74", 1, finalize: #","processing_info":{"state":"succeeded"}"#) + [describe("74"), post("1")])
    static let poll = PublishFixture(
        "poll",
        PostContent(
            format: .text, parts: [PostPart(text: "Brass?")],
            settings: ["poll": "Yes | No|Perhaps", "poll_minutes": "60"]), [post("1")])
    static let reply = PublishFixture(
        "reply",
        PostContent(
            format: .thread, parts: [PostPart(text: "One"), PostPart(text: "Two")],
            settings: ["reply_to": "https://x.com/acme/status/900"]),
        [post("1", replyTo: "900"), post("2", replyTo: "1")])

    static func listing(_ posts: [ListedPost]) -> [ScriptedExchange] {
        let items = posts.map { post in
            let text = post.text.replacing("&", with: "&amp;")
            return #"{"id":"\#(post.id)","text":"\#(text)","created_at":"\#(post.createdAt.formatted(.iso8601))"}"#
        }
        let body =
            posts.isEmpty ? #"{"meta":{"result_count":0}}"# : #"{"data":[\#(items.joined(separator: ","))],"meta":{}}"#
        return [
            ScriptedExchange(.get, "/2/users/2244994945/tweets", .json(200, body)) {
                $0.query == ["max_results": "10", "exclude": "retweets", "tweet.fields": "created_at"]
            }
        ]
    }

    static let refresh = RefreshFixture(
        app: AppCredential(id: "client", secret: Secret("x-app-secret-31d0")),
        exchange: ScriptedExchange(
            .post, "/2/oauth2/token",
            .json(
                200,
                #"{"token_type":"bearer","expires_in":7200,"access_token":"new-a","refresh_token":"new-r","scope":"tweet.read tweet.write"}"#
            )
        ) {
            $0.text == "grant_type=refresh_token&refresh_token=x-refresh-77ab02f3"
                && $0.call.request.headerFields[.authorization] == "Basic Y2xpZW50OngtYXBwLXNlY3JldC0zMWQw"
        },
        refused: .json(
            400, #"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#))

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [text, images, thread, comment, film202, gif, poll, reply],
        answers: answers,
        find: FindFixture(text.content, listing: listing), refresh: refresh)

    static func plugin(_ exchanges: [ScriptedExchange]) -> (XPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        return (XPlugin(context: PluginContext(http: transport, clock: WorldClock { now })), transport)
    }
}
