// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import TikTokPlugin

/// Boosts of a post, and the answers of the API for Business to them, written from its documents.
enum TikTokBoostFixtures {
    static let now = TikTokFixtures.now
    static let post = "7318461234567890123"
    static let advertiser = "7000000000000000001"
    static let access = AccountAccess(
        account: AccountID(), externalID: "_000open-id",
        tokens: TokenSet(
            accessToken: Secret("act.tiktok-5f1c9e01aa"), extra: ["business_token": Secret("biz-token-99ee00aa")]))

    static func terms(_ change: (inout BoostTerms) -> Void = { _ in }) -> BoostTerms {
        var terms = BoostTerms(
            objective: "traffic",
            audience: Audience(
                minimumAge: 18, maximumAge: 34, genders: ["female"], places: ["2921044"], interests: ["15"],
                customAudiences: ["31"], excludedAudiences: ["32"]),
            budget: Money(minorUnits: 2050, currency: .eur), budgetKind: .daily, startsAt: now,
            endsAt: now.addingTimeInterval(259_200),
            callToAction: CallToAction(name: "LEARN_MORE", link: "https://a.de/b"),
            adAccount: AdAccountReference(externalID: advertiser, currency: .eur, timeZone: "Europe/Berlin"))
        change(&terms)
        return terms
    }
    static func request(_ terms: BoostTerms = terms()) -> BoostRequest {
        BoostRequest(
            access: access, post: RemotePost(id: post), format: .video, terms: terms, operation: "boost-1")
    }
    static func started(_ terms: BoostTerms = terms()) -> StartedBoost {
        StartedBoost(id: "171", access: access, terms: terms, operation: "boost-1")
    }

    // MARK: Refusals

    static func error(_ code: Int, _ message: String = "No", status: Int = 200) -> HTTPReply {
        .json(status, #"{"code":\#(code),"message":"\#(message)","request_id":"2026B","data":{}}"#)
    }
    static let answers = PlatformAnswers(
        unauthorized: error(40105), limited: error(40101), limitedPause: .seconds(3600) ... .seconds(3600),
        limitedUnsaid: error(40100),
        failures: [
            error(50_000), error(50_002), error(51_010), .json(500, "{}"), .json(502, "<html>"), .json(504, ""),
        ],
        refusal: { error(40002, $0) })

    // MARK: Exchanges

    static func ok(_ data: String) -> ScriptedExchange.Outcome {
        .json(200, #"{"code":0,"message":"OK","request_id":"2026B","data":\#(data)}"#)
    }
    static func list(
        _ path: String, _ query: [String: String], _ items: String = "", key: String = "list"
    ) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/open_api/v1.3/\(path)",
            ok(#"{"\#(key)":[\#(items)],"page_info":{"page":1,"page_size":100,"total_number":0,"total_page":1}}"#)
        ) { call in
            call.host == "business-api.tiktok.com"
                && call.query == query.merging(["advertiser_id": advertiser, "page": "1", "page_size": "100"]) { $1 }
                && HTTPField.Name("Access-Token").flatMap { call.call.request.headerFields[$0] } == "biz-token-99ee00aa"
                && call.call.request.headerFields[.authorization] == nil
        }
    }
    static func items(_ level: String, _ filter: String, _ items: String = "") -> ScriptedExchange {
        list(
            "\(level)/get/",
            [
                "filtering": filter,
                "fields": #"["\#(level)_id","\#(level)_name","operation_status","secondary_status"]"#,
            ], items)
    }
    static func made(_ path: String, _ data: String, _ body: String) -> ScriptedExchange {
        ScriptedExchange(.post, "/open_api/v1.3/\(path)", ok(data)) {
            $0.text == body && $0.call.request.headerFields[.contentType] == "application/json"
        }
    }
    static func turn(
        _ level: String, _ id: String, _ status: String, isVisible: Bool = false
    ) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/open_api/v1.3/\(level)/status/update/", ok(#"{"status":"\#(status)"}"#), isVisible: isVisible,
            isRepeatable: !isVisible
        ) {
            $0.text
                == (level == "adgroup"
                    ? #"{"adgroup_ids":["\#(id)"],"advertiser_id":"\#(advertiser)","operation_status":"\#(status)"}"#
                    : level == "ad"
                        ? #"{"ad_ids":["\#(id)"],"advertiser_id":"\#(advertiser)","operation_status":"\#(status)"}"#
                        : #"{"advertiser_id":"\#(advertiser)","campaign_ids":["\#(id)"],"operation_status":"\#(status)"}"#)
        }
    }
    static func account(_ more: String = #""currency":"EUR","status":"STATUS_ENABLE""#) -> ScriptedExchange {
        ScriptedExchange(.get, "/open_api/v1.3/advertiser/info/", ok(#"{"list":[{\#(more)}]}"#)) {
            $0.query == [
                "advertiser_ids": #"["\#(advertiser)"]"#, "fields": #"["currency","timezone","status"]"#,
            ]
        }
    }
    static func identities(
        _ items: String =
            #"{"identity_id":"idt-0","identity_type":"TT_USER","can_pull_video":false},{"identity_id":"idt-1","identity_type":"TT_USER","can_pull_video":true}"#
    ) -> ScriptedExchange {
        list("identity/get/", ["identity_type": "TT_USER"], items, key: "identity_list")
    }
    static let campaignBody =
        #"{"advertiser_id":"\#(advertiser)","budget_mode":"BUDGET_MODE_INFINITE","campaign_name":"boost-1","objective_type":"TRAFFIC","operation_status":"DISABLE","request_id":"\#(BusinessRequestID.make("boost-1"))"}"#
    static let adGroupBody =
        #"{"adgroup_name":"boost-1 ad group","advertiser_id":"\#(advertiser)","age_groups":["AGE_18_24","AGE_25_34"],"audience_ids":["31"],"bid_type":"BID_TYPE_NO_BID","billing_event":"CPC","budget":20.5,"budget_mode":"BUDGET_MODE_DAY","campaign_id":"171","excluded_audience_ids":["32"],"gender":"GENDER_FEMALE","interest_category_ids":["15"],"location_ids":["2921044"],"operation_status":"DISABLE","optimization_goal":"CLICK","pacing":"PACING_MODE_SMOOTH","placement_type":"PLACEMENT_TYPE_NORMAL","placements":["PLACEMENT_TIKTOK"],"request_id":"\#(BusinessRequestID.make("boost-1 ad group"))","schedule_end_time":"2026-11-24 10:00:00","schedule_start_time":"2026-11-21 10:00:00","schedule_type":"SCHEDULE_START_END"}"#
    static let adBody =
        #"{"adgroup_id":"172","advertiser_id":"\#(advertiser)","creatives":[{"ad_format":"SINGLE_VIDEO","ad_name":"boost-1 ad","call_to_action":"LEARN_MORE","identity_id":"idt-1","identity_type":"TT_USER","landing_page_url":"https://a.de/b","operation_status":"DISABLE","tiktok_item_id":"\#(post)"}]}"#
    static let named = #"{"campaign_name":"boost-1"}"#
    static let under = #"{"campaign_ids":["171"]}"#

    static let exchanges = [
        account(), identities(), items("campaign", named),
        made("campaign/create/", #"{"campaign_id":"171"}"#, campaignBody), items("adgroup", under),
        made("adgroup/create/", #"{"adgroup_id":"172"}"#, adGroupBody), items("ad", under),
        made("ad/create/", #"{"ad_ids":["173"],"need_audit":true}"#, adBody), turn("ad", "173", "ENABLE"),
        turn("adgroup", "172", "ENABLE"), turn("campaign", "171", "ENABLE", isVisible: true),
    ]

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [], boosts: [BoostFixture("post", request(), exchanges)],
        answers: answers)

    // MARK: Looks

    static func campaign(_ status: String) -> ScriptedExchange {
        var exchange = items("campaign", under, #"{"campaign_id":"171","operation_status":"\#(status)"}"#)
        exchange.isRepeatable = false
        return exchange
    }
    static func ad(_ secondary: String, _ status: String = "ENABLE") -> ScriptedExchange {
        items(
            "ad", under,
            #"{"ad_id":"173","ad_name":"boost-1 ad","operation_status":"\#(status)","secondary_status":"\#(secondary)"}"#
        )
    }
    static func report(_ start: String, _ end: String, byDay: Bool, _ rows: String) -> ScriptedExchange {
        list(
            "report/integrated/get/",
            [
                "report_type": "BASIC", "data_level": "AUCTION_CAMPAIGN",
                "dimensions": byDay ? #"["campaign_id","stat_time_day"]"# : #"["campaign_id"]"#,
                "metrics": byDay
                    ? #"["spend"]"#
                    : #"["clicks","comments","follows","impressions","likes","reach","shares","video_play_actions"]"#,
                "start_date": start, "end_date": end,
                "filtering": #"[{"field_name":"campaign_ids","filter_type":"IN","filter_value":"[\"171\"]"}]"#,
            ], rows)
    }
}
