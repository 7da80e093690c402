// SPDX-License-Identifier: MIT

package import PluginKit

/// The endpoints of the Marketing API, by the names that limits are counted under.
package enum MarketingEndpoint {
    static let account = "GET /act"
    static let accounts = "GET /me/adaccounts"
    static let campaigns = "POST /act/campaigns"
    static let adSets = "POST /act/adsets"
    static let creatives = "POST /act/adcreatives"
    static let ads = "POST /act/ads"
    /// Switching something on or off; of an ad the step that lets money be spent.
    static let status = "POST /{ad object}"
    static let read = "GET /{ad object}"
    static let insights = "GET /{campaign}/insights"
    /// Looking whether a post may be promoted.
    package static let eligibility = "GET /{post}?fields=promotable_id"
}

/// Calls of the Marketing API, with a person's or system user's token.
package struct MarketingClient: Sendable {
    /// Something with an identity and, where asked for, a name.
    struct Item: Decodable, Sendable {
        var id: GraphID
        var name: String?
    }

    /// The client.
    package var graph: GraphClient
    /// Who calls.
    package var caller: GraphCaller

    /// Makes a client.
    package init(_ graph: GraphClient, as caller: GraphCaller) {
        self.graph = graph
        self.caller = caller
    }

    /// An ad account as a node: its identity may be given with or without `act_`.
    package static func node(_ externalID: String) -> String {
        externalID.hasPrefix("act_") ? externalID : "act_\(externalID)"
    }

    func read<Answer: Decodable>(
        _ answer: Answer.Type, _ path: String, _ query: FormFields, endpoint: String
    ) async throws(PluginError) -> Answer {
        try await self.graph.get(answer, path, query, as: self.caller, endpoint: endpoint)
    }

    /// Reads a list to its end.
    func list<Element: Decodable & Sendable>(
        _ item: Element.Type, _ path: String, _ query: FormFields, endpoint: String
    ) async throws(PluginError) -> [Element] {
        var found: [Element] = []
        var after: String?
        repeat {
            var query = query
            query.append("limit", "100")
            query.append("after", after)
            let page = try await self.read(GraphPage<Element>.self, path, query, endpoint: endpoint)
            found += page.data
            after = page.after
        } while after != nil
        return found
    }

    /// Looks for something by its name; of several the oldest, which is the one that an earlier try may have gone on with.
    func named(_ name: String, in path: String) async throws(PluginError) -> String? {
        let all = try await self.list(Item.self, path, ["fields": "id,name"], endpoint: MarketingEndpoint.read)
        return all.filter { $0.name == name }.map(\.id.text).min { ($0.count, $0) < ($1.count, $1) }
    }

    /// Asks whether the caller may use an ad account, and whether it may spend.
    package func check(_ account: AdAccountReference) async throws(PluginError) {
        try await self.read(
            MarketingAccount.self, Self.node(account.externalID), ["fields": MarketingAccount.fields],
            endpoint: MarketingEndpoint.account
        ).check(as: account)
    }

    /// Makes something that delivers nothing by itself: a lost answer needs no person, for it is found again by its name.
    func make(_ form: FormFields, in path: String, endpoint: String) async throws(PluginError) -> String {
        try await self.graph.post(Item.self, path, form, as: self.caller, endpoint: endpoint).id.text
    }

    /// Switches something on or off; repeating is harmless.
    func set(_ status: String, _ id: String, permit: SendPermit? = nil) async throws(PluginError) {
        let answer = try await self.graph.post(
            GraphSuccess.self, id, ["status": status], as: self.caller, endpoint: MarketingEndpoint.status,
            permit: permit)
        guard answer.success else {
            throw PluginError(
                permit == nil ? .retryAfter : .ambiguousOutcome, "Meta does not say that the status was set.")
        }
    }
}

/// An ad account as Meta shows it.
struct MarketingAccount: Decodable, Sendable {
    static let fields = "currency,timezone_name,account_status,min_daily_budget"

    var currency: String?
    var timezone_name: String?
    var account_status: Int?
    var min_daily_budget: GraphID?

    /// Checks that the account can pay what is agreed.
    func check(_ terms: BoostTerms) throws(PluginError) {
        let agreed = terms.budget.currency
        if let adAccount = terms.adAccount { try self.check(as: adAccount) }
        guard let least = self.min_daily_budget.flatMap({ Int64($0.text) }),
            let units = MarketingMoney.units(terms.budget), units < least
        else { return }
        let known = MarketingMoney.money(units: least, agreed)?.description ?? "\(least) units"
        throw PluginError(
            .permanent, "The budget is \(terms.budget); the ad account takes \(known) a day or more.",
            nextAction: "Raise the budget.", field: "budget")
    }

    /// Checks that the account is what we take it for, currency and zone, and may spend.
    func check(as adAccount: AdAccountReference) throws(PluginError) {
        let agreed = adAccount.currency
        if let currency = self.currency, currency != agreed.rawValue {
            throw PluginError(
                .permanent, "The ad account is billed in \(currency), the budget is in \(agreed).",
                nextAction: "Correct the ad account's currency and plan the boost again.", field: "budget")
        }
        try adAccount.checkZone(of: self.timezone_name)
        if let status = self.account_status, !Self.usable.contains(status) {
            throw PluginError(
                .needsHuman, "Meta does not let the ad account spend (account status \(status)).",
                nextAction: "Settle what the Ads Manager shows for the ad account, then start the boost again.")
        }
    }
}
