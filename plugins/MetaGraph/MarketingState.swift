// SPDX-License-Identifier: MIT

import PluginKit

/// What an ad shows: a post of a Page or a media of an Instagram account.
package struct MarketingSubject: Codable, Sendable, Equatable {
    /// The Page that stands behind it.
    package var page: String
    /// The post of the Page.
    package var story: String?
    /// The media.
    package var media: String?

    /// Describes a post.
    package init(page: String, story: String) {
        self.page = page
        self.story = story
    }

    /// Describes a media.
    package init(page: String, media: String) {
        self.page = page
        self.media = media
    }
}

/// What the plugin keeps between the steps of a boost; nothing of it delivers before the ad is active.
package struct MarketingState: SavedState, Equatable {
    /// The version of the layout.
    package static let version = 1

    /// What is promoted; known with the campaign.
    package var subject: MarketingSubject?
    /// The campaign's identity.
    package var campaign: String?
    /// The ad set's.
    package var adSet: String?
    /// The creative's.
    package var creative: String?
    /// The ad's.
    package var ad: String?
    /// Whether campaign and ad set are active, so that only the ad is left.
    package var isOpen = false

    /// Nothing is made yet.
    package init() {}
}
