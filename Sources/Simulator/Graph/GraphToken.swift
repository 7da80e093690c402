// SPDX-License-Identifier: MIT

/// A person of Facebook: whoever lets an app act for Pages.
struct GraphPerson: Sendable, Codable {
    /// An account that pays for ads.
    struct AdAccount: Sendable, Codable {
        /// The number without `act_`.
        var id: String
        var name: String
        var currency: String
        var timeZone: String
    }

    var id: String
    var name: String
    /// The Pages on which the person has a task.
    var pages: [String] = []
    var adAccounts: [AdAccount] = []
    /// Counts the grants given, so that each token is new.
    var grants = 0
}

/// A token that Graph gave out.
struct GraphToken: Sendable, Codable {
    enum Kind: String, Sendable, Codable {
        case user = "USER"
        case page = "PAGE"
        case app = "APP"
        /// Of Instagram Login.
        case instagram = "IG_USER"
    }

    var text: String
    var kind: Kind
    /// The person who granted it.
    var person: String?
    /// The Page or Instagram account that it acts for.
    var owner: AccountKey?
    var appID: String
    var scopes: [String]
    var issuedAt: WorldTime
    /// `nil`: never.
    var expiresAt: WorldTime?
    /// When the person must have used the app again.
    var dataAccessExpiresAt: WorldTime?
    /// Why it is dead, as Graph numbers it.
    var deadSubcode: Int?
}

/// A token as a request brought it, with how it stands.
struct GraphBearer: Sendable {
    var token: GraphToken
    /// Why it is refused now; `nil` when it is good.
    var refusal: GraphRefusal?
    /// Whether it came as `Authorization: OAuth`.
    var usesOAuthScheme = false

    var kind: GraphToken.Kind { self.token.kind }

    /// Whether all scopes were granted; the first that is missing, otherwise.
    func missing(_ scopes: [String]) -> String? {
        scopes.first { scope in
            let name = self.kind == .instagram ? GraphScope.ofInstagramLogin(scope) : scope
            return !self.token.scopes.contains(name)
        }
    }
}

/// Who asks, and of which platform.
struct Caller: Sendable {
    var platform: Platform
    /// The account that the request is about, as far as it names one.
    var account: SimulatedAccount?
    /// The ad account that the request is about.
    var adAccount: SimulatedAdAccount?
    var isTokenDead = false
    var bearer: GraphBearer?
    /// Graph: the parameters, read once.
    var parameters: GraphParameters?
}
