// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import MetaGraph
import PluginKit

/// Instagram's own login: its dialog, and the way from the dialog's code to a token of 60 days.
///
/// The contract sheet has the second exchange and the scopes; dialog and first exchange are those of Meta's page "Business Login for
/// Instagram". Nothing of it was tried live (?).
struct InstagramOwnLogin: Sendable {
    /// The word for it in an app and in tokens.
    static let name = "instagram"
    /// What it calls the scopes.
    static let scopes = [
        "instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments",
        "instagram_business_manage_insights",
    ]
    private static let endpoint = "POST /oauth/access_token"

    /// A token that lives an hour; the documents show it inside of `data`, recorded answers bare.
    private struct Short: Decodable, Sendable {
        struct Grant: Decodable, Sendable {
            var access_token: String
            var permissions: Permissions?
        }
        var grant: Grant

        private enum CodingKeys: String, CodingKey { case data }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let grants = try container.decodeIfPresent([Grant].self, forKey: .data) ?? []
            self.grant = try grants.first ?? Grant(from: decoder)
        }
    }

    /// What was allowed: a text with commas, or a list.
    private struct Permissions: Decodable, Sendable {
        var names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let names = try? container.decode([String].self) {
                // It is the other of the two forms otherwise.
                self.names = names
            } else {
                self.names = try container.decode(String.self).split(separator: ",")
                    .map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
    }

    private struct Long: Decodable, Sendable {
        var access_token: String
        var expires_in: Double?
    }

    /// What the host of the first exchange says when it refuses.
    private struct Refusal: Decodable {
        var error_message: String
        var code: Int?
    }

    /// The client of the account's own host.
    var client: GraphClient

    /// The dialog on which a person allows the app to act; a browser opens it.
    func dialog(
        app: AppCredential, redirectURI: String, state: String, scopes: [String]
    ) throws(PluginError) -> URL {
        let query: FormFields = [
            "client_id": app.id, "redirect_uri": redirectURI, "response_type": "code", "state": state,
            "scope": scopes.joined(separator: ","),
        ]
        guard let url = URL(string: "https://www.instagram.com/oauth/authorize?\(query.encoded)") else {
            throw PluginError(.permanent, "The dialog's URL cannot be made from these values.")
        }
        return url
    }

    /// Turns the dialog's code into a token of about 60 days, which renews itself.
    func exchange(code: String, app: AppCredential, redirectURI: String) async throws(PluginError) -> TokenSet {
        guard let secret = app.secret else {
            throw PluginError(
                .needsHuman, "Instagram's login needs the app's secret.",
                nextAction: "Add the secret to the app's credential.", scope: .app)
        }
        let short = try await self.short(
            [
                "client_id": app.id, "client_secret": secret.revealed, "grant_type": "authorization_code",
                "redirect_uri": redirectURI, "code": code,
            ], hidden: [secret, Secret(code)])
        let head = HTTPRequest(
            .get, host: Graph.instagramHost, path: "/access_token",
            query: [
                "grant_type": "ig_exchange_token", "client_secret": secret.revealed, "access_token": short.access_token,
            ])
        let asked = self.client.clock.now()
        let long = try await self.client.call(
            Long.self, HTTPCall(head, endpoint: InstagramEndpoint.token), creates: true,
            hidden: [secret, Secret(short.access_token)])
        return TokenSet(
            accessToken: Secret(long.access_token), refreshToken: Secret(long.access_token),
            expiresAt: long.expires_in.flatMap { asked.adding(saidSeconds: $0) },
            scopes: short.permissions?.names ?? [],
            extra: [TokenSet.loginField: Secret(Self.name)])
    }

    private func short(_ form: FormFields, hidden: [Secret]) async throws(PluginError) -> Short.Grant {
        var head = HTTPRequest(.post, host: Graph.instagramLoginHost, path: "/oauth/access_token")
        head.headerFields[.contentType] = "application/x-www-form-urlencoded"
        let call = HTTPCall(head, body: .bytes(form.data), endpoint: Self.endpoint)
        let reply: HTTPReply
        do {
            reply = try await self.client.http.send(call)
        } catch {
            throw PluginError(error, creates: true)
        }
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: reply.body) {
            // A shape of its own; everything else is Graph's.
            throw PluginError(
                .permanent, PluginError.redact(refusal.error_message, hidden),
                platformCode: refusal.code.map { "\($0)" }, httpStatus: reply.status)
        }
        guard (200...299).contains(reply.status) else {
            throw GraphFailure(
                creates: true, endpoint: Self.endpoint, hidden: hidden, clock: self.client.clock
            ).error(reply)
        }
        do {
            return try JSONDecoder().decode(Short.self, from: reply.body).grant
        } catch {
            throw PluginError(
                .ambiguousOutcome, "The answer of Instagram's login could not be read.", httpStatus: reply.status,
                underlying: error)
        }
    }
}
