// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

extension XPlugin: Boosting {
    /// Checks terms against X's rules; amounts are millionths, exact in every currency.
    public func validate(_ terms: BoostTerms) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ field: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: field, message))
        }
        if XObjective.named(terms.objective) == nil { refuse("objective", "X has no objective \(terms.objective).") }
        if terms.budget.micros == nil { refuse("budget", "is more than X can count.") }
        if let account = terms.adAccount {
            if account.currency != terms.budget.currency {
                refuse(
                    "budget", "is in \(terms.budget.currency), but the ad account is billed in \(account.currency).")
            }
            if TimeZone(identifier: account.timeZone) == nil {
                refuse("ad_account", "The ad account's zone \(account.timeZone) is not known.")
            }
        } else {
            refuse("ad_account", "A boost needs an ad account that pays it.")
        }
        if terms.endsAt <= terms.startsAt { refuse("end", "The end lies before the beginning.") }
        if terms.callToAction != nil { refuse("call_to_action", "X shows a post as it is, without a button.") }
        if !terms.specialAdCategories.isEmpty { refuse("special_ad_categories", "X has no special ad categories.") }
        return issues + XTargeting.check(terms.audience)
    }

    /// Makes campaign, line item, audience and promoted post, found again by name, and activates the campaign through the fence.
    public func startBoost(
        _ request: BoostRequest, _ context: any EffectContext
    ) async throws(PluginError) -> RemoteBoost {
        try self.requireFit(request.terms)
        let client = try XAdsClient(self.client, request.access, request.terms)
        var run = try XBoostRun(client, request, context, now: self.clock.now())
        return try await run.start()
    }

    /// Reads how a campaign stands and what its line items cost on which day of the ad account.
    public func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        let client = try XAdsClient(self.client, boost.access, boost.terms)
        let campaign = try await self.campaign(boost.id, client)
        let lineItems = try await client.list(
            XAdsItem.self, "line_items", ["campaign_ids": boost.id, "with_deleted": "true"])
        let ids = lineItems.map(\.id)
        // One that is paused can be switched on again by everybody who has the ad account; a deleted one cannot.
        var remote = RemoteBoost(id: boost.id, state: campaign.deleted == true ? .stopped : .paused)
        guard !ids.isEmpty else { return remote }
        if campaign.isActive {
            let posts = try await client.list(
                XPromotedPost.self, "promoted_tweets", ["line_item_ids": ids.joined(separator: ",")])
            self.judge(&remote, boost, lineItems, posts)
        }
        try await self.addNumbers(to: &remote, of: ids, boost, client)
        return remote
    }

    /// Pauses the campaign and reads back that it is not active.
    public func stopBoost(_ boost: StartedBoost) async throws(PluginError) {
        let client = try XAdsClient(self.client, boost.access, boost.terms)
        var refusal: PluginError?
        do {
            _ = try await client.write(
                XAdsItem.self, .put, "campaigns/\(boost.id)", ["entity_status": "PAUSED"],
                endpoint: XAdsEndpoint.campaign)
        } catch  where error.code == .permanent {
            // A campaign that is deleted takes no change; the look decides.
            refusal = error
        }
        guard try await self.campaign(boost.id, client).isActive else { return }
        throw refusal ?? PluginError(.retryAfter, "X still says that the campaign is active.")
    }

    /// Looks whether the campaign was switched on.
    public func findBoost(
        _ request: BoostRequest, checkpoint: PluginState?
    ) async throws(PluginError) -> Finding {
        // The campaign is kept before it is switched on: without one nothing was.
        guard let id = try XBoostState(checkpoint).campaign else { return .absent }
        let client = try XAdsClient(self.client, request.access, request.terms)
        let campaign = try await self.campaign(id, client)
        return campaign.entity_status == "ACTIVE" ? .found(RemotePost(id: id)) : .absent
    }

    private func campaign(_ id: String, _ client: XAdsClient) async throws(PluginError) -> XAdsItem {
        let campaign = try await client.get(XAdsItem.self, "campaigns/\(id)", ["with_deleted": "true"])
        guard campaign.entity_status != nil else {
            throw PluginError(.retryAfter, "X does not say whether the campaign is active.")
        }
        return campaign
    }

    /// What an active campaign amounts to.
    private func judge(
        _ remote: inout RemoteBoost, _ boost: StartedBoost, _ lineItems: [XAdsItem], _ posts: [XPromotedPost]
    ) {
        let shown = posts.filter { $0.deleted != true }
        if !shown.isEmpty, shown.allSatisfy({ $0.approval_status == "REJECTED" }) {
            remote.state = .rejected
            remote.remark = "X does not approve of the post."
        } else if self.clock.now() >= boost.terms.endsAt {
            remote.state = .completed
        } else if !lineItems.contains(where: \.isActive) || shown.isEmpty {
            remote.state = .paused
        } else if shown.contains(where: { $0.approval_status == nil || $0.approval_status == "ACCEPTED" }) {
            remote.state = .running
        } else {
            remote.state = .inReview
        }
    }

    private func addNumbers(
        to remote: inout RemoteBoost, of lineItems: [String], _ boost: StartedBoost, _ client: XAdsClient
    ) async throws(PluginError) {
        guard let account = boost.terms.adAccount, let zone = TimeZone(identifier: account.timeZone) else { return }
        let end = min(self.clock.now(), boost.terms.endsAt)
        var charges = XCharges()
        for window in XStatsWindow.covering(from: boost.terms.startsAt, to: end, in: zone) {
            let query: FormFields = [
                "entity": "LINE_ITEM", "entity_ids": lineItems.prefix(20).joined(separator: ","),
                "start_time": window.start.formatted(.iso8601), "end_time": window.end.formatted(.iso8601),
                "granularity": "DAY", "metric_groups": "ENGAGEMENT,BILLING,VIDEO", "placement": "ALL_ON_TWITTER",
            ]
            for stats in try await client.stats([XAdsStats].self, query) {
                stats.add(to: &remote, &charges, window)
            }
        }
        charges.add(to: &remote, currency: boost.terms.budget.currency)
    }
}

extension XPlugin: AdAccountChecking {
    /// Reads what pays in the ad account, signed by OAuth 1.0a.
    public func checkAdAccount(_ adAccount: AdAccountReference, _ access: AccountAccess) async throws(PluginError) {
        _ = try await XAdsClient(self.client, access, adAccount).payer()
    }
}
