// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Tokens, permissions and limits of Graph over HTTP")
struct GraphTokenTests {
    private static let graph = RunningSimulator.graph

    @Test("the login dialog gives a code, the code a short token, that a long one, and that Page tokens without end")
    func login() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let dialog =
                "/www.facebook.com/v25.0/dialog/oauth?client_id=70&redirect_uri=https://a.test/cb&state=xyz&scope=pages_show_list,pages_manage_posts,pages_read_engagement"
            #expect(try await simulator.get(dialog).text.contains("Ann"))
            let back = try await simulator.get(dialog + "&approve=900")
            #expect(back.status == 302)
            let location = try #require(back.header("Location"))
            #expect(location.hasPrefix("https://a.test/cb?code=") && location.hasSuffix("&state=xyz"))
            let code = location.dropFirst("https://a.test/cb?code=".count).prefix { $0 != "&" }
            let exchange =
                "\(Self.graph)/oauth/access_token?client_id=70&client_secret=s&redirect_uri=https://a.test/cb&code=\(code)"
            #expect(
                try await simulator.get(exchange.replacing("client_secret=s", with: "client_secret=no")).status == 400)
            let short = try await simulator.get(exchange).json
            #expect(short["expires_in"]?.integer == 5400)
            #expect(try await simulator.get(exchange).code == [100, nil])
            let token = try #require(short["access_token"]?.string)
            let long = try await simulator.get(
                "\(Self.graph)/oauth/access_token?grant_type=fb_exchange_token&client_id=70&client_secret=s&fb_exchange_token=\(token)"
            ).json
            #expect(long["expires_in"]?.integer == 5_183_944)
            let user = try #require(long["access_token"]?.string)
            let pages = try await simulator.get(
                "\(Self.graph)/me/accounts?fields=id,name,access_token,tasks", token: user)
            let list = try #require(pages.json["data"]?.array)
            #expect(list.map { $0["id"]?.string } == ["101", "102"])
            let page = try #require(list.first?["access_token"]?.string)
            let checked = try await simulator.get("\(Self.graph)/debug_token?input_token=\(page)", token: "70%7Cs")
            #expect(checked.status == 400)
            let debug = try await simulator.get("\(Self.graph)/debug_token?input_token=\(page)", token: "70|s").json
            #expect(debug["data"]?["is_valid"] == true && debug["data"]?["expires_at"]?.integer == 0)
            #expect(debug["data"]?["scopes"]?.strings?.contains("pages_manage_posts") == true)
            #expect(try await simulator.graph("/101/feed", [("message", "Hi")], token: page).status == 200)
            try await simulator.setClock("2026-03-02T11:00:00Z")
            #expect(try await simulator.get("\(Self.graph)/me", token: token).code == [190, 463])
            #expect(try await simulator.graph("/101/feed", [("message", "Later")], token: page).status == 200)
            try await simulator.setClock("2026-06-02T09:00:00Z")
            #expect(try await simulator.graph("/101/feed", [("message", "Too late")], token: page).code == [190, nil])
        }
    }

    @Test("a dialog with unknown scopes or without state is refused")
    func dialogRefused() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let dialog = "/www.facebook.com/v25.0/dialog/oauth?client_id=70&redirect_uri=https://a.test/cb"
            #expect(try await simulator.get(dialog).status == 400)
            #expect(try await simulator.get(dialog + "&state=x&scope=publish_pages").status == 400)
            let declined = try await simulator.get(dialog + "&state=x&decline=1")
            #expect(declined.header("Location")?.contains("error=access_denied") == true)
        }
    }

    @Test("a person's token lists ad accounts, linked Instagram accounts and permissions, but does not post")
    func userToken() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let ads = try await simulator.get(
                "\(Self.graph)/me/adaccounts?fields=name,currency,account_status", token: "u1")
            #expect(ads.json["data"]?.array?.first?["id"]?.string == "act_555")
            let pages = try await simulator.get(
                "\(Self.graph)/me/accounts?fields=id,instagram_business_account%7Bid,username%7D", token: "u1")
            let linked = pages.json["data"]?.array?.first?["instagram_business_account"]
            #expect(linked?["id"]?.string == RunningSimulator.instagramID && linked?["username"]?.string == "acme")
            #expect(try await simulator.graph("/101/feed", [("message", "x")], token: "u1").code == [210, nil])
            #expect(try await simulator.graph("/101/feed", [("message", "x")], token: "f2").code == [200, nil])
            #expect(
                try await simulator.send("DELETE", "\(Self.graph)/me/permissions", token: "u1").json["success"] == true)
            #expect(try await simulator.get("\(Self.graph)/me", token: "u1").code == [190, 458])
        }
    }

    @Test("no token, an unknown one, a dead one, a missing scope and a wrong proof have their own codes")
    func dead() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            #expect(try await simulator.get("\(Self.graph)/me").code == [2500, nil])
            #expect(try await simulator.get("\(Self.graph)/101").code == [104, nil])
            #expect(try await simulator.get("\(Self.graph)/101", token: "who").code == [190, nil])
            #expect(try await simulator.get("\(Self.graph)/101?appsecret_proof=00", token: "f1").code == [100, nil])
            _ = try await simulator.post(
                "/_admin/accounts",
                [
                    "platform": "facebook", "external_id": "103", "access_token": "f3",
                    "scopes": ["pages_read_engagement"], "token_expires_in": 60,
                ])
            #expect(try await simulator.graph("/103/feed", [("message", "x")], token: "f3").code == [10, nil])
            try await simulator.setClock("2026-03-02T09:02:00Z")
            #expect(try await simulator.get("\(Self.graph)/103", token: "f3").code == [190, 463])
            #expect(try await simulator.get("\(Self.graph)/101?access_token=f1").status == 200)
            // With Facebook Login what came with an Instagram account is its Page's token.
            #expect(try await simulator.get("\(Self.graph)/me", token: "i1").json["id"]?.string == "101")
        }
    }

    @Test("usage headers count, and a limit that is used up says for how many minutes")
    func limits() async throws {
        var configuration = SimulatorConfiguration()
        configuration.rateScale = 4.0 / (4800 * 50)
        try await RunningSimulator.withPlatforms(configuration) { simulator async throws in
            for used in [25, 50, 75, 100] {
                let answer = try await simulator.get("\(Self.graph)/101", token: "f1")
                let usage = answer.header("X-Business-Use-Case-Usage").flatMap { try? JSONParser.parse($0.utf8) }
                #expect(usage?["101"]?.array?.first?["call_count"]?.integer == used)
                #expect(usage?["101"]?.array?.first?["type"]?.string == "pages")
            }
            let refused = try await simulator.get("\(Self.graph)/101", token: "f1")
            #expect(refused.code == [80_001, nil])
            let usage = refused.header("X-Business-Use-Case-Usage").flatMap { try? JSONParser.parse($0.utf8) }
            #expect(usage?["101"]?.array?.first?["estimated_time_to_regain_access"]?.integer == 1440)
            try await simulator.setClock("2026-03-03T09:00:01Z")
            #expect(try await simulator.get("\(Self.graph)/101", token: "f1").status == 200)
        }
    }

    @Test("a batch holds reads of several accounts; each is answered and counted by itself")
    func batch() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let batch =
                #"[{"method":"GET","relative_url":"101?fields=name"},{"method":"GET","relative_url":"v26.0/102?fields=id"},{"method":"GET","relative_url":"me","access_token":"f2"},{"method":"POST","relative_url":"101/feed"}]"#
            let answer = try await simulator.graph("/", [("batch", batch), ("include_headers", "false")], token: "f1")
            let parts = try #require(answer.json.array)
            #expect(parts.map { $0["code"]?.integer } == [200, 403, 200, 400])
            #expect(parts.first?["body"]?.string == #"{"id":"101","name":"Acme"}"#)
            #expect(parts.first?["headers"] == nil)
            let calls = try await simulator.get("/_admin/calls?platform=facebook").json["entries"]?.array
            #expect(calls?.map { $0["endpoint"]?.string } == Array(repeating: "GET /{page}", count: 3))
            #expect(calls?.map { $0["status"]?.integer } == [200, 403, 200])
            #expect(try await simulator.graph("/", [("batch", "[]")]).code == [100, nil])
            #expect(try await simulator.count("attempts") == 0)
            // A batch that is refused as a whole is one refused call.
            _ = try await simulator.post(
                "/_admin/faults",
                ["match": ["platform": "facebook", "method": "POST", "times": 1], "action": ["status": ["code": 503]]])
            _ = try await simulator.graph("/", [("batch", batch)], token: "f1")
            _ = try await simulator.graph("/", [("batch", batch)], token: "nobody")
            let refused = try await simulator.get("/_admin/calls?platform=facebook&after=3").json["entries"]?.array
            #expect(refused?.count == 3)
            #expect(refused?.allSatisfy { ($0["status"]?.integer ?? 0) >= 400 } == true)
        }
    }

    @Test("the app's limit counts what people's tokens ask")
    func appLimit() async throws {
        var configuration = SimulatorConfiguration()
        configuration.rateScale = 0.01
        try await RunningSimulator.withPlatforms(configuration) { simulator async throws in
            for used in [50, 100] {
                let answer = try await simulator.get("\(Self.graph)/me", token: "u1")
                #expect(answer.header("X-App-Usage")?.contains("\"call_count\":\(used)") == true)
            }
            let refused = try await simulator.get("\(Self.graph)/me", token: "u1")
            #expect(refused.code == [4, nil])
            #expect(try await simulator.get("\(Self.graph)/101", token: "f1").status == 200)
        }
    }

    @Test(
        "injected answers have Graph's codes",
        arguments: [
            (401, 401, [190, 463]), (403, 403, [200, nil]), (429, 400, [80_001, nil]), (500, 500, [2, nil]),
            (503, 503, [2, nil]),
        ] as [(Int, Int, [Int?])])
    func faults(status: Int, expected: Int, code: [Int?]) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["platform": "facebook"],
                    "action": ["status": ["code": JSONValue(status), "retry_after_seconds": 600]],
                ])
            let answer = try await simulator.graph("/101/feed", [("message", "x")])
            #expect(answer.code == code)
            #expect(answer.status == (status == 401 ? 400 : expected))
            #expect(answer.json["error"]?["is_transient"] == (status >= 500 ? true : nil))
            if status == 429 {
                #expect(
                    answer.header("X-Business-Use-Case-Usage")?.contains("\"estimated_time_to_regain_access\":10")
                        == true)
            }
            #expect(try await simulator.count("effects") == 0)
        }
    }

    @Test("a fault kills the token that came, of a Page or of a person", arguments: ["f1", "u1", "i1"])
    func expires(token: String) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults", ["match": ["times": 1], "action": ["expire_token": true]])
            #expect(try await simulator.get("\(Self.graph)/me", token: token).code == [190, 463])
            #expect(try await simulator.get("\(Self.graph)/me", token: token).code == [190, 463])
            #expect(
                try await simulator.get("\(Self.graph)/101", token: token == "u1" ? "f1" : "u1").status == 200)
        }
    }
}
