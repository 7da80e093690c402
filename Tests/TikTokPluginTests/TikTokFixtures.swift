// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import TikTokPlugin

/// Answers of TikTok, written from its documents.
enum TikTokFixtures {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)
    static let access = AccountAccess(
        account: AccountID(), externalID: "_000open-id",
        tokens: TokenSet(
            accessToken: Secret("act.tiktok-5f1c9e01aa"), refreshToken: Secret("rft.tiktok-77ab02f3"),
            scopes: ["user.info.basic", "video.publish"]),
        app: app)
    static let app = AppCredential(id: "aw-client-key", secret: Secret("tiktok-app-secret-31d0"))

    static func error(_ status: Int, _ code: String, _ message: String = "A message") -> HTTPReply {
        .json(status, #"{"data":{},"error":{"code":"\#(code)","message":"\#(message)","log_id":"2026L"}}"#)
    }
    static func ok(_ data: String) -> ScriptedExchange.Outcome {
        .json(200, #"{"data":\#(data),"error":{"code":"ok","message":"","log_id":"2026L"}}"#)
    }

    static let answers = PlatformAnswers(
        unauthorized: error(401, "access_token_invalid"), limited: error(429, "rate_limit_exceeded"),
        limitedPause: .seconds(60) ... .seconds(60), limitedUnsaid: .json(429, ""),
        failures: [
            error(500, "internal_error"), .json(502, "<html>"), error(503, "internal_error"), .json(504, ""),
        ],
        refusal: { error(400, "invalid_params", $0) })

    /// 25 MB in two chunks; nothing reads it here.
    static let film = MediaItem(hash: "cc33", type: "video/mp4", byteCount: 25_000_123, path: "/film.mp4")
    static let clip = MediaItem(hash: "dd44", type: "video/webm", byteCount: 4_000_000, path: "/clip.webm")
    static let photo = MediaItem(hash: "aa11", type: "image/jpeg", byteCount: 1000, path: "/a.jpg")
    static let second = MediaItem(hash: "bb22", type: "image/webp", byteCount: 2000, path: "/b.webp")
    static let address = "https://media.posthorn.test/"

    // MARK: Exchanges

    static func creator(
        _ options: String = #""PUBLIC_TO_EVERYONE","MUTUAL_FOLLOW_FRIENDS","SELF_ONLY""#, _ more: String = ""
    ) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v2/post/publish/creator_info/query/",
            ok(
                #"{"creator_username":"acme.shoes","creator_nickname":"Acme","privacy_level_options":[\#(options)],"comment_disabled":false,"duet_disabled":true,"stitch_disabled":false,"max_video_post_duration_sec":300\#(more)}"#
            ), isRepeatable: true
        ) { $0.call.request.headerFields[.authorization]?.hasPrefix("Bearer act.") == true }
    }
    static func open(_ body: String, id: String = "v_pub_file~v2.1") -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v2/post/publish/video/init/",
            ok(
                #"{"publish_id":"\#(id)","upload_url":"https://open-upload.tiktokapis.com/video/?upload_id=7&upload_token=t"}"#
            )
        ) { $0.text == body && $0.call.request.headerFields[.contentType] == "application/json; charset=UTF-8" }
    }
    static func chunk(
        _ range: Range<Int64>, of item: MediaItem, isLast: Bool, _ outcome: ScriptedExchange.Outcome? = nil
    ) -> ScriptedExchange {
        let outcome =
            outcome
            ?? .json(isLast ? 201 : 206, "", ["Content-Range": "bytes 0-\(range.upperBound - 1)/\(item.byteCount)"])
        return ScriptedExchange(.put, "/video/", outcome, isVisible: isLast) { call in
            guard case .file(let path, range.lowerBound, let length) = call.call.body else { return false }
            let fields = call.call.request.headerFields
            return call.host == "open-upload.tiktokapis.com" && path == item.path && length == Int64(range.count)
                && call.query == ["upload_id": "7", "upload_token": "t"] && fields[.authorization] == nil
                && fields[.contentType] == item.type
                && fields[.contentRange] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(item.byteCount)"
        }
    }
    static func status(
        _ status: String, _ more: String = "", id: String = "v_pub_file~v2.1", isRepeatable: Bool = true,
        isOptional: Bool = false
    ) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v2/post/publish/status/fetch/", ok(#"{"status":"\#(status)"\#(more)}"#),
            isRepeatable: isRepeatable, isOptional: isOptional
        ) { $0.text == #"{"publish_id":"\#(id)"}"# }
    }
    static func complete(
        _ post: String? = "7380000000000000123", id: String = "v_pub_file~v2.1", isRepeatable: Bool = true,
        isOptional: Bool = false
    ) -> ScriptedExchange {
        Self.status(
            "PUBLISH_COMPLETE", #","publicaly_available_post_id":[\#(post ?? "")]"#, id: id,
            isRepeatable: isRepeatable, isOptional: isOptional)
    }

    // MARK: Posts

    static func content(
        _ format: PostFormat, _ text: String, _ media: [MediaItem], link: String? = nil, comment: String? = nil,
        privacy: String? = "PUBLIC_TO_EVERYONE", _ settings: [String: String] = [:]
    ) -> PostContent {
        var all = settings
        all["privacy_level"] = privacy
        return PostContent(
            format: format, parts: [PostPart(text: text, media: media)], link: link, firstComment: comment,
            settings: all)
    }

    static let filmBody =
        #"{"post_info":{"brand_content_toggle":false,"brand_organic_toggle":true,"disable_comment":true,"disable_duet":true,"disable_stitch":false,"is_aigc":true,"privacy_level":"PUBLIC_TO_EVERYONE","title":"Tom & \"Jerry\" #fun","video_cover_timestamp_ms":1500},"source_info":{"chunk_size":10000000,"source":"FILE_UPLOAD","total_chunk_count":2,"video_size":25000123}}"#
    static let video = PublishFixture(
        "video",
        content(
            .video, #"Tom & "Jerry" #fun"#, [film],
            [
                "disable_comment": "true", "brand_organic_toggle": "true", "is_aigc": "true",
                "video_cover_timestamp_ms": "1500",
            ]),
        [
            creator(), open(filmBody), chunk(0..<10_000_000, of: film, isLast: false),
            chunk(10_000_000..<25_000_123, of: film, isLast: true),
            status("PROCESSING_UPLOAD", isRepeatable: false), complete(nil, isRepeatable: false),
            complete(isOptional: true),
        ])

    static func pulled(_ path: String, _ body: String, id: String) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v2/post/publish/\(path)/init/", ok(#"{"publish_id":"\#(id)"}"#), isVisible: true
        ) { $0.text == body }
    }
    static let pulledVideo = PublishFixture(
        "video by URL", content(.video, "Clip", [clip], privacy: "MUTUAL_FOLLOW_FRIENDS", ["transfer": "pull"]),
        [
            creator(),
            pulled(
                "video",
                #"{"post_info":{"brand_content_toggle":false,"brand_organic_toggle":false,"disable_comment":false,"disable_duet":true,"disable_stitch":false,"is_aigc":false,"privacy_level":"MUTUAL_FOLLOW_FRIENDS","title":"Clip"},"source_info":{"source":"PULL_FROM_URL","video_url":"https://media.posthorn.test/dd44"}}"#,
                id: "v_pub_url~v2.2"),
            status("PROCESSING_DOWNLOAD", id: "v_pub_url~v2.2", isRepeatable: false),
            complete(nil, id: "v_pub_url~v2.2"),
        ])
    static let photoBody =
        #"{"is_aigc":false,"media_type":"PHOTO","post_info":{"auto_add_music":true,"brand_content_toggle":true,"brand_organic_toggle":false,"description":"Two\nhttps://acme.test","disable_comment":false,"privacy_level":"PUBLIC_TO_EVERYONE","title":"Shoes"},"post_mode":"DIRECT_POST","source_info":{"photo_cover_index":1,"photo_images":["https://media.posthorn.test/aa11","https://media.posthorn.test/bb22"],"source":"PULL_FROM_URL"}}"#
    static let photos = PublishFixture(
        "photos",
        content(
            .carousel, "Two", [photo, second], link: "https://acme.test",
            [
                "title": "Shoes", "photo_cover_index": "1", "auto_add_music": "true", "brand_content_toggle": "true",
            ]),
        [
            creator(), pulled("content", photoBody, id: "p_pub_url~v2.3"),
            status("PROCESSING_DOWNLOAD", id: "p_pub_url~v2.3", isRepeatable: false),
            complete(id: "p_pub_url~v2.3"),
        ])
    static let onePhoto = PublishFixture(
        "photo", content(.image, "", [photo], privacy: "SELF_ONLY"),
        [
            creator(),
            pulled(
                "content",
                #"{"is_aigc":false,"media_type":"PHOTO","post_info":{"auto_add_music":false,"brand_content_toggle":false,"brand_organic_toggle":false,"disable_comment":false,"privacy_level":"SELF_ONLY"},"post_mode":"DIRECT_POST","source_info":{"photo_cover_index":0,"photo_images":["https://media.posthorn.test/aa11"],"source":"PULL_FROM_URL"}}"#,
                id: "p_pub_url~v2.4"), complete(nil, id: "p_pub_url~v2.4"),
        ])

    static let refresh = RefreshFixture(
        app: app,
        exchange: ScriptedExchange(
            .post, "/v2/oauth/token/",
            .json(
                200,
                #"{"access_token":"act.new","expires_in":7200,"open_id":"_000open-id","refresh_token":"rft.new","refresh_expires_in":15552000,"scope":"user.info.basic,video.publish","token_type":"Bearer"}"#
            )
        ) {
            $0.form == [
                "client_key": "aw-client-key", "client_secret": "tiktok-app-secret-31d0",
                "grant_type": "refresh_token", "refresh_token": "rft.tiktok-77ab02f3",
            ]
        },
        refused: .json(
            200, #"{"error":"invalid_grant","error_description":"Refresh token is invalid.","log_id":"2026L"}"#))

    /// Without a look in lists: on TikTok an empty list proves nothing in the first hour, which tests of its own say.
    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [video, pulledVideo, photos, onePhoto], answers: answers,
        refresh: refresh)

    static func plugin(
        _ exchanges: [ScriptedExchange], at now: Date = now, media: PublicMedia? = .scripted, version: String? = nil
    ) -> (TikTokPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        let context = PluginContext(
            http: transport, clock: WorldClock { now }, publicMedia: media, apiVersion: version)
        return (TikTokPlugin(context: context), transport)
    }

    static func publish(
        _ content: PostContent, _ plugin: TikTokPlugin, _ context: ScriptedEffectContext = ScriptedEffectContext()
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
