// SPDX-License-Identifier: MIT

import PluginKit

/// What the settings of a post mean for its request.
enum TikTokSettings {
    static let privacy = "privacy_level"
    static let everybody = "PUBLIC_TO_EVERYONE"
    static let onlySelf = "SELF_ONLY"
    static let privacyLevels = [everybody, "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", onlySelf]
    static let brandContent = "brand_content_toggle"
    static let transfer = "transfer"
    static let coverTime = "video_cover_timestamp_ms"
    static let coverIndex = "photo_cover_index"
    static let title = "title"

    /// What only films have.
    static let ofVideos = ["disable_duet", "disable_stitch", transfer, coverTime]
    /// What only photos have.
    static let ofPhotos = [coverIndex, "auto_add_music", title]

    /// The words, with the link below them: TikTok shows it as words.
    static func caption(_ content: PostContent) -> String {
        let text = content.parts.first?.text ?? ""
        guard let link = content.link, !link.isEmpty else { return text }
        return text.isEmpty ? link : "\(text)\n\(link)"
    }

    /// Whether TikTok fetches the files itself.
    static func isPulled(_ content: PostContent) -> Bool {
        content.format != .video || content.settings[Self.transfer] == "pull"
    }

    /// Whether everybody may see it.
    static func isPublic(_ content: PostContent) -> Bool { content.settings[Self.privacy] == Self.everybody }
}

/// Where the files come from.
struct TikTokSource: Encodable, Sendable {
    var source: String
    var video_url: String?
    var photo_images: [String]?
    var photo_cover_index: Int?
    var video_size: Int64?
    var chunk_size: Int64?
    var total_chunk_count: Int?

    static func upload(_ chunks: TikTokChunks) -> Self {
        Self(
            source: "FILE_UPLOAD", video_size: chunks.total, chunk_size: chunks.size, total_chunk_count: chunks.count)
    }
}

/// The body of a new film.
struct TikTokNewVideo: Encodable, Sendable {
    struct Info: Encodable, Sendable {
        var privacy_level: String
        var title: String?
        var disable_duet: Bool
        var disable_comment: Bool
        var disable_stitch: Bool
        var video_cover_timestamp_ms: Int?
        var brand_content_toggle: Bool
        var brand_organic_toggle: Bool
        var is_aigc: Bool
    }

    var post_info: Info
    var source_info: TikTokSource

    init(_ content: PostContent, privacy: String, _ creator: TikTokState.Creator, from source: TikTokSource) {
        func isSet(_ name: String) -> Bool { content.settings[name] == "true" }
        let caption = TikTokSettings.caption(content)
        self.post_info = Info(
            privacy_level: privacy, title: caption.isEmpty ? nil : caption,
            disable_duet: isSet("disable_duet") || !creator.hasDuets,
            disable_comment: isSet("disable_comment") || !creator.hasComments,
            disable_stitch: isSet("disable_stitch") || !creator.hasStitches,
            video_cover_timestamp_ms: content.settings[TikTokSettings.coverTime].flatMap { Int($0) },
            brand_content_toggle: isSet(TikTokSettings.brandContent),
            brand_organic_toggle: isSet("brand_organic_toggle"), is_aigc: isSet("is_aigc"))
        self.source_info = source
    }
}

/// The body of new photos.
struct TikTokNewPhotos: Encodable, Sendable {
    struct Info: Encodable, Sendable {
        var title: String?
        var description: String?
        var privacy_level: String
        var disable_comment: Bool
        var auto_add_music: Bool
        var brand_content_toggle: Bool
        var brand_organic_toggle: Bool
    }

    var media_type = "PHOTO"
    var post_mode = "DIRECT_POST"
    var post_info: Info
    var source_info: TikTokSource
    var is_aigc: Bool

    init(_ content: PostContent, privacy: String, _ creator: TikTokState.Creator, at addresses: [String]) {
        func isSet(_ name: String) -> Bool { content.settings[name] == "true" }
        let caption = TikTokSettings.caption(content)
        self.post_info = Info(
            title: content.settings[TikTokSettings.title], description: caption.isEmpty ? nil : caption,
            privacy_level: privacy, disable_comment: isSet("disable_comment") || !creator.hasComments,
            auto_add_music: isSet("auto_add_music"), brand_content_toggle: isSet(TikTokSettings.brandContent),
            brand_organic_toggle: isSet("brand_organic_toggle"))
        self.source_info = TikTokSource(
            source: "PULL_FROM_URL", photo_images: addresses,
            photo_cover_index: content.settings[TikTokSettings.coverIndex].flatMap { Int($0) } ?? 0)
        self.is_aigc = isSet("is_aigc")
    }
}
