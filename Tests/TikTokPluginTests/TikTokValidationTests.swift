// SPDX-License-Identifier: MIT

import Domain
import PluginKit
import Testing

@testable import TikTokPlugin

@Suite("Drafts for TikTok")
struct TikTokValidationTests {
    private static let horn = String(repeating: "📯", count: 1101)

    @Test(
        "drafts that TikTok would refuse are refused",
        arguments: [
            (TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], privacy: nil), "settings.privacy_level"),
            (TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], privacy: "ALL"), "settings.privacy_level"),
            (
                TikTokFixtures.content(
                    .video, "a", [TikTokFixtures.clip], privacy: "SELF_ONLY", ["brand_content_toggle": "true"]),
                "settings.privacy_level"
            ),
            // 1,101 horns are 2,202 UTF-16 units.
            (TikTokFixtures.content(.video, horn, [TikTokFixtures.clip]), "text"),
            (TikTokFixtures.content(.video, "a", [TikTokFixtures.photo]), "media[0]"),
            (
                TikTokFixtures.content(.image, "a", [MediaItem(hash: "h", type: "image/png", byteCount: 9)]),
                "media[0]"
            ),
            (TikTokFixtures.content(.carousel, "a", [TikTokFixtures.photo]), "media"),
            (TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], comment: "c"), "first_comment"),
            (TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], ["title": "t"]), "settings.title"),
            (
                TikTokFixtures.content(.image, "a", [TikTokFixtures.photo], ["disable_duet": "true"]),
                "settings.disable_duet"
            ),
            (
                TikTokFixtures.content(
                    .image, "a", [TikTokFixtures.photo], ["title": String(repeating: "t", count: 91)]),
                "settings.title"
            ),
            (
                TikTokFixtures.content(.image, "a", [TikTokFixtures.photo], ["photo_cover_index": "1"]),
                "settings.photo_cover_index"
            ),
            (
                TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], ["video_cover_timestamp_ms": "soon"]),
                "settings.video_cover_timestamp_ms"
            ),
            (
                TikTokFixtures.content(.video, "a", [TikTokFixtures.clip], ["is_aigc": "perhaps"]), "settings.is_aigc"
            ),
        ])
    func refused(content: PostContent, field: String) {
        let issues = TikTokFixtures.plugin([]).0.validate(content)
        #expect(issues.contains { $0.severity == .error && $0.field == field }, "\(issues)")
    }

    @Test("what TikTok leaves out is said, and is no obstacle")
    func warnings() {
        var photo = TikTokFixtures.photo
        photo.altText = "A horn"
        let issues = TikTokFixtures.plugin([]).0.validate(
            TikTokFixtures.content(.image, "a", [photo], link: "https://acme.test"))
        #expect(issues.map(\.field) == ["link", "media[0].alt_text"])
        #expect(issues.allSatisfy { $0.severity == .warning })
    }

    @Test("the longest texts, the largest files and every privacy level are taken")
    func enough() {
        let plugin = TikTokFixtures.plugin([]).0
        let film = MediaItem(hash: "f", type: "video/quicktime", byteCount: 4_000_000_000)
        let photo = MediaItem(hash: "p", type: "image/webp", byteCount: 20_000_000)
        for level in ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"] {
            let words = String(repeating: "📯", count: 1100)
            #expect(plugin.validate(TikTokFixtures.content(.video, words, [film], privacy: level)).isEmpty)
        }
        let many = TikTokFixtures.content(
            .carousel, String(repeating: "a", count: 4000), Array(repeating: photo, count: 35),
            ["title": String(repeating: "t", count: 90), "photo_cover_index": "34"])
        #expect(plugin.validate(many).isEmpty)
    }
}
