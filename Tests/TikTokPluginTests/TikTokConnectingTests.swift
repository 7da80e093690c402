// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("Connecting TikTok accounts")
struct TikTokConnectingTests {
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"

    @Test(
        "the authorize page is asked for comma separated scopes, by an app on this machine with a hexadecimal PKCE challenge",
        arguments: [
            ("https://posthorn.example/cb?x=1", false), ("http://127.0.0.1:8765/cb", true),
            ("http://localhost:8765/cb", true),
        ])
    func authorize(redirect: String, isLocal: Bool) throws {
        let url = try TikTokFixtures.plugin([]).0.authorizationURL(
            app: TikTokFixtures.app, redirectURI: redirect, state: "s&t",
            codeChallenge: PKCE.challenge(for: Self.verifier), scopes: TikTokPlugin.manifest.scopes)
        let parts = try #require(URLComponents(url: url, resolvingAgainstBaseURL: false))
        var expected = [
            "client_key": "aw-client-key", "scope": "user.info.basic,user.info.stats,video.publish,video.list",
            "response_type": "code", "redirect_uri": redirect, "state": "s&t",
        ]
        if isLocal {
            expected["code_challenge"] = Self.challenge
            expected["code_challenge_method"] = "S256"
        }
        #expect(parts.host == "www.tiktok.com" && parts.path == "/v2/auth/authorize/")
        #expect((parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value } == expected)
    }

    @Test("a code becomes tokens whose ends TikTok gives", arguments: [true, false])
    func exchange(isLocal: Bool) async throws {
        var form = [
            "client_key": "aw-client-key", "client_secret": "tiktok-app-secret-31d0",
            "grant_type": "authorization_code", "code": "c0de*1",
            "redirect_uri": isLocal ? "http://127.0.0.1:8765/cb" : "https://p.example/cb",
        ]
        let redirect = form["redirect_uri"] ?? ""
        if isLocal { form["code_verifier"] = Self.verifier }
        let expected = form
        var answer = TikTokFixtures.refresh.exchange
        answer.accepts = { $0.form == expected }
        let tokens = try await TikTokFixtures.plugin([answer]).0.exchange(
            code: "c0de*1", codeVerifier: Self.verifier, app: TikTokFixtures.app, redirectURI: redirect)
        #expect(tokens.accessToken.revealed == "act.new" && tokens.refreshToken?.revealed == "rft.new")
        #expect(tokens.expiresAt == TikTokFixtures.now.addingTimeInterval(7200))
        #expect(tokens.scopes == ["user.info.basic", "video.publish"])
    }

    @Test("the rotated refresh token is kept, and says when the person must come again")
    func rotation() async throws {
        let plugin = TikTokFixtures.plugin([TikTokFixtures.refresh.exchange]).0
        let renewed = try await plugin.refresh(TikTokFixtures.access.tokens, app: TikTokFixtures.app)
        #expect(renewed.refreshToken?.revealed == "rft.new")
        let user = ScriptedExchange(.get, "/v2/user/info/", TikTokFixtures.ok(#"{"user":{"open_id":"a"}}"#))
        var access = TikTokFixtures.access
        access.tokens = renewed
        let report = try await TikTokFixtures.plugin([user]).0.inspect(access)
        #expect(report.isValid && report.scopes == ["user.info.basic", "video.publish"])
        #expect(report.expiresAt == TikTokFixtures.now.addingTimeInterval(7200))
        #expect(report.accessEndsAt == TikTokFixtures.now.addingTimeInterval(15_552_000))
    }

    @Test("the end of a token beyond the calendar is its end")
    func endless() async throws {
        let answer = ScriptedExchange(
            .post, "/v2/oauth/token/",
            .json(
                200,
                #"{"access_token":"a","expires_in":1e30,"open_id":"o","refresh_token":"r","refresh_expires_in":1e30}"#))
        let renewed = try await TikTokFixtures.plugin([answer]).0.refresh(
            TikTokFixtures.access.tokens, app: TikTokFixtures.app)
        #expect(renewed.expiresAt == Date(timeIntervalSince1970: 253_402_300_799))
    }

    @Test("a token that TikTok no longer accepts is a report, not an error")
    func invalid() async throws {
        let refused = ScriptedExchange(
            .get, "/v2/user/info/", .reply(TikTokFixtures.error(401, "access_token_invalid")))
        #expect(try await TikTokFixtures.plugin([refused]).0.inspect(TikTokFixtures.access).isValid == false)
    }

    @Test("a grant without a refresh token, or without an app, says what to do")
    func impossible() async {
        let (plugin, _) = TikTokFixtures.plugin([])
        let noToken = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(TokenSet(accessToken: Secret("a")), app: TikTokFixtures.app)
        }
        #expect(noToken?.code == .reauthorize && noToken?.nextAction != nil)
        let noApp = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(TikTokFixtures.access.tokens, app: nil)
        }
        #expect(noApp?.code == .needsHuman && noApp?.scope == .app)
    }

    @Test("an account is named with its followers, and without the scope for those too")
    func identify() async throws {
        let full = ScriptedExchange(
            .get, "/v2/user/info/",
            TikTokFixtures.ok(#"{"user":{"open_id":"_000open-id","display_name":"Acme","follower_count":5}}"#)
        ) { $0.query == ["fields": "open_id,display_name,follower_count"] }
        let tokens = TikTokFixtures.access.tokens
        let account = try await TikTokFixtures.plugin([full]).0.identify(tokens)
        #expect(account == RemoteAccount(externalID: "_000open-id", name: "Acme", followers: 5))
        var refused = full
        refused.outcome = .reply(TikTokFixtures.error(401, "scope_not_authorized"))
        let basic = ScriptedExchange(
            .get, "/v2/user/info/", TikTokFixtures.ok(#"{"user":{"open_id":"_000open-id","display_name":"Acme"}}"#)
        ) { $0.query == ["fields": "open_id,display_name"] }
        let narrow = try await TikTokFixtures.plugin([refused, basic]).0.identify(tokens)
        #expect(narrow == RemoteAccount(externalID: "_000open-id", name: "Acme"))
    }
}
