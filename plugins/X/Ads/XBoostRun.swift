// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit

/// One run of the start of one boost: campaign, line item, audience, promoted post, each kept before the next; the line item is switched on
/// while its campaign is paused, and the campaign last and alone through the fence.
struct XBoostRun {
    private let client: XAdsClient
    private let request: BoostRequest
    private let context: any EffectContext
    private let now: Date
    private var state: XBoostState

    /// Prepares a run, where an earlier one stopped.
    init(
        _ client: XAdsClient, _ request: BoostRequest, _ context: any EffectContext, now: Date
    ) throws(PluginError) {
        self.client = client
        self.request = request
        self.context = context
        self.now = now
        self.state = try XBoostState(context.checkpoint)
    }

    private var terms: BoostTerms { self.request.terms }

    mutating func start() async throws(PluginError) -> RemoteBoost {
        guard let objective = XObjective.named(self.terms.objective), let micros = self.terms.budget.micros else {
            throw PluginError(.unsupported, "The terms of the boost are not those that were checked.")
        }
        let campaign = try await self.campaign(micros)
        let lineItem = try await self.lineItem(objective, in: campaign)
        try await self.target(lineItem)
        try await self.promote(lineItem)
        try await self.makeReady(lineItem)
        let client = self.client
        let now = self.now
        let active = try await self.context.send(part: 0, endpoint: XAdsEndpoint.campaign) {
            permit throws(PluginError) in
            let item = try await client.write(
                XAdsItem.self, .put, "campaigns/\(campaign)", ["entity_status": "ACTIVE"],
                endpoint: XAdsEndpoint.campaign, permit: permit)
            return RemotePost(id: item.id, publishedAt: now)
        }
        return RemoteBoost(id: active.id, state: .inReview)
    }

    private mutating func campaign(_ micros: Int64) async throws(PluginError) -> String {
        if let known = self.state.campaign { return known }
        let name = self.request.operation
        let id: String
        if let found = try await self.named(name, "campaigns", ["q": name]) {
            id = found
        } else {
            let payer = try await self.client.payer()
            try await self.checkUser()
            var form: FormFields = ["funding_instrument_id": payer, "name": name, "entity_status": "PAUSED"]
            form.append(
                self.terms.budgetKind == .daily ? "daily_budget_amount_local_micro" : "total_budget_amount_local_micro",
                String(micros))
            id = try await self.client.write(XAdsItem.self, .post, "campaigns", form).id
        }
        self.state.campaign = id
        try await self.context.save(self.state.saved())
        return id
    }

    private func checkUser() async throws(PluginError) {
        let users = try await self.client.list(XPromotableUser.self, "promotable_users")
        guard users.contains(where: { $0.user_id.text == self.request.access.externalID && $0.deleted != true }) else {
            throw PluginError(
                .permanent, "The ad account may not promote posts of this account.",
                nextAction: "Add the account as a promotable user at ads.x.com, then plan the boost again.")
        }
    }

    private mutating func lineItem(_ objective: XObjective, in campaign: String) async throws(PluginError) -> String {
        if let known = self.state.lineItem { return known }
        let name = "\(self.request.operation) line item"
        let id: String
        if let found = try await self.named(name, "line_items", ["campaign_ids": campaign]) {
            id = found
        } else {
            let form: FormFields = [
                "campaign_id": campaign, "name": name, "objective": objective.objective, "goal": objective.goal,
                "product_type": "PROMOTED_TWEETS", "placements": "ALL_ON_TWITTER", "bid_strategy": "AUTO",
                "start_time": max(self.terms.startsAt, self.now).formatted(.iso8601),
                "end_time": self.terms.endsAt.formatted(.iso8601), "entity_status": "PAUSED",
            ]
            id = try await self.client.write(XAdsItem.self, .post, "line_items", form).id
        }
        self.state.lineItem = id
        try await self.context.save(self.state.saved())
        return id
    }

    private func named(_ name: String, _ path: String, _ query: FormFields) async throws(PluginError) -> String? {
        // X looks for names that contain the words; of several the oldest comes first by its number in base 36.
        try await self.client.list(XAdsItem.self, path, query)
            .filter { $0.name == name && $0.deleted != true }.map(\.id).min { ($0.count, $0) < ($1.count, $1) }
    }

    /// Says the audience; what is said already is not said again.
    private mutating func target(_ lineItem: String) async throws(PluginError) {
        guard !self.state.isTargeted else { return }
        var wanted: [XCriterion] = []
        for country in self.terms.audience.countries {
            wanted.append(XCriterion("LOCATION", try await self.location(country)))
        }
        wanted += XTargeting.criteria(self.terms.audience)
        if !wanted.isEmpty {
            let known = Set(
                try await self.client.list(XCriterion.self, "targeting_criteria", ["line_item_ids": lineItem]))
            for criterion in wanted where !known.contains(criterion) {
                _ = try await self.client.write(
                    XCriterion.self, .post, "targeting_criteria",
                    [
                        "line_item_id": lineItem, "operator_type": criterion.operator_type ?? "EQ",
                        "targeting_type": criterion.targeting_type, "targeting_value": criterion.targeting_value,
                    ])
            }
        }
        self.state.isTargeted = true
        try await self.context.save(self.state.saved())
    }

    /// X's own value for a country.
    private func location(_ country: String) async throws(PluginError) -> String {
        let found = try await self.client.common(
            XLocation.self, "targeting_criteria/locations", ["location_type": "COUNTRIES", "country_code": country])
        guard let location = found.first(where: { $0.country_code == country && $0.location_type == "COUNTRIES" })
        else {
            throw PluginError(
                .permanent, "X shows ads to no country \(country).",
                nextAction: "Change the audience and plan the boost again.", field: "audience.countries")
        }
        return location.targeting_value
    }

    private mutating func promote(_ lineItem: String) async throws(PluginError) {
        guard self.state.promoted == nil else { return }
        var id = try await self.promoted(in: lineItem)
        if id == nil {
            do {
                let form: FormFields = ["line_item_id": lineItem, "tweet_ids": self.request.post.id]
                id = try await self.client.write([XPromotedPost].self, .post, "promoted_tweets", form).first?.id
            } catch  where error.code == .duplicate {
                // Promoted already, which the list did not show a moment ago.
                id = try await self.promoted(in: lineItem)
                if id == nil { throw PluginError(.retryAfter, error.message, platformCode: error.platformCode) }
            }
        }
        guard let id else { throw PluginError(.retryAfter, "X does not say what it promotes.") }
        self.state.promoted = id
        try await self.context.save(self.state.saved())
    }

    private func promoted(in lineItem: String) async throws(PluginError) -> String? {
        try await self.client.list(XPromotedPost.self, "promoted_tweets", ["line_item_ids": lineItem])
            .first { $0.tweet_id?.text == self.request.post.id && $0.deleted != true }?.id
    }

    /// Switches the line item on: nothing is delivered while its campaign is paused.
    private mutating func makeReady(_ lineItem: String) async throws(PluginError) {
        guard !self.state.isReady else { return }
        _ = try await self.client.write(
            XAdsItem.self, .put, "line_items/\(lineItem)", ["entity_status": "ACTIVE"])
        self.state.isReady = true
        try await self.context.save(self.state.saved())
    }
}
