// SPDX-License-Identifier: MIT

/// The endpoints of X Ads that the simulator serves.
enum XAdsEndpoint: String, Sendable, CaseIterable {
    case accounts = "GET /12/accounts"
    case account = "GET /12/accounts/{id}"
    case userAccess = "GET /12/accounts/{id}/authenticated_user_access"
    case campaigns = "GET /12/accounts/{id}/campaigns"
    case campaign = "GET /12/accounts/{id}/campaigns/{id}"
    case createCampaign = "POST /12/accounts/{id}/campaigns"
    case editCampaign = "PUT /12/accounts/{id}/campaigns/{id}"
    case deleteCampaign = "DELETE /12/accounts/{id}/campaigns/{id}"
    case features = "GET /12/accounts/{id}/features"
    case fundingInstruments = "GET /12/accounts/{id}/funding_instruments"
    case lineItems = "GET /12/accounts/{id}/line_items"
    case lineItem = "GET /12/accounts/{id}/line_items/{id}"
    case createLineItem = "POST /12/accounts/{id}/line_items"
    case editLineItem = "PUT /12/accounts/{id}/line_items/{id}"
    case deleteLineItem = "DELETE /12/accounts/{id}/line_items/{id}"
    case promotedPosts = "GET /12/accounts/{id}/promoted_tweets"
    case promote = "POST /12/accounts/{id}/promoted_tweets"
    case deletePromotedPost = "DELETE /12/accounts/{id}/promoted_tweets/{id}"
    case promotableUsers = "GET /12/accounts/{id}/promotable_users"
    case criteria = "GET /12/accounts/{id}/targeting_criteria"
    case createCriterion = "POST /12/accounts/{id}/targeting_criteria"
    case deleteCriterion = "DELETE /12/accounts/{id}/targeting_criteria/{id}"
    case locations = "GET /12/targeting_criteria/locations"
    case stats = "GET /12/stats/accounts/{id}"

    /// Finds the endpoint of a request by its path.
    init?(_ request: SimulatedRequest) {
        self.init(rawValue: Self.counted(request))
    }

    /// Method and path without identities.
    static func counted(_ request: SimulatedRequest) -> String {
        let words: Set<String> = [
            "12", "accounts", "authenticated_user_access", "campaigns", "features", "funding_instruments", "line_items",
            "promoted_tweets", "promotable_users", "targeting_criteria", "locations", "stats",
        ]
        return "\(request.method) /" + request.segments.map { words.contains($0) ? $0 : "{id}" }.joined(separator: "/")
    }

    /// What it is counted in: writes and reads by the minute, statistics by the quarter of an hour.
    ///
    /// The number of reads is uncertain.
    var limit: (name: String, limit: RateLimiter.Limit) {
        switch self {
        case .stats: ("stats", RateLimiter.Limit(requests: 250, seconds: 900))
        case _ where self.rawValue.hasPrefix("GET"): ("reads", RateLimiter.Limit(requests: 2000, seconds: 60))
        default: ("writes", RateLimiter.Limit(requests: 450, seconds: 60))
        }
    }
}

extension XAdsEndpoint {
    /// The parameters, as the published reference lists them.
    var schema: GraphSchema {
        switch self {
        case .accounts: Self.accountsSchema
        case .account: Self.accountSchema
        case .campaigns: Self.campaignsSchema
        case .campaign: Self.campaignSchema
        case .createCampaign: Self.createCampaignSchema
        case .editCampaign: Self.editCampaignSchema
        case .features: Self.featuresSchema
        case .fundingInstruments: Self.fundingInstrumentsSchema
        case .lineItems: Self.lineItemsSchema
        case .lineItem: Self.lineItemSchema
        case .createLineItem: Self.createLineItemSchema
        case .editLineItem: Self.editLineItemSchema
        case .promotedPosts: Self.promotedPostsSchema
        case .promote: Self.promoteSchema
        case .promotableUsers: Self.promotableUsersSchema
        case .criteria: Self.criteriaSchema
        case .createCriterion: Self.createCriterionSchema
        case .locations: Self.locationsSchema
        case .stats: Self.statsSchema
        case .userAccess, .deleteCampaign, .deleteLineItem, .deletePromotedPost, .deleteCriterion: .none
        }
    }
}
