// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// One run of the start of one boost: campaign, ad group, ad, each kept before the next, all disabled; ad and ad group are enabled while their
/// campaign is not, and the campaign last and alone through the fence.
struct TikTokBoostRun {
    private let client: BusinessClient
    private let request: BoostRequest
    private let context: any EffectContext
    private let now: Date
    private var state: TikTokBoostState

    /// Prepares a run, where an earlier one stopped.
    init(
        _ client: BusinessClient, _ request: BoostRequest, _ context: any EffectContext, now: Date
    ) throws(PluginError) {
        self.client = client
        self.request = request
        self.context = context
        self.now = now
        self.state = try TikTokBoostState(context.checkpoint)
    }

    private var terms: BoostTerms { self.request.terms }
    private var advertiser: String { self.client.advertiser }

    mutating func start() async throws(PluginError) -> RemoteBoost {
        guard let objective = BusinessObjective.named(self.terms.objective),
            let budget = Decimal(string: self.terms.budget.decimal)
        else { throw PluginError(.unsupported, "The terms of the boost are not those that were checked.") }
        guard TikTokID.isPost(self.request.post.id) else {
            throw PluginError(
                .permanent, "TikTok has given the post no identity yet, or not everybody may see it.",
                nextAction: "Boost it when its address is known: posthorn post show.")
        }
        let campaign = try await self.campaign(objective)
        let adGroup = try await self.adGroup(objective, budget, in: campaign)
        let ad = try await self.ad(in: adGroup, of: campaign)
        try await self.makeReady(ad, adGroup)
        let client = self.client
        let now = self.now
        let active = try await self.context.send(part: 0, endpoint: BusinessEndpoint.status) {
            permit throws(PluginError) in
            try await client.switchCampaign(campaign, to: "ENABLE", permit: permit)
            return RemotePost(id: campaign, publishedAt: now)
        }
        return RemoteBoost(id: active.id, state: .inReview)
    }

    private mutating func campaign(_ objective: BusinessObjective) async throws(PluginError) -> String {
        if let known = self.state.campaign { return known }
        try await self.client.checkAdvertiser()
        self.state.identity = try await self.client.identity(self.request.access)
        let name = self.request.operation
        let filter = ["campaign_name": name]
        let id: String
        if let found = try await self.client.named(name, .campaign, filter) {
            id = found
        } else {
            let body = BusinessNewCampaign(
                advertiser_id: self.advertiser, campaign_name: name, objective_type: objective.objective,
                request_id: BusinessRequestID.make(name))
            id = try await self.client.make(.campaign, body, name, filter)
        }
        self.state.campaign = id
        try await self.context.save(self.state.saved())
        return id
    }

    private mutating func adGroup(
        _ objective: BusinessObjective, _ budget: Decimal, in campaign: String
    ) async throws(PluginError) -> String {
        if let known = self.state.adGroup { return known }
        let name = "\(self.request.operation) ad group"
        let filter = ["campaign_ids": [campaign]]
        let id: String
        if let found = try await self.client.named(name, .adGroup, filter) {
            id = found
        } else {
            var body = BusinessNewAdGroup(
                advertiser_id: self.advertiser, campaign_id: campaign, adgroup_name: name,
                location_ids: self.terms.audience.places,
                budget_mode: self.terms.budgetKind == .daily ? "BUDGET_MODE_DAY" : "BUDGET_MODE_TOTAL", budget: budget,
                schedule_start_time: BusinessTerms.instant(max(self.terms.startsAt, self.now)),
                schedule_end_time: BusinessTerms.instant(self.terms.endsAt), optimization_goal: objective.goal,
                billing_event: objective.billing, request_id: BusinessRequestID.make(name))
            if objective.word == BusinessObjective.reach {
                body.frequency = 3
                body.frequency_schedule = 7
            }
            BusinessTargeting.add(self.terms.audience, to: &body)
            id = try await self.client.make(.adGroup, body, name, filter)
        }
        self.state.adGroup = id
        try await self.context.save(self.state.saved())
        return id
    }

    private mutating func ad(in adGroup: String, of campaign: String) async throws(PluginError) -> String {
        if let known = self.state.ad { return known }
        guard let identity = self.state.identity else {
            throw PluginError(.permanent, "The saved state names no identity.")
        }
        let name = "\(self.request.operation) ad"
        let filter = ["campaign_ids": [campaign]]
        let id: String
        if let found = try await self.client.named(name, .ad, filter) {
            id = found
        } else {
            let isPhotos = self.request.format == .image || self.request.format == .carousel
            let creative = BusinessNewAd.Creative(
                ad_name: name, ad_format: isPhotos ? "CAROUSEL_ADS" : "SINGLE_VIDEO",
                identity_type: identity.identity_type, identity_id: identity.identity_id,
                identity_authorized_bc_id: identity.identity_authorized_bc_id, tiktok_item_id: self.request.post.id,
                call_to_action: self.terms.callToAction?.name, landing_page_url: self.terms.callToAction?.link)
            let body = BusinessNewAd(advertiser_id: self.advertiser, adgroup_id: adGroup, creatives: [creative])
            id = try await self.client.make(.ad, body, name, filter)
        }
        self.state.ad = id
        try await self.context.save(self.state.saved())
        return id
    }

    /// Enables ad and ad group: nothing is delivered while their campaign is disabled.
    private mutating func makeReady(_ ad: String, _ adGroup: String) async throws(PluginError) {
        guard !self.state.isReady else { return }
        let on = "ENABLE"
        _ = try await self.client.post(
            BusinessDone.self, "ad/status/update/",
            BusinessSwitch(advertiser_id: self.advertiser, ad_ids: [ad], operation_status: on),
            endpoint: BusinessEndpoint.status)
        _ = try await self.client.post(
            BusinessDone.self, "adgroup/status/update/",
            BusinessSwitch(advertiser_id: self.advertiser, adgroup_ids: [adGroup], operation_status: on),
            endpoint: BusinessEndpoint.status)
        self.state.isReady = true
        try await self.context.save(self.state.saved())
    }
}
