// SPDX-License-Identifier: MIT

package import Foundation
import HTTPTypes
package import PluginKit

/// Meta's login: the dialog, the exchanges of its code and tokens, and the check of a token.
///
/// The documents name no PKCE for this dialog; the state protects the call-back, the app's secret the exchange.
package struct GraphLogin: Sendable {
    private struct Tokens: Decodable {
        var access_token: String
        var expires_in: Double?
    }
    private struct Check: Decodable {
        struct Data: Decodable {
            var app_id: GraphID?
            var application: String?
            var is_valid: Bool?
            var expires_at: Double?
            var data_access_expires_at: Double?
            var scopes: [String]?
        }
        var data: Data
    }

    /// The client.
    package var client: GraphClient
    /// The bucket that the calls are counted in.
    package static let endpoint = "GET /oauth/access_token"
    /// What Meta wants of an app: the exchanges of both logins carry its secret, and posts of one in development mode are refused as boosts
    /// (`1885183`).
    package static let terms = AppTerms(needsSecret: true, unaudited: "makes posts that cannot be boosted")
    private static let debugToken = (path: "debug_token", endpoint: "GET /debug_token")
    /// Graph's code for an application that it does not know.
    private static let unknownApp = "101"

    /// Makes a login.
    package init(_ client: GraphClient) { self.client = client }

    /// The dialog on which a person allows the app to act; a browser opens it.
    package func dialog(
        app: AppCredential, redirectURI: String, state: String, scopes: [String]
    ) throws(PluginError) -> URL {
        let query: FormFields = [
            "client_id": app.id, "redirect_uri": redirectURI, "state": state, "scope": scopes.joined(separator: ","),
        ]
        guard let url = URL(string: "https://www.facebook.com/\(self.client.version)/dialog/oauth?\(query.encoded)")
        else { throw PluginError(.permanent, "The dialog's URL cannot be made from these values.") }
        return url
    }

    /// Turns the dialog's code into a token of about 60 days.
    package func exchange(code: String, app: AppCredential, redirectURI: String) async throws(PluginError) -> TokenSet {
        let secret = try Self.secret(of: app)
        let short = try await self.token(
            [
                "client_id": app.id, "client_secret": secret.revealed, "redirect_uri": redirectURI, "code": code,
            ], hidden: [secret, Secret(code)])
        return try await self.extend(TokenSet(accessToken: Secret(short.access_token)), app: app)
    }

    /// Turns a token that lives into one of about 60 days; one that has ended cannot be exchanged.
    package func extend(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard let app else {
            throw PluginError(
                .needsHuman, "Exchanging a token needs the app's credential.",
                nextAction: "Add the Meta app: posthorn app add", scope: .app)
        }
        let secret = try Self.secret(of: app)
        let asked = self.client.clock.now()
        let long = try await self.token(
            [
                "grant_type": "fb_exchange_token", "client_id": app.id, "client_secret": secret.revealed,
                "fb_exchange_token": tokens.accessToken.revealed,
            ], hidden: [secret] + tokens.secrets)
        var renewed = tokens
        renewed.accessToken = Secret(long.access_token)
        renewed.expiresAt = long.expires_in.flatMap { asked.adding(saidSeconds: $0) }
        return renewed
    }

    /// Asks whether Meta accepts an app: about the app's own token, with that token.
    ///
    /// The token is made of identity and secret, so a wrong one of them is a token that is not accepted; which of the two is wrong, Meta's code
    /// does not say.
    ///
    /// - Parameter app: The app.
    /// - Returns: The report.
    /// - Throws: `needsHuman` without a secret, and the class of the failure of the question itself.
    package func report(on app: AppCredential) async throws(PluginError) -> AppReport {
        let secret = try Self.secret(of: app)
        let own = Self.ownToken(of: app, secret)
        let caller = GraphCaller(token: own, hidden: [secret])
        do {
            let data = try await self.client.get(
                Check.self, Self.debugToken.path, ["input_token": own.revealed], as: caller,
                endpoint: Self.debugToken.endpoint
            ).data
            return AppReport(isAccepted: data.is_valid ?? false, id: data.app_id?.text, name: data.application)
        } catch  where error.code == .reauthorize || error.platformCode == Self.unknownApp {
            return AppReport(isAccepted: false, refusal: error.message)
        }
    }

    /// Asks how a token stands.
    ///
    /// - Parameters:
    ///   - tokens: The tokens; the access token is asked about.
    ///   - app: The app, whose own token asks when there is one; else the token asks about itself.
    /// - Returns: The report.
    /// - Throws: The class of the refusal of the question itself.
    package func inspect(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenReport {
        let own = app.flatMap { app in app.secret.map { Self.ownToken(of: app, $0) } }
        let caller = GraphCaller(
            token: own ?? tokens.accessToken, hidden: tokens.secrets + [app?.secret].compactMap(\.self))
        let data = try await self.client.get(
            Check.self, Self.debugToken.path, ["input_token": tokens.accessToken.revealed], as: caller,
            endpoint: Self.debugToken.endpoint
        ).data
        func date(_ seconds: Double?) -> Date? {
            seconds.flatMap { $0 > 0 ? Date(saidSeconds: $0) : nil }
        }
        return TokenReport(
            isValid: data.is_valid ?? false, expiresAt: date(data.expires_at),
            accessEndsAt: date(data.data_access_expires_at), scopes: data.scopes ?? [])
    }

    private func token(_ query: FormFields, hidden: [Secret]) async throws(PluginError) -> Tokens {
        let head = HTTPRequest(
            .get, host: self.client.host, path: "/\(self.client.version)/oauth/access_token", query: query)
        return try await self.client.call(
            Tokens.self, HTTPCall(head, endpoint: Self.endpoint), creates: true, hidden: hidden)
    }

    /// The token by which an app speaks for itself.
    private static func ownToken(of app: AppCredential, _ secret: Secret) -> Secret {
        Secret("\(app.id)|\(secret.revealed)")
    }

    private static func secret(of app: AppCredential) throws(PluginError) -> Secret {
        if let secret = app.secret { return secret }
        throw PluginError(
            .needsHuman, "Meta's login needs the app's secret.",
            nextAction: "Add the secret to the Meta app's credential.", scope: .app)
    }
}
