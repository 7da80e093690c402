// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Testing

@testable import MetaGraph

@Suite("Terms of the Marketing API")
struct MarketingTermsTests {
    static let start = Date(timeIntervalSince1970: 1_795_255_200)

    static func terms(_ change: (inout BoostTerms) -> Void = { _ in }) -> BoostTerms {
        var terms = BoostTerms(
            objective: "engagement", audience: Audience(countries: ["CH"]),
            budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .daily, startsAt: start,
            endsAt: start.addingTimeInterval(259_200),
            adAccount: AdAccountReference(externalID: "act_77", currency: .eur, timeZone: "Europe/Berlin"))
        change(&terms)
        return terms
    }

    private static func errors(_ terms: BoostTerms, showsLinks: Bool = true) -> [String] {
        MarketingTerms.check(terms, of: "Facebook", showsLinks: showsLinks).filter { $0.severity == .error }
            .map(\.field)
    }

    @Test("what Meta refuses is refused before it is asked, with the field")
    func refusals() throws {
        #expect(Self.errors(Self.terms()).isEmpty)
        let forint = try #require(Money("500.50HUF"))
        let cases: [(String, BoostTerms)] = [
            ("budget", Self.terms { $0.budget = forint }), ("objective", Self.terms { $0.objective = "followers" }),
            ("ad_account", Self.terms { $0.adAccount = nil }), ("end", Self.terms { $0.endsAt = Self.start }),
            ("call_to_action", Self.terms { $0.callToAction = CallToAction(name: "WAVE", link: "https://a.de") }),
            ("call_to_action.link", Self.terms { $0.callToAction = CallToAction(name: "SHOP_NOW") }),
            ("special_ad_categories", Self.terms { $0.specialAdCategories = ["CREDIT"] }),
            (
                "audience.countries",
                Self.terms {
                    $0.specialAdCategories = ["HOUSING"]
                    $0.audience = Audience(places: ["city:5"])
                }
            ), ("audience.countries", Self.terms { $0.audience = Audience() }),
            ("audience.places", Self.terms { $0.audience.places = ["Berlin"] }),
            ("audience.genders", Self.terms { $0.audience.genders = ["other"] }),
            ("audience.min_age", Self.terms { $0.audience.minimumAge = 12 }),
            ("audience.max_age", Self.terms { $0.audience.maximumAge = 66 }),
            (
                "audience.min_age",
                Self.terms {
                    $0.audience.minimumAge = 40
                    $0.audience.maximumAge = 30
                }
            ),
        ]
        for (field, terms) in cases { #expect(Self.errors(terms).contains(field), "\(field)") }
        let dollars = try #require(Money("20.00USD"))
        #expect(Self.errors(Self.terms { $0.budget = dollars }) == ["budget"])
    }

    @Test("a post without a link of its own needs a button for traffic")
    func traffic() {
        let bare = Self.terms { $0.objective = "traffic" }
        #expect(Self.errors(bare).isEmpty && Self.errors(bare, showsLinks: false) == ["call_to_action"])
        let led = Self.terms {
            $0.objective = "traffic"
            $0.callToAction = CallToAction(name: "SHOP_NOW", link: "https://a.de")
        }
        #expect(Self.errors(led, showsLinks: false).isEmpty)
    }

    @Test("in the EU a missing payer is a warning: the ad account may have a default")
    func payer() {
        var terms = Self.terms { $0.audience.countries = ["DE"] }
        let issues = MarketingTerms.check(terms, of: "Facebook", showsLinks: true)
        #expect(issues.map(\.severity) == [.warning] && issues.first?.field == "ad_account.payer")
        terms.adAccount?.payer = "Acme GmbH"
        #expect(MarketingTerms.check(terms, of: "Facebook", showsLinks: true).isEmpty)
    }

    @Test("an audience is bounds, not suggestions, and names only what it holds")
    func targeting() {
        let full = Audience(
            minimumAge: 25, maximumAge: 40, genders: ["female"], countries: ["DE", "AT"],
            places: ["region:3847", "city:2418956"], interests: ["6003107902433"], customAudiences: ["11"],
            excludedAudiences: ["12"])
        #expect(
            GraphCoding.json(MarketingTargeting(full))
                == #"{"age_max":40,"age_min":25,"custom_audiences":[{"id":"11"}],"excluded_custom_audiences":[{"id":"12"}],"genders":[2],"geo_locations":{"cities":[{"key":"2418956"}],"countries":["DE","AT"],"regions":[{"key":"3847"}]},"interests":[{"id":"6003107902433"}],"targeting_automation":{"advantage_audience":0}}"#
        )
        #expect(
            GraphCoding.json(MarketingTargeting(Audience(genders: ["male", "female"], countries: ["CH"])))
                == #"{"age_max":65,"age_min":18,"geo_locations":{"countries":["CH"]},"targeting_automation":{"advantage_audience":0}}"#
        )
        let young = MarketingTargeting(Audience(maximumAge: 16, countries: ["CH"]))
        #expect(young.age_min == 16 && young.age_max == 16)
    }

    @Test("a day may cost 1.75 daily budgets, a week seven")
    func overspend() {
        #expect(MarketingTerms.limits.mostOfDay(2000) == 3500)
        #expect(MarketingTerms.limits.most(daily: 2000, days: 3) == 10_500)
        #expect(MarketingTerms.limits.most(daily: 2000, days: 14) >= 28_000)
    }

    @Test(
        "what Meta says of an ad becomes a state",
        arguments: [
            ("PENDING_REVIEW", "ACTIVE", .inReview), ("IN_PROCESS", "ACTIVE", .inReview),
            ("IN-PROCESS", "ACTIVE", .inReview), ("PREAPPROVED", "ACTIVE", .inReview), ("ACTIVE", "ACTIVE", .running),
            ("PAUSED", "PAUSED", .paused), ("ADSET_PAUSED", "ACTIVE", .paused), ("CAMPAIGN_PAUSED", "ACTIVE", .stopped),
            ("PENDING_BILLING_INFO", "ACTIVE", .paused), ("DISAPPROVED", "ACTIVE", .rejected),
            ("WITH_ISSUES", "ACTIVE", .rejected), ("ARCHIVED", "ARCHIVED", .stopped), ("DELETED", "DELETED", .stopped),
            ("SOMETHING_NEW", "ACTIVE", .running),
        ] as [(String, String, RemoteBoost.State)])
    func states(effective: String, configured: String, state: RemoteBoost.State) throws {
        let ad = try JSONDecoder().decode(
            MarketingAd.self,
            from: Data(#"{"effective_status":"\#(effective)","configured_status":"\#(configured)"}"#.utf8))
        #expect(ad.state(isOver: false) == state)
        let ends: Set<RemoteBoost.State> = [.rejected, .stopped]
        #expect(ad.state(isOver: true) == (ends.contains(state) ? state : .completed))
    }

    @Test("an issue that Meta calls soft does not end the delivery, and is told")
    func issues() throws {
        let ad = try JSONDecoder().decode(
            MarketingAd.self,
            from: Data(
                #"{"effective_status":"WITH_ISSUES","configured_status":"ACTIVE","issues_info":[{"level":"AD","error_code":1815869,"error_summary":"Learning","error_message":"Learning takes long.","error_type":"SOFT_ERROR"}]}"#
                    .utf8))
        #expect(ad.state(isOver: false) == .running && ad.remark == "Learning takes long.")
    }
}
