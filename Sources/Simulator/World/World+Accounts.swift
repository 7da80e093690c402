// SPDX-License-Identifier: MIT

extension World {
    /// Adds an account, or replaces it and its tokens.
    mutating func provision(_ account: SimulatedAccount) {
        if self.accounts[account.key] == nil { self.accountOrder.append(account.key) }
        self.audiences[account.key] = Audience(seed: account.audienceSeed, timeZone: account.timeZone)
        self.store(account)
    }

    /// Stores an account and makes its tokens valid; its earlier tokens stay known, as dead ones.
    mutating func store(_ account: SimulatedAccount) {
        self.accounts[account.key] = account
        if let token = account.accessToken {
            self.accessTokens[self.tokenKey(account.key.platform, token)] = account.key
        }
        if let token = account.refreshToken {
            self.refreshTokens[self.tokenKey(account.key.platform, token)] = account.key
        }
        self.record(.account(account))
    }

    func tokenKey(_ platform: Platform, _ token: String) -> String { "\(platform.rawValue)|\(token)" }

    /// How a bearer token stands.
    enum TokenState {
        case unknown
        /// It was the account's, but is too old or was replaced.
        case dead(SimulatedAccount)
        case alive(SimulatedAccount)
    }

    /// Looks a bearer token up.
    func token(_ token: String?, _ platform: Platform, at now: WorldTime) -> TokenState {
        guard let token, let key = self.accessTokens[self.tokenKey(platform, token)], let account = self.accounts[key]
        else { return .unknown }
        if account.accessToken != token { return .dead(account) }
        if let expiry = account.tokenExpiresAt, expiry <= now { return .dead(account) }
        return .alive(account)
    }

    /// Gives an account a new pair of tokens; the old pair is dead.
    mutating func grant(_ key: AccountKey, clientID: String, scopes: [String], at now: WorldTime) -> SimulatedAccount? {
        guard var account = self.accounts[key] else { return nil }
        account.grants += 1
        account.clientID = clientID
        account.scopes = scopes
        let name = "\(key.platform.rawValue)|\(key.externalID)"
        account.accessToken = "at-" + self.secret("access", name, String(account.grants))
        let isRefreshable = key.platform != .x || scopes.contains("offline.access")
        account.refreshToken = isRefreshable ? "rt-" + self.secret("refresh", name, String(account.grants)) : nil
        account.tokenExpiresAt = now + self.options.tokenLifetime
        self.store(account)
        return account
    }

    /// An account by its external id or handle.
    func account(_ platform: Platform, named name: String) -> SimulatedAccount? {
        if let account = self.accounts[AccountKey(platform: platform, externalID: name)] { return account }
        let handle = name.hasPrefix("@") ? String(name.dropFirst()) : name
        return self.accounts.values.first {
            $0.key.platform == platform && $0.handle.lowercased() == handle.lowercased()
        }
    }
}
