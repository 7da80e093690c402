// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Marketing API over HTTP")
struct MarketingTests {
    static let targeting =
        #"{"geo_locations":{"countries":["US"]},"age_min":18,"age_max":65,"targeting_automation":{"advantage_audience":0}}"#

    static let campaign = [
        ("name", "Boost [ph:b1]"), ("objective", "OUTCOME_ENGAGEMENT"), ("status", "PAUSED"),
        ("special_ad_categories", "[]"), ("is_adset_budget_sharing_enabled", "false"),
    ]

    static func adSet(_ campaign: String) -> [(String, String)] {
        [
            ("name", "Set [ph:b1]"), ("campaign_id", campaign), ("daily_budget", "1000"),
            ("billing_event", "IMPRESSIONS"), ("optimization_goal", "POST_ENGAGEMENT"),
            ("bid_strategy", "LOWEST_COST_WITHOUT_CAP"), ("destination_type", "ON_POST"),
            ("promoted_object", #"{"page_id":"101"}"#), ("targeting", self.targeting), ("status", "PAUSED"),
            ("start_time", "2026-03-02T09:00:00+0000"), ("end_time", "2026-04-01T09:00:00+0000"),
        ]
    }

    /// Fields with some of them replaced; an empty value takes one away.
    static func with(_ fields: [(String, String)], _ changes: (String, String)...) -> [(String, String)] {
        let kept = fields.filter { field in !changes.contains { $0.0 == field.0 } }
        return kept + changes.filter { !$0.1.isEmpty }
    }

    /// What a boost needs, made step by step.
    struct Boost {
        var post: String
        var campaign: String
        var adSet: String
        var creative: String
        var ad: String

        var objects: [String] { [self.campaign, self.adSet, self.ad] }
    }

    static func make(
        _ simulator: RunningSimulator, _ changes: [(String, String)] = [], text: String = "Hello", name: String = "Ad"
    ) async throws -> Boost {
        func id(_ answer: RunningSimulator.Answer) throws -> String {
            try #require(answer.json["id"]?.string, "\(answer.text)")
        }
        let post = try id(try await simulator.graph("/101/feed", [("message", text)]))
        let campaign = try id(try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u1"))
        let fields = Self.adSet(campaign).filter { field in !changes.contains { $0.0 == field.0 } } + changes
        let adSet = try id(
            try await simulator.graph("/act_555/adsets", fields.filter { !$0.1.isEmpty }, token: "u1"))
        let creative = try id(
            try await simulator.graph(
                "/act_555/adcreatives", [("name", "Creative"), ("object_story_id", post)], token: "u1"))
        let ad = try id(
            try await simulator.graph(
                "/act_555/ads",
                [
                    ("name", name), ("adset_id", adSet), ("creative", #"{"creative_id":"\#(creative)"}"#),
                    ("status", "PAUSED"),
                ], token: "u1"))
        return Boost(post: post, campaign: campaign, adSet: adSet, creative: creative, ad: ad)
    }

    static func set(_ simulator: RunningSimulator, _ ids: [String], _ status: String) async throws {
        for id in ids {
            let answer = try await simulator.graph("/\(id)", [("status", status)], token: "u1")
            #expect(answer.json["success"] == true)
        }
    }

    private static func status(_ simulator: RunningSimulator, _ id: String) async throws -> String? {
        try await simulator.get("\(RunningSimulator.graph)/\(id)?fields=effective_status", token: "u1")
            .json["effective_status"]?.string
    }

    @Test("a boost is made paused, activated top-down, reviewed, delivered and stopped")
    func wholeLife() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            #expect(try await Self.status(simulator, boost.ad) == "PAUSED")
            try await Self.set(simulator, boost.objects, "ACTIVE")
            #expect(try await Self.status(simulator, boost.ad) == "PENDING_REVIEW")
            try await simulator.setClock("2026-03-02T09:15:00Z")
            #expect(try await Self.status(simulator, boost.ad) == "ACTIVE")
            try await simulator.setClock("2026-03-12T09:15:00Z")
            let insights = try await simulator.get(
                "\(RunningSimulator.graph)/\(boost.ad)/insights?fields=impressions,reach,spend,clicks,inline_post_engagement,actions,ad_id&date_preset=maximum",
                token: "u1")
            let row = try #require(insights.json["data"]?.array?.first)
            let spend = try #require(row["spend"]?.string)
            let minor = try #require(Int(spend.filter { $0 != "." }))
            #expect((5000...14_000).contains(minor))
            #expect(Int(row["impressions"]?.string ?? "") ?? 0 > 5000)
            #expect(row["actions"]?.array?.contains { $0["action_type"] == "post_engagement" } == true)
            #expect(row["ad_id"]?.string == boost.ad)
            let report = try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first
            #expect(report?["spend"]?.integer == minor && report?["account"]?.string == "act_555")
            try await Self.set(simulator, [boost.campaign], "PAUSED")
            #expect(try await Self.status(simulator, boost.ad) == "CAMPAIGN_PAUSED")
            try await simulator.setClock("2026-05-01T00:00:00Z")
            #expect(
                try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first?["spend"]?.integer == minor)
            let objects = try await simulator.get("/_admin/ads").json["objects"]?.array ?? []
            #expect(objects.map { $0["level"]?.string } == ["campaign", "group", "ad"])
            #expect(objects.allSatisfy { $0["delivering"] == false && $0["spend"]?.integer == minor })
        }
    }

    @Test("the rows of single days add up to the whole")
    func days() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            try await Self.set(simulator, boost.objects, "ACTIVE")
            try await simulator.setClock("2026-03-20T00:00:00Z")
            let path =
                "\(RunningSimulator.graph)/act_555/insights?level=campaign&fields=spend,campaign_id,campaign_name"
            func minor(_ path: String) async throws -> [Int] {
                try await simulator.get(path, token: "u1").json["data"]?.array?
                    .compactMap { $0["spend"]?.string.flatMap { Int($0.filter { $0 != "." }) } } ?? []
            }
            let range = #"&time_range={"since":"2026-03-01","until":"2026-03-20"}&limit=100"#
                .replacing("\"", with: "%22").replacing("{", with: "%7B").replacing("}", with: "%7D")
            let single = try await minor(path + range + "&time_increment=1")
            #expect(single.count == 19)
            #expect(try await minor(path + range) == [single.reduce(0, +)])
            let reported = try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first
            #expect(reported?["days"]?.array?.compactMap { $0["spend"]?.integer } == single)
        }
    }

    @Test(
        "a campaign is refused for what is missing or dead",
        arguments: [
            ("special_ad_categories", "", nil), ("is_adset_budget_sharing_enabled", "", nil),
            ("objective", "POST_ENGAGEMENT", nil), ("objective", "", nil), ("status", "ARCHIVED", nil),
            ("special_ad_categories", #"["CREDIT"]"#, nil), ("special_ad_categories", #"["HOUSING"]"#, 2_909_034),
            ("daily_budget", "99", 1_885_272), ("daily_budget", "-1", nil), ("daily_budget", "10.5", nil),
            ("date_format", "U", nil), ("colour", "red", nil),
        ])
    func campaignRefusals(name: String, value: String, subcode: Int?) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let answer = try await simulator.graph(
                "/act_555/campaigns", Self.with(Self.campaign, (name, value)), token: "u1")
            #expect(answer.status == 400 && answer.code == [100, subcode])
            #expect(try await simulator.get("/_admin/ads").json["objects"]?.array?.isEmpty == true)
        }
    }

    @Test(
        "an ad set is refused for its budget, schedule, bid or targeting",
        arguments: [
            ("daily_budget", "99", 1_885_272), ("daily_budget", "", nil), ("bid_strategy", "", 2_490_487),
            ("end_time", "2026-03-02T08:00:00+0000", 1_487_033), ("lifetime_budget", "5000", nil),
            ("targeting", #"{"age_min":18}"#, nil), ("targeting", #"{"geo_locations":{"planets":["Mars"]}}"#, nil),
            ("targeting", #"{"geo_locations":{"countries":["US"],"location_types":["home"]}}"#, nil),
            ("targeting", #"{"geo_locations":{"countries":["US"]},"age_min":12}"#, nil),
            ("targeting", #"{"geo_locations":{"countries":["DE"]}}"#, 3_858_079),
            ("promoted_object", #"{"page_id":"999"}"#, -1), ("campaign_id", "1", nil),
        ])
    func adSetRefusals(name: String, value: String, subcode: Int?) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let campaign = try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u1")
            let fields = Self.adSet(campaign.json["id"]?.string ?? "")
            let answer = try await simulator.graph(
                "/act_555/adsets", Self.with(fields, (name, value)), token: "u1")
            #expect(answer.code == (subcode == -1 ? [200, nil] : [100, subcode]))
        }
    }

    @Test("in the Union payer and beneficiary are needed, in the request or at the ad account")
    func union() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let campaign = try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u1")
            let fields = Self.with(
                Self.adSet(campaign.json["id"]?.string ?? ""), ("targeting", #"{"geo_locations":{"countries":["DE"]}}"#)
            )
            let half = try await simulator.graph(
                "/act_555/adsets", fields + [("dsa_payor", "Acme")], token: "u1")
            #expect(half.code == [100, 3_858_081])
            let whole = try await simulator.graph(
                "/act_555/adsets", fields + [("dsa_payor", "Acme"), ("dsa_beneficiary", "Acme")], token: "u1")
            let id = try #require(whole.json["id"]?.string)
            let shown = try await simulator.get(
                "\(RunningSimulator.graph)/\(id)?fields=targeting,dsa_payor", token: "u1")
            // What was left out is what Meta makes of it.
            #expect(
                shown.json["targeting"]?["targeting_automation"]?["advantage_audience"]?.integer == 1)
            _ = try await simulator.post(
                "/_admin/ad_accounts",
                [
                    "platform": "facebook", "id": "555", "currency": "EUR", "time_zone": "Europe/Berlin",
                    "dsa_payor": "Acme", "dsa_beneficiary": "Acme", "people": ["900"],
                ])
            #expect(try await simulator.graph("/act_555/adsets", fields, token: "u1").status == 200)
        }
    }

    @Test("a budget on two levels is refused, and one of the campaign pays for its ad sets")
    func campaignBudget() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let made = try await simulator.graph(
                "/act_555/campaigns",
                Self.with(Self.campaign, ("is_adset_budget_sharing_enabled", ""), ("daily_budget", "2000")),
                token: "u1")
            let fields = Self.adSet(try #require(made.json["id"]?.string))
            #expect(try await simulator.graph("/act_555/adsets", fields, token: "u1").code == [100, 1_885_621])
            let without = Self.with(fields, ("daily_budget", ""), ("bid_strategy", ""))
            #expect(try await simulator.graph("/act_555/adsets", without, token: "u1").status == 200)
        }
    }

    @Test("a budget changes four times an hour, not below what is spent, and stays of its kind")
    func budgetChanges() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            for amount in 1...4 {
                let answer = try await simulator.graph(
                    "/\(boost.adSet)", [("daily_budget", "\(1000 + amount)")], token: "u1")
                #expect(answer.json["success"] == true)
                try await simulator.setClock("2026-03-02T09:0\(amount):00Z")
            }
            let fifth = [("daily_budget", "1005")]
            #expect(try await simulator.graph("/\(boost.adSet)", fifth, token: "u1").code == [613, 1_487_632])
            let same = try await simulator.graph("/\(boost.adSet)", [("daily_budget", "1004")], token: "u1")
            #expect(same.json["success"] == true)
            let kind = try await simulator.graph("/\(boost.adSet)", [("lifetime_budget", "90000")], token: "u1")
            #expect(kind.code == [100, nil])
            try await simulator.setClock("2026-03-02T10:02:00Z")
            #expect(try await simulator.graph("/\(boost.adSet)", fifth, token: "u1").json["success"] == true)
        }
    }

    @Test("a creative promotes exactly one post that can be seen and promoted")
    func creatives() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            func creative(_ fields: [(String, String)]) async throws -> [Int?] {
                try await simulator.graph("/act_555/adcreatives", [("name", "C")] + fields, token: "u1").code
            }
            #expect(try await creative([]) == [100, 1_487_929])
            #expect(
                try await creative([("object_story_id", boost.post), ("source_instagram_media_id", "1")])
                    == [100, 1_487_929])
            #expect(try await creative([("object_story_id", "101_1")]) == [100, 1_487_472])
            #expect(try await creative([("object_story_id", "103_1")]) == [200, nil])
            #expect(try await creative([("instagram_actor_id", "1")]) == [100, nil])
            let plain = try await simulator.graph("/101/feed", [("message", "mock:no-boost")])
            let id = try #require(plain.json["id"]?.string)
            let shown = try await simulator.get(
                "\(RunningSimulator.graph)/\(id)?fields=promotable_id,is_eligible_for_promotion", token: "f1")
            #expect(shown.json["is_eligible_for_promotion"] == false)
            #expect(try await creative([("object_story_id", id)]) == [100, nil])
        }
    }

    @Test("an Instagram post is promoted by its media id, alone or with Page and user")
    func instagram() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let image = try await simulator.file(RunningSimulator.jpeg())
            let path = "/\(RunningSimulator.instagramID)"
            let container = try await simulator.graph(
                "\(path)/media", [("image_url", image), ("caption", "Hello")], token: "i1")
            let made = try await simulator.graph(
                "\(path)/media_publish", [("creation_id", container.json["id"]?.string ?? "")], token: "i1")
            let media = try #require(made.json["id"]?.string)
            let shown = try await simulator.get(
                "\(RunningSimulator.graph)/\(media)?fields=boost_eligibility_info", token: "i1")
            #expect(shown.json["boost_eligibility_info"]?["eligible_to_boost"] == true)
            for extra in [[], [("object_id", "101"), ("instagram_user_id", RunningSimulator.instagramID)]] {
                let creative = try await simulator.graph(
                    "/act_555/adcreatives", [("name", "C"), ("source_instagram_media_id", media)] + extra, token: "u1")
                #expect(creative.json["id"]?.string != nil)
            }
            let wrong = try await simulator.graph(
                "/act_555/adcreatives", [("source_instagram_media_id", media), ("instagram_user_id", "1")], token: "u1")
            #expect(wrong.code == [100, 1_815_199])
        }
    }

    @Test("a review refuses by the ad's name, the post's text or a fault rule", arguments: ["name", "text", "rule"])
    func review(by: String) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            if by == "rule" {
                _ = try await simulator.post(
                    "/_admin/faults",
                    ["match": ["endpoint": "/v25.0/act_555/ads", "method": "POST"], "action": ["refuse_review": true]])
            }
            let boost = try await Self.make(
                simulator, text: by == "text" ? "mock:reject" : "Hello", name: by == "name" ? "mock:reject" : "Ad")
            try await Self.set(simulator, boost.objects, "ACTIVE")
            try await simulator.setClock("2026-03-05T09:00:00Z")
            let ad = try await simulator.get(
                "\(RunningSimulator.graph)/\(boost.ad)?fields=effective_status,ad_review_feedback,issues_info",
                token: "u1")
            #expect(ad.json["effective_status"]?.string == "DISAPPROVED")
            #expect(ad.json["ad_review_feedback"]?["global"]?.object != nil)
            #expect(try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first?["spend"]?.integer == 0)
        }
    }

    @Test("when the post is deleted the ad has issues and spends no more")
    func postGone() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            try await Self.set(simulator, boost.objects, "ACTIVE")
            try await simulator.setClock("2026-03-04T09:00:00Z")
            _ = try await simulator.send("DELETE", "\(RunningSimulator.graph)/\(boost.post)", token: "f1")
            let spent = try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first?["spend"]?.integer
            #expect(spent ?? 0 > 0)
            try await simulator.setClock("2026-03-09T09:00:00Z")
            let ad = try await simulator.get(
                "\(RunningSimulator.graph)/\(boost.ad)?fields=effective_status,issues_info", token: "u1")
            #expect(ad.json["effective_status"]?.string == "WITH_ISSUES")
            #expect(ad.json["issues_info"]?.array?.first?["error_code"]?.integer == 1_487_472)
            #expect(
                try await simulator.get("/_admin/ads/spend").json["accounts"]?.array?.first?["spend"]?.integer == spent)
        }
    }

    @Test("only checking makes nothing and is no attempt")
    func validateOnly() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let checks = [("execution_options", #"["validate_only"]"#)]
            let answer = try await simulator.graph("/act_555/campaigns", Self.campaign + checks, token: "u1")
            #expect(answer.json["success"] == true && answer.json["id"] == nil)
            let bad = try await simulator.graph(
                "/act_555/campaigns", Self.with(Self.campaign, ("name", "")) + checks, token: "u1")
            #expect(bad.code == [100, nil])
            #expect(try await simulator.count("attempts") == 0)
            #expect(try await simulator.get("/_admin/ads").json["objects"]?.array?.isEmpty == true)
        }
    }

    @Test(
        "after a lost answer a list by name proves what is there; sending again without it is a duplicate",
        arguments: [false, true])
    func lostAnswer(looks: Bool) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "/v25.0/act_555/campaigns", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            await #expect(throws: (any Error).self) {
                try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u1")
            }
            if looks {
                let filter = FormFields.encoded(#"[{"field":"name","operator":"CONTAIN","value":"[ph:b1]"}]"#)
                let list = try await simulator.get(
                    "\(RunningSimulator.graph)/act_555/campaigns?fields=id,name&filtering=\(filter)", token: "u1")
                #expect(list.json["data"]?.array?.isEmpty == true)
            }
            #expect(try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u1").status == 200)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
            let entry = try await simulator.latest()
            #expect(entry?["account"]?.string == "act_555" && entry?["kind"]?.string == "campaign")
            // Turning on is carried out once however often it is asked.
            let id = try #require(entry?["remote_id"]?.string)
            try await Self.set(simulator, [id, id], "ACTIVE")
            #expect(try await simulator.latest()?["harmless_repeat"] == true)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
        }
    }

    @Test("the ads of a campaign prove that an ad whose answer was lost is not there")
    func lostAd() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let boost = try await Self.make(simulator)
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "/v25.0/act_555/ads", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            let fields = [
                ("name", "Second [ph:b2]"), ("adset_id", boost.adSet),
                ("creative", #"{"creative_id":"\#(boost.creative)"}"#), ("status", "PAUSED"),
            ]
            await #expect(throws: (any Error).self) {
                try await simulator.graph("/act_555/ads", fields, token: "u1")
            }
            let list = try await simulator.get(
                "\(RunningSimulator.graph)/\(boost.campaign)/ads?fields=id,name&limit=100", token: "u1")
            #expect(list.json["data"]?.array?.compactMap { $0["name"]?.string } == ["Ad"])
            #expect(try await simulator.graph("/act_555/ads", fields, token: "u1").status == 200)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("lists go page by page, by parent and by status, and leave out what is archived or deleted")
    func lists() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            var ids: [String] = []
            for number in 0..<5 {
                let made = try await simulator.graph(
                    "/act_555/campaigns", Self.with(Self.campaign, ("name", "C\(number)")), token: "u1")
                ids.append(try #require(made.json["id"]?.string))
            }
            try await Self.set(simulator, [ids[0]], "ARCHIVED")
            _ = try await simulator.send("DELETE", "\(RunningSimulator.graph)/\(ids[1])", token: "u1")
            let path = "\(RunningSimulator.graph)/act_555/campaigns?fields=name,effective_status"
            let first = try await simulator.get("\(path)&limit=2", token: "u1")
            #expect(first.json["data"]?.array?.compactMap { $0["name"]?.string } == ["C4", "C3"])
            let next = try #require(first.json["paging"]?["next"]?.string)
            let second = try await simulator.get(RunningSimulator.path(of: next), token: "u1")
            #expect(second.json["data"]?.array?.compactMap { $0["name"]?.string } == ["C2"])
            let archived = try await simulator.get("\(path)&effective_status=%5B%22ARCHIVED%22%5D", token: "u1")
            #expect(archived.json["data"]?.array?.compactMap { $0["name"]?.string } == ["C0"])
            let boost = try await Self.make(simulator)
            for (edge, id) in [("adsets", boost.adSet), ("ads", boost.ad)] {
                let under = try await simulator.get(
                    "\(RunningSimulator.graph)/\(boost.campaign)/\(edge)?fields=id,name", token: "u1")
                #expect(under.json["data"]?.array?.compactMap { $0["id"]?.string } == [id])
            }
            let other = try await simulator.get("\(RunningSimulator.graph)/\(ids[3])/ads", token: "u1")
            #expect(other.json["data"]?.array?.isEmpty == true)
        }
    }

    @Test("an ad account tells its currency, zone and lowest budgets, and the usage comes with each answer")
    func account() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let account = try await simulator.get(
                "\(RunningSimulator.graph)/act_555?fields=currency,timezone_name,min_daily_budget,account_status,funding_source",
                token: "u1")
            #expect(account.json["currency"]?.string == "EUR" && account.json["min_daily_budget"]?.integer == 100)
            #expect(account.json["account_status"]?.integer == 1 && account.json["funding_source"]?.string != nil)
            #expect(account.header("X-Business-Use-Case-Usage")?.contains("ads_management") == true)
            #expect(account.header("X-Ad-Account-Usage")?.contains("acc_id_util_pct") == true)
            let least = try await simulator.get("\(RunningSimulator.graph)/act_555/minimum_budgets", token: "u1")
            #expect(least.json["data"]?.array?.first?["min_daily_budget_imp"]?.integer == 100)
            let status = try await simulator.post(
                "/_admin/faults", ["match": ["account": "act_555"], "action": ["status": ["code": 429]]])
            #expect(status.status == 201)
            let limited = try await simulator.get("\(RunningSimulator.graph)/act_555", token: "u1")
            #expect(limited.code == [80_004, nil])
        }
    }

    @Test("only a person of the ad account with the permission may use it")
    func access() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/people",
                [
                    ["external_id": "901", "pages": ["101"], "access_token": "u2"],
                    [
                        "external_id": "902", "access_token": "u3", "scopes": ["ads_read"],
                        "ad_accounts": [["id": "555"]],
                    ],
                ])
            let path = "\(RunningSimulator.graph)/act_555?fields=name"
            #expect(try await simulator.get(path, token: "f1").code == [200, nil])
            #expect(try await simulator.get(path, token: "u2").code == [200, nil])
            #expect(try await simulator.get(path, token: "u3").status == 200)
            #expect(try await simulator.graph("/act_555/campaigns", Self.campaign, token: "u3").code == [10, nil])
            #expect(try await simulator.get("\(RunningSimulator.graph)/act_9", token: "u1").code == [803, nil])
        }
    }

    @Test("ad accounts and what is in them outlive a restart")
    func restart() {
        var world = World(options: .init(seed: 1, keepsJournal: true))
        let now = WorldTime(milliseconds: 1_000_000_000)
        let account = world.makeAdAccount(
            AdAccountKey(network: .meta, id: "5"), name: "A", currency: "EUR", timeZone: "UTC", now)
        world.store(account)
        world.store(
            SimulatedAdObject(
                id: "9", serial: 4, account: account.key, level: .campaign, name: "C", marker: Marker(text: "C"),
                settings: "{}", states: [.init(at: now, status: .paused)], createdAt: now, updatedAt: now))
        var later = World(options: .init(seed: 1))
        later.restore(world.journal)
        #expect(later.adObjects(.campaign, of: account.key).map(\.id) == ["9"])
        #expect(later.adAccounts[account.key]?.currency == "EUR" && later.serial == 4)
    }
}
