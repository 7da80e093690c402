// SPDX-License-Identifier: MIT

/// The endpoints of TikTok's API for Business that the simulator serves; all paths end with a slash.
enum TikTokBusinessEndpoint: String, Sendable, CaseIterable {
    case token = "POST oauth2/access_token/"
    case advertisers = "GET oauth2/advertiser/get/"
    case advertiserInfo = "GET advertiser/info/"
    case identities = "GET identity/get/"
    case identityVideo = "GET identity/video/info/"
    case authorizeVideo = "POST tt_video/authorize/"
    case authorizedVideo = "GET tt_video/info/"
    case authorizedVideos = "GET tt_video/list/"
    case createCampaign = "POST campaign/create/"
    case campaigns = "GET campaign/get/"
    case editCampaign = "POST campaign/update/"
    case campaignStatus = "POST campaign/status/update/"
    case createAdGroup = "POST adgroup/create/"
    case adGroups = "GET adgroup/get/"
    case adGroupStatus = "POST adgroup/status/update/"
    case createAd = "POST ad/create/"
    case ads = "GET ad/get/"
    case adStatus = "POST ad/status/update/"
    case report = "GET report/integrated/get/"

    /// What all paths begin with.
    static let root = "/open_api/v1.3/"

    init?(_ request: SimulatedRequest) {
        guard request.path.hasPrefix(Self.root) else { return nil }
        self.init(rawValue: "\(request.method) \(request.path.dropFirst(Self.root.count))")
    }

    /// The parameters: of the query, or of the JSON body.
    var schema: GraphSchema {
        switch self {
        case .token: Self.tokenSchema
        case .advertisers: Self.advertisersSchema
        case .advertiserInfo: Self.advertiserInfoSchema
        case .identities: Self.identitiesSchema
        case .identityVideo: Self.identityVideoSchema
        case .authorizeVideo, .authorizedVideo: Self.authorizeVideoSchema
        case .authorizedVideos: Self.videosSchema
        case .createCampaign: Self.createCampaignSchema
        case .campaigns: Self.campaignsSchema
        case .editCampaign: Self.editCampaignSchema
        case .campaignStatus: Self.campaignStatusSchema
        case .createAdGroup: Self.createAdGroupSchema
        case .adGroups: Self.adGroupsSchema
        case .adGroupStatus: Self.adGroupStatusSchema
        case .createAd: Self.createAdSchema
        case .ads: Self.adsSchema
        case .adStatus: Self.adStatusSchema
        case .report: Self.reportSchema
        }
    }

    /// The scope that a token needs.
    var scope: String? {
        switch self {
        case .token, .advertisers, .advertiserInfo: nil
        case .report: "reporting"
        case .identities, .identityVideo, .authorizeVideo, .authorizedVideo, .authorizedVideos: "identity"
        default: "ads"
        }
    }

    /// The level of what is made, listed or turned on.
    var level: SimulatedAdObject.Level? {
        switch self {
        case .createCampaign, .campaigns, .editCampaign, .campaignStatus: .campaign
        case .createAdGroup, .adGroups, .adGroupStatus: .group
        case .createAd, .ads, .adStatus: .ad
        default: nil
        }
    }
}

extension SimulatedAdObject.Level {
    /// What TikTok calls it.
    var tikTok: String { self == .campaign ? "campaign" : self == .group ? "adgroup" : "ad" }
}
