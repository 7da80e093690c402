// SPDX-License-Identifier: MIT

package import Domain
package import PluginKit

/// What a post says before it is fitted to an account; stored with each revision, as it was given.
package struct MasterContent: Sendable, Hashable, Codable {
    /// One account's own wording or settings.
    package struct Variant: Sendable, Hashable, Codable {
        /// The words, in place of the post's.
        package var text: String?
        /// The shape, in place of the post's.
        package var format: PostFormat?

        /// The files, in place of the post's: those that were made to fit.
        package var media: [MediaItem]?

        /// Makes a variant.
        package init(text: String? = nil, format: PostFormat? = nil, media: [MediaItem]? = nil) {
            self.text = text
            self.format = format
            self.media = media
        }
    }

    /// The words; a thread's parts are separated by lines that hold only `---`.
    package var text: String
    /// The files, in order, by content.
    package var media: [MediaItem]
    /// The link.
    package var link: String?
    /// A comment by the account right under the post.
    package var firstComment: String?
    /// The shape, when a person chose one.
    package var format: PostFormat?
    /// Platforms' own settings by `platform.name`.
    package var settings: [String: String]
    /// Accounts' own wording by account slug.
    package var variants: [String: Variant]

    /// Makes content.
    package init(
        text: String, media: [MediaItem] = [], link: String? = nil, firstComment: String? = nil,
        format: PostFormat? = nil,
        settings: [String: String] = [:], variants: [String: Variant] = [:]
    ) {
        self.text = text
        self.media = media
        self.link = link
        self.firstComment = firstComment
        self.format = format
        self.settings = settings
        self.variants = variants
    }
}
