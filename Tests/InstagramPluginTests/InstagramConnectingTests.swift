// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import InstagramPlugin

@Suite("Connecting Instagram accounts")
struct InstagramConnectingTests {
    private static let fields =
        "id,name,access_token,tasks,instagram_business_account{id,username,name,followers_count}"
    private static func list(_ pages: String, after: String? = nil, next: String? = nil) -> ScriptedExchange {
        let paging = next.map { #","paging":{"cursors":{"after":"\#($0)"},"next":"https://x"}"# } ?? ""
        return ScriptedExchange(.get, "/v25.0/me/accounts", .json(200, #"{"data":[\#(pages)]\#(paging)}"#)) {
            $0.query["fields"] == fields && $0.query["after"] == after
        }
    }
    private static let linked =
        #"{"id":"1","access_token":"EAApage1","tasks":["CREATE_CONTENT"],"instagram_business_account":{"id":"178","username":"acme","followers_count":9}}"#
    private static let unlinked = #"{"id":"2","access_token":"EAApage2"}"#

    @Test("the dialog asks for Instagram's scopes")
    func dialog() throws {
        let url = try InstagramFixtures.plugin([]).0.authorizationURL(
            app: AppCredential(id: "4711"), redirectURI: "https://p.example/cb", state: "s&t", codeChallenge: "c",
            scopes: ["instagram_basic", "pages_show_list"])
        #expect(
            url.absoluteString
                == "https://www.facebook.com/v25.0/dialog/oauth?client_id=4711&redirect_uri=https%3A%2F%2Fp.example%2Fcb&state=s%26t&scope=instagram_basic%2Cpages_show_list"
        )
    }

    @Test("a person's token opens the accounts of all Pages, each with its Page's token")
    func accounts() async throws {
        let (plugin, _) = InstagramFixtures.plugin([
            Self.list(Self.unlinked, next: "c1"), Self.list(Self.linked, after: "c1"),
        ])
        let found = try await plugin.accounts(TokenSet(accessToken: Secret("EAAuser")), app: nil)
        #expect(
            found == [
                GrantedAccount(
                    account: RemoteAccount(externalID: "178", name: "acme", handle: "acme", followers: 9),
                    tokens: TokenSet(accessToken: Secret("EAApage1")), tasks: ["CREATE_CONTENT"], parentID: "1")
            ])
    }

    @Test(
        "a token says who it speaks for: a person's with one account, a Page's, Instagram's own, or one that is named")
    func identify() async throws {
        let person = InstagramFixtures.plugin([Self.list(Self.linked)]).0
        #expect(try await person.identify(TokenSet(accessToken: Secret("EAAu"))).externalID == "178")
        let page = InstagramFixtures.plugin([
            ScriptedExchange(
                .get, "/v25.0/me/accounts", .reply(InstagramFixtures.error(100, nil, "nonexisting field"))),
            ScriptedExchange(
                .get, "/v25.0/me", .json(200, #"{"id":"1","instagram_business_account":{"id":"178","name":"Acme"}}"#)),
        ]).0
        #expect(try await page.identify(TokenSet(accessToken: Secret("EAAp"))).name == "Acme")
        let bare = InstagramFixtures.plugin([
            ScriptedExchange(.get, "/v25.0/me/accounts", .reply(InstagramFixtures.error(100))),
            ScriptedExchange(.get, "/v25.0/me", .reply(InstagramFixtures.error(100))) {
                $0.query["fields"]?.contains("instagram_business_account") == true
            },
            ScriptedExchange(.get, "/v25.0/me", .json(200, #"{"id":"178","username":"acme"}"#)) {
                $0.query == ["fields": "id,username,name,followers_count"]
            },
        ]).0
        #expect(try await bare.identify(TokenSet(accessToken: Secret("EAAi"))).externalID == "178")
        let own = InstagramFixtures.plugin([
            ScriptedExchange(.get, "/v25.0/me", .json(200, #"{"user_id":"179","id":"5","username":"acme"}"#)) {
                $0.host == "graph.instagram.com"
            }
        ]).0
        #expect(try await own.identify(InstagramFixtures.own.tokens).externalID == "179")
        let named = InstagramFixtures.plugin([
            ScriptedExchange(.get, "/v25.0/178", .json(200, #"{"id":"178","username":"acme"}"#))
        ]).0
        let tokens = TokenSet(accessToken: Secret("EAAu"), extra: ["account_id": Secret("178")])
        #expect(try await named.identify(tokens).handle == "acme")
    }

    @Test("a person's token is asked about the account that is meant, Instagram's own always speaks for one")
    func shared() async throws {
        let (plugin, _) = InstagramFixtures.plugin([
            ScriptedExchange(.get, "/v25.0/178", .json(200, #"{"id":"178","username":"acme"}"#))
        ])
        let kept = plugin.shared(TokenSet(accessToken: Secret("EAAu"), extra: ["account_id": Secret("1")]))
        #expect(kept.extra.isEmpty)
        #expect(try await plugin.identify(plugin.tokens(kept, for: "178")).handle == "acme")
        #expect(plugin.tokens(InstagramFixtures.own.tokens, for: "178") == InstagramFixtures.own.tokens)
    }

    @Test("Instagram's own login has names of its own for what is needed")
    func ownScopes() async throws {
        var own = InstagramFixtures.own
        own.tokens.scopes = ["instagram_business_basic", "instagram_business_manage_comments"]
        let report = try await InstagramFixtures.plugin([InstagramFixtures.quota(3)]).0.inspect(own)
        #expect(report.renewsItself)
        #expect(
            report.missingScopes(for: InstagramPlugin.manifest) == [
                "instagram_business_content_publish", "instagram_business_manage_insights",
            ])
    }

    @Test("a missing permission is seen though the question for the publishing limit is refused for it")
    func missingPermission() async throws {
        let plugin = InstagramFixtures.plugin([
            ScriptedExchange(
                .get, "/v25.0/debug_token",
                .json(200, #"{"data":{"is_valid":true,"expires_at":0,"scopes":["instagram_basic","pages_show_list"]}}"#)
            ),
            ScriptedExchange(
                .get, "/v25.0/\(InstagramFixtures.account)/content_publishing_limit",
                .reply(InstagramFixtures.error(10, nil, "Application does not have permission for this action"))),
            ScriptedExchange(
                .get, "/v25.0/me/accounts",
                .json(
                    200,
                    #"{"data":[{"id":"5","tasks":["ANALYZE"],"instagram_business_account":{"id":"\#(InstagramFixtures.account)"}}]}"#
                )),
        ]).0
        let report = try await plugin.inspect(InstagramFixtures.access)
        #expect(report.isValid && report.postsLeft == nil)
        #expect(report.missingTasks == ["CREATE_CONTENT"] && !report.renewsItself)
        #expect(report.missingScopes(for: InstagramPlugin.manifest).contains("instagram_content_publish"))
    }

    @Test("a token for several accounts or none says what to do", arguments: [2, 0])
    func several(count: Int) async {
        let pages = Array(repeating: Self.linked, count: count).joined(separator: ",")
        let (plugin, _) = InstagramFixtures.plugin([Self.list(pages)])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.identify(TokenSet(accessToken: Secret("EAAu")))
        }
        #expect(error?.code == .permanent && error?.nextAction?.contains("account_id") == true)
    }

    @Test("Instagram's own token renews itself, and refusals and losses have their class")
    func refresh() async {
        var access = InstagramFixtures.all
        access.access = InstagramFixtures.own
        access.publishes = []
        access.find = nil
        access.refresh = RefreshFixture(
            app: AppCredential(id: "4711"),
            exchange: ScriptedExchange(
                .get, "/refresh_access_token", .json(200, #"{"access_token":"IGAnew-1","expires_in":5183944}"#)
            ) {
                $0.host == "graph.instagram.com"
                    && $0.query == ["grant_type": "ig_refresh_token", "access_token": "IGAown-77ab02f3cc"]
            }, refused: InstagramFixtures.error(190, 463))
        let failures = await PluginConformance.run(InstagramPlugin.self, access)
        #expect(failures.isEmpty, "\(failures)")
    }

    @Test("a check says how the token stands and how many posts are left")
    func inspect() async throws {
        let check = ScriptedExchange(
            .get, "/v25.0/debug_token",
            .json(
                200,
                #"{"data":{"is_valid":true,"expires_at":0,"data_access_expires_at":1800000000,"scopes":["instagram_basic"]}}"#
            )
        ) {
            $0.query == ["input_token": "EAAinsta-5f1c9e01aa"]
                && $0.call.request.headerFields[.authorization] == "Bearer 4711|ig-app-secret-31d0"
        }
        let (plugin, _) = InstagramFixtures.plugin([check, InstagramFixtures.quota(3)])
        let report = try await plugin.inspect(InstagramFixtures.access)
        #expect(
            report
                == TokenReport(
                    isValid: true, accessEndsAt: Date(timeIntervalSince1970: 1_800_000_000),
                    scopes: ["instagram_basic"], postsLeft: 22))
    }

    @Test("an app of Facebook's dialog is asked about at Graph; of one of Instagram's own login nothing is sent")
    func app() async throws {
        let answer = ScriptedExchange(
            .get, "/v25.0/debug_token", .json(200, #"{"data":{"app_id":"4711","is_valid":true}}"#))
        let app = AppCredential(id: "4711", secret: Secret("ig-app-secret-31d0"), login: "facebook")
        let (plugin, _) = InstagramFixtures.plugin([answer])
        #expect(try await plugin.report(on: app) == AppReport(isAccepted: true, id: "4711"))
        let own = AppCredential(id: "4711", secret: app.secret, login: "instagram")
        let (silent, transport) = InstagramFixtures.plugin([])
        #expect(try await silent.report(on: own) == nil && transport.calls.isEmpty)
    }
}
