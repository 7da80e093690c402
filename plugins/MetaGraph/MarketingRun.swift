// SPDX-License-Identifier: MIT

import Foundation
package import PluginKit

/// One run of the start of one boost: campaign, ad set, creative, ad, each kept before the next, all paused; then they are switched on from the
/// bottom, the campaign last and alone through the fence.
///
/// A stop pauses the campaign: whatever a late request switches on below it delivers nothing.
package struct MarketingRun {
    private let client: MarketingClient
    private let request: BoostRequest
    private let context: any EffectContext
    private let now: Date
    private var state: MarketingState

    /// Prepares a run, where an earlier one stopped.
    package init(
        _ client: MarketingClient, _ request: BoostRequest, _ context: any EffectContext
    ) throws(PluginError) {
        self.client = client
        self.request = request
        self.context = context
        self.now = client.graph.clock.now()
        self.state = try MarketingState(context.checkpoint)
    }

    private var terms: BoostTerms { self.request.terms }
    private func name(_ level: String) -> String { "\(self.request.operation) \(level)" }

    /// Runs to the end.
    ///
    /// - Parameter subject: Looks whether the post may be promoted, and as what; asked only while there is no campaign.
    /// - Returns: The boost, by its campaign: that is what is looked at and stopped later.
    /// - Throws: The class of whatever went wrong.
    package mutating func start(
        _ subject: () async throws(PluginError) -> MarketingSubject
    ) async throws(PluginError) -> RemoteBoost {
        guard let account = self.terms.adAccount, let objective = MarketingObjective.named(self.terms.objective),
            let units = MarketingMoney.units(self.terms.budget)
        else { throw PluginError(.unsupported, "The terms of the boost are not those that were checked.") }
        let node = MarketingClient.node(account.externalID)
        if self.state.campaign == nil {
            try await self.client.read(
                MarketingAccount.self, node, ["fields": MarketingAccount.fields], endpoint: MarketingEndpoint.account
            ).check(self.terms)
            self.state.subject = try await subject()
            self.state.campaign = try await self.campaign(objective, in: node)
            try await self.context.save(self.state.saved())
        }
        guard let campaign = self.state.campaign, let shown = self.state.subject else {
            throw PluginError(.permanent, "The saved state names no campaign.")
        }
        let adSet = try await self.adSet(objective, units, shown, account, under: campaign, in: node)
        let ad = try await self.ad(shown, under: campaign, in: adSet, of: node)
        try await self.open(adSet, ad)
        let client = self.client
        let now = self.now
        let active = try await self.context.send(part: 0, endpoint: MarketingEndpoint.status) {
            permit throws(PluginError) in
            try await client.set("ACTIVE", campaign, permit: permit)
            return RemotePost(id: campaign, publishedAt: now)
        }
        return RemoteBoost(id: active.id, state: .inReview)
    }

    private func campaign(_ objective: MarketingObjective, in node: String) async throws(PluginError) -> String {
        let edge = "\(node)/campaigns"
        if let known = try await self.client.named(self.request.operation, in: edge) { return known }
        var form: FormFields = [
            "name": self.request.operation, "objective": objective.objective, "status": "PAUSED",
            "special_ad_categories": GraphCoding.json(self.terms.specialAdCategories),
            // The budget is the ad set's: Meta then wants this said.
            "is_adset_budget_sharing_enabled": "false",
        ]
        if !self.terms.specialAdCategories.isEmpty {
            form.append("special_ad_category_country", GraphCoding.json(self.terms.audience.countries))
        }
        return try await self.client.make(form, in: edge, endpoint: MarketingEndpoint.campaigns)
    }

    private mutating func adSet(
        _ objective: MarketingObjective, _ units: Int64, _ subject: MarketingSubject, _ account: AdAccountReference,
        under campaign: String, in node: String
    ) async throws(PluginError) -> String {
        if let known = self.state.adSet { return known }
        let name = self.name("ad set")
        let id: String
        if let found = try await self.client.named(name, in: "\(campaign)/adsets") {
            id = found
        } else {
            var form: FormFields = [
                "name": name, "campaign_id": campaign, "status": "PAUSED", "billing_event": "IMPRESSIONS",
                "optimization_goal": objective.goal,
                // Left out, some accounts refuse.
                "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
            ]
            form.append(self.terms.budgetKind == .daily ? "daily_budget" : "lifetime_budget", String(units))
            form.append("start_time", max(self.terms.startsAt, self.now).formatted(.iso8601))
            form.append("end_time", self.terms.endsAt.formatted(.iso8601))
            form.append("destination_type", objective.destination)
            form.append("promoted_object", GraphCoding.json(["page_id": subject.page]))
            form.append("targeting", GraphCoding.json(MarketingTargeting(self.terms.audience)))
            form.append("dsa_beneficiary", account.payer)
            form.append("dsa_payor", account.payer)
            id = try await self.client.make(form, in: "\(node)/adsets", endpoint: MarketingEndpoint.adSets)
        }
        self.state.adSet = id
        try await self.context.save(self.state.saved())
        return id
    }

    private mutating func ad(
        _ subject: MarketingSubject, under campaign: String, in adSet: String, of node: String
    ) async throws(PluginError) -> String {
        if let known = self.state.ad { return known }
        let name = self.name("ad")
        let id: String
        if let found = try await self.client.named(name, in: "\(campaign)/ads") {
            id = found
        } else {
            let creative = try await self.creative(subject, in: node)
            let form: FormFields = [
                "name": name, "adset_id": adSet, "creative": GraphCoding.json(["creative_id": creative]),
                "status": "PAUSED",
            ]
            id = try await self.client.make(form, in: "\(node)/ads", endpoint: MarketingEndpoint.ads)
        }
        self.state.ad = id
        try await self.context.save(self.state.saved())
        return id
    }

    /// The creative; one whose answer was lost is not looked for.
    ///
    /// It shows nothing without an ad, and Meta adds to its name, so that a second one costs less than a wrong look.
    private mutating func creative(_ subject: MarketingSubject, in node: String) async throws(PluginError) -> String {
        if let known = self.state.creative { return known }
        var form: FormFields = ["name": self.name("creative")]
        // Exactly one promoted object.
        form.append("object_story_id", subject.story)
        form.append("source_instagram_media_id", subject.media)
        form.append("call_to_action", self.terms.callToAction.map { GraphCoding.json(MarketingButton($0)) })
        let id = try await self.client.make(form, in: "\(node)/adcreatives", endpoint: MarketingEndpoint.creatives)
        self.state.creative = id
        try await self.context.save(self.state.saved())
        return id
    }

    /// Switches ad set and ad on: nothing is delivered while the campaign is paused.
    ///
    /// Done once and kept: a late try must not switch on again what somebody has stopped meanwhile.
    private mutating func open(_ adSet: String, _ ad: String) async throws(PluginError) {
        guard !self.state.isOpen else { return }
        try await self.client.set("ACTIVE", adSet)
        try await self.client.set("ACTIVE", ad)
        self.state.isOpen = true
        try await self.context.save(self.state.saved())
    }
}

/// A button as the Marketing API writes it.
private struct MarketingButton: Encodable {
    struct Value: Encodable { var link: String? }
    var type: String
    var value: Value

    init(_ button: CallToAction) {
        self.type = button.name
        self.value = Value(link: button.link)
    }
}
