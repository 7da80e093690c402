// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Connecting X accounts")
struct XConnectingTests {
    @Test("the authorize page is asked with PKCE and all scopes")
    func authorize() throws {
        let (plugin, _) = XFixtures.plugin([])
        let url = try plugin.authorizationURL(
            app: AppCredential(id: "cl ient"), redirectURI: "https://posthorn.example/cb?x=1", state: "s&t",
            codeChallenge: PKCE.challenge(for: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            scopes: XPlugin.manifest.scopes)
        #expect(
            url.absoluteString
                == "https://x.com/i/oauth2/authorize?response_type=code&client_id=cl%20ient&redirect_uri=https%3A%2F%2Fposthorn.example%2Fcb%3Fx%3D1"
                + "&scope=tweet.read%20tweet.write%20users.read%20media.write%20offline.access&state=s%26t"
                + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256")
    }

    @Test("a public client names itself in the form, a confidential one in the header", arguments: [true, false])
    func exchange(isPublic: Bool) async throws {
        let (plugin, transport) = XFixtures.plugin(
            [XFixtures.refresh.exchange].map { exchange in
                var open = exchange
                open.accepts = { _ in true }
                return open
            })
        let app = AppCredential(id: "client", secret: isPublic ? nil : Secret("hush-hush"))
        let tokens = try await plugin.exchange(code: "c0de", codeVerifier: "ver", app: app, redirectURI: "https://p/cb")
        let call = try #require(transport.calls.first)
        let form = "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fp%2Fcb&code_verifier=ver"
        #expect(call.text == (isPublic ? form + "&client_id=client" : form))
        #expect((call.call.request.headerFields[.authorization] == nil) == isPublic)
        #expect(tokens.accessToken.revealed == "new-a" && tokens.refreshToken?.revealed == "new-r")
        #expect(tokens.expiresAt == XFixtures.now.addingTimeInterval(7200))
        #expect(tokens.scopes == ["tweet.read", "tweet.write"])
    }

    @Test("a grant without a refresh token, or without an app, says what to do")
    func impossible() async {
        let (plugin, _) = XFixtures.plugin([])
        let noToken = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(TokenSet(accessToken: Secret("a")), app: AppCredential(id: "i"))
        }
        #expect(noToken?.code == .reauthorize && noToken?.nextAction != nil)
        let noApp = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(XFixtures.access.tokens, app: nil)
        }
        #expect(noApp?.code == .needsHuman && noApp?.scope == .app)
    }

    @Test(
        "a wrong app credential stops the app, not the account",
        arguments: [
            #"{"error":"unauthorized_client","error_description":"Missing valid authorization header"}"#,
            #"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#,
        ])
    func wrongApp(answer: String) async {
        let (plugin, _) = XFixtures.plugin([ScriptedExchange(.post, "/2/oauth2/token", .json(401, answer))])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(XFixtures.access.tokens, app: AppCredential(id: "i"))
        }
        #expect(error?.code == .needsHuman && error?.scope == .app)
    }

    @Test("deleting what is not there is done")
    func deleteTwice() async throws {
        let (plugin, _) = XFixtures.plugin([
            ScriptedExchange(.delete, "/2/tweets/1", .json(200, #"{"data":{"deleted":true}}"#)),
            ScriptedExchange(.delete, "/2/tweets/2", .reply(XFixtures.problem(404, "resource-not-found", "no"))),
        ])
        try await plugin.delete(RemotePost(id: "1"), XFixtures.access)
        try await plugin.delete(RemotePost(id: "2"), XFixtures.access)
    }
}
