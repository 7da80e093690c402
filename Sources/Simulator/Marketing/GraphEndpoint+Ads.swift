// SPDX-License-Identifier: MIT

extension GraphEndpoint {
    /// The parameters of an endpoint of the Marketing API.
    var adSchema: GraphSchema {
        switch self {
        case .campaigns: .readCampaigns
        case .createCampaign: .postCampaigns
        case .adSets: .readAdSets
        case .createAdSet: .postAdSets
        case .createAdCreative: .postAdCreatives
        case .ads: .readAds
        case .createAd: .postAds
        case .minimumBudgets: .readMinimumBudgets
        case .readCampaign: .readCampaign
        case .editCampaign: .editCampaign
        case .campaignAdSets: .campaignAdSets
        case .campaignAds: .campaignAds
        case .readAdSet: .readAdSet
        case .editAdSet: .editAdSet
        case .adSetAds: .adSetAds
        case .readAd: .readAd
        case .editAd: .editAd
        case .readAdCreative: .readAdCreative
        case .editAdCreative, .deleteAdCreative: .editAdCreative
        case .adAccountInsights, .campaignInsights, .adSetInsights, .adInsights: .readAdInsights
        default: .none
        }
    }

    /// The names that `fields` may have at an endpoint of the Marketing API.
    var adFields: Set<String> {
        switch self {
        case .readAdAccount: GraphFieldNames.adAccount
        case .minimumBudgets: GraphFieldNames.minimumBudget
        case .campaigns, .createCampaign, .readCampaign, .editCampaign: GraphFieldNames.campaign
        case .adSets, .createAdSet, .readAdSet, .editAdSet, .campaignAdSets: GraphFieldNames.adSet
        case .ads, .createAd, .readAd, .editAd, .campaignAds, .adSetAds: GraphFieldNames.ad
        case .adCreatives, .createAdCreative, .readAdCreative, .editAdCreative: GraphFieldNames.adCreative
        case .adAccountInsights, .campaignInsights, .adSetInsights, .adInsights: GraphFieldNames.adInsights
        default: []
        }
    }

    /// The level of what is made, changed or listed; `nil` outside of the Marketing API.
    var adLevel: SimulatedAdObject.Level? {
        switch self {
        case .campaigns, .createCampaign, .readCampaign, .editCampaign, .deleteCampaign: .campaign
        case .adSets, .createAdSet, .readAdSet, .editAdSet, .deleteAdSet, .campaignAdSets: .group
        case .ads, .createAd, .readAd, .editAd, .deleteAd, .campaignAds, .adSetAds: .ad
        case .adCreatives, .createAdCreative, .readAdCreative, .editAdCreative, .deleteAdCreative: .creative
        default: nil
        }
    }
}
