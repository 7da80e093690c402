// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import FacebookPlugin

/// Boosts of a Page's post, and Meta's answers to them, written from its documents.
enum FacebookBoostFixtures {
    static let now = FacebookFixtures.now
    static let promoted = "102030405060708_112233"

    static func terms(_ change: (inout BoostTerms) -> Void = { _ in }) -> BoostTerms {
        var terms = BoostTerms(
            objective: "engagement",
            audience: Audience(
                minimumAge: 25, maximumAge: 40, genders: ["female"], countries: ["DE"], places: ["city:2418956"],
                interests: ["6003107902433"], customAudiences: ["11"], excludedAudiences: ["12"]),
            budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .daily, startsAt: now,
            endsAt: now.addingTimeInterval(259_200),
            callToAction: CallToAction(name: "SHOP_NOW", link: "https://a.de/b"),
            specialAdCategories: ["HOUSING"],
            adAccount: AdAccountReference(
                externalID: "77", currency: .eur, timeZone: "Europe/Berlin", payer: "Acme GmbH"))
        change(&terms)
        return terms
    }

    static func request(_ terms: BoostTerms = terms()) -> BoostRequest {
        BoostRequest(
            access: FacebookFixtures.personal, post: RemotePost(id: FacebookFixtures.post), terms: terms,
            operation: "boost-1")
    }
    static func started(_ terms: BoostTerms = terms()) -> StartedBoost {
        StartedBoost(id: "120", access: FacebookFixtures.personal, terms: terms, operation: "boost-1")
    }

    // MARK: Exchanges

    static func account(_ body: String = #"{"currency":"EUR","account_status":1,"min_daily_budget":100,"id":"act_77"}"#)
        -> ScriptedExchange
    {
        ScriptedExchange(.get, "/v25.0/act_77", .json(200, body)) {
            $0.query == ["fields": "currency,timezone_name,account_status,min_daily_budget"]
        }
    }
    static func eligible(
        _ body: String = #"{"promotable_id":"\#(promoted)","is_eligible_for_promotion":true,"is_published":true}"#
    )
        -> ScriptedExchange
    {
        ScriptedExchange(.get, "/v25.0/\(FacebookFixtures.post)", .json(200, body)) {
            $0.query == ["fields": "promotable_id,is_eligible_for_promotion,is_published"]
        }
    }
    static func listed(_ path: String, _ items: String = "") -> ScriptedExchange {
        ScriptedExchange(.get, "/v25.0/\(path)", .json(200, #"{"data":[\#(items)]}"#)) {
            $0.query == ["fields": "id,name", "limit": "100"]
        }
    }
    static func made(_ edge: String, _ id: String, _ form: [String: String]? = nil) -> ScriptedExchange {
        ScriptedExchange(.post, "/v25.0/act_77/\(edge)", .json(200, #"{"id":"\#(id)"}"#)) { call in
            form.map { $0 == call.form } ?? true
        }
    }
    static func on(_ id: String, isVisible: Bool = false) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(id)", .json(200, #"{"success":true}"#), isVisible: isVisible, isRepeatable: !isVisible
        ) { $0.form == ["status": "ACTIVE"] }
    }
    static func campaign(_ status: String) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/v25.0/120", .json(200, #"{"configured_status":"\#(status)","id":"120"}"#), isRepeatable: false
        ) { $0.query == ["fields": "configured_status"] }
    }
    static let stop = ScriptedExchange(.post, "/v25.0/120", .json(200, #"{"success":true}"#)) {
        $0.form == ["status": "PAUSED"]
    }

    static let campaignForm = [
        "name": "boost-1", "objective": "OUTCOME_ENGAGEMENT", "status": "PAUSED",
        "special_ad_categories": #"["HOUSING"]"#, "special_ad_category_country": #"["DE"]"#,
        "is_adset_budget_sharing_enabled": "false",
    ]
    static let adSetForm = [
        "name": "boost-1 ad set", "campaign_id": "120", "status": "PAUSED", "billing_event": "IMPRESSIONS",
        "optimization_goal": "POST_ENGAGEMENT", "bid_strategy": "LOWEST_COST_WITHOUT_CAP", "daily_budget": "2000",
        "start_time": "2026-11-21T10:00:00Z", "end_time": "2026-11-24T10:00:00Z", "destination_type": "ON_POST",
        "promoted_object": #"{"page_id":"102030405060708"}"#,
        "targeting":
            #"{"age_max":40,"age_min":25,"custom_audiences":[{"id":"11"}],"excluded_custom_audiences":[{"id":"12"}],"genders":[2],"geo_locations":{"cities":[{"key":"2418956"}],"countries":["DE"]},"interests":[{"id":"6003107902433"}],"targeting_automation":{"advantage_audience":0}}"#,
        "dsa_beneficiary": "Acme GmbH", "dsa_payor": "Acme GmbH",
    ]

    static let exchanges: [ScriptedExchange] = [
        account(), eligible(), listed("act_77/campaigns"), made("campaigns", "120", campaignForm),
        listed("120/adsets"), made("adsets", "121", adSetForm), listed("120/ads"),
        made(
            "adcreatives", "122",
            [
                "name": "boost-1 creative", "object_story_id": promoted,
                "call_to_action": #"{"type":"SHOP_NOW","value":{"link":"https://a.de/b"}}"#,
            ]),
        made(
            "ads", "123",
            [
                "name": "boost-1 ad", "adset_id": "121", "creative": #"{"creative_id":"122"}"#, "status": "PAUSED",
            ]), on("121"), on("123"), on("120", isVisible: true),
    ]

    static let all = ConformanceFixtures(
        access: FacebookFixtures.personal, now: now, publishes: [],
        boosts: [BoostFixture("post", request(), exchanges)], answers: FacebookFixtures.answers)

    // MARK: Looks

    static func ads(_ ad: String) -> ScriptedExchange {
        ScriptedExchange(.get, "/v25.0/120/ads", .json(200, #"{"data":[\#(ad)]}"#)) {
            $0.query == [
                "fields": "id,name,effective_status,configured_status,issues_info,ad_review_feedback", "limit": "100",
            ]
        }
    }
    static let running = #"{"id":"123","name":"boost-1 ad","effective_status":"ACTIVE","configured_status":"ACTIVE"}"#
    static let days = [
        ScriptedExchange(
            .get, "/v25.0/120/insights",
            .json(
                200,
                #"{"data":[{"spend":"12.34","date_start":"2026-11-21","date_stop":"2026-11-21"}],"paging":{"cursors":{"after":"MQ"},"next":"https://x"}}"#
            )
        ) {
            $0.query == ["fields": "spend", "date_preset": "maximum", "time_increment": "1", "limit": "100"]
        },
        ScriptedExchange(
            .get, "/v25.0/120/insights",
            .json(200, #"{"data":[{"spend":"7.005","date_start":"2026-11-22","date_stop":"2026-11-22"}]}"#)
        ) { $0.query["after"] == "MQ" && $0.query["time_increment"] == "1" },
    ]
    static let total = ScriptedExchange(
        .get, "/v25.0/120/insights",
        .json(
            200,
            #"{"data":[{"impressions":"4000","reach":"3100","spend":"19.34","clicks":"55","inline_post_engagement":"210","actions":[{"action_type":"post_engagement","value":"212"},{"action_type":"video_view","value":"90"}],"date_start":"2026-11-21","date_stop":"2026-11-22"}]}"#
        )
    ) {
        $0.query == [
            "fields": "impressions,reach,spend,clicks,inline_post_engagement,actions", "date_preset": "maximum",
            "limit": "100",
        ]
    }
}
