// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

/// A post, as far as it says whether it may be promoted.
private struct FacebookPromotable: Decodable, Sendable {
    static let fields = "promotable_id,is_eligible_for_promotion,is_published"

    var promotable_id: GraphID?
    var is_eligible_for_promotion: Bool?
    var is_published: Bool?
}

extension FacebookPlugin: Boosting {
    /// Checks terms against Meta's rules.
    public func validate(_ terms: BoostTerms) -> [ValidationIssue] {
        MarketingTerms.check(terms, of: "Facebook", showsLinks: true)
    }

    /// Makes campaign, ad set, creative and ad, all paused and found again by their names, and activates the ad through the fence.
    public func startBoost(
        _ request: BoostRequest, _ context: any EffectContext
    ) async throws(PluginError) -> RemoteBoost {
        try self.requireFit(request.terms)
        let marketing = try self.marketing(request.access)
        var run = try MarketingRun(marketing, request, context)
        return try await run.start { () async throws(PluginError) in
            try await self.promotable(request, marketing)
        }
    }

    /// Reads how a campaign stands and what it spent on which day.
    public func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        try await self.marketing(boost.access).status(boost)
    }

    /// Pauses the campaign and reads back that it is not active.
    public func stopBoost(_ boost: StartedBoost) async throws(PluginError) {
        try await self.marketing(boost.access).stop(boost)
    }

    /// Looks whether the ad was switched on.
    public func findBoost(
        _ request: BoostRequest, checkpoint: PluginState?
    ) async throws(PluginError) -> Finding {
        try await self.marketing(request.access).find(request, checkpoint: checkpoint)
    }

    /// The Marketing API takes a person's or system user's token, never the Page's own.
    private func marketing(_ access: AccountAccess) throws(PluginError) -> MarketingClient {
        guard access.tokens.isPersonal else {
            throw PluginError(
                .permanent, "A Page's own token cannot boost.",
                nextAction:
                    "Connect the account with a person's or system user's token (token_type user) that has ads_management."
            )
        }
        return MarketingClient(self.client, as: GraphCaller(access))
    }

    /// What Facebook promotes of a post is not always the post by the identity that publishing gave.
    private func promotable(
        _ request: BoostRequest, _ marketing: MarketingClient
    ) async throws(PluginError) -> MarketingSubject {
        let page = request.access.externalID
        let post = request.post.id.contains("_") ? request.post.id : "\(page)_\(request.post.id)"
        let found = try await self.client.get(
            FacebookPromotable.self, post, ["fields": FacebookPromotable.fields], as: marketing.caller,
            endpoint: MarketingEndpoint.eligibility)
        guard found.is_published != false else {
            throw PluginError(.permanent, "The post is not published.", nextAction: "Boost another post.")
        }
        guard found.is_eligible_for_promotion != false else {
            throw PluginError(
                .permanent, "Facebook says that the post cannot be promoted.", nextAction: "Boost another post.")
        }
        return MarketingSubject(page: page, story: found.promotable_id?.text ?? post)
    }
}

extension FacebookPlugin: AdAccountListing {
    /// Lists the ad accounts of a person or system user; the token needs `ads_read`.
    public func adAccounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAdAccount] {
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        return try await MarketingClient(self.client, as: caller).accounts()
    }

    /// The identity with `act_` before its number.
    public func adAccountID(_ text: String) -> String { MarketingClient.node(text) }
}

extension FacebookPlugin: AdAccountChecking {
    /// Reads the ad account with the person's or system user's token.
    public func checkAdAccount(_ adAccount: AdAccountReference, _ access: AccountAccess) async throws(PluginError) {
        try await self.marketing(access).check(adAccount)
    }
}
