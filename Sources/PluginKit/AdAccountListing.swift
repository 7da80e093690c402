// SPDX-License-Identifier: MIT

/// An ad account that a token opens, as its platform describes it.
public struct GrantedAdAccount: Sendable, Hashable {
    /// The platform's identity of it, in the one way it is written.
    public var externalID: String
    /// The name that the platform shows.
    public var name: String
    /// The ISO 4217 code of the currency that it is billed in; `nil` when the platform did not say.
    public var currency: String?
    /// The IANA zone in which its days begin; `nil` when the platform did not say.
    public var timeZone: String?
    /// How it stands, in the platform's words.
    public var status: String?
    /// Whether it may spend; `nil` when the platform did not say.
    public var maySpend: Bool?

    /// Makes a description.
    public init(
        externalID: String, name: String, currency: String? = nil, timeZone: String? = nil, status: String? = nil,
        maySpend: Bool? = nil
    ) {
        self.externalID = externalID
        self.name = name
        self.currency = currency
        self.timeZone = timeZone
        self.status = status
        self.maySpend = maySpend
    }
}

/// A plugin whose grants open ad accounts besides accounts.
public protocol AdAccountListing: AccountListing {
    /// Lists every ad account that a grant opens, all pages of the list.
    ///
    /// - Parameters:
    ///   - tokens: The tokens of the person or system user who gave the grant.
    ///   - app: The app, when one is configured.
    /// - Returns: The ad accounts in the platform's order.
    /// - Throws: `reauthorize` for a token that is not accepted, `needsHuman` or `permanent` for one that may not ask.
    func adAccounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAdAccount]

    /// The identity of an ad account in the one way it is written, however a person wrote it; pure.
    func adAccountID(_ text: String) -> String
}

extension AdAccountListing {
    /// The identity as it is.
    public func adAccountID(_ text: String) -> String { text }
}
