// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: which act of publishing it is, and how far its upload is.
struct TikTokState: SavedState, Equatable {
    /// What the creator may choose, asked right before a post; kept until it is known what became of the send.
    struct Creator: Codable, Sendable, Equatable {
        var name: String?
        var hasComments = true
        var hasDuets = true
        var hasStitches = true
    }

    /// An upload that is open.
    struct Upload: Codable, Sendable, Equatable {
        /// Where its chunks go; it needs no token.
        var address: String
        /// How many chunks have arrived.
        var sent = 0
        var openedAt: Date
        /// Whether TikTok has it all.
        var isComplete = false

        /// How long TikTok takes chunks.
        static let life: TimeInterval = 3600
    }

    static let version = 1

    /// Which try this is: one more after each that TikTok says has failed, which makes it a visible piece of its own.
    var attempt = 0
    var creator: Creator?
    var publishID: String?
    var upload: Upload?
    /// When its status was asked for first.
    var followedSince: Date?
    /// When it was seen to be published.
    var completedAt: Date?
    /// How often a published post was asked for its identity.
    var looks = 0

    init() {}

    /// Begins anew after a post that is known not to exist.
    mutating func startOver() {
        let attempt = self.attempt + 1
        self = TikTokState()
        self.attempt = attempt
    }
}
