// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

/// A media, as far as it says whether it may be promoted.
private struct InstagramPromotable: Decodable, Sendable {
    struct Info: Decodable, Sendable {
        var eligible_to_boost: Bool?
        var boost_ineligible_reason: String?
    }
    var boost_eligibility_info: Info?
}

/// A Page and the account that is linked to it.
private struct InstagramLink: Decodable, Sendable {
    struct Account: Decodable, Sendable { var id: GraphID }
    var id: GraphID
    var instagram_business_account: Account?
}

extension InstagramPlugin: Boosting {
    /// Checks terms against Meta's rules.
    public func validate(_ terms: BoostTerms) -> [ValidationIssue] {
        MarketingTerms.check(terms, of: "Instagram", showsLinks: false)
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

    /// The Marketing API is Facebook's: Instagram's own login has no part in it.
    private func marketing(_ access: AccountAccess) throws(PluginError) -> MarketingClient {
        guard !access.tokens.isInstagramLogin else {
            throw PluginError(
                .permanent, "An account that is connected with Instagram's own login cannot boost.",
                nextAction:
                    "Connect it through Facebook, with a person's or system user's token that has ads_management.")
        }
        return MarketingClient(GraphClient(self.context), as: GraphCaller(access))
    }

    /// Whether Instagram lets the media be boosted; its yes does not guarantee it.
    private func promotable(
        _ request: BoostRequest, _ marketing: MarketingClient
    ) async throws(PluginError) -> MarketingSubject {
        let media = request.post.id
        let info = try await marketing.graph.get(
            InstagramPromotable.self, media, ["fields": "boost_eligibility_info"], as: marketing.caller,
            endpoint: MarketingEndpoint.eligibility
        ).boost_eligibility_info
        guard info?.eligible_to_boost != false else {
            let reason = info?.boost_ineligible_reason.map { PluginError.redact($0, marketing.caller.hidden) }
            throw PluginError(
                .permanent,
                reason.map { "Instagram says that the post cannot be boosted: \($0)" }
                    ?? "Instagram says that the post cannot be boosted.",
                nextAction: "Boost another post.")
        }
        return MarketingSubject(page: try await self.page(of: request.access, marketing), media: media)
    }

    /// The Page that the account is linked to, which is what is promoted in Meta's eyes.
    private func page(
        of access: AccountAccess, _ marketing: MarketingClient
    ) async throws(PluginError) -> String {
        var after: String?
        repeat {
            var query: FormFields = ["fields": "id,instagram_business_account{id}", "limit": "100"]
            query.append("after", after)
            let list: GraphPage<InstagramLink>
            do {
                list = try await marketing.graph.get(
                    GraphPage<InstagramLink>.self, "me/accounts", query, as: marketing.caller,
                    endpoint: InstagramEndpoint.accounts)
            } catch  where error.platformCode == "100" {
                var wrong = error
                wrong.nextAction =
                    "A Page's own token cannot boost: connect the account with a person's or system user's token."
                throw wrong
            }
            if let page = list.data.first(where: { $0.instagram_business_account?.id.text == access.externalID }) {
                return page.id.text
            }
            after = list.after
        } while after != nil
        throw PluginError(
            .permanent, "The token opens no Page that the account is linked to.",
            nextAction: "Give the person or system user a role on the account's Page, then start the boost again.")
    }
}

extension InstagramPlugin: AdAccountListing {
    /// Lists the ad accounts of a person or system user; the token needs `ads_read`, and Instagram's own login opens none.
    public func adAccounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAdAccount] {
        if tokens.isInstagramLogin { return [] }
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        return try await MarketingClient(self.client(tokens), as: caller).accounts()
    }

    /// The identity with `act_` before its number.
    public func adAccountID(_ text: String) -> String { MarketingClient.node(text) }
}

extension InstagramPlugin: AdAccountChecking {
    /// Reads the ad account with the person's or system user's token.
    public func checkAdAccount(_ adAccount: AdAccountReference, _ access: AccountAccess) async throws(PluginError) {
        try await self.marketing(access).check(adAccount)
    }
}
