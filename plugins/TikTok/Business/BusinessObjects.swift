// SPDX-License-Identifier: MIT

import Crypto
import Foundation
import PluginKit

/// What is promoted for whom, by the common word for it.
///
/// Interaction on TikTok is bought as new followers or as views; an objective for likes and comments alone is not in the documents.
struct BusinessObjective: Sendable, Hashable {
    var word: String
    var objective: String
    var goal: String
    var billing: String

    static let traffic = "traffic"
    static let reach = "reach"
    static let all: [Self] = [
        Self(word: reach, objective: "REACH", goal: "REACH", billing: "CPM"),
        Self(word: "video_views", objective: "VIDEO_VIEWS", goal: "ENGAGED_VIEW", billing: "CPV"),
        Self(word: traffic, objective: "TRAFFIC", goal: "CLICK", billing: "CPC"),
        Self(word: "followers", objective: "ENGAGEMENT", goal: "FOLLOWERS", billing: "OCPM"),
    ]

    /// The objective of a word.
    static func named(_ word: String) -> Self? { Self.all.first { $0.word == word } }
}

/// The body of a new campaign; the budget is the ad group's.
struct BusinessNewCampaign: Encodable, Sendable {
    var advertiser_id: String
    var campaign_name: String
    var objective_type: String
    var budget_mode = "BUDGET_MODE_INFINITE"
    var operation_status = "DISABLE"
    var request_id: String
}

/// The body of a new ad group.
struct BusinessNewAdGroup: Encodable, Sendable {
    var advertiser_id: String
    var campaign_id: String
    var adgroup_name: String
    var placement_type = "PLACEMENT_TYPE_NORMAL"
    var placements = ["PLACEMENT_TIKTOK"]
    var location_ids: [String]
    var age_groups: [String]?
    var gender: String?
    var interest_category_ids: [String]?
    var audience_ids: [String]?
    var excluded_audience_ids: [String]?
    var budget_mode: String
    /// Written digit for digit: a plain number of the currency's major unit.
    var budget: Decimal
    var schedule_type = "SCHEDULE_START_END"
    var schedule_start_time: String
    var schedule_end_time: String
    var optimization_goal: String
    var billing_event: String
    var bid_type = "BID_TYPE_NO_BID"
    /// The value is not in the documents (?): evenly over the time.
    var pacing = "PACING_MODE_SMOOTH"
    /// Only for reach: how often in how many days one person sees it at most (?).
    var frequency: Int?
    var frequency_schedule: Int?
    var operation_status = "DISABLE"
    var request_id: String
}

/// The body of a new ad: a post that exists, shown as it is.
struct BusinessNewAd: Encodable, Sendable {
    struct Creative: Encodable, Sendable {
        var ad_name: String
        var ad_format: String
        var identity_type: String
        var identity_id: String
        var identity_authorized_bc_id: String?
        var tiktok_item_id: String
        var call_to_action: String?
        var landing_page_url: String?
        var operation_status = "DISABLE"
    }
    var advertiser_id: String
    var adgroup_id: String
    var creatives: [Creative]
}

/// The body that switches something on or off; one of the lists is there.
struct BusinessSwitch: Encodable, Sendable {
    var advertiser_id: String
    var campaign_ids: [String]?
    var adgroup_ids: [String]?
    var ad_ids: [String]?
    var operation_status: String
}

/// What was made.
struct BusinessMade: Decodable, Sendable {
    var campaign_id: TikTokID?
    var adgroup_id: TikTokID?
    var ad_ids: [TikTokID]?
}

/// An answer whose data says nothing that is needed.
struct BusinessDone: Decodable, Sendable {}

/// A campaign, an ad group or an ad as TikTok shows it.
struct BusinessItem: Decodable, Sendable {
    var campaign_id: TikTokID?
    var campaign_name: String?
    var adgroup_id: TikTokID?
    var adgroup_name: String?
    var ad_id: TikTokID?
    var ad_name: String?
    var operation_status: String?
    var secondary_status: String?
}

/// An ad account as TikTok shows it.
struct BusinessAdvertiser: Decodable, Sendable {
    struct List: Decodable, Sendable { var list: [BusinessAdvertiser] }
    static let fields = ["currency", "timezone", "status"]

    var currency: String?
    var timezone: String?
    var status: String?
}

/// Whose post it is, in the words of TikTok's ads.
struct BusinessIdentity: Codable, Sendable, Equatable {
    var identity_id: String
    var identity_type: String
    var identity_authorized_bc_id: String?
    var can_pull_video: Bool?

    static let typeField = "identity_type"
    static let idField = "identity_id"
    static let centerField = "identity_bc_id"
    static let own = "TT_USER"
    static let types = [own, "BC_AUTH_TT", "AUTH_CODE"]
}

/// What the plugin keeps between the steps of a boost; nothing of it delivers before the campaign is enabled.
struct TikTokBoostState: SavedState, Equatable {
    static let version = 1

    var identity: BusinessIdentity?
    var campaign: String?
    var adGroup: String?
    var ad: String?
    /// Whether ad and ad group are enabled, so that only the campaign is left.
    var isReady = false

    init() {}
}

/// Numbers that make TikTok take a request that it gets twice for one: the same for every try of a step.
enum BusinessRequestID {
    /// A 64-bit number without a sign that follows from a text.
    static func make(_ text: String) -> String {
        let digest = SHA256.hash(data: Data(text.utf8))
        // Below 2^63, so that whoever reads it with a sign reads the same.
        return String(digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1)
    }
}
