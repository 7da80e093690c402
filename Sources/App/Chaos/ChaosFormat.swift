// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Publishing

/// A kind of post on a platform, as a run with all formats publishes it.
struct ChaosFormat: Sendable {
    /// The platform.
    var platform: String
    /// What it is called in a report.
    var name: String
    /// The shape; chosen from words and files when `nil`.
    var format: PostFormat?
    /// How many parts it has: a thread has several.
    var parts = 1
    /// Its files.
    var media: [ChaosFile.Kind] = []
    /// Whether it has no words, so that its files are told apart by what is in them.
    var isWordless = false
    /// Whether the account comments it at once.
    var hasComment = false
    /// Whether it answers a post that the account made before the run.
    var isReply = false
    /// A link below the words.
    var link: String?
    /// The platform's own settings.
    var settings: [String: String] = [:]

    /// Everything that the platforms' plugins publish; the platforms take turns in a run.
    static let all: [ChaosFormat] = Self.facebook + Self.instagram + Self.x + Self.tiktok

    private static let facebook = [
        ChaosFormat(platform: "facebook", name: "text", hasComment: true),
        ChaosFormat(platform: "facebook", name: "link", link: "https://example.com/a"),
        ChaosFormat(platform: "facebook", name: "image", media: [.picture]),
        ChaosFormat(platform: "facebook", name: "carousel", media: [.picture, .otherPicture]),
        ChaosFormat(platform: "facebook", name: "video", format: .video, media: [.film]),
        ChaosFormat(platform: "facebook", name: "reel", format: .reel, media: [.film]),
        ChaosFormat(platform: "facebook", name: "photo story", format: .story, media: [.picture], isWordless: true),
        ChaosFormat(platform: "facebook", name: "film story", format: .story, media: [.film], isWordless: true),
    ]
    private static let instagram = [
        ChaosFormat(platform: "instagram", name: "image", media: [.picture], hasComment: true),
        ChaosFormat(platform: "instagram", name: "carousel", media: [.picture, .film, .otherPicture]),
        ChaosFormat(platform: "instagram", name: "reel", format: .reel, media: [.film]),
        ChaosFormat(platform: "instagram", name: "photo story", format: .story, media: [.picture], isWordless: true),
        ChaosFormat(platform: "instagram", name: "film story", format: .story, media: [.film], isWordless: true),
    ]
    private static let x = [
        ChaosFormat(platform: "x", name: "text", hasComment: true),
        ChaosFormat(platform: "x", name: "image", media: [.picture]),
        ChaosFormat(platform: "x", name: "two images", media: [.picture, .otherPicture]),
        ChaosFormat(platform: "x", name: "GIF", media: [.animation]),
        ChaosFormat(platform: "x", name: "video", media: [.film]),
        ChaosFormat(platform: "x", name: "poll", settings: ["x.poll": "Yes|No"]),
        ChaosFormat(platform: "x", name: "thread", parts: 3),
        ChaosFormat(platform: "x", name: "reply", isReply: true),
    ]
    private static let tiktok = [
        ChaosFormat(platform: "tiktok", name: "video", media: [.film], settings: Self.forAll),
        ChaosFormat(
            platform: "tiktok", name: "video by URL", media: [.film],
            settings: Self.forAll.merging(["tiktok.transfer": "pull"]) { $1 }),
        ChaosFormat(platform: "tiktok", name: "image", media: [.picture], settings: Self.forAll),
        ChaosFormat(platform: "tiktok", name: "carousel", media: [.picture, .otherPicture], settings: Self.forAll),
    ]
    private static let forAll = ["tiktok.privacy_level": "PUBLIC_TO_EVERYONE"]

    /// The platforms, in the order of accounts.
    static let platforms = ["facebook", "instagram", "x", "tiktok"]

    /// The format of a post: each account goes through those of its platform.
    static func of(_ number: Int, accounts: Int) -> ChaosFormat {
        let platform = Self.platforms[number % accounts % Self.platforms.count]
        let formats = Self.all.filter { $0.platform == platform }
        return formats[number / accounts % formats.count]
    }

    /// The markers of everything that becomes visible of a post: its parts, then its comment.
    func markers(_ number: Int) -> [String] {
        let marker = ChaosAgency.marker(number)
        return (1...self.parts).map { $0 == 1 ? marker : "\(marker).\($0)" } + (self.hasComment ? ["\(marker).c"] : [])
    }

    /// The post.
    ///
    /// - Parameters:
    ///   - number: which one it is.
    ///   - account: the account's slug.
    ///   - time: when it is due.
    ///   - files: where its files come from.
    ///   - earlier: the account's post from before the run, which a reply answers.
    /// - Throws: what the store throws.
    /// - Returns: the post, with its files in the store.
    func draft(
        _ number: Int, account: String, time: PostTime, files: ChaosFile, earlier: String? = nil
    ) async throws -> PostDraft {
        let marks = self.markers(number).map { "[ph:\($0)]" }
        let words = (0..<self.parts).map { "\(self.name), post \(number) of the run \(marks[$0])" }
        var draft = PostDraft(
            accounts: [account], text: self.isWordless ? "" : words.joined(separator: "\n---\n"), time: time)
        draft.format = self.format
        draft.link = self.link
        draft.settings = self.settings
        if self.isReply { draft.settings["x.reply_to"] = earlier }
        if self.hasComment { draft.firstComment = "The first comment \(marks[self.parts])" }
        for kind in self.media {
            // Without words the marker stands in the file, and in its description for the database's side.
            var item = try await files.item(kind, marker: self.isWordless ? marks[0] : nil)
            if self.isWordless { item.altText = marks[0] }
            draft.media.append(item)
        }
        return draft
    }
}
