// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import InstagramPlugin

/// Answers of Instagram, written from its documents.
enum InstagramFixtures {
    static let now = Date(timeIntervalSince1970: 1_795_255_200)
    static let account = "17841405822304914"
    static let access = AccountAccess(
        account: AccountID(), externalID: account, tokens: TokenSet(accessToken: Secret("EAAinsta-5f1c9e01aa")),
        app: AppCredential(id: "4711", secret: Secret("ig-app-secret-31d0")))
    static let own = AccountAccess(
        account: AccountID(), externalID: account,
        tokens: TokenSet(
            accessToken: Secret("IGAown-77ab02f3cc"), refreshToken: Secret("IGAown-77ab02f3cc"),
            extra: ["login": Secret("instagram")]))

    static func error(
        _ code: Int, _ subcode: Int? = nil, _ message: String = "An error", status: Int = 400,
        isTransient: Bool = false, _ headers: [String: String] = [:]
    ) -> HTTPReply {
        let more = subcode.map { #","error_subcode":\#($0)"# } ?? ""
        return .json(
            status,
            #"{"error":{"message":"\#(message)","type":"OAuthException","code":\#(code)\#(more),"is_transient":\#(isTransient),"fbtrace_id":"AtraceZ"}}"#,
            headers)
    }

    static let answers = PlatformAnswers(
        unauthorized: error(190, 460, "Password changed", status: 401),
        limited: error(
            80_002, nil, "Too many calls to this Instagram account",
            [
                "X-Business-Use-Case-Usage":
                    #"{"\#(account)":[{"type":"instagram","call_count":100,"estimated_time_to_regain_access":4}]}"#
            ]),
        limitedPause: .seconds(240) ... .seconds(240), limitedUnsaid: error(4, nil, "Application request limit"),
        failures: [
            error(1, nil, "Unknown", status: 500), error(2, nil, "Service", status: 503), .json(502, "<html>"),
            .json(504, ""), error(-1, 2_207_001, "Instagram server error"),
        ],
        refusal: { error(100, nil, $0) })

    /// A file with some bytes, made once for the process.
    static let file: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "posthorn-ig-\(UUID().uuidString).bin").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0x2A, count: 1_500_000))
        return path
    }()
    static let picture = MediaItem(hash: "aa11", type: "image/jpeg", byteCount: 1000, path: file, altText: "A horn")
    static let second = MediaItem(hash: "bb22", type: "image/jpeg", byteCount: 2000, path: file)
    static let film = MediaItem(hash: "cc33", type: "video/mp4", byteCount: 1_500_000, path: file)

    // MARK: Exchanges

    static func quota(_ used: Int = 3, of total: Int? = 25) -> ScriptedExchange {
        let config = total.map { #","config":{"quota_total":\#($0),"quota_duration":86400}"# } ?? ""
        return ScriptedExchange(
            .get, "/v25.0/\(account)/content_publishing_limit",
            .json(200, #"{"data":[{"quota_usage":\#(used)\#(config)}]}"#)
        ) { $0.query == ["fields": "quota_usage,config"] }
    }
    static func container(_ id: String, _ form: [String: String], uri: Bool = false) -> ScriptedExchange {
        let address = uri ? #","uri":"https://rupload.facebook.com/ig-api-upload/v25.0/\#(id)""# : ""
        return ScriptedExchange(.post, "/v25.0/\(account)/media", .json(200, #"{"id":"\#(id)"\#(address)}"#)) {
            $0.form == form
        }
    }
    static func status(_ id: String, _ code: String = "FINISHED", _ text: String = "", isRepeatable: Bool? = nil)
        -> ScriptedExchange
    {
        ScriptedExchange(
            .get, "/v25.0/\(id)", .json(200, #"{"status_code":"\#(code)","status":"\#(text)","id":"\#(id)"}"#),
            isRepeatable: isRepeatable
        ) { $0.query["fields"]?.hasPrefix("status_code,status") == true }
    }
    static func bytes(_ id: String, from offset: Int64 = 0) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/ig-api-upload/v25.0/\(id)", .json(200, #"{"success":true,"message":"Upload successful."}"#)
        ) { call in
            guard call.host == "rupload.facebook.com", case .file(_, offset, let length) = call.call.body else {
                return false
            }
            let fields = call.call.request.headerFields
            return length == film.byteCount - offset && fields[.authorization]?.hasPrefix("OAuth ") == true
                && HTTPField.Name("offset").flatMap { fields[$0] } == String(offset)
                && HTTPField.Name("file_size").flatMap { fields[$0] } == "1500000"
        }
    }
    static func publish(_ container: String, _ id: String = "18001") -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(account)/media_publish", .json(200, #"{"id":"\#(id)"}"#), isVisible: true
        ) { $0.form == ["creation_id": container] }
    }
    static func seen(_ id: String = "18001") -> ScriptedExchange {
        ScriptedExchange(
            .get, "/v25.0/\(id)",
            .json(
                200,
                #"{"permalink":"https://www.instagram.com/p/Cabc/","timestamp":"2026-11-21T10:00:03+0000","id":"\#(id)"}"#
            ), isOptional: true
        ) { $0.query == ["fields": "permalink,timestamp"] }
    }
    static func comment(_ words: String = "First!") -> ScriptedExchange {
        ScriptedExchange(.post, "/v25.0/18001/comments", .json(200, #"{"id":"17870"}"#), isVisible: true) {
            $0.form == ["message": words]
        }
    }

    // MARK: Posts

    static func content(
        _ format: PostFormat, _ text: String, _ media: [MediaItem], link: String? = nil, comment: String? = nil,
        _ settings: [String: String] = [:]
    ) -> PostContent {
        PostContent(
            format: format, parts: [PostPart(text: text, media: media)], link: link, firstComment: comment,
            settings: settings)
    }
    static let address = "https://media.posthorn.test/"

    static let image = PublishFixture(
        "image", content(.image, "Tom & Jerry", [picture], comment: "First!", ["collaborators": "@anna, ben.c"]),
        [
            quota(),
            container(
                "901",
                [
                    "image_url": address + "aa11", "alt_text": "A horn", "caption": "Tom & Jerry",
                    "collaborators": #"["anna","ben.c"]"#,
                ]), status("901"), publish("901"), seen(), comment(),
        ])
    static let carousel = PublishFixture(
        "carousel", content(.carousel, "Mixed", [picture, film, second]),
        [
            quota(),
            container("901", ["image_url": address + "aa11", "is_carousel_item": "true", "alt_text": "A horn"]),
            container(
                "902", ["media_type": "VIDEO", "upload_type": "resumable", "is_carousel_item": "true"], uri: true),
            bytes("902"), container("903", ["image_url": address + "bb22", "is_carousel_item": "true"]),
            status("901"), status("902", "IN_PROGRESS", isRepeatable: false), status("902"), status("903"),
            container("910", ["media_type": "CAROUSEL", "children": "901,902,903", "caption": "Mixed"]),
            status("910"), publish("910"), seen(),
        ])
    static let reel = PublishFixture(
        "reel", content(.reel, "Reel", [film], ["thumb_offset": "1500", "share_to_feed": "true", "trial": "MANUAL"]),
        [
            quota(),
            container(
                "901",
                [
                    "media_type": "REELS", "upload_type": "resumable", "caption": "Reel", "thumb_offset": "1500",
                    "share_to_feed": "true", "trial_params": #"{"graduation_strategy":"MANUAL"}"#,
                ], uri: true), bytes("901"), status("901", "IN_PROGRESS", isRepeatable: false), status("901"),
            publish("901"), seen(),
        ])
    static let pictureStory = PublishFixture(
        "picture story", content(.story, "", [picture]),
        [
            quota(), container("901", ["media_type": "STORIES", "image_url": address + "aa11"]), status("901"),
            publish("901"), seen(),
        ])
    static let filmStory = PublishFixture(
        "film story", content(.story, "", [film]),
        [
            quota(), container("901", ["media_type": "STORIES", "upload_type": "resumable"], uri: true),
            bytes("901"), status("901"), publish("901"), seen(),
        ])

    /// A list of media, as a token of Facebook's login sees it, or of Instagram's own.
    static func media(
        _ posts: [ListedPost], edge: String = "media", path: String = "p", isOwnLogin: Bool = false
    ) -> [ScriptedExchange] {
        let items = posts.map { post in
            let time = post.createdAt.formatted(.iso8601).replacing("Z", with: "+0000")
            let kind = isOwnLogin ? "" : #","media_product_type":"\#(edge == "stories" ? "STORY" : "FEED")""#
            return
                #"{"id":"\#(post.id)","caption":"\#(post.text.replacing("\n", with: "\\n"))","timestamp":"\#(time)","permalink":"https://www.instagram.com/\#(path)/\#(post.id)/"\#(kind)}"#
        }
        return [
            ScriptedExchange(
                .get, "/v25.0/\(account)/\(edge)", .json(200, #"{"data":[\#(items.joined(separator: ","))]}"#)
            ) {
                $0.query["fields"] == "id,caption,timestamp,permalink\(isOwnLogin ? "" : ",media_product_type")"
            }
        ]
    }

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [image, carousel, reel, pictureStory, filmStory], answers: answers,
        find: FindFixture(content(.image, "Tom and Jerry", [picture]), listing: { media($0) }))

    static func plugin(
        _ exchanges: [ScriptedExchange], at now: Date = now, media: PublicMedia? = .scripted
    ) -> (InstagramPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        let context = PluginContext(http: transport, clock: WorldClock { now }, publicMedia: media)
        return (InstagramPlugin(context: context), transport)
    }

    static func publish(
        _ content: PostContent, _ plugin: InstagramPlugin, _ context: ScriptedEffectContext = ScriptedEffectContext(),
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
