// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import FacebookPlugin

@Suite("Connecting Facebook Pages")
struct FacebookConnectingTests {
    private static let app = AppCredential(id: "4711", secret: Secret("fb-app-secret-31d0"))
    private static func list(_ pages: String, next: String? = nil, after: String? = nil) -> ScriptedExchange {
        let paging = next.map { #","paging":{"cursors":{"after":"\#($0)"},"next":"https://x"}"# } ?? ""
        return ScriptedExchange(.get, "/v25.0/me/accounts", .json(200, #"{"data":[\#(pages)]\#(paging)}"#)) {
            $0.query["after"] == after
                && $0.query["fields"] == "id,name,access_token,tasks,username,followers_count"
        }
    }
    private static let acme =
        #"{"id":"1","name":"Acme","access_token":"EAApage1","tasks":["ANALYZE","CREATE_CONTENT"],"followers_count":9}"#
    private static let globex = #"{"id":"2","name":"Globex","username":"globex","access_token":"EAApage2","tasks":[]}"#

    @Test("the dialog is the browser's, with state and scopes")
    func dialog() throws {
        let url = try FacebookFixtures.plugin([], version: "v26.0").0.authorizationURL(
            app: Self.app, redirectURI: "https://p.example/cb?x=1", state: "s&t", codeChallenge: "c",
            scopes: ["pages_show_list", "pages_manage_posts"])
        #expect(
            url.absoluteString
                == "https://www.facebook.com/v26.0/dialog/oauth?client_id=4711&redirect_uri=https%3A%2F%2Fp.example%2Fcb%3Fx%3D1&state=s%26t&scope=pages_show_list%2Cpages_manage_posts"
        )
    }

    @Test("a code becomes a person's token of 60 days")
    func exchange() async throws {
        let short = ScriptedExchange(
            .get, "/v25.0/oauth/access_token",
            .json(200, #"{"access_token":"EAAshort","token_type":"bearer","expires_in":3600}"#)
        ) {
            $0.query == [
                "client_id": "4711", "client_secret": "fb-app-secret-31d0", "redirect_uri": "https://p/cb",
                "code": "c0de",
            ]
        }
        let long = ScriptedExchange(
            .get, "/v25.0/oauth/access_token", .json(200, #"{"access_token":"EAAlong","expires_in":5183944}"#)
        ) {
            $0.query == [
                "grant_type": "fb_exchange_token", "client_id": "4711", "client_secret": "fb-app-secret-31d0",
                "fb_exchange_token": "EAAshort",
            ]
        }
        let (plugin, transport) = FacebookFixtures.plugin([short, long])
        let tokens = try await plugin.exchange(
            code: "c0de", codeVerifier: "v", app: Self.app, redirectURI: "https://p/cb")
        #expect(tokens.accessToken.revealed == "EAAlong" && tokens.isPersonal)
        #expect(tokens.expiresAt == FacebookFixtures.now.addingTimeInterval(5_183_944))
        #expect(transport.calls.allSatisfy { $0.call.request.headerFields[.authorization] == nil })
    }

    @Test("a person's token lists all Pages, each with its own token and the person's tasks")
    func accounts() async throws {
        let (plugin, _) = FacebookFixtures.plugin([
            Self.list(Self.acme, next: "c1"), Self.list(Self.globex + #",{"id":"3","name":"No role"}"#, after: "c1"),
        ])
        let found = try await plugin.accounts(FacebookFixtures.personal.tokens, app: nil)
        #expect(found.map(\.account.externalID) == ["1", "2"] && found.map(\.account.handle) == [nil, "globex"])
        #expect(found.map(\.tokens.accessToken.revealed) == ["EAApage1", "EAApage2"])
        #expect(found.first?.tasks == ["ANALYZE", "CREATE_CONTENT"] && found.allSatisfy { !$0.tokens.isPersonal })
    }

    @Test("a person's token lists all ad accounts with currency, zone and standing")
    func adAccounts() async throws {
        func page(_ accounts: String, next: String? = nil, after: String? = nil) -> ScriptedExchange {
            let paging = next.map { #","paging":{"cursors":{"after":"\#($0)"},"next":"https://x"}"# } ?? ""
            return ScriptedExchange(.get, "/v25.0/me/adaccounts", .json(200, #"{"data":[\#(accounts)]\#(paging)}"#)) {
                $0.query["after"] == after && $0.query["limit"] == "100"
                    && $0.query["fields"] == "id,name,currency,timezone_name,account_status"
            }
        }
        let (plugin, _) = FacebookFixtures.plugin([
            page(
                #"{"id":"act_1","name":"Main","currency":"USD","timezone_name":"America/New_York","account_status":1}"#,
                next: "c1"), page(#"{"id":"act_2","account_status":3},{"id":"act_3"}"#, after: "c1"),
        ])
        let found = try await plugin.adAccounts(FacebookFixtures.personal.tokens, app: nil)
        #expect(found.map(\.externalID) == ["act_1", "act_2", "act_3"])
        #expect(
            found.first
                == GrantedAdAccount(
                    externalID: "act_1", name: "Main", currency: "USD", timeZone: "America/New_York",
                    status: "active", maySpend: true))
        #expect(found.map(\.status) == ["active", "unsettled", nil] && found.map(\.maySpend) == [true, false, nil])
        #expect(plugin.adAccountID("7") == "act_7" && plugin.adAccountID("act_7") == "act_7")
    }

    @Test("a Page's token is the Page; a person's is its only Page, or the one that is named")
    func identify() async throws {
        let page = ScriptedExchange(
            .get, "/v25.0/me", .json(200, #"{"id":"1","name":"Acme","followers_count":9}"#)
        ) { $0.query == ["fields": "id,name,username,followers_count"] }
        let own = try await FacebookFixtures.plugin([page]).0.identify(FacebookFixtures.access.tokens)
        #expect(own == RemoteAccount(externalID: "1", name: "Acme", followers: 9))
        let only = try await FacebookFixtures.plugin([Self.list(Self.acme)]).0.identify(
            FacebookFixtures.personal.tokens)
        #expect(only.externalID == "1")
        var tokens = FacebookFixtures.personal.tokens
        tokens.extra["page_id"] = Secret("2")
        let named = ScriptedExchange(.get, "/v25.0/2", .json(200, #"{"id":"2","name":"Globex"}"#))
        #expect(try await FacebookFixtures.plugin([named]).0.identify(tokens).name == "Globex")
    }

    @Test("a person's token that is given as a Page's is told apart")
    func wrongKind() async {
        let me = ScriptedExchange(.get, "/v25.0/me", .reply(FacebookFixtures.error(100, nil, "nonexisting field")))
        let (plugin, _) = FacebookFixtures.plugin([me])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.identify(FacebookFixtures.access.tokens)
        }
        #expect(error?.code == .permanent && error?.nextAction?.contains("token_type") == true)
    }

    @Test("a person's token with several Pages, or none, says what to do", arguments: ["\(acme),\(globex)", ""])
    func several(pages: String) async {
        let (plugin, _) = FacebookFixtures.plugin([Self.list(pages)])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.identify(FacebookFixtures.personal.tokens)
        }
        #expect(error?.code == .permanent && error?.nextAction?.contains("page_id") == true)
    }

    @Test("a person's token is renewed as the contract wants it, with the Page published as itself")
    func refresh() async {
        var fixtures = FacebookFixtures.all
        fixtures.access = FacebookFixtures.personal
        fixtures.find = nil
        fixtures.publishes = [
            PublishFixture(
                "as the Page", FacebookFixtures.text.content,
                [
                    ScriptedExchange(
                        .get, "/v25.0/me/accounts",
                        .json(200, #"{"data":[{"id":"\#(FacebookFixtures.page)","access_token":"EAAown-1"}]}"#)
                    ) { $0.query == ["fields": "id,access_token", "limit": "100"] }, FacebookFixtures.feed(),
                ])
        ]
        fixtures.refresh = RefreshFixture(
            app: Self.app,
            exchange: ScriptedExchange(
                .get, "/v25.0/oauth/access_token", .json(200, #"{"access_token":"EAAlong2","expires_in":5183944}"#)),
            refused: FacebookFixtures.error(190, 463))
        let failures = await PluginConformance.run(FacebookPlugin.self, fixtures)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("a person's token is kept as one that opens several Pages, and asked about the one that is meant")
    func shared() async throws {
        let page = ScriptedExchange(.get, "/v25.0/2", .json(200, Self.globex))
        let (plugin, transport) = FacebookFixtures.plugin([page])
        let kept = plugin.shared(
            TokenSet(accessToken: Secret("EAAuser-1"), extra: ["page_id": Secret("1"), "note": Secret("x")]))
        #expect(kept.extra == ["token_type": Secret("user"), "note": Secret("x")])
        #expect(try await plugin.identify(plugin.tokens(kept, for: "2")).handle == "globex")
        #expect(transport.calls.count == 1)
        let own = TokenSet(accessToken: Secret("EAApage1"))
        #expect(plugin.tokens(own, for: "1") == own)
    }

    @Test("what cannot be renewed says what to do")
    func impossible() async {
        let (plugin, transport) = FacebookFixtures.plugin([])
        let page = await #expect(throws: PluginError.self) {
            _ = try await plugin.refresh(FacebookFixtures.access.tokens, app: Self.app)
        }
        #expect(page?.code == .reauthorize && page?.nextAction != nil)
        for app in [nil, AppCredential(id: "4711")] {
            let error = await #expect(throws: PluginError.self) {
                _ = try await plugin.refresh(FacebookFixtures.personal.tokens, app: app)
            }
            #expect(error?.code == .needsHuman && error?.scope == .app && error?.nextAction != nil)
        }
        #expect(transport.calls.isEmpty)
    }

    @Test("a check says when token and access end; one that is dead is a report", arguments: [true, false])
    func inspect(isValid: Bool) async throws {
        let data =
            isValid
            ? #"{"is_valid":true,"expires_at":1800000000,"data_access_expires_at":1799000000,"scopes":["pages_show_list"]}"#
            : #"{"is_valid":false,"scopes":[],"error":{"code":190}}"#
        let check = ScriptedExchange(.get, "/v25.0/debug_token", .json(200, #"{"data":\#(data)}"#)) {
            $0.query == ["input_token": "EAApage-5f1c9e01aa"]
                && $0.call.request.headerFields[.authorization] == "Bearer 4711|fb-app-secret-31d0"
        }
        let report = try await FacebookFixtures.plugin([check]).0.inspect(FacebookFixtures.access)
        #expect(
            report
                == (isValid
                    ? TokenReport(
                        isValid: true, expiresAt: Date(timeIntervalSince1970: 1_800_000_000),
                        accessEndsAt: Date(timeIntervalSince1970: 1_799_000_000), scopes: ["pages_show_list"])
                    : TokenReport(isValid: false)))
    }

    @Test(
        "a person who may not create content on the Page is told to lack that; where Graph names no tasks nobody knows",
        arguments: [
            (#"["ANALYZE","MODERATE"]"#, ["CREATE_CONTENT"]), (#"["ANALYZE","CREATE_CONTENT"]"#, []),
            (#"["PROFILE_PLUS_CREATE_CONTENT"]"#, []), ("[]", []),
        ])
    func tasks(tasks: String, missing: [String]) async throws {
        let page =
            #"{"id":"\#(FacebookFixtures.page)","name":"Acme","access_token":"EAApage1","tasks":\#(tasks)}"#
        let check = ScriptedExchange(
            .get, "/v25.0/debug_token", .json(200, #"{"data":{"is_valid":true,"scopes":["pages_show_list"]}}"#))
        let (plugin, _) = FacebookFixtures.plugin([check, Self.list(page)])
        #expect(try await plugin.accounts(FacebookFixtures.personal.tokens, app: nil).first?.missingTasks == missing)
        #expect(try await plugin.inspect(FacebookFixtures.personal).missingTasks == missing)
        let (other, _) = FacebookFixtures.plugin([check, Self.list(Self.acme)])
        #expect(try await other.inspect(FacebookFixtures.personal).missingTasks == ["CREATE_CONTENT"])
    }

    @Test(
        "an app that Meta does not accept is a report in Meta's words without the secret, whether secret or identity is wrong",
        arguments: [190, 101])
    func refusedApp(code: Int) async throws {
        let app = FacebookFixtures.known.app
        let words = "Cannot get application info of 4711|fb-app-secret-31d0"
        let refusal = ScriptedExchange(.get, "/v25.0/debug_token", .reply(FacebookFixtures.error(code, nil, words)))
        let report = try await FacebookFixtures.plugin([refusal]).0.report(on: app)
        #expect(report?.isAccepted == false)
        #expect(report?.refusal?.contains("Cannot get application info of 4711|<secret>") == true)
    }

    @Test("Graph names the app that it answers for, by a text or a number; one that is off is no app that is accepted")
    func namedApp() async throws {
        for (data, expected) in [
            (#""app_id":4712,"is_valid":true"#, AppReport(isAccepted: true, id: "4712")),
            (#""app_id":"4711","is_valid":false"#, AppReport(isAccepted: false, id: "4711")),
        ] {
            let answer = ScriptedExchange(.get, "/v25.0/debug_token", .json(200, #"{"data":{\#(data)}}"#))
            let plugin = FacebookFixtures.plugin([answer]).0
            #expect(try await plugin.report(on: FacebookFixtures.known.app) == expected)
        }
    }
}
