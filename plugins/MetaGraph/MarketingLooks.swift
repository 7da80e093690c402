// SPDX-License-Identifier: MIT

package import PluginKit

/// A campaign, as far as it says whether it delivers.
private struct MarketingCampaign: Decodable, Sendable {
    var configured_status: String?

    var isActive: Bool { self.configured_status == "ACTIVE" }
    /// One that is paused can be switched on again by everybody who has the ad account; what is archived or deleted cannot.
    var isGone: Bool { self.configured_status == "ARCHIVED" || self.configured_status == "DELETED" }
}

extension MarketingClient {
    /// Reads how a boost stands: its campaign, its ad, its spend by day and its results.
    package func status(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        let campaign = try await self.campaign(boost.id)
        let ads = try await self.list(
            MarketingAd.self, "\(boost.id)/ads", ["fields": MarketingAd.fields], endpoint: MarketingEndpoint.read)
        var remote = RemoteBoost(id: boost.id, state: campaign.isGone ? .stopped : .paused)
        // One that was made by hand in the same campaign is not ours to judge by.
        if let ad = ads.first(where: { $0.name == "\(boost.operation) ad" }) ?? ads.first {
            let isOver = self.graph.clock.now() >= boost.terms.endsAt
            if campaign.isActive || ad.effective_status == "DISAPPROVED" { remote.state = ad.state(isOver: isOver) }
            remote.remark = ad.remark.map { PluginError.redact($0, self.caller.hidden) }
        }
        try await self.addNumbers(to: &remote, currency: boost.terms.budget.currency)
        return remote
    }

    /// Stops a boost by its campaign, and reads back that it does not deliver.
    package func stop(_ boost: StartedBoost) async throws(PluginError) {
        var refusal: PluginError?
        do {
            try await self.set("PAUSED", boost.id)
        } catch  where error.code == .permanent {
            // A campaign that is archived or deleted takes no change; the look decides.
            refusal = error
        }
        guard try await self.campaign(boost.id).isActive else { return }
        throw refusal ?? PluginError(.retryAfter, "Meta still says that the campaign is active.")
    }

    /// Looks whether the campaign was switched on.
    package func find(_ request: BoostRequest, checkpoint: PluginState?) async throws(PluginError) -> Finding {
        let state = try MarketingState(checkpoint)
        // It is kept before it is switched on: without one nothing was.
        guard let campaign = state.campaign else { return .absent }
        return try await self.campaign(campaign).configured_status == "PAUSED"
            ? .absent : .found(RemotePost(id: campaign))
    }

    private func campaign(_ id: String) async throws(PluginError) -> MarketingCampaign {
        let campaign = try await self.read(
            MarketingCampaign.self, id, ["fields": "configured_status"], endpoint: MarketingEndpoint.read)
        guard campaign.configured_status != nil else {
            throw PluginError(.retryAfter, "Meta does not say whether the campaign is active.")
        }
        return campaign
    }

    private func addNumbers(to remote: inout RemoteBoost, currency: Currency) async throws(PluginError) {
        let edge = "\(remote.id)/insights"
        let days = try await self.list(
            MarketingInsight.self, edge, ["fields": "spend", "date_preset": "maximum", "time_increment": "1"],
            endpoint: MarketingEndpoint.insights)
        for day in days {
            guard let date = day.date_start, let text = day.spend else { continue }
            guard let spend = Money(roundingUpDecimal: text, currency: currency) else {
                throw PluginError(.retryAfter, "Meta's spend of \(date) is no amount of \(currency).")
            }
            remote.spendByDay[date] = spend
        }
        guard !remote.spendByDay.isEmpty else { return }
        remote.spend = Money(
            minorUnits: remote.spendByDay.values.reduce(0) { $0.adding(saturating: $1.minorUnits) }, currency: currency)
        let total = try await self.list(
            MarketingInsight.self, edge, ["fields": MarketingInsight.fields, "date_preset": "maximum"],
            endpoint: MarketingEndpoint.insights)
        remote.results = total.first?.results ?? [:]
    }
}
