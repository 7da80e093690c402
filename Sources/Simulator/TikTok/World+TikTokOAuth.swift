// SPDX-License-Identifier: MIT

import Crypto

extension World {
    /// World seconds that a refresh token lives: 180 days.
    private static let tikTokRefreshLife = 180 * 86_400.0

    /// `/v2/oauth/token/` and `/v2/oauth/revoke/`.
    mutating func tikTokOAuth(_ call: Call) throws(TikTokRefusal) -> SimulatedResponse {
        guard call.request.method == "POST", ["/v2/oauth/token/", "/v2/oauth/revoke/"].contains(call.request.path)
        else { throw TikTokRefusal.notFound }
        guard call.request.contentType == "application/x-www-form-urlencoded" else {
            throw TikTokRefusal.oauth("invalid_request", "Only application/x-www-form-urlencoded is supported.")
        }
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        let isToken = call.request.path.hasSuffix("token/")
        let known =
            isToken
            ? ["client_key", "client_secret", "grant_type", "code", "redirect_uri", "refresh_token", "code_verifier"]
            : ["client_key", "client_secret", "token"]
        if let unknown = form.names.first(where: { !known.contains($0) }) {
            throw TikTokRefusal.oauth("invalid_request", "The parameter \(unknown) is not known.")
        }
        guard let key = form["client_key"], let app = self.apps[self.tokenKey(.tiktok, key)],
            app.clientSecret == form["client_secret"]
        else { throw TikTokRefusal.oauth("invalid_client", "Client key or secret is incorrect.") }
        return isToken ? try self.tikTokToken(form, app, call) : try self.tikTokRevoke(form, app)
    }

    private mutating func tikTokToken(
        _ form: FormFields, _ app: SimulatedApp, _ call: Call
    ) throws(TikTokRefusal) -> SimulatedResponse {
        let key: AccountKey
        let scopes: [String]
        switch form["grant_type"] {
        case "refresh_token":
            guard let token = form["refresh_token"] else {
                throw TikTokRefusal.oauth("invalid_request", "refresh_token is missing.")
            }
            guard let account = self.refreshable(token, .tiktok, app.clientID),
                account.refreshExpiresAt.map({ call.now < $0 }) ?? true
            else { throw TikTokRefusal.oauth("invalid_grant", "Refresh token is invalid or expired.") }
            (key, scopes) = (account.key, account.scopes)
        case "authorization_code":
            for name in ["code", "redirect_uri"] where form[name] == nil {
                throw TikTokRefusal.oauth("invalid_request", "\(name) is missing.")
            }
            guard let code = self.codes.removeValue(forKey: self.tokenKey(.tiktok, form["code"] ?? "")),
                code.clientID == app.clientID, code.redirectURI == form["redirect_uri"], call.now < code.expiresAt,
                Self.fits(form["code_verifier"], code.challenge)
            else { throw TikTokRefusal.oauth("invalid_grant", "Authorization code is invalid or expired.") }
            (key, scopes) = (code.account, code.scopes)
        default: throw TikTokRefusal.oauth("unsupported_grant_type", "The grant_type is not supported.")
        }
        guard var account = self.grant(key, clientID: app.clientID, scopes: scopes, at: call.now) else {
            throw TikTokRefusal.oauth("invalid_grant", "The account is gone.")
        }
        account.refreshExpiresAt = call.now + Self.tikTokRefreshLife
        self.store(account)
        return .json([
            "open_id": .string(account.key.externalID), "scope": .string(account.scopes.joined(separator: ",")),
            "access_token": JSONValue(account.accessToken), "expires_in": JSONValue(Int(self.options.tokenLifetime)),
            "refresh_token": JSONValue(account.refreshToken),
            "refresh_expires_in": JSONValue(Int(Self.tikTokRefreshLife)), "token_type": "Bearer",
        ])
    }

    /// PKCE as TikTok has it: the challenge is the hexadecimal SHA-256.
    private static func fits(_ verifier: String?, _ challenge: String?) -> Bool {
        guard let challenge else { return true }
        return verifier.map { MediaType.digest(Array($0.utf8)) } == challenge.lowercased()
    }

    private mutating func tikTokRevoke(
        _ form: FormFields, _ app: SimulatedApp
    ) throws(TikTokRefusal) -> SimulatedResponse {
        guard let token = form["token"] else { throw TikTokRefusal.oauth("invalid_request", "token is missing.") }
        if let key = self.accessTokens[self.tokenKey(.tiktok, token)], var account = self.accounts[key],
            account.accessToken == token, account.clientID == nil || account.clientID == app.clientID
        {
            account.accessToken = nil
            account.refreshToken = nil
            self.store(account)
        }
        return .json([:])
    }

    /// What belongs to the website: the approval page and the pages of posts.
    mutating func tikTokWebsite(_ call: Call) -> SimulatedResponse {
        if call.request.method == "GET", call.request.path == "/v2/auth/authorize/" { return self.tikTokDialog(call) }
        return self.postPage(call, id: call.request.segments.last ?? "")
    }

    private mutating func tikTokDialog(_ call: Call) -> SimulatedResponse {
        let query = call.request.query
        if let problem = self.tikTokDialogProblem(query) { return ApprovalPage.problem(problem) }
        let redirect = query["redirect_uri"] ?? ""
        let clientKey = query["client_key"] ?? ""
        let scopes = (query["scope"] ?? "").split(separator: ",").map(String.init)
        let separator = redirect.contains("?") ? "&" : "?"
        let state = "&state=" + FormFields.encoded(query["state"] ?? "")
        if query["decline"] != nil {
            return .redirect(to: "\(redirect)\(separator)error=access_denied&error_description=User+declined\(state)")
        }
        if let account = query["approve"].flatMap({ self.account(.tiktok, named: $0) }) {
            let code = "code-" + self.secret("code", account.key.externalID, String(self.nextSerial()))
            self.codes[self.tokenKey(.tiktok, code)] = AuthorizationCode(
                account: account.key, clientID: clientKey, redirectURI: redirect, challenge: query["code_challenge"],
                scopes: scopes, expiresAt: call.now + 600)
            let granted = FormFields.encoded(scopes.joined(separator: ","))
            return .redirect(
                to: "\(redirect)\(separator)code=\(FormFields.encoded(code))&scopes=\(granted)\(state)")
        }
        let accounts = self.accountOrder.filter { $0.platform == .tiktok }.compactMap { self.accounts[$0] }
        return ApprovalPage(
            title: "Authorize \(clientKey) on TikTok", scopes: scopes.joined(separator: ", "), query: query,
            choices: accounts.prefix(200).map {
                ApprovalPage.Choice(id: $0.key.externalID, name: $0.name, note: "@\($0.handle)")
            }
        ).response
    }

    private func tikTokDialogProblem(_ query: FormFields) -> String? {
        guard let key = query["client_key"], self.apps[self.tokenKey(.tiktok, key)] != nil else {
            return "client_key is not the key of an app."
        }
        guard query["response_type"] == "code" else { return "response_type must be code." }
        guard let redirect = query["redirect_uri"], WebAddress(redirect) != nil else {
            return "redirect_uri must be an http or https address."
        }
        guard query["state"] != nil else { return "state is missing." }
        let scopes = (query["scope"] ?? "").split(separator: ",").map(String.init)
        guard !scopes.isEmpty, scopes.allSatisfy(Platform.tiktok.allScopes.contains) else {
            return "scope must be a comma-separated list of: \(Platform.tiktok.allScopes.joined(separator: ", "))."
        }
        if query["code_challenge"] != nil, query["code_challenge_method"] != "S256" {
            return "code_challenge_method must be S256."
        }
        return nil
    }
}
