// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit

@testable import XPlugin

/// Boosts of a post, and the answers of the Ads API to them, written from its documents.
enum XBoostFixtures {
    static let now = XFixtures.now
    static let post = "1850000000000000001"
    static let access = AccountAccess(
        account: AccountID(), externalID: "2244994945",
        tokens: TokenSet(
            accessToken: Secret("x-access-5f1c9e01"),
            extra: [
                "oauth1_consumer_key": Secret("ck-boost-11aa22"), "oauth1_consumer_secret": Secret("cs-boost-33bb44"),
                "oauth1_token": Secret("2244994945-tk-55cc66"), "oauth1_token_secret": Secret("ts-boost-77dd88"),
            ]))

    static func terms(_ change: (inout BoostTerms) -> Void = { _ in }) -> BoostTerms {
        var terms = BoostTerms(
            objective: "engagement",
            audience: Audience(
                minimumAge: 25, maximumAge: 49, genders: ["female"], countries: ["DE"], places: ["5122804691e5fecc"],
                interests: ["1001"], customAudiences: ["ca1"], excludedAudiences: ["ca2"]),
            budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .daily, startsAt: now,
            endsAt: now.addingTimeInterval(259_200),
            adAccount: AdAccountReference(externalID: "18ce54d4x5t", currency: .eur, timeZone: "Europe/Berlin"))
        change(&terms)
        return terms
    }
    static func request(_ terms: BoostTerms = terms()) -> BoostRequest {
        BoostRequest(access: access, post: RemotePost(id: post), terms: terms, operation: "boost-1")
    }
    static func started(_ terms: BoostTerms = terms()) -> StartedBoost {
        StartedBoost(id: "c1", access: access, terms: terms, operation: "boost-1")
    }

    // MARK: Refusals

    static func error(_ status: Int, _ code: String, _ message: String = "No", _ headers: [String: String] = [:])
        -> HTTPReply
    {
        .json(
            status,
            #"{"errors":[{"code":"\#(code)","message":"\#(message)","parameter":"p"}],"request":{"params":{}}}"#,
            headers)
    }
    static let answers = PlatformAnswers(
        unauthorized: error(401, "UNAUTHORIZED_ACCESS"),
        limited: error(
            429, "TOO_MANY_REQUESTS", "Slow down",
            ["x-account-rate-limit-reset": "\(Int(now.timeIntervalSince1970) + 60)"]),
        limitedPause: .seconds(60) ... .seconds(62), limitedUnsaid: error(429, "TOO_MANY_REQUESTS"),
        failures: [
            .json(500, "{}"), .json(502, "<html>"), error(503, "SERVICE_UNAVAILABLE"), error(503, "OVER_CAPACITY"),
            .json(504, ""),
        ],
        refusal: { error(400, "INVALID_PARAMETER", $0) })

    // MARK: Exchanges

    static let base = "/12/accounts/18ce54d4x5t"
    static func list(_ path: String, _ query: [String: String] = [:], _ items: String = "") -> ScriptedExchange {
        ScriptedExchange(.get, "\(base)/\(path)", .json(200, #"{"data":[\#(items)],"next_cursor":null}"#)) {
            $0.query == query.merging(["count": "200"]) { $1 }
        }
    }
    static func write(_ path: String, _ data: String, _ form: [String: String]) -> ScriptedExchange {
        ScriptedExchange(.post, "\(base)/\(path)", .json(201, #"{"data":\#(data)}"#)) { $0.form == form }
    }
    static func put(_ path: String, _ status: String, isVisible: Bool = false) -> ScriptedExchange {
        ScriptedExchange(
            .put, "\(base)/\(path)", .json(200, #"{"data":{"id":"c1","entity_status":"\#(status)"}}"#),
            isVisible: isVisible
        ) { $0.form == ["entity_status": status] }
    }
    static func criterion(_ type: String, _ value: String, _ kind: String = "EQ") -> ScriptedExchange {
        write(
            "targeting_criteria",
            #"{"targeting_type":"\#(type)","targeting_value":"\#(value)","operator_type":"\#(kind)"}"#,
            ["line_item_id": "l1", "operator_type": kind, "targeting_type": type, "targeting_value": value])
    }
    static let account = ScriptedExchange(
        .get, base, .json(200, #"{"data":{"id":"18ce54d4x5t","timezone":"Europe/Berlin"}}"#))
    static let funding = list(
        "funding_instruments", [:],
        #"{"id":"f0","able_to_fund":false},{"id":"f1","able_to_fund":true,"currency":"EUR"}"#)
    static let users = list("promotable_users", [:], #"{"id":"u","user_id":"2244994945"}"#)
    static let country = ScriptedExchange(
        .get, "/12/targeting_criteria/locations",
        .json(
            200,
            #"{"data":[{"name":"Germany","country_code":"DE","location_type":"COUNTRIES","targeting_value":"fdcd221ac44fa326"}]}"#
        )
    ) { $0.query == ["location_type": "COUNTRIES", "country_code": "DE", "count": "200"] }
    static let campaignForm = [
        "funding_instrument_id": "f1", "name": "boost-1", "entity_status": "PAUSED",
        "daily_budget_amount_local_micro": "20000000",
    ]
    static let lineItemForm = [
        "campaign_id": "c1", "name": "boost-1 line item", "objective": "ENGAGEMENTS", "goal": "ENGAGEMENT",
        "product_type": "PROMOTED_TWEETS", "placements": "ALL_ON_TWITTER", "bid_strategy": "AUTO",
        "start_time": "2026-11-21T10:00:00Z", "end_time": "2026-11-24T10:00:00Z", "entity_status": "PAUSED",
    ]
    static let targeting = [
        country, list("targeting_criteria", ["line_item_ids": "l1"]), criterion("LOCATION", "fdcd221ac44fa326"),
        criterion("LOCATION", "5122804691e5fecc"), criterion("AGE", "AGE_25_TO_49"), criterion("GENDER", "2"),
        criterion("INTEREST", "1001"), criterion("CUSTOM_AUDIENCE", "ca1"), criterion("CUSTOM_AUDIENCE", "ca2", "NE"),
    ]
    static let promotion = [
        list("promoted_tweets", ["line_item_ids": "l1"]),
        write(
            "promoted_tweets", #"[{"id":"p1","tweet_id":"\#(post)","approval_status":"UNDER_REVIEW"}]"#,
            ["line_item_id": "l1", "tweet_ids": post]),
    ]
    static let exchanges =
        [
            list("campaigns", ["q": "boost-1"]), account, funding, users,
            write("campaigns", #"{"id":"c1","entity_status":"PAUSED"}"#, campaignForm),
            list("line_items", ["campaign_ids": "c1"]),
            write("line_items", #"{"id":"l1","entity_status":"PAUSED"}"#, lineItemForm),
        ] + targeting + promotion + [put("line_items/l1", "ACTIVE"), put("campaigns/c1", "ACTIVE", isVisible: true)]

    static let all = ConformanceFixtures(
        access: access, now: now, publishes: [], boosts: [BoostFixture("post", request(), exchanges)],
        answers: answers)

    // MARK: Looks

    static func campaign(_ status: String, isDeleted: Bool = false) -> ScriptedExchange {
        ScriptedExchange(
            .get, "\(base)/campaigns/c1",
            .json(200, #"{"data":{"id":"c1","entity_status":"\#(status)","deleted":\#(isDeleted)}}"#),
            isRepeatable: false
        ) { $0.query == ["with_deleted": "true"] }
    }
    static func lineItems(_ status: String = "ACTIVE") -> ScriptedExchange {
        list(
            "line_items", ["campaign_ids": "c1", "with_deleted": "true"],
            #"{"id":"l1","name":"boost-1 line item","entity_status":"\#(status)","deleted":false}"#)
    }
    static func promoted(_ approval: String) -> ScriptedExchange {
        list(
            "promoted_tweets", ["line_item_ids": "l1"],
            #"{"id":"p1","tweet_id":"\#(post)","approval_status":"\#(approval)"}"#)
    }
    static func stats(_ start: String, _ end: String, _ metrics: String) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/12/stats/accounts/18ce54d4x5t",
            .json(200, #"{"data":[{"id":"l1","id_data":[{"segment":null,"metrics":\#(metrics)}]}]}"#)
        ) {
            $0.query == [
                "entity": "LINE_ITEM", "entity_ids": "l1", "start_time": start, "end_time": end, "granularity": "DAY",
                "metric_groups": "ENGAGEMENT,BILLING,VIDEO", "placement": "ALL_ON_TWITTER",
            ]
        }
    }
}
