// SPDX-License-Identifier: MIT

import PluginKit

/// A campaign or a line item as X shows it.
struct XAdsItem: Decodable, Sendable {
    var id: String
    var name: String?
    var entity_status: String?
    var deleted: Bool?

    /// Whether it is switched on.
    var isActive: Bool { self.entity_status == "ACTIVE" && self.deleted != true }
}

/// The ad account, as far as it says when its days begin.
struct XAdsAccount: Decodable, Sendable {
    var timezone: String?
}

/// What pays: the ad account itself says neither currency nor whether it can.
struct XFundingInstrument: Decodable, Sendable {
    var id: String
    var currency: String?
    var able_to_fund: Bool?
    var deleted: Bool?
}

/// A user whose posts the ad account may promote.
struct XPromotableUser: Decodable, Sendable {
    var user_id: XAdsText
    var deleted: Bool?
}

/// A post as a line item promotes it.
struct XPromotedPost: Decodable, Sendable {
    var id: String
    var tweet_id: XAdsText?
    var approval_status: String?
    var deleted: Bool?
}

/// Words or a number that stand for an identity.
struct XAdsText: Decodable, Sendable, Hashable {
    var text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {  // Otherwise it is a text, whose error is the one to tell.
            self.text = String(number)
        } else {
            self.text = try container.decode(String.self)
        }
    }
}

/// What a line item is for, by the common word for it.
///
/// The documents show the goal of *engagement*; those of the others are the nearest words of the reference (?).
struct XObjective: Sendable, Hashable {
    var word: String
    var objective: String
    var goal: String

    static let all: [Self] = [
        Self(word: "engagement", objective: "ENGAGEMENTS", goal: "ENGAGEMENT"),
        Self(word: "reach", objective: "REACH", goal: "MAX_REACH"),
        Self(word: "traffic", objective: "WEBSITE_CLICKS", goal: "LINK_CLICKS"),
        Self(word: "video_views", objective: "VIDEO_VIEWS", goal: "VIDEO_VIEW"),
    ]

    /// The objective of a word.
    static func named(_ word: String) -> Self? { Self.all.first { $0.word == word } }
}

/// What the plugin keeps between the steps of a boost; nothing of it delivers before the campaign is active.
struct XBoostState: SavedState, Equatable {
    static let version = 1

    var campaign: String?
    var lineItem: String?
    /// Whether the audience is said.
    var isTargeted = false
    var promoted: String?
    /// Whether the line item is active, so that only the campaign is left.
    var isReady = false

    init() {}
}
