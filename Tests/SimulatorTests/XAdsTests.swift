// SPDX-License-Identifier: MIT

import HTTPTypes
import Testing

@testable import Simulator

@Suite("X Ads over HTTP")
struct XAdsTests {
    private static let account = "18ce54d4x5t"
    private static let path = "/12/accounts/18ce54d4x5t"

    /// A running simulator with an ad account of @acme, and who signs for it.
    private static func with(
        isFunded: Bool = true, hasAccess: Bool = true,
        _ body: @escaping @Sendable (RunningSimulator, Signer) async throws -> Void
    ) async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/apps",
                [
                    "platform": "x", "client_id": "app", "consumer_key": "ck", "consumer_secret": "cs",
                    "ads_access": .bool(hasAccess),
                ])
            let made = try await simulator.post(
                "/_admin/ad_accounts",
                [
                    "platform": "x", "id": .string(Self.account), "currency": "JPY", "time_zone": "Asia/Tokyo",
                    "users": ["11"], "funded": .bool(isFunded),
                    "tokens": [["access_token": "ot", "secret": "os", "user": "11", "consumer_key": "ck"]],
                ])
            #expect(made.status == 201)
            try await body(simulator, Signer(simulator: simulator))
        }
    }

    /// Sends signed requests, parameters in the query or in a form.
    struct Signer: Sendable {
        var simulator: RunningSimulator
        var secret = "os"

        func send(
            _ method: String, _ path: String, _ fields: [(String, String)] = [], inForm: Bool = false,
            nonce: String? = nil
        ) async throws -> RunningSimulator.Answer {
            let text = fields.map { "\(FormFields.encoded($0.0))=\(FormFields.encoded($0.1))" }.joined(separator: "&")
            let target = "/ads-api.x.com\(path)" + (inForm || text.isEmpty ? "" : "?\(text)")
            let form: [(String, String)] = inForm ? [("Content-Type", "application/x-www-form-urlencoded")] : []
            let body = inForm ? Array(text.utf8) : []
            // The world's clock stands still, so that the time of the signature is known.
            let now = try await self.simulator.get("/_admin/clock").json["world_now"]?.string
            let seconds = now.flatMap { WorldTime(iso8601: $0) }.map { Int($0.epochSeconds) } ?? 0
            var oauth = [
                "oauth_consumer_key": "ck", "oauth_token": "ot", "oauth_signature_method": "HMAC-SHA1",
                "oauth_timestamp": String(seconds), "oauth_version": "1.0",
                "oauth_nonce": nonce
                    ?? String(stableHash(method, path, text, String(seconds), Self.fresh()), radix: 36),
            ]
            var headers = HTTPFields()
            if inForm { headers[.contentType] = "application/x-www-form-urlencoded" }
            let request = SimulatedRequest(
                id: "", method: method, target: target, headers: headers, body: body, realTime: 0)
            oauth["oauth_signature"] = World.oauthSignature(request, oauth, "cs", self.secret)
            let header = oauth.map { "\($0.key)=\"\(FormFields.encoded($0.value))\"" }.joined(separator: ", ")
            return try await self.simulator.send(
                method, target, headers: form + [("Authorization", "OAuth \(header)")], body: inForm ? body : nil)
        }

        /// Something that no other call gave.
        private static func fresh() -> String { String(UInt64.random(in: .min ... .max)) }

        func id(_ method: String, _ path: String, _ fields: [(String, String)]) async throws -> String {
            let answer = try await self.send(method, path, fields)
            return try #require(answer.json["data"]?["id"]?.string, "\(answer.text)")
        }
    }

    private static func campaign(_ signer: Signer, _ more: [(String, String)] = []) async throws -> String {
        let funding = try await signer.send("GET", "\(self.path)/funding_instruments")
        let id = try #require(funding.json["data"]?.array?.first?["id"]?.string)
        return try await signer.id(
            "POST", "\(self.path)/campaigns",
            [("funding_instrument_id", id), ("name", "Boost [ph:x1]"), ("entity_status", "PAUSED")] + more)
    }

    private static func item(_ campaign: String) -> [(String, String)] {
        [
            ("campaign_id", campaign), ("name", "Item [ph:x1]"), ("objective", "ENGAGEMENTS"),
            ("product_type", "PROMOTED_TWEETS"), ("placements", "ALL_ON_TWITTER"), ("bid_strategy", "AUTO"),
            ("goal", "ENGAGEMENT"), ("start_time", "2026-03-02T09:00:00Z"), ("end_time", "2026-03-09T09:00:00Z"),
            ("daily_budget_amount_local_micro", "500000000"), ("entity_status", "PAUSED"),
        ]
    }

    private static func code(_ answer: RunningSimulator.Answer) -> String? {
        answer.json["errors"]?.array?.first?["code"]?.string
    }

    @Test("a boost is made paused, targeted, promoted, turned on, reviewed, delivered within its budget, and stopped")
    func wholeLife() async throws {
        try await Self.with { simulator, signer async throws in
            let post = try await simulator.post("\(RunningSimulator.x)/tweets", ["text": "Hello"], token: "x1")
            let tweet = try #require(post.json["data"]?["id"]?.string)
            let accounts = try await signer.send("GET", "/12/accounts")
            #expect(accounts.json["data"]?.array?.compactMap { $0["id"]?.string } == [Self.account])
            let users = try await signer.send("GET", "\(Self.path)/promotable_users")
            #expect(users.json["data"]?.array?.first?["user_id"]?.string == "11")
            let campaign = try await Self.campaign(signer)
            let item = try await signer.id("POST", "\(Self.path)/line_items", Self.item(campaign))
            let places = try await signer.send(
                "GET", "/12/targeting_criteria/locations", [("location_type", "COUNTRIES"), ("q", "Japan")])
            let place = try #require(places.json["data"]?.array?.first?["targeting_value"]?.string)
            _ = try await signer.id(
                "POST", "\(Self.path)/targeting_criteria",
                [
                    ("line_item_id", item), ("operator_type", "EQ"), ("targeting_type", "LOCATION"),
                    ("targeting_value", place),
                ])
            let promoted = try await signer.send(
                "POST", "\(Self.path)/promoted_tweets", [("line_item_id", item), ("tweet_ids", tweet)], inForm: true)
            #expect(promoted.status == 201)
            #expect(promoted.json["data"]?.array?.first?["approval_status"]?.string == "UNDER_REVIEW")
            for path in ["\(Self.path)/line_items/\(item)", "\(Self.path)/campaigns/\(campaign)"] {
                let on = try await signer.send("PUT", path, [("entity_status", "ACTIVE")])
                #expect(on.json["data"]?["entity_status"]?.string == "ACTIVE")
            }
            // Midnight in Tokyo.
            try await simulator.setClock("2026-03-05T15:00:00Z")
            let stats = try await signer.send(
                "GET", "/12/stats/accounts/\(Self.account)",
                [
                    ("entity", "LINE_ITEM"), ("entity_ids", item), ("start_time", "2026-03-01T15:00:00Z"),
                    ("end_time", "2026-03-05T15:00:00Z"), ("granularity", "DAY"),
                    ("metric_groups", "ENGAGEMENT,BILLING"), ("placement", "ALL_ON_TWITTER"),
                ])
            let metrics = try #require(stats.json["data"]?.array?.first?["id_data"]?.array?.first?["metrics"])
            let charged = metrics["billed_charge_local_micro"]?.array?.compactMap(\.integer) ?? []
            #expect(charged.count == 4 && charged.allSatisfy { $0 > 0 && $0 <= 500_000_000 })
            #expect(metrics["impressions"]?.array?.allSatisfy { $0.integer ?? 0 > 0 } == true)
            _ = try await signer.send("PUT", "\(Self.path)/campaigns/\(campaign)", [("entity_status", "PAUSED")])
            try await simulator.setClock("2026-04-01T00:00:00Z")
            let spend = try await simulator.get("/_admin/ads/spend?platform=x").json["accounts"]?.array?.first
            #expect(spend?["spend"]?.integer == charged.reduce(0, +))
            #expect(spend?["units_in_one"]?.integer == 1_000_000)
            #expect(try await simulator.get("/").text.contains("JPY"))
        }
    }

    @Test("what is made without a status is active")
    func defaultStatus() async throws {
        try await Self.with { simulator, signer async throws in
            let funding = World.xAdsFundingID(
                World(options: .init()).makeAdAccount(
                    AdAccountKey(network: .x, id: Self.account), name: "", currency: "JPY", timeZone: "UTC",
                    WorldTime(milliseconds: 0)))
            let made = try await signer.send(
                "POST", "\(Self.path)/campaigns", [("funding_instrument_id", funding), ("name", "A")])
            #expect(made.json["data"]?["entity_status"]?.string == "ACTIVE")
            let id = try #require(made.json["data"]?["id"]?.string)
            let item = Self.item(id).filter { $0.0 != "entity_status" }
            let line = try await signer.send("POST", "\(Self.path)/line_items", item)
            #expect(line.json["data"]?["entity_status"]?.string == "ACTIVE")
            #expect(try await simulator.latest()?["kind"]?.string == "ad_group")
        }
    }

    @Test("only signatures of OAuth 1.0a by a user of the account are taken, each once")
    func access() async throws {
        try await Self.with { simulator, signer async throws in
            #expect(try await signer.send("GET", Self.path).status == 200)
            #expect(try await signer.send("GET", Self.path, nonce: "once").status == 200)
            #expect(Self.code(try await signer.send("GET", Self.path, nonce: "once")) == "UNAUTHORIZED_ACCESS")
            var forger = signer
            forger.secret = "guess"
            #expect(try await forger.send("GET", Self.path).status == 401)
            #expect(try await simulator.get("/ads-api.x.com\(Self.path)", token: "x1").status == 401)
            let other = try await signer.send("GET", "/12/accounts/other")
            #expect(other.status == 404 && Self.code(other) == "NOT_FOUND")
            let lost = try await signer.send("GET", "/12/planets")
            #expect(lost.status == 404)
        }
        try await Self.with(hasAccess: false) { _, signer async throws in
            let answer = try await signer.send("GET", Self.path)
            #expect(answer.status == 403 && Self.code(answer) == "UNAUTHORIZED_CLIENT_APPLICATION")
        }
    }

    @Test(
        "a line item is refused for what is missing, unknown or wrong",
        arguments: [
            ("campaign_id", "zzz", "NOT_FOUND"), ("end_time", "", "MISSING_PARAMETER"),
            ("end_time", "2026-03-02T08:00:00Z", "INVALID_PARAMETER"), ("end_time", "soon", "INVALID_PARAMETER"),
            ("objective", "engagements", "INVALID_PARAMETER"), ("objective", "", "MISSING_PARAMETER"),
            ("bid_strategy", "MAX", "MISSING_PARAMETER"), ("placements", "EVERYWHERE", "INVALID_PARAMETER"),
            ("daily_budget_amount_local_micro", "0", "INVALID_PARAMETER"),
            ("daily_budget_amount_local_micro", "1.5", "INVALID_PARAMETER"), ("colour", "red", "INVALID_PARAMETER"),
            ("standard_delivery", "yes", "INVALID_PARAMETER"),
        ])
    func refusals(name: String, value: String, code: String) async throws {
        try await Self.with { simulator, signer async throws in
            let campaign = try await Self.campaign(signer)
            let fields = Self.item(campaign).filter { $0.0 != name } + (value.isEmpty ? [] : [(name, value)])
            let answer = try await signer.send("POST", "\(Self.path)/line_items", fields)
            #expect(Self.code(answer) == code)
            #expect(try await simulator.get("/_admin/ads").json["objects"]?.array?.count == 1)
        }
    }

    @Test("a JSON body is refused, though it is signed")
    func jsonBody() async throws {
        try await Self.with { simulator, signer async throws in
            var headers = HTTPFields()
            headers[.contentType] = "application/json"
            let target = "/ads-api.x.com\(Self.path)/campaigns"
            let body = Array(#"{"name":"A"}"#.utf8)
            var oauth = [
                "oauth_consumer_key": "ck", "oauth_token": "ot", "oauth_signature_method": "HMAC-SHA1",
                "oauth_timestamp": "1772442000", "oauth_nonce": "json",
            ]
            oauth["oauth_signature"] = World.oauthSignature(
                SimulatedRequest(id: "", method: "POST", target: target, headers: headers, body: body, realTime: 0),
                oauth, "cs", "os")
            let header = oauth.map { "\($0.key)=\"\(FormFields.encoded($0.value))\"" }.joined(separator: ", ")
            let answer = try await simulator.send(
                "POST", target,
                headers: [("Content-Type", "application/json"), ("Authorization", "OAuth \(header)")], body: body)
            #expect(answer.status == 400 && Self.code(answer) == "INVALID_PARAMETER")
        }
    }

    @Test("lists are searched by name, paged, and leave out what is deleted unless it is asked for")
    func lists() async throws {
        try await Self.with { _, signer async throws in
            var ids: [String] = []
            for number in 0..<5 {
                ids.append(
                    try await signer.id(
                        "POST", "\(Self.path)/campaigns",
                        [
                            ("funding_instrument_id", try await Self.funding(signer)), ("name", "C\(number)"),
                            ("entity_status", "PAUSED"),
                        ]))
            }
            _ = try await signer.send("DELETE", "\(Self.path)/campaigns/\(ids[1])")
            func names(_ fields: [(String, String)]) async throws -> [String] {
                try await signer.send("GET", "\(Self.path)/campaigns", fields).json["data"]?.array?
                    .compactMap { $0["name"]?.string } ?? []
            }
            #expect(try await names([]) == ["C0", "C2", "C3", "C4"])
            #expect(try await names([("with_deleted", "true")]).count == 5)
            #expect(try await names([("q", "c3")]) == ["C3"])
            #expect(try await names([("sort_by", "created_at-desc"), ("count", "2")]) == ["C4", "C3"])
            #expect(try await names([("campaign_ids", "\(ids[2]),\(ids[4])")]) == ["C2", "C4"])
            let first = try await signer.send("GET", "\(Self.path)/campaigns", [("count", "3")])
            let cursor = try #require(first.json["next_cursor"]?.string)
            #expect(try await names([("cursor", cursor), ("count", "3")]) == ["C4"])
        }
    }

    private static func funding(_ signer: Signer) async throws -> String {
        let answer = try await signer.send("GET", "\(self.path)/funding_instruments")
        return try #require(answer.json["data"]?.array?.first?["id"]?.string)
    }

    @Test("after a lost answer a search by name proves what is there", arguments: [false, true])
    func lostAnswer(looks: Bool) async throws {
        try await Self.with { simulator, signer async throws in
            let funding = try await Self.funding(signer)
            let fields = [
                ("funding_instrument_id", funding), ("name", "Boost [ph:x9]"), ("entity_status", "PAUSED"),
            ]
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "/12/accounts/*/campaigns", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            await #expect(throws: (any Error).self) {
                try await signer.send("POST", "\(Self.path)/campaigns", fields)
            }
            if looks { _ = try await signer.send("GET", "\(Self.path)/campaigns", [("q", "[ph:x9]")]) }
            #expect(try await signer.send("POST", "\(Self.path)/campaigns", fields).status == 201)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
            #expect(try await simulator.latest()?["account"]?.string == Self.account)
        }
    }

    @Test("a post is promoted once by a line item, and only one of the account's users")
    func promoting() async throws {
        try await Self.with { simulator, signer async throws in
            let own = try await simulator.post("\(RunningSimulator.x)/tweets", ["text": "A"], token: "x1")
            let foreign = try await simulator.post("\(RunningSimulator.x)/tweets", ["text": "B"], token: "x2")
            let item = try await signer.id(
                "POST", "\(Self.path)/line_items", Self.item(try await Self.campaign(signer)))
            func promote(_ id: String?) async throws -> RunningSimulator.Answer {
                try await signer.send(
                    "POST", "\(Self.path)/promoted_tweets", [("line_item_id", item), ("tweet_ids", id ?? "")])
            }
            #expect(try await promote(own.json["data"]?["id"]?.string).status == 201)
            #expect(Self.code(try await promote(own.json["data"]?["id"]?.string)) == "DUPLICATE_TWEET")
            #expect(Self.code(try await promote(foreign.json["data"]?["id"]?.string)) == "NOT_FOUND")
            let list = try await signer.send("GET", "\(Self.path)/promoted_tweets", [("line_item_ids", item)])
            #expect(list.json["data"]?.array?.count == 1)
        }
    }

    @Test(
        "statistics are refused for part hours, more than seven days, days off midnight and more than twenty ids",
        arguments: [
            ("start_time", "2026-03-01T15:30:00Z"), ("end_time", "2026-03-09T15:00:00Z"),
            ("start_time", "2026-03-02T00:00:00Z"),
            ("entity_ids", Array(repeating: "a", count: 21).joined(separator: ",")),
            ("metric_groups", "MOOD"), ("entity_ids", "unknown"),
        ])
    func statRules(name: String, value: String) async throws {
        try await Self.with { _, signer async throws in
            let campaign = try await Self.campaign(signer)
            let fields = [
                ("entity", "CAMPAIGN"), ("entity_ids", campaign), ("start_time", "2026-03-01T15:00:00Z"),
                ("end_time", "2026-03-02T15:00:00Z"), ("granularity", "DAY"), ("metric_groups", "BILLING"),
                ("placement", "ALL_ON_TWITTER"),
            ]
            let good = try await signer.send("GET", "/12/stats/accounts/\(Self.account)", fields)
            #expect(good.status == 200 && good.text.contains(#""billed_charge_local_micro":null"#))
            let bad = try await signer.send(
                "GET", "/12/stats/accounts/\(Self.account)", fields.filter { $0.0 != name } + [(name, value)])
            #expect(bad.status == 400 || bad.status == 404)
        }
    }

    @Test("the limit of writes has its headers, and faults have the words of X Ads")
    func limits() async throws {
        try await Self.with { simulator, signer async throws in
            let answer = try await signer.send("GET", Self.path)
            #expect(answer.header("x-account-rate-limit-remaining") == "1999")
            for (code, name) in [
                (429, "TOO_MANY_REQUESTS"), (503, "SERVICE_UNAVAILABLE"), (423, "LOCK_ACQUISITION_TIMEOUT"),
            ] {
                _ = try await simulator.post(
                    "/_admin/faults",
                    [
                        "id": "f", "match": ["account": .string(Self.account)],
                        "action": ["status": ["code": JSONValue(code)]],
                    ])
                let faulty = try await signer.send("GET", Self.path)
                #expect(faulty.status == code && Self.code(faulty) == name)
                if code == 429 { #expect(faulty.header("x-account-rate-limit-reset") != nil) }
            }
        }
    }

    @Test("without funds nothing is spent")
    func unfunded() async throws {
        try await Self.with(isFunded: false) { simulator, signer async throws in
            let funding = try await signer.send("GET", "\(Self.path)/funding_instruments")
            #expect(funding.json["data"]?.array?.first?["able_to_fund"] == false)
            let post = try await simulator.post("\(RunningSimulator.x)/tweets", ["text": "Hello"], token: "x1")
            let campaign = try await Self.campaign(signer)
            let item = try await signer.id("POST", "\(Self.path)/line_items", Self.item(campaign))
            _ = try await signer.send(
                "POST", "\(Self.path)/promoted_tweets",
                [("line_item_id", item), ("tweet_ids", post.json["data"]?["id"]?.string ?? "")])
            _ = try await signer.send("PUT", "\(Self.path)/line_items/\(item)", [("entity_status", "ACTIVE")])
            _ = try await signer.send("PUT", "\(Self.path)/campaigns/\(campaign)", [("entity_status", "ACTIVE")])
            try await simulator.setClock("2026-03-05T00:00:00Z")
            #expect(try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first?["spend"]?.integer == 0)
        }
    }
}
