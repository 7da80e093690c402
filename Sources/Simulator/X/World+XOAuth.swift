// SPDX-License-Identifier: MIT

import HTTPTypes

extension World {
    /// `/2/oauth2/token` and `/2/oauth2/revoke`.
    mutating func xOAuth(_ call: inout Call, _ name: String) throws(XRefusal) -> SimulatedResponse {
        guard name == "token" || name == "revoke" else { throw XRefusal.problem(404, "Not Found", "Not Found") }
        guard call.request.method == "POST" else {
            throw XRefusal.problem(405, "Method Not Allowed", "Method Not Allowed")
        }
        guard call.request.contentType == "application/x-www-form-urlencoded" else {
            throw XRefusal.oauth(400, "invalid_request", "The body must be application/x-www-form-urlencoded.")
        }
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        let app = try self.xApp(call, form)
        return name == "token" ? try self.xToken(form, app, call.now) : try self.xRevoke(form, app)
    }

    /// The app that asks: by HTTP Basic when it has a secret, by `client_id` when it is public.
    private func xApp(_ call: Call, _ form: FormFields) throws(XRefusal) -> SimulatedApp {
        let header = call.request.headers[.authorization] ?? ""
        if header.lowercased().hasPrefix("basic ") {
            let decoded =
                Base64.decode(header.dropFirst(6).trimmingSpaces).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let parts = decoded.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2,
                let app = self.apps[self.tokenKey(.x, FormFields.decoded(String(parts[0]), plusIsSpace: false))],
                app.clientSecret == FormFields.decoded(String(parts[1]), plusIsSpace: false)
            else { throw XRefusal.oauth(401, "unauthorized_client", "Missing valid authorization header") }
            return app
        }
        guard let id = form["client_id"], let app = self.apps[self.tokenKey(.x, id)], app.clientSecret == nil else {
            throw XRefusal.oauth(401, "unauthorized_client", "Missing valid authorization header")
        }
        return app
    }

    private mutating func xToken(
        _ form: FormFields, _ app: SimulatedApp, _ now: WorldTime
    ) throws(XRefusal) -> SimulatedResponse {
        let key: AccountKey
        let scopes: [String]
        switch form["grant_type"] {
        case "refresh_token":
            guard let token = form["refresh_token"] else {
                throw XRefusal.oauth(400, "invalid_request", "Missing required parameter [refresh_token].")
            }
            guard let account = self.refreshable(token, .x, app.clientID) else {
                throw XRefusal.oauth(400, "invalid_request", "Value passed for the token was invalid.")
            }
            (key, scopes) = (account.key, account.scopes)
        case "authorization_code":
            for name in ["code", "redirect_uri", "code_verifier"] where form[name] == nil {
                throw XRefusal.oauth(400, "invalid_request", "Missing required parameter [\(name)].")
            }
            guard let code = self.redeem(form, .x, app.clientID, at: now) else {
                throw XRefusal.oauth(400, "invalid_request", "Value passed for the authorization code was invalid.")
            }
            (key, scopes) = (code.account, code.scopes)
        default: throw XRefusal.oauth(400, "unsupported_grant_type", "The grant_type is not supported.")
        }
        guard let account = self.grant(key, clientID: app.clientID, scopes: scopes, at: now) else {
            throw XRefusal.oauth(400, "invalid_request", "Value passed for the token was invalid.")
        }
        return .json([
            "token_type": "bearer", "expires_in": JSONValue(Int(self.options.tokenLifetime)),
            "access_token": account.accessToken.map { .string($0) },
            "scope": .string(account.scopes.joined(separator: " ")),
            "refresh_token": account.refreshToken.map { .string($0) },
        ])
    }

    private mutating func xRevoke(_ form: FormFields, _ app: SimulatedApp) throws(XRefusal) -> SimulatedResponse {
        guard let token = form["token"] else {
            throw XRefusal.oauth(400, "invalid_request", "Missing required parameter [token].")
        }
        let key = self.accessTokens[self.tokenKey(.x, token)] ?? self.refreshTokens[self.tokenKey(.x, token)]
        if let key, var account = self.accounts[key], account.clientID == nil || account.clientID == app.clientID {
            if account.accessToken == token || account.refreshToken == token {
                account.accessToken = nil
                account.refreshToken = nil
                self.store(account)
            }
        }
        return .json(["revoked": true])
    }
}
