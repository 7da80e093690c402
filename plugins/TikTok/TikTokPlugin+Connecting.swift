// SPDX-License-Identifier: MIT

public import Foundation
import HTTPTypes
public import PluginKit

/// The answer of the token endpoint, which has no envelope.
private struct TikTokTokens: Decodable, Sendable {
    var access_token: String
    var expires_in: Double?
    var refresh_token: String?
    var refresh_expires_in: Double?
    var scope: String?
}

extension TikTokPlugin: AccountConnecting, TokenInspecting {
    /// The field that says when the refresh token ends.
    static let refreshEndField = TokenSet.refreshEndField

    /// TikTok's page on which a person allows the app to act.
    ///
    /// PKCE is for apps on a person's own machine, which a call-back to this machine stands for; a web app's is protected by its secret and the
    /// state. TikTok writes the challenge in hexadecimal digits.
    public func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL {
        var query: FormFields = [
            "client_key": app.id, "scope": scopes.joined(separator: ","), "response_type": "code",
            "redirect_uri": redirectURI, "state": state,
        ]
        if Self.isLocal(redirectURI) {
            guard let challenge = Self.hexadecimal(codeChallenge) else {
                throw PluginError(.permanent, "The PKCE challenge is no base64url text.")
            }
            query.append("code_challenge", challenge)
            query.append("code_challenge_method", "S256")
        }
        guard let url = URL(string: "https://www.tiktok.com/v2/auth/authorize/?\(query.encoded)") else {
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
        ]
        if Self.isLocal(redirectURI) { form.append("code_verifier", codeVerifier) }
        return try await self.token(form, app, hidden: [Secret(code), Secret(codeVerifier)])
    }

    /// Renews tokens; the old refresh token is used up, whether or not the answer arrives.
    public func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard let old = tokens.refreshToken else {
            throw PluginError(.reauthorize, "There is no refresh token.", nextAction: "Connect the account again.")
        }
        guard let app else {
            throw PluginError(
                .needsHuman,
                "Renewing a token needs the TikTok app's client key and secret, and this process has none.",
                nextAction:
                    "Set POSTHORN_PLATFORM_TIKTOK_CLIENT_ID and POSTHORN_PLATFORM_TIKTOK_CLIENT_SECRET for it as for the others, or add the app for all: posthorn app add.",
                scope: .app)
        }
        let form: FormFields = ["grant_type": "refresh_token", "refresh_token": old.revealed]
        var renewed = try await self.token(form, app, hidden: tokens.secrets)
        renewed.refreshToken = renewed.refreshToken ?? old
        if renewed.scopes.isEmpty { renewed.scopes = tokens.scopes }
        renewed.extra = tokens.extra.merging(renewed.extra) { $1 }
        return renewed
    }

    /// Asks who the token speaks for.
    public func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        let basic = "open_id,display_name"
        let user: TikTokUser
        do {
            user = try await TikTokUser.read("\(basic),follower_count", self.client, TikTokCaller(tokens))
        } catch  where error.code == .needsHuman {
            // Followers need a scope of their own; an account has a name without it.
            user = try await TikTokUser.read(basic, self.client, TikTokCaller(tokens))
        }
        guard let id = user.open_id else { throw PluginError(.retryAfter, "TikTok named no account.") }
        return RemoteAccount(externalID: id, name: user.display_name ?? id, followers: user.follower_count)
    }

    /// Asks whether the token lives; its end and its scopes are those that TikTok gave with it.
    public func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        let tokens = access.tokens
        var report = TokenReport(isValid: true, expiresAt: tokens.expiresAt, scopes: tokens.scopes)
        report.accessEndsAt = tokens.extra[Self.refreshEndField].flatMap { Self.instant($0.revealed) }
        do {
            _ = try await TikTokUser.read("open_id", self.client, TikTokCaller(tokens))
        } catch  where error.code == .reauthorize {
            report.isValid = false
        }
        return report
    }

    private func token(
        _ fields: FormFields, _ app: AppCredential, hidden: [Secret]
    ) async throws(PluginError) -> TokenSet {
        var form: FormFields = [:]
        form.append("client_key", app.id)
        form.append("client_secret", app.secret?.revealed)
        for name in fields.names { form.append(name, fields[name]) }
        var head = HTTPRequest(.post, host: Self.host, path: "/\(self.client.version)/oauth/token/")
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        let call = HTTPCall(head, body: .bytes(form.data), endpoint: TikTokEndpoint.token)
        let failure = TikTokFailure(
            creates: true, endpoint: call.endpoint, hidden: hidden + [app.secret].compactMap(\.self), clock: self.clock)
        let asked = self.clock.now()
        let reply = try await self.client.send(call, creates: true)
        // Refusals come with 200 too; only tokens are a success.
        if let problem = TikTokProblem(reply.body), !problem.isSuccess { throw failure.error(reply) }
        guard reply.status == 200 else { throw failure.error(reply) }
        let answer: TikTokTokens
        do {
            answer = try JSONDecoder().decode(TikTokTokens.self, from: reply.body)
        } catch {
            throw failure.unreadable(reply, error)
        }
        var tokens = TokenSet(
            accessToken: Secret(answer.access_token), refreshToken: answer.refresh_token.map { Secret($0) },
            expiresAt: answer.expires_in.flatMap { asked.adding(saidSeconds: $0) },
            scopes: answer.scope?.split { $0 == "," || $0 == " " }.map(String.init) ?? [])
        if let end = answer.refresh_expires_in.flatMap({ asked.adding(saidSeconds: $0) }) {
            tokens.extra[Self.refreshEndField] = Secret(end.formatted(.iso8601))
        }
        return tokens
    }

    private static func instant(_ text: String) -> Date? { try? Date.ISO8601FormatStyle().parse(text) }

    /// Whether a call-back comes to this machine rather than to a server.
    private static func isLocal(_ redirectURI: String) -> Bool {
        guard let parts = URLComponents(string: redirectURI), let host = parts.host else { return true }
        return ["localhost", "127.0.0.1", "[::1]", "::1"].contains(host.lowercased())
    }

    /// A base64url text as lower-case hexadecimal digits.
    private static func hexadecimal(_ text: String) -> String? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
        return Data(base64Encoded: padded)?.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
