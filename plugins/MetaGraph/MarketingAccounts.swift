// SPDX-License-Identifier: MIT

package import PluginKit

/// An ad account in a person's list.
private struct ListedAdAccount: Decodable, Sendable {
    static let fields = "id,name,currency,timezone_name,account_status"

    var id: GraphID
    var name: String?
    var currency: String?
    var timezone_name: String?
    var account_status: Int?

    var granted: GrantedAdAccount {
        let id = MarketingClient.node(self.id.text)
        return GrantedAdAccount(
            externalID: id, name: self.name ?? id, currency: self.currency, timeZone: self.timezone_name,
            status: self.account_status.map { MarketingAccount.word($0) },
            maySpend: self.account_status.map { MarketingAccount.usable.contains($0) })
    }
}

extension MarketingClient {
    /// Lists the ad accounts that the caller may look at, with currency, zone and standing.
    ///
    /// The documents describe a single ad account; the list is known from the published specification of `User` alone, so that the order, the most of a page
    /// and whether ad accounts of clients' businesses are in it are not certain (?).
    package func accounts() async throws(PluginError) -> [GrantedAdAccount] {
        try await self.list(
            ListedAdAccount.self, "me/adaccounts", ["fields": ListedAdAccount.fields],
            endpoint: MarketingEndpoint.accounts
        ).map(\.granted)
    }
}

extension MarketingAccount {
    /// What the numbers mean by Meta's long-standing list (?): 1 is active, 9 the days of grace after a bill that was not paid.
    static let usable: Set<Int> = [1, 9, 201]

    /// A number of that list in words.
    static func word(_ status: Int) -> String {
        switch status {
        case 1, 201: "active"
        case 2: "disabled"
        case 3: "unsettled"
        case 7: "pending-risk-review"
        case 8: "pending-settlement"
        case 9: "in-grace-period"
        case 100: "pending-closure"
        case 101, 202: "closed"
        default: "status-\(status)"
        }
    }
}
