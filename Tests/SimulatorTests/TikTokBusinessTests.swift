// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("TikTok's API for Business over HTTP")
struct TikTokBusinessTests {
    private static let advertiser = "7000000000000000001"
    private static let root = "/business-api.tiktok.com/open_api/v1.3"

    /// A running simulator with a TikTok account that has a past, and an ad account that it is linked to.
    private static func with(
        currency: String = "USD", _ body: @escaping @Sendable (RunningSimulator, String) async throws -> Void
    ) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/accounts",
                [
                    "platform": "tiktok", "external_id": "open3", "handle": "maker", "access_token": "t3", "history": 2,
                ])
            let made = try await simulator.post(
                "/_admin/ad_accounts",
                [
                    "platform": "tiktok", "id": .string(Self.advertiser), "currency": .string(currency),
                    "time_zone": "America/New_York", "identities": ["open3"],
                    "tokens": [
                        ["access_token": "b1", "auth_code": "code"],
                        ["access_token": "b2", "scopes": ["reporting"]],
                    ],
                ])
            #expect(made.status == 201)
            let posts = try await simulator.get("/_admin/posts?platform=tiktok&account=open3").json["posts"]?.array
            try await body(simulator, try #require(posts?.first?["id"]?.string))
        }
    }

    private static func post(
        _ simulator: RunningSimulator, _ path: String, _ body: JSONObject, token: String = "b1"
    ) async throws -> RunningSimulator.Answer {
        var body = body
        body["advertiser_id"] = .string(self.advertiser)
        return try await simulator.send(
            "POST", "\(self.root)/\(path)/",
            headers: [("Content-Type", "application/json"), ("Access-Token", token)],
            body: JSONValue.object(body).encoded)
    }

    private static func get(
        _ simulator: RunningSimulator, _ path: String, _ fields: [(String, String)] = [], token: String = "b1"
    ) async throws -> RunningSimulator.Answer {
        let query = ([("advertiser_id", self.advertiser)] + fields).map {
            "\($0.0)=\(FormFields.encoded($0.1))"
        }.joined(separator: "&")
        return try await simulator.send(
            "GET", "\(self.root)/\(path)/?\(query)", headers: [("Access-Token", token)])
    }

    private static let campaign: JSONObject = [
        "campaign_name": "Boost [ph:t1]", "objective_type": "REACH", "operation_status": "DISABLE",
    ]

    private static func adGroup(_ campaign: String) -> JSONObject {
        [
            "campaign_id": .string(campaign), "adgroup_name": "Group [ph:t1]",
            "placement_type": "PLACEMENT_TYPE_NORMAL",
            "placements": ["PLACEMENT_TIKTOK"], "location_ids": ["6252001"], "budget_mode": "BUDGET_MODE_DAY",
            "budget": .double(20.5), "schedule_type": "SCHEDULE_START_END",
            "schedule_start_time": "2026-03-02 09:00:00",
            "schedule_end_time": "2026-03-12 09:00:00", "optimization_goal": "CLICK", "billing_event": "CPC",
            "bid_type": "BID_TYPE_NO_BID", "pacing": "PACING_MODE_SMOOTH", "operation_status": "DISABLE",
        ]
    }

    private static func made(_ answer: RunningSimulator.Answer, _ name: String) throws -> String {
        try #require(answer.json["data"]?[name]?.string, "\(answer.text)")
    }

    private static func make(
        _ simulator: RunningSimulator, _ post: String, identity: JSONObject = ["identity_type": "TT_USER"]
    ) async throws -> (campaign: String, group: String, ad: String) {
        let campaign = try Self.made(try await Self.post(simulator, "campaign/create", Self.campaign), "campaign_id")
        let group = try Self.made(
            try await Self.post(simulator, "adgroup/create", Self.adGroup(campaign)), "adgroup_id")
        var creative: JSONObject = [
            "ad_name": "Ad", "ad_format": "SINGLE_VIDEO", "identity_id": "open3", "tiktok_item_id": .string(post),
            "operation_status": "DISABLE",
        ]
        for member in identity.members { creative[member.key] = member.value }
        let ad = try await Self.post(
            simulator, "ad/create", ["adgroup_id": .string(group), "creatives": [.object(creative)]])
        let id = try #require(ad.json["data"]?["ad_ids"]?.strings?.first, "\(ad.text)")
        return (campaign, group, id)
    }

    private static func turn(
        _ simulator: RunningSimulator, _ boost: (campaign: String, group: String, ad: String), _ status: String
    ) async throws {
        for (kind, id) in [("campaign", boost.campaign), ("adgroup", boost.group), ("ad", boost.ad)] {
            let answer = try await Self.post(
                simulator, "\(kind)/status/update",
                .init(dictionaryLiteral: ("\(kind)_ids", [.string(id)]), ("operation_status", .string(status))))
            #expect(answer.json["code"]?.integer == 0)
        }
    }

    @Test("a Spark ad is made off, turned on, reviewed, delivered within its budget, and turned off")
    func wholeLife() async throws {
        try await Self.with { simulator, post async throws in
            let identities = try await Self.get(simulator, "identity/get", [("identity_type", "TT_USER")])
            #expect(identities.json["data"]?["identity_list"]?.array?.first?["identity_id"]?.string == "open3")
            let boost = try await Self.make(simulator, post)
            try await Self.turn(simulator, boost, "ENABLE")
            func status() async throws -> String? {
                try await Self.get(simulator, "ad/get", [("filtering", #"{"ad_ids":["\#(boost.ad)"]}"#)])
                    .json["data"]?["list"]?.array?.first?["secondary_status"]?.string
            }
            #expect(try await status() == "AD_STATUS_AUDIT")
            try await simulator.setClock("2026-03-02T09:20:00Z")
            #expect(try await status() == "AD_STATUS_DELIVERY_OK")
            // Midnight in New York.
            try await simulator.setClock("2026-03-06T05:00:00Z")
            let report = try await Self.get(
                simulator, "report/integrated/get",
                [
                    ("report_type", "BASIC"), ("data_level", "AUCTION_AD"),
                    ("dimensions", #"["ad_id","stat_time_day"]"#), ("metrics", #"["spend","impressions","clicks"]"#),
                    ("start_date", "2026-03-01"), ("end_date", "2026-03-30"), ("page_size", "100"),
                ])
            let rows = report.json["data"]?["list"]?.array ?? []
            let cents = rows.compactMap { $0["metrics"]?["spend"]?.string.flatMap { Int($0.filter { $0 != "." }) } }
            #expect(cents.count == 4 && cents.allSatisfy { $0 > 0 && $0 <= 2050 })
            #expect(rows.first?["dimensions"]?["stat_time_day"]?.string == "2026-03-02 00:00:00")
            try await Self.turn(simulator, boost, "DISABLE")
            try await simulator.setClock("2026-05-01T00:00:00Z")
            let spend = try await simulator.get("/_admin/ads/spend?platform=tiktok").json["accounts"]?.array?.first
            #expect(spend?["spend"]?.integer == cents.reduce(0, +))
            let whole = try await Self.get(
                simulator, "report/integrated/get",
                [
                    ("report_type", "BASIC"), ("data_level", "AUCTION_CAMPAIGN"), ("dimensions", #"["campaign_id"]"#),
                    ("metrics", #"["spend"]"#), ("query_lifetime", "true"),
                ])
            let text = AdNetwork.tiktok.decimal(cents.reduce(0, +), of: "USD")
            #expect(whole.json["data"]?["list"]?.array?.first?["metrics"]?["spend"]?.string == text)
        }
    }

    @Test("what is made without a status is on")
    func defaultStatus() async throws {
        try await Self.with { simulator, _ async throws in
            let made = try await Self.post(
                simulator, "campaign/create", ["campaign_name": "A", "objective_type": "REACH"])
            #expect(made.json["data"]?["operation_status"]?.string == "ENABLE")
        }
    }

    @Test("the same request_id within ten seconds is carried out once, later again; names are unique")
    func requestID() async throws {
        try await Self.with { simulator, _ async throws in
            var body = Self.campaign
            body["request_id"] = "123456789012345678"
            let first = try await Self.post(simulator, "campaign/create", body)
            let again = try await Self.post(simulator, "campaign/create", body)
            #expect(first.json["code"]?.integer == 0)
            #expect(first.json["data"] == again.json["data"])
            #expect(try await simulator.get("/_admin/ads").json["objects"]?.array?.count == 1)
            #expect(try await simulator.count("duplicates") == 0)
            try await simulator.setClock("2026-03-02T09:00:11Z")
            let late = try await Self.post(simulator, "campaign/create", body)
            #expect(late.status == 200 && late.json["code"]?.integer == 40_002)
            #expect(late.json["message"]?.string?.contains("already exists") == true)
        }
    }

    @Test(
        "an ad group is refused for its budget, schedule, goal or audience",
        arguments: [
            ("budget", 19.99 as JSONNumber), ("budget", 20.001), ("budget", "20"), ("budget", .missing),
            ("schedule_end_time", .missing), ("schedule_end_time", "2026-03-02 08:00:00"),
            ("schedule_end_time", "2026-03-12T09:00:00Z"), ("schedule_type", "SCHEDULE_SOMEHOW"),
            ("optimization_goal", "VIDEO_VIEW"), ("billing_event", "CPM"), ("optimization_goal", "REACH"),
            ("location_ids", .missing), ("gender", "GENDER_OTHER"), ("pacing", .missing), ("colour", "red"),
            ("campaign_id", "1"),
        ])
    func refusals(name: String, value: JSONNumber) async throws {
        try await Self.with { simulator, _ async throws in
            let campaign = try Self.made(
                try await Self.post(simulator, "campaign/create", Self.campaign), "campaign_id")
            var body = Self.adGroup(campaign)
            body[name] = value.json
            let answer = try await Self.post(simulator, "adgroup/create", body)
            #expect(answer.status == 200)
            #expect(answer.json["code"]?.integer == (name == "campaign_id" ? 40_300 : 40_002))
        }
    }

    /// A value of a parameter in a test's arguments.
    struct JSONNumber: Sendable, ExpressibleByFloatLiteral, ExpressibleByStringLiteral {
        var json: JSONValue?

        static let missing = Self(json: nil)

        init(json: JSONValue?) { self.json = json }
        init(floatLiteral value: Double) { self.json = .double(value) }
        init(stringLiteral value: String) { self.json = .string(value) }
    }

    @Test("a total budget needs an end, and amounts are plain units of the currency")
    func budgets() async throws {
        try await Self.with(currency: "JPY") { simulator, _ async throws in
            let campaign = try Self.made(
                try await Self.post(simulator, "campaign/create", Self.campaign), "campaign_id")
            var body = Self.adGroup(campaign)
            body["budget_mode"] = "BUDGET_MODE_TOTAL"
            body["budget"] = .double(5000.5)
            #expect(try await Self.post(simulator, "adgroup/create", body).json["code"]?.integer == 40_002)
            body["budget"] = 5000
            body["schedule_type"] = "SCHEDULE_FROM_NOW"
            #expect(try await Self.post(simulator, "adgroup/create", body).json["code"]?.integer == 40_002)
            body["schedule_type"] = "SCHEDULE_START_END"
            let made = try await Self.post(simulator, "adgroup/create", body)
            #expect(made.json["data"]?["budget"]?.integer == 5000)
            let groups = try await simulator.get("/_admin/ads").json["objects"]?.array ?? []
            #expect(groups.last?["lifetime_budget"]?.integer == 5000)
        }
    }

    @Test("a creator's code opens one post for its days, and the ad dies with it")
    func authorization() async throws {
        try await Self.with { simulator, _ async throws in
            _ = try await simulator.post(
                "/_admin/accounts",
                ["platform": "tiktok", "external_id": "open4", "access_token": "t4", "history": 1])
            let posts = try await simulator.get("/_admin/posts?platform=tiktok&account=open4").json["posts"]?.array
            let post = try #require(posts?.first?["id"]?.string)
            let bad = try await Self.post(simulator, "tt_video/authorize", ["auth_code": "guess"])
            #expect(bad.json["code"]?.integer == 40_002)
            let code = "vc-\(post)-7"
            let given = try await Self.post(simulator, "tt_video/authorize", ["auth_code": .string(code)])
            #expect(given.json["data"]?.object?.members.isEmpty == true)
            let info = try await Self.get(simulator, "tt_video/info", [("auth_code", code)])
            #expect(info.json["data"]?["item_info"]?["item_id"]?.string == post)
            #expect(info.json["data"]?["user_info"]?["identity_id"]?.string == "open4")
            #expect(info.json["data"]?["auth_info"]?["auth_end_time"]?.string == "2026-03-09 09:00:00")
            let boost = try await Self.make(
                simulator, post, identity: ["identity_type": "AUTH_CODE", "identity_id": "open4"])
            try await Self.turn(simulator, boost, "ENABLE")
            func spent() async throws -> Int? {
                try await simulator.get("/_admin/ads/spend?platform=tiktok").json["accounts"]?.array?.first?["spend"]?
                    .integer
            }
            try await simulator.setClock("2026-03-09T09:00:00Z")
            let end = try await spent()
            #expect(end ?? 0 > 0)
            try await simulator.setClock("2026-03-11T09:00:00Z")
            #expect(try await spent() == end)
        }
    }

    @Test("a post needs an identity of the ad account and the format that it has")
    func creatives() async throws {
        try await Self.with { simulator, post async throws in
            let boost = try await Self.make(simulator, post)
            func create(_ changes: JSONObject) async throws -> Int? {
                var creative: JSONObject = [
                    "ad_format": "SINGLE_VIDEO", "identity_type": "TT_USER", "identity_id": "open3",
                    "tiktok_item_id": .string(post),
                ]
                for member in changes.members { creative[member.key] = member.value }
                return try await Self.post(
                    simulator, "ad/create", ["adgroup_id": .string(boost.group), "creatives": [.object(creative)]]
                ).json["code"]?.integer
            }
            #expect(try await create([:]) == 0)
            #expect(try await create(["identity_id": "open1"]) == 40_300)
            #expect(try await create(["identity_type": "AUTH_CODE"]) == 40_002)
            #expect(try await create(["tiktok_item_id": "1"]) == 40_300)
            #expect(try await create(["ad_format": "SPARK_ADS"]) == 40_002)
            #expect(try await create(["mood": "good"]) == 40_002)
        }
    }

    @Test("tokens come in their own header, with scopes and ad accounts of their own")
    func tokens() async throws {
        try await Self.with { simulator, _ async throws in
            func code(_ token: String) async throws -> Int? {
                try await Self.get(simulator, "campaign/get", token: token).json["code"]?.integer
            }
            #expect(try await code("b1") == 0)
            #expect(try await code("b2") == 40_106)
            #expect(try await code("guess") == 40_105)
            let bare = try await simulator.get(
                "\(Self.root)/campaign/get/?advertiser_id=\(Self.advertiser)", token: "b1")
            #expect(bare.status == 200 && bare.json["code"]?.integer == 40_104)
            let other = try await simulator.send(
                "GET", "\(Self.root)/campaign/get/?advertiser_id=1", headers: [("Access-Token", "b1")])
            #expect(other.json["code"]?.integer == 40_001)
            let info = try await simulator.send(
                "GET",
                "\(Self.root)/advertiser/info/?advertiser_ids=%5B%22\(Self.advertiser)%22%5D&fields=%5B%22currency%22,%22timezone%22%5D",
                headers: [("Access-Token", "b1")])
            #expect(info.json["data"]?["list"]?.array?.first?["timezone"]?.string == "America/New_York")
            let exchange: JSONValue = ["app_id": "key", "secret": "s", "auth_code": "code"]
            let token = try await simulator.post("\(Self.root)/oauth2/access_token/", exchange)
            #expect(token.json["data"]?["access_token"]?.string == "b1")
            #expect(
                try await simulator.post("\(Self.root)/oauth2/access_token/", exchange).json["code"]?.integer == 40_002)
            _ = try await simulator.post(
                "/_admin/faults", ["match": ["account": .string(Self.advertiser)], "action": ["expire_token": true]])
            #expect(try await code("b1") == 40_105)
        }
    }

    @Test(
        "faults have the codes of the API for Business, server errors their status",
        arguments: [(429, 40_100), (503, 50_000)])
    func faults(status: Int, code: Int) async throws {
        try await Self.with { simulator, _ async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                ["match": ["endpoint": "/open_api/*"], "action": ["status": ["code": JSONValue(status)]]])
            let answer = try await Self.get(simulator, "campaign/get")
            #expect(answer.json["code"]?.integer == code)
            #expect(answer.status == (status >= 500 ? status : 200))
        }
    }

    @Test("after a lost answer a list by name proves what is there", arguments: [false, true])
    func lostAnswer(looks: Bool) async throws {
        try await Self.with { simulator, _ async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "*/campaign/create/", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            await #expect(throws: (any Error).self) {
                try await Self.post(simulator, "campaign/create", Self.campaign)
            }
            if looks {
                let list = try await Self.get(
                    simulator, "campaign/get", [("filtering", #"{"campaign_name":"[ph:t1]"}"#)])
                #expect(list.json["data"]?["page_info"]?["total_number"]?.integer == 0)
            }
            #expect(try await Self.post(simulator, "campaign/create", Self.campaign).json["code"]?.integer == 0)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
        }
    }

    @Test("of many, those that exist can be turned on alone")
    func partial() async throws {
        try await Self.with { simulator, _ async throws in
            let campaign = try Self.made(
                try await Self.post(simulator, "campaign/create", Self.campaign), "campaign_id")
            let group = try Self.made(
                try await Self.post(simulator, "adgroup/create", Self.adGroup(campaign)), "adgroup_id")
            var body: JSONObject = ["adgroup_ids": [.string(group), "1"], "operation_status": "ENABLE"]
            #expect(try await Self.post(simulator, "adgroup/status/update", body).json["code"]?.integer == 40_300)
            body["allow_partial_success"] = true
            let answer = try await Self.post(simulator, "adgroup/status/update", body)
            #expect(answer.json["code"]?.integer == 20_001)
            #expect(answer.json["data"]?["adgroup_ids"]?.strings == [group])
        }
    }

    @Test("a report of some ads has rows of those alone")
    func filteredReport() async throws {
        try await Self.with { simulator, post async throws in
            let boost = try await Self.make(simulator, post)
            try await Self.turn(simulator, boost, "ENABLE")
            try await simulator.setClock("2026-03-04T09:00:00Z")
            let fields = [
                ("report_type", "BASIC"), ("data_level", "AUCTION_AD"), ("dimensions", #"["ad_id"]"#),
                ("metrics", #"["spend"]"#), ("start_date", "2026-03-01"), ("end_date", "2026-03-30"),
            ]
            func ads(_ field: String, _ id: String, type: String = "IN") async throws -> [String]? {
                let filter =
                    #"[{"field_name":"\#(field)","filter_type":"\#(type)","filter_value":"[\"\#(id)\"]"}]"#
                return try await Self.get(simulator, "report/integrated/get", fields + [("filtering", filter)])
                    .json["data"]?["list"]?.array?.compactMap { $0["dimensions"]?["ad_id"]?.string }
            }
            #expect(try await ads("ad_ids", boost.ad) == [boost.ad])
            #expect(try await ads("campaign_ids", boost.campaign) == [boost.ad])
            #expect(try await ads("ad_ids", "1") == [])
            #expect(try await ads("ad_ids", boost.ad, type: "MATCH") == nil)
        }
    }

    @Test("reports are refused for more days than allowed and for unknown names")
    func reports() async throws {
        try await Self.with { simulator, _ async throws in
            let fields = [
                ("report_type", "BASIC"), ("data_level", "AUCTION_AD"), ("dimensions", #"["ad_id","stat_time_day"]"#),
                ("metrics", #"["spend"]"#), ("start_date", "2026-03-01"), ("end_date", "2026-03-30"),
            ]
            func code(_ name: String, _ value: String) async throws -> Int? {
                try await Self.get(
                    simulator, "report/integrated/get", fields.filter { $0.0 != name } + [(name, value)]
                ).json["code"]?.integer
            }
            #expect(try await code("end_date", "2026-03-30") == 0)
            #expect(try await code("end_date", "2026-03-31") == 40_002)
            #expect(try await code("dimensions", #"["ad_id"]"#) == 0)
            #expect(try await code("metrics", #"["mood"]"#) == 40_002)
            #expect(try await code("dimensions", "ad_id") == 40_002)
        }
    }
}
