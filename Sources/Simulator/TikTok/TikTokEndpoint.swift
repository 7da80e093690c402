// SPDX-License-Identifier: MIT

/// The endpoints of TikTok's open API that the simulator serves; all paths end with a slash.
enum TikTokEndpoint: String, Sendable {
    case creatorInfo = "POST /v2/post/publish/creator_info/query/"
    case videoInit = "POST /v2/post/publish/video/init/"
    case inboxInit = "POST /v2/post/publish/inbox/video/init/"
    case contentInit = "POST /v2/post/publish/content/init/"
    case status = "POST /v2/post/publish/status/fetch/"
    case cancel = "POST /v2/post/publish/cancel/"
    case videoList = "POST /v2/video/list/"
    case videoQuery = "POST /v2/video/query/"
    case userInfo = "GET /v2/user/info/"

    init?(_ request: SimulatedRequest) { self.init(rawValue: "\(request.method) \(request.path)") }

    /// Requests in a minute for each token.
    var limit: Int {
        switch self {
        case .creatorInfo: 20
        case .videoInit, .inboxInit, .contentInit: 6
        case .status, .cancel: 30
        case .videoList, .videoQuery, .userInfo: 600
        }
    }

    /// The scope that a token needs; the content endpoint's depends on what is asked.
    var scope: String? {
        switch self {
        case .creatorInfo, .videoInit: "video.publish"
        case .inboxInit: "video.upload"
        case .videoList, .videoQuery: "video.list"
        case .userInfo: "user.info.basic"
        case .contentInit, .status, .cancel: nil
        }
    }

    /// The JSON body.
    var schema: XSchema {
        switch self {
        case .creatorInfo, .userInfo: .object([:])
        case .videoInit:
            .object(
                ["post_info": Self.videoInfo, "source_info": Self.videoSource],
                required: ["post_info", "source_info"])
        case .inboxInit: .object(["source_info": Self.videoSource], required: ["source_info"])
        case .contentInit: Self.content
        case .status, .cancel: .object(["publish_id": .text(minimum: 1, maximum: 64)], required: ["publish_id"])
        case .videoList: .object(["cursor": .integer(0...Int.max), "max_count": .integer(1...20)])
        case .videoQuery:
            .object(
                [
                    "filters": .object(
                        ["video_ids": .list(.text(minimum: 1), count: 1...20)], required: ["video_ids"])
                ], required: ["filters"])
        }
    }

    private static let privacy = XSchema.choice([
        "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY",
    ])

    private static let videoInfo = XSchema.object(
        [
            "privacy_level": privacy, "title": .text(), "disable_duet": .flag, "disable_comment": .flag,
            "disable_stitch": .flag, "video_cover_timestamp_ms": .integer(0...Int.max), "brand_content_toggle": .flag,
            "brand_organic_toggle": .flag, "is_aigc": .flag,
        ], required: ["privacy_level"])

    private static let videoSource = XSchema.object(
        [
            "source": .choice(["FILE_UPLOAD", "PULL_FROM_URL"]), "video_url": .text(minimum: 1),
            "video_size": .integer(1...4_294_967_296), "chunk_size": .integer(1...Int.max),
            "total_chunk_count": .integer(1...1000),
        ], required: ["source"])

    private static let content = XSchema.object(
        [
            "media_type": .choice(["PHOTO"]), "post_mode": .choice(["DIRECT_POST", "MEDIA_UPLOAD"]),
            "post_info": .object([
                "title": .text(), "description": .text(), "privacy_level": privacy, "disable_comment": .flag,
                "auto_add_music": .flag, "brand_content_toggle": .flag, "brand_organic_toggle": .flag,
            ]),
            "source_info": .object(
                [
                    "source": .choice(["PULL_FROM_URL"]), "photo_images": .list(.text(minimum: 1), count: 1...35),
                    "photo_cover_index": .integer(0...34),
                ], required: ["source", "photo_images"]), "is_aigc": .flag,
        ], required: ["media_type", "post_mode", "source_info"])
}
