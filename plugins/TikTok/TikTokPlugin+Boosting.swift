// SPDX-License-Identifier: MIT

public import PluginKit

extension TikTokPlugin: Boosting {
    /// Checks terms against the rules of TikTok's ads; amounts are plain numbers, exact in every currency.
    public func validate(_ terms: BoostTerms) -> [ValidationIssue] { BusinessTerms.check(terms) }

    /// Makes campaign, ad group and ad (a Spark ad: the post as it is), found again by name, and enables the campaign through the fence.
    public func startBoost(
        _ request: BoostRequest, _ context: any EffectContext
    ) async throws(PluginError) -> RemoteBoost {
        try self.requireFit(request.terms)
        let client = try BusinessClient(self.context, request.access, request.terms)
        var run = try TikTokBoostRun(client, request, context, now: self.clock.now())
        return try await run.start()
    }

    /// Reads how a campaign stands and what its ads cost on which day of the ad account.
    public func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        let client = try BusinessClient(self.context, boost.access, boost.terms)
        let campaign = try await client.campaign(boost.id)
        let ads = try await client.items(.ad, ["campaign_ids": [boost.id]])
        // A campaign that TikTok lists no more is deleted; one that is disabled can be enabled again by everybody who has the ad account.
        var remote = RemoteBoost(id: boost.id, state: campaign == nil ? .stopped : .paused)
        if let campaign, campaign.operation_status != "DISABLE" {
            self.judge(&remote, boost, ads)
        }
        try await BusinessReport.add(to: &remote, of: boost, client, now: self.clock.now())
        return remote
    }

    /// Disables the campaign and reads back that it is.
    public func stopBoost(_ boost: StartedBoost) async throws(PluginError) {
        let client = try BusinessClient(self.context, boost.access, boost.terms)
        var refusal: PluginError?
        do {
            try await client.switchCampaign(boost.id, to: "DISABLE")
        } catch  where error.code == .permanent {
            // A campaign that is deleted takes no change; the look decides.
            refusal = error
        }
        // What TikTok lists no more is deleted; it is looked at again until the boost's end.
        guard let campaign = try await client.campaign(boost.id) else { return }
        if campaign.operation_status == "DISABLE" { return }
        throw refusal ?? PluginError(.retryAfter, "TikTok does not say that the campaign is disabled.")
    }

    /// Looks whether the campaign was enabled.
    public func findBoost(
        _ request: BoostRequest, checkpoint: PluginState?
    ) async throws(PluginError) -> Finding {
        // The campaign is kept before it is enabled: without one nothing was.
        guard let id = try TikTokBoostState(checkpoint).campaign else { return .absent }
        let client = try BusinessClient(self.context, request.access, request.terms)
        switch try await client.campaign(id)?.operation_status {
        case "ENABLE": return .found(RemotePost(id: id))
        case "DISABLE": return .absent
        default: return .inconclusive("TikTok does not show whether the campaign was enabled.")
        }
    }

    /// What an enabled campaign amounts to.
    ///
    /// The words of `secondary_status` are not in the documents (?): what they contain is what is read.
    private func judge(_ remote: inout RemoteBoost, _ boost: StartedBoost, _ ads: [BusinessItem]) {
        let ad = ads.first { $0.ad_name == "\(boost.operation) ad" } ?? ads.first
        let words = ad?.secondary_status?.uppercased() ?? ""
        func says(_ parts: String...) -> Bool { parts.contains { words.contains($0) } }
        remote.state = .running
        if says("AUDIT_DENY", "REJECT", "DISAPPROVE") {
            remote.state = .rejected
            remote.remark = "TikTok's review refused the ad."
        } else if self.clock.now() >= boost.terms.endsAt || says("TIME_DONE", "COMPLETE") {
            remote.state = .completed
        } else if ad == nil || ad?.operation_status == "DISABLE" || says("ADGROUP_DISABLE", "AD_DISABLE", "DELETE") {
            remote.state = .paused
        } else if says("AUDIT", "REVIEW") {
            remote.state = .inReview
        } else if says("BALANCE_EXCEED") {
            remote.state = .paused
            remote.remark = "The ad account has no money left."
        }
    }
}

extension TikTokPlugin: AdAccountChecking {
    /// Reads the ad account with the business token.
    public func checkAdAccount(_ adAccount: AdAccountReference, _ access: AccountAccess) async throws(PluginError) {
        try await BusinessClient(self.context, access, adAccount).checkAdvertiser()
    }
}
