// SPDX-License-Identifier: MIT

import Crypto

extension World {
    /// The token endpoint and the page on which a person approves.
    mutating func mockOAuth(_ call: inout Call, _ parts: [String]) throws(MockRefusal) -> SimulatedResponse {
        switch (call.request.method, parts.count > 2 ? parts[2] : "") {
        case ("GET", "authorize"): return self.authorizePage(call, .mock)
        case ("POST", "token"): return try self.mockToken(call)
        case (_, "authorize"), (_, "token"):
            throw MockRefusal(status: 405, code: "method_not_allowed", message: "This path does not have this method.")
        default: throw MockRefusal.notFound("path")
        }
    }

    private mutating func mockToken(_ call: Call) throws(MockRefusal) -> SimulatedResponse {
        guard call.request.contentType == "application/x-www-form-urlencoded" else {
            throw MockRefusal.invalid("Content-Type", "The body must be a URL-encoded form.")
        }
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        let known = [
            "grant_type", "client_id", "client_secret", "refresh_token", "code", "redirect_uri", "code_verifier",
            "scope",
        ]
        if let unknown = form.names.first(where: { !known.contains($0) }) {
            throw MockRefusal.invalid(unknown, "The field \(unknown) is not known.")
        }
        guard let clientID = form["client_id"], let app = self.apps[self.tokenKey(.mock, clientID)],
            app.clientSecret == form["client_secret"]
        else {
            throw MockRefusal(status: 401, code: "invalid_client", message: "The client id or secret is wrong.")
        }
        let limit = RateLimiter.Limit(requests: 3000, seconds: 900).scaled(by: self.options.rateScale)
        let verdict = self.limiter.take("mock|token|\(clientID)", limit, now: call.now)
        guard verdict.isAllowed else {
            throw MockRefusal(status: 429, code: "rate_limited", message: "Too many token requests.")
        }
        let dead = MockRefusal(
            status: 400, code: "invalid_grant",
            message: "The grant is used up, expired or not known; ask the user again.")
        let key: AccountKey
        let scopes: [String]
        switch form["grant_type"] {
        case "refresh_token":
            guard let token = form["refresh_token"] else {
                throw MockRefusal.invalid("refresh_token", "It is missing.")
            }
            guard let account = self.refreshable(token, .mock, clientID) else { throw dead }
            key = account.key
            scopes = account.scopes
        case "authorization_code":
            guard let code = self.redeem(form, .mock, clientID, at: call.now) else { throw dead }
            key = code.account
            scopes = code.scopes
        default: throw MockRefusal.invalid("grant_type", "The grant type must be authorization_code or refresh_token.")
        }
        guard let account = self.grant(key, clientID: clientID, scopes: scopes, at: call.now) else { throw dead }
        return .json([
            "access_token": account.accessToken.map { .string($0) }, "token_type": "bearer",
            "expires_in": JSONValue(Int(self.options.tokenLifetime)),
            "refresh_token": account.refreshToken.map { .string($0) },
            "scope": .string(account.scopes.joined(separator: " ")),
        ])
    }

    /// The account whose live refresh token this is, if this app may use it.
    func refreshable(_ token: String, _ platform: Platform, _ clientID: String) -> SimulatedAccount? {
        guard let key = self.refreshTokens[self.tokenKey(platform, token)], let account = self.accounts[key],
            account.refreshToken == token, account.clientID == nil || account.clientID == clientID
        else { return nil }
        return account
    }

    /// Takes a code out of use; `nil` unless everything about it fits.
    mutating func redeem(
        _ form: FormFields, _ platform: Platform, _ clientID: String, at now: WorldTime
    ) -> AuthorizationCode? {
        guard let text = form["code"], let code = self.codes.removeValue(forKey: self.tokenKey(platform, text)),
            code.clientID == clientID, code.redirectURI == form["redirect_uri"], now < code.expiresAt
        else { return nil }
        if let challenge = code.challenge {
            guard let verifier = form["code_verifier"], Self.challenge(for: verifier) == challenge else { return nil }
        }
        return code
    }

    /// PKCE, method S256.
    static func challenge(for verifier: String) -> String {
        Base64.encode(Array(SHA256.hash(data: Array(verifier.utf8))))
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
