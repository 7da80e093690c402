// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import FacebookPlugin

/// Answers of Facebook, written from its documents.
enum FacebookFixtures {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)
    static let page = "102030405060708"
    static let post = "102030405060708_998877665544332211"
    static let access = AccountAccess(
        account: AccountID(), externalID: page, tokens: TokenSet(accessToken: Secret("EAApage-5f1c9e01aa")),
        app: AppCredential(id: "4711", secret: Secret("fb-app-secret-31d0")))
    static let personal = AccountAccess(
        account: AccountID(), externalID: page,
        tokens: TokenSet(accessToken: Secret("EAAuser-77ab02f3cc"), extra: ["token_type": Secret("user")]),
        app: AppCredential(id: "4711", secret: Secret("fb-app-secret-31d0")))

    static func error(
        _ code: Int, _ subcode: Int? = nil, _ message: String = "An error", status: Int = 400,
        isTransient: Bool = false, _ headers: [String: String] = [:]
    ) -> HTTPReply {
        let more = subcode.map { #","error_subcode":\#($0)"# } ?? ""
        return .json(
            status,
            #"{"error":{"message":"(#\#(code)) \#(message)","type":"OAuthException","code":\#(code)\#(more),"is_transient":\#(isTransient),"fbtrace_id":"AtraceZ"}}"#,
            headers)
    }

    static let answers = PlatformAnswers(
        unauthorized: error(190, 463, "Error validating access token", status: 401),
        limited: error(
            80_001, nil, "There have been too many calls to this Page account.",
            [
                "X-Business-Use-Case-Usage":
                    #"{"\#(page)":[{"type":"pages","call_count":100,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":10}]}"#
            ]),
        limitedPause: .seconds(600) ... .seconds(600), limitedUnsaid: error(32, nil, "Page request limit reached"),
        failures: [
            error(1, nil, "An unknown error occurred", status: 500), error(2, nil, "Service", status: 503),
            .json(502, "<html>"), .json(504, ""), error(100, nil, "Try again", status: 400, isTransient: true),
        ],
        refusal: { error(100, nil, $0) })

    /// A file with some bytes, made once for the process.
    static let file: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "posthorn-fb-\(UUID().uuidString).bin").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0x2A, count: 2_621_440))
        return path
    }()
    static let photo = MediaItem(hash: "aa", type: "image/jpeg", byteCount: 1000, path: file, altText: "A horn")
    static let second = MediaItem(hash: "bb", type: "image/png", byteCount: 2000, path: file)
    static let film = MediaItem(hash: "cc", type: "video/mp4", byteCount: 1_500_000, path: file)

    // MARK: Exchanges

    static func feed(
        _ id: String = post, isVisible: Bool = true, _ accepts: @escaping @Sendable (SentCall) -> Bool = { _ in true }
    ) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(page)/feed",
            .json(200, #"{"id":"\#(id)","permalink_url":"https://www.facebook.com/p/posts/1"}"#),
            isVisible: isVisible, accepts: accepts)
    }
    static func upload(_ id: String, _ accepts: @escaping @Sendable (SentCall) -> Bool = { _ in true })
        -> ScriptedExchange
    {
        ScriptedExchange(.post, "/v25.0/\(page)/photos", .json(200, #"{"id":"\#(id)"}"#), accepts: accepts)
    }
    static func comment(on object: String = post, _ words: String = "First!") -> ScriptedExchange {
        ScriptedExchange(.post, "/v25.0/\(object)/comments", .json(200, #"{"id":"1_77"}"#), isVisible: true) {
            $0.form == ["message": words]
        }
    }
    static func status(
        _ video: String = "700", _ status: String, permalink: String = "/reel/700/", post: String? = "555",
        isRepeatable: Bool? = nil
    ) -> ScriptedExchange {
        let more = post.map { #","post_id":"\#($0)""# } ?? ""
        return ScriptedExchange(
            .get, "/v25.0/\(video)",
            .json(200, #"{"status":\#(status),"permalink_url":"\#(permalink)"\#(more),"id":"\#(video)"}"#),
            isRepeatable: isRepeatable
        ) { $0.query == ["fields": "status,permalink_url,post_id"] }
    }
    static let processing =
        #"{"video_status":"processing","uploading_phase":{"status":"complete"},"processing_phase":{"status":"in_progress"},"publishing_phase":{"status":"not_started"}}"#
    static let published =
        #"{"video_status":"ready","uploading_phase":{"status":"complete"},"processing_phase":{"status":"complete"},"publishing_phase":{"status":"complete","publish_status":"published","publish_time":1795255230}}"#

    static func opened(_ edge: String) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(page)/\(edge)",
            .json(200, #"{"video_id":"700","upload_url":"https://rupload.facebook.com/video-upload/v25.0/700"}"#)
        ) { $0.form == ["upload_phase": "start"] }
    }
    static func bytes(from offset: Int64 = 0) -> ScriptedExchange {
        ScriptedExchange(.post, "/video-upload/v25.0/700", .json(200, #"{"success":true}"#)) { call in
            guard call.host == "rupload.facebook.com", case .file(_, offset, let length) = call.call.body else {
                return false
            }
            let fields = call.call.request.headerFields
            return length == film.byteCount - offset && fields[.authorization]?.hasPrefix("OAuth EAA") == true
                && HTTPField.Name("offset").flatMap { fields[$0] } == String(offset)
                && HTTPField.Name("file_size").flatMap { fields[$0] } == "1500000"
        }
    }
    static func finish(_ edge: String, _ form: [String: String], _ answer: String = #"{"success":true}"#)
        -> ScriptedExchange
    {
        ScriptedExchange(.post, "/v25.0/\(page)/\(edge)", .json(200, answer), isVisible: true) { $0.form == form }
    }
    static let session = ScriptedExchange(
        .post, "/v25.0/\(page)/videos",
        .json(
            200, #"{"upload_session_id":"9001","video_id":"700","start_offset":"0","end_offset":"1048576"}"#)
    ) { $0.form == ["upload_phase": "start", "file_size": "1500000"] }
    static func piece(_ start: Int64, _ next: Int64, _ end: Int64) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(page)/videos", .json(200, #"{"start_offset":"\#(next)","end_offset":"\#(end)"}"#)
        ) { call in
            guard case .framed(_, _, start, _, _) = call.call.body else { return false }
            return call.text.contains("name=\"upload_phase\"\r\n\r\ntransfer\r\n")
                && call.text.contains("name=\"upload_session_id\"\r\n\r\n9001\r\n")
                && call.text.contains("name=\"start_offset\"\r\n\r\n\(start)\r\n")
                && call.text.contains("name=\"video_file_chunk\"")
        }
    }

    /// What a person's token is asked for: the tokens of all Pages, on two pages of the list.
    static let pageTokens = [
        ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(
                200,
                #"{"data":[{"id":"5","access_token":"EAAother"}],"paging":{"cursors":{"after":"c"},"next":"https://x"}}"#
            ),
            isRepeatable: false
        ) { $0.query == ["fields": "id,access_token", "limit": "100"] },
        ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(200, #"{"data":[{"id":"\#(page)","access_token":"EAAown-1"}]}"#), isRepeatable: false
        ) { $0.query["after"] == "c" },
    ]

    // MARK: Posts

    static func content(
        _ format: PostFormat, _ text: String, _ media: [MediaItem] = [], link: String? = nil, comment: String? = nil
    ) -> PostContent {
        PostContent(
            format: format, parts: [PostPart(text: text, media: media)], link: link, firstComment: comment)
    }

    static let text = PublishFixture("text", content(.text, "Tom & Jerry"), [feed()])
    static let link = PublishFixture(
        "link and comment", content(.text, "Read", link: "https://example.com/a?b=1&c=2", comment: "First!"),
        [
            feed {
                $0.form == [
                    "message": "Read", "link": "https://example.com/a?b=1&c=2", "fields": "id,permalink_url",
                ]
            }, comment(),
        ])
    static let photos = PublishFixture(
        "photos", content(.carousel, "Two", [photo, second]),
        [
            upload("71") { $0.text.contains("name=\"alt_text_custom\"\r\n\r\nA horn\r\n") },
            upload("72") { !$0.text.contains("alt_text") },
            feed { $0.form["attached_media"] == #"[{"media_fbid":"71"},{"media_fbid":"72"}]"# },
        ])
    static let video = PublishFixture(
        "video", content(.video, "Film", [film], comment: "First!"),
        [
            session, piece(0, 1_048_576, 1_500_000), piece(1_048_576, 1_500_000, 1_500_000),
            finish("videos", ["upload_phase": "finish", "upload_session_id": "9001", "description": "Film"]),
            status("700", processing, post: nil, isRepeatable: false), status("700", published),
            comment(on: "\(page)_555"),
        ])
    static let reel = PublishFixture(
        "reel", content(.reel, "Reel", [film]),
        [
            opened("video_reels"), bytes(),
            finish(
                "video_reels",
                ["upload_phase": "finish", "video_id": "700", "video_state": "PUBLISHED", "description": "Reel"]),
            status("700", published),
        ])
    static let photoStory = PublishFixture(
        "photo story", content(.story, "", [photo]),
        [
            upload("71"),
            ScriptedExchange(
                .post, "/v25.0/\(page)/photo_stories", .json(200, #"{"success":true,"post_id":1234}"#), isVisible: true
            ) { $0.form == ["photo_id": "71"] },
        ])
    static let videoStory = PublishFixture(
        "video story", content(.story, "", [film]),
        [
            opened("video_stories"), bytes(),
            finish(
                "video_stories", ["upload_phase": "finish", "video_id": "700"],
                #"{"success":true,"post_id":"1234567890123456789"}"#),
            status("700", published),
        ])

    static func listing(_ posts: [ListedPost]) -> [ScriptedExchange] {
        let items = posts.map { post in
            let time = post.createdAt.formatted(.iso8601).replacing("Z", with: "+0000")
            return
                #"{"id":"\#(post.id)","message":"\#(post.text)","created_time":"\#(time)","is_published":true}"#
        }
        return [
            ScriptedExchange(
                .get, "/v25.0/\(page)/feed", .json(200, #"{"data":[\#(items.joined(separator: ","))]}"#)
            ) { call in
                call.query["fields"]
                    == "id,message,created_time,permalink_url,is_published,"
                    + "attachments{media_type,target,subattachments{target}}"
                    && call.query["limit"] == "100" && call.query["since"].flatMap(Int.init) != nil
            }
        ]
    }

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [text, link, photos, video, reel, photoStory, videoStory],
        answers: answers, find: FindFixture(text.content, listing: listing), app: known)

    /// Graph's answer about an app to the app itself.
    static let known = AppFixture(
        app: AppCredential(id: "4711", secret: Secret("fb-app-secret-31d0")),
        exchange: ScriptedExchange(
            .get, "/v25.0/debug_token",
            .json(
                200,
                #"{"data":{"app_id":"4711","type":"APP","application":"Acme posts","is_valid":true,"scopes":[]}}"#)
        ) {
            $0.query == ["input_token": "4711|fb-app-secret-31d0"]
                && $0.call.request.headerFields[.authorization] == "Bearer 4711|fb-app-secret-31d0"
        }, refused: { error(190, nil, $0) })

    static func plugin(_ exchanges: [ScriptedExchange], at now: Date = now, version: String? = nil) -> (
        FacebookPlugin, ScriptedTransport
    ) {
        let transport = ScriptedTransport(exchanges)
        let context = PluginContext(http: transport, clock: WorldClock { now }, apiVersion: version)
        return (FacebookPlugin(context: context), transport)
    }

    static func publish(
        _ content: PostContent, _ plugin: FacebookPlugin, _ context: ScriptedEffectContext = ScriptedEffectContext(),
        as access: AccountAccess = access
    ) async throws(PluginError) -> RemotePost {
        let request = PublishRequest(access: access, content: content, operation: "op-1")
        var outcome = try await plugin.publish(request, context)
        for _ in 0..<20 {
            switch outcome {
            case .published(let post): return post
            case .pending(let state, _): outcome = try await plugin.resume(state, request, context)
            }
        }
        throw PluginError(.unsupported, "still pending")
    }
}
