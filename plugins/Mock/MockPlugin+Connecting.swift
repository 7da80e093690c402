// SPDX-License-Identifier: MIT

public import Foundation
import HTTPTypes
public import PluginKit

/// The answer of the token endpoint.
private struct MockTokens: Decodable {
    var accessToken: String
    var refreshToken: String?
    var expiresIn: Double?
    var scope: String?
}

/// Who a token speaks for.
private struct MockMe: Decodable {
    var id: String
    var handle: String?
    var name: String?
    var followers: Int64?
}

extension MockPlugin: AccountConnecting {
    /// The page with one button per account of the mock platform.
    public func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL {
        let query: FormFields = [
            "response_type": "code", "client_id": app.id, "redirect_uri": redirectURI, "state": state,
            "scope": scopes.joined(separator: " "), "code_challenge": codeChallenge, "code_challenge_method": "S256",
        ]
        guard let url = URL(string: "https://\(Self.host)/v1/oauth/authorize?\(query.encoded)") else {
            throw PluginError(.permanent, "The authorize page's URL cannot be made from these values.")
        }
        return url
    }

    /// Turns the code that came back into tokens.
    public func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet {
        var form: FormFields = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI,
            "code_verifier": codeVerifier,
            "client_id": app.id,
        ]
        form.append("client_secret", app.secret?.revealed)
        return try await self.token(form, secrets: [Secret(code), Secret(codeVerifier), app.secret].compactMap(\.self))
    }

    /// Renews tokens; the old pair is dead afterwards, whether or not the answer arrives.
    public func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard let old = tokens.refreshToken else {
            throw PluginError(.reauthorize, "There is no refresh token.", nextAction: "Connect the account again.")
        }
        guard let app else {
            throw PluginError(
                .needsHuman, "Renewing a token needs the app's credential.",
                nextAction:
                    "Set POSTHORN_PLATFORM_MOCK_CLIENT_ID and POSTHORN_PLATFORM_MOCK_CLIENT_SECRET, or add the app: posthorn app add.",
                scope: .app)
        }
        var form: FormFields = ["grant_type": "refresh_token", "refresh_token": old.revealed, "client_id": app.id]
        form.append("client_secret", app.secret?.revealed)
        var renewed = try await self.token(form, secrets: [tokens.accessToken, old, app.secret].compactMap(\.self))
        renewed.extra = tokens.extra
        return renewed
    }

    /// Asks who the token speaks for.
    public func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        let head = HTTPRequest(.get, host: Self.host, path: "/v1/me", bearer: tokens.accessToken)
        let me = try await self.client.call(
            MockMe.self, HTTPCall(head, endpoint: MockBucket.read), secrets: [tokens.accessToken])
        return RemoteAccount(
            externalID: me.id, name: me.name ?? me.handle ?? me.id, handle: me.handle, followers: me.followers)
    }

    private func token(_ form: FormFields, secrets: [Secret]) async throws(PluginError) -> TokenSet {
        var head = HTTPRequest(.post, host: Self.host, path: "/v1/oauth/token")
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        let call = HTTPCall(head, body: .bytes(form.data), endpoint: MockBucket.token)
        let asked = self.clock.now()
        let answer = try await self.client.call(MockTokens.self, call, creates: true, secrets: secrets)
        return TokenSet(
            accessToken: Secret(answer.accessToken), refreshToken: answer.refreshToken.map { Secret($0) },
            expiresAt: answer.expiresIn.flatMap { asked.adding(saidSeconds: $0) },
            scopes: answer.scope?.split(separator: " ").map(String.init) ?? [])
    }
}
