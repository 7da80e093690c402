// SPDX-License-Identifier: MIT

public import Foundation
import HTTPTypes
public import PluginKit

/// The answer of the token endpoint.
private struct XTokens: Decodable, Sendable {
    var access_token: String
    var refresh_token: String?
    var expires_in: Double?
    var scope: String?
}

extension XPlugin: AccountConnecting {
    /// X's page on which a person allows the app to act.
    ///
    /// The code that comes back lives 30 seconds.
    public func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL {
        let query: FormFields = [
            "response_type": "code", "client_id": app.id, "redirect_uri": redirectURI,
            "scope": scopes.joined(separator: " "), "state": state, "code_challenge": codeChallenge,
            "code_challenge_method": "S256",
        ]
        guard let url = URL(string: "https://x.com/i/oauth2/authorize?\(query.encoded)") else {
            throw PluginError(.permanent, "The authorize page's URL cannot be made from these values.")
        }
        return url
    }

    /// Turns the code that came back into tokens.
    public func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet {
        let form: FormFields = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI,
            "code_verifier": codeVerifier,
        ]
        return try await self.token(form, app, secrets: [Secret(code), Secret(codeVerifier)])
    }

    /// Renews tokens; the old refresh token is used up, whether or not the answer arrives.
    public func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard let old = tokens.refreshToken else {
            throw PluginError(
                .reauthorize, "There is no refresh token.",
                nextAction: "Connect the account again with the scope offline.access.")
        }
        guard let app else {
            throw PluginError(
                .needsHuman, "Renewing a token needs the X app's client id, and this process has none.",
                nextAction:
                    "Set POSTHORN_PLATFORM_X_CLIENT_ID and POSTHORN_PLATFORM_X_CLIENT_SECRET for it as for the others, or add the app for all: posthorn app add.",
                scope: .app)
        }
        do {
            let form: FormFields = ["grant_type": "refresh_token", "refresh_token": old.revealed]
            var renewed = try await self.token(form, app, secrets: tokens.secrets)
            if renewed.scopes.isEmpty { renewed.scopes = tokens.scopes }
            renewed.extra = tokens.extra
            return renewed
        } catch  where error.httpStatus == 400 && error.code == .permanent && error.scope != .app {
            // X says invalid_request for a refresh token that it no longer knows.
            var refused = error
            refused.code = .reauthorize
            refused.nextAction = "Connect the account again: X no longer accepts its refresh token."
            throw refused
        } catch  where error.httpStatus == 401 && error.code == .reauthorize {
            // 401 at the token endpoint is about the app's own credential alone (RFC 6749, 5.2).
            var refused = error
            refused.code = .needsHuman
            refused.scope = .app
            refused.nextAction = "Check the client id and secret of the X app."
            throw refused
        }
    }

    /// Asks who the token speaks for.
    public func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        let me = try await self.me(tokens)
        let named = TokenSet.oauth1Fields.filter { tokens.extra[$0] != nil }
        if let credential = tokens.oauth1 {
            let signer = try await self.me(credential)
            guard signer.id == me.id else {
                throw PluginError(
                    .permanent,
                    "The token of OAuth 1.0a speaks for @\(signer.username), the other for @\(me.username).",
                    nextAction: "Use the tokens of one user.")
            }
        } else if !named.isEmpty {
            throw PluginError(
                .permanent, "Of OAuth 1.0a there is only \(named.joined(separator: ", ")).",
                nextAction: "Give all of \(TokenSet.oauth1Fields.joined(separator: ", ")), or none.")
        }
        return RemoteAccount(
            externalID: me.id, name: me.name, handle: me.username, followers: me.public_metrics?.followers_count)
    }

    private func token(_ fields: FormFields, _ app: AppCredential, secrets: [Secret]) async throws(PluginError)
        -> TokenSet
    {
        var form = fields
        var head = HTTPRequest(.post, host: Self.host, path: "/2/oauth2/token")
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        if let secret = app.secret {
            head.headerFields[.authorization] =
                "Basic \(Data("\(app.id):\(secret.revealed)".utf8).base64EncodedString())"
        } else {
            form.append("client_id", app.id)
        }
        let call = HTTPCall(head, body: .bytes(form.data), endpoint: XEndpoint.token.rawValue)
        let asked = self.clock.now()
        let hidden = secrets + [app.secret].compactMap(\.self)
        let answer = try await self.client.call(XTokens.self, call, creates: true, secrets: hidden)
        return TokenSet(
            accessToken: Secret(answer.access_token), refreshToken: answer.refresh_token.map { Secret($0) },
            expiresAt: answer.expires_in.flatMap { asked.adding(saidSeconds: $0) },
            scopes: answer.scope?.split(separator: " ").map(String.init) ?? [])
    }
}
