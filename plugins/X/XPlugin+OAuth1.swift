// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

extension XPlugin: OAuth1Connecting {
    private static let step = "POST /oauth"

    /// Asks for a temporary token; without a call-back the person reads a number out, and no address of ours is needed.
    public func requestToken(
        _ consumer: OAuth1Credential, callback: String?
    ) async throws(PluginError) -> OAuth1Request {
        let answer = try await self.step("/oauth/request_token", consumer, ["oauth_callback": callback ?? "oob"])
        guard answer["oauth_callback_confirmed"] == "true", let token = answer["oauth_token"],
            let secret = answer["oauth_token_secret"]
        else { throw PluginError(.retryAfter, "The answer of X named no token.") }
        let query: FormFields = ["oauth_token": token]
        guard let page = URL(string: "https://\(Self.host)/oauth/authorize?\(query.encoded)") else {
            throw PluginError(.permanent, "The authorize page's URL cannot be made from these values.")
        }
        var credential = consumer
        credential.token = token
        credential.tokenSecret = Secret(secret)
        return OAuth1Request(credential: credential, page: page)
    }

    /// Turns the verifier or the number into a token, which does not end.
    public func accessToken(
        _ request: OAuth1Request, verifier: String
    ) async throws(PluginError) -> (credential: OAuth1Credential, account: RemoteAccount) {
        let answer = try await self.step("/oauth/access_token", request.credential, ["oauth_verifier": verifier])
        guard let token = answer["oauth_token"], let secret = answer["oauth_token_secret"],
            let user = answer["user_id"]
        else { throw PluginError(.retryAfter, "The answer of X named no token.") }
        var credential = request.credential
        credential.token = token
        credential.tokenSecret = Secret(secret)
        let name = answer["screen_name"]
        return (credential, RemoteAccount(externalID: user, name: name ?? user, handle: name))
    }

    /// Asks who a credential of OAuth 1.0a speaks for.
    func me(_ credential: OAuth1Credential) async throws(PluginError) -> XMe.User {
        let query: FormFields = ["user.fields": "public_metrics"]
        var head = HTTPRequest(.get, host: Self.host, path: "/2/users/me", query: query)
        head.headerFields[.authorization] = OAuth1.authorization(
            .get, "https://\(Self.host)/2/users/me", fields: query, as: credential, nonce: OAuth1.makeNonce(),
            now: self.clock.now())
        return try await self.client.call(
            XMe.self, HTTPCall(head, endpoint: XEndpoint.me.rawValue), secrets: Self.secrets(credential)
        ).data
    }

    /// One of the two steps: nothing but the header, and an answer in the form of a form.
    private func step(
        _ path: String, _ credential: OAuth1Credential, _ further: FormFields
    ) async throws(PluginError) -> [String: String] {
        var head = HTTPRequest(.post, host: Self.host, path: path)
        head.headerFields[.authorization] = OAuth1.authorization(
            .post, "https://\(Self.host)\(path)", further: further, as: credential, nonce: OAuth1.makeNonce(),
            now: self.clock.now())
        let secrets = Self.secrets(credential) + further.names.compactMap { further[$0].map { Secret($0) } }
        let reply = try await self.client.reply(HTTPCall(head, endpoint: Self.step), creates: false, secrets: secrets)
        var parts = URLComponents()
        parts.percentEncodedQuery = String(decoding: reply.body, as: UTF8.self)
        return (parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value }
    }

    private static func secrets(_ credential: OAuth1Credential) -> [Secret] {
        [credential.consumerSecret, credential.tokenSecret, credential.token.map { Secret($0) }].compactMap(\.self)
    }
}
