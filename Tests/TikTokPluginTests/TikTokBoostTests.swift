// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("Boosts on TikTok")
struct TikTokBoostTests {
    private typealias Fixtures = TikTokBoostFixtures

    private func plugin(
        _ exchanges: [ScriptedExchange], at now: Date = TikTokFixtures.now
    ) -> (TikTokPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        return (TikTokPlugin(context: PluginContext(http: transport, clock: WorldClock { now })), transport)
    }

    @Test("the plugin keeps the contract when it boosts")
    func conformance() async {
        let failures = await PluginConformance.run(TikTokPlugin.self, Fixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("everything is made disabled with the post itself, and the campaign alone goes through the fence")
    func start() async throws {
        let (plugin, transport) = self.plugin(Fixtures.exchanges)
        let boost = try await plugin.startBoost(Fixtures.request(), ScriptedEffectContext())
        #expect(boost == RemoteBoost(id: "171", state: .inReview))
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
        #expect(transport.calls.last?.path == "/open_api/v1.3/campaign/status/update/")
        #expect(transport.calls.last?.permit != nil)
    }

    @Test(
        "what an earlier try made without hearing of it is found by its name, even when TikTok says that the name exists"
    )
    func found() async throws {
        let taken = ScriptedExchange(
            .post, "/open_api/v1.3/campaign/create/", .reply(Fixtures.error(40002, "Campaign name already exists")))
        var unlisted = Fixtures.items("campaign", Fixtures.named)
        unlisted.isRepeatable = false
        let (plugin, transport) = self.plugin([
            Fixtures.account(), Fixtures.identities(), unlisted, taken,
            Fixtures.items(
                "campaign", Fixtures.named,
                #"{"campaign_id":"17","campaign_name":"boost-10"},{"campaign_id":171,"campaign_name":"boost-1"}"#),
            Fixtures.items("adgroup", Fixtures.under, #"{"adgroup_id":"172","adgroup_name":"boost-1 ad group"}"#),
            Fixtures.items("ad", Fixtures.under, #"{"ad_id":"173","ad_name":"boost-1 ad"}"#),
            Fixtures.turn("ad", "173", "ENABLE"), Fixtures.turn("adgroup", "172", "ENABLE"),
            Fixtures.turn("campaign", "171", "ENABLE", isVisible: true),
        ])
        let boost = try await plugin.startBoost(Fixtures.request(), ScriptedEffectContext())
        #expect(boost.id == "171" && transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("after the campaign is enabled, a late try switches nothing on again")
    func late() async throws {
        let context = ScriptedEffectContext()
        _ = try await self.plugin(Fixtures.exchanges).0.startBoost(Fixtures.request(), context)
        let (plugin, transport) = self.plugin([])
        #expect(try await plugin.startBoost(Fixtures.request(), context).id == "171" && transport.calls.isEmpty)
    }

    @Test(
        "reach says how often one person sees it; photos are a carousel; an identity of the credential is taken as it is"
    )
    func variants() async throws {
        var request = Fixtures.request(
            Fixtures.terms {
                $0.objective = "reach"
                $0.callToAction = nil
                $0.budgetKind = .lifetime
                $0.audience = Audience(places: ["6252001"])
            })
        request.format = .carousel
        request.access.tokens.extra.merge(
            [
                "identity_type": Secret("BC_AUTH_TT"), "identity_id": Secret("idt-9"), "identity_bc_id": Secret("bc-4"),
            ]) { $1 }
        var exchanges = Fixtures.exchanges
        for place in [3, 5, 7] { exchanges[place].accepts = { _ in true } }
        exchanges.remove(at: 1)
        let (plugin, transport) = self.plugin(exchanges)
        _ = try await plugin.startBoost(request, ScriptedEffectContext())
        let bodies = transport.calls.filter { $0.path.hasSuffix("create/") }.map(\.text)
        #expect(bodies[0].contains(#""objective_type":"REACH""#))
        #expect(
            bodies[1].contains(#""frequency":3,"frequency_schedule":7"#)
                && bodies[1].contains(#""budget_mode":"BUDGET_MODE_TOTAL""#) && !bodies[1].contains("age_groups"))
        #expect(
            bodies[2].contains(
                #"{"ad_format":"CAROUSEL_ADS","ad_name":"boost-1 ad","identity_authorized_bc_id":"bc-4","identity_id":"idt-9","identity_type":"BC_AUTH_TT","operation_status":"DISABLE","tiktok_item_id":"\#(Fixtures.post)"}"#
            ))
    }

    @Test("a creator's token, an ad account that cannot pay, an unclear identity and a post without one stop the start")
    func refused() async {
        var bare = Fixtures.request()
        bare.access.tokens.extra = [:]
        var unnamed = Fixtures.request()
        unnamed.post.id = "v_pub_file~v2.1"
        let cases: [(BoostRequest, [ScriptedExchange], PluginError.Code)] = [
            (bare, [], .permanent), (unnamed, [], .permanent),
            (Fixtures.request(), [Fixtures.account(#""currency":"USD""#)], .permanent),
            (Fixtures.request(), [Fixtures.account(#""currency":"EUR","status":"STATUS_LIMIT""#)], .needsHuman),
            (Fixtures.request(), [Fixtures.account(), Fixtures.identities("")], .permanent),
        ]
        for (request, exchanges, code) in cases {
            let (plugin, transport) = self.plugin(exchanges)
            let error = await PluginError.thrown { () async throws(PluginError) in
                _ = try await plugin.startBoost(request, ScriptedEffectContext())
            }
            #expect(error?.code == code && error?.nextAction != nil)
            #expect(transport.calls.allSatisfy { $0.method == .get })
        }
    }

    @Test("what TikTok cannot say is refused before it is asked, with the field")
    func refusals() throws {
        let (plugin, _) = self.plugin([])
        let dollars = try #require(Money("59.99USD"))
        let cases: [(String, BoostTerms)] = [
            ("objective", Fixtures.terms { $0.objective = "engagement" }),
            ("ad_account", Fixtures.terms { $0.adAccount = nil }),
            ("end", Fixtures.terms { $0.endsAt = $0.startsAt }),
            (
                "budget",
                Fixtures.terms {
                    $0.budget = dollars
                    $0.budgetKind = .lifetime
                    $0.adAccount?.currency = dollars.currency
                }
            ), ("call_to_action", Fixtures.terms { $0.callToAction = nil }),
            ("call_to_action", Fixtures.terms { $0.callToAction = CallToAction(name: "WAVE", link: "https://a.de") }),
            ("call_to_action.link", Fixtures.terms { $0.callToAction = CallToAction(name: "SHOP_NOW") }),
            ("special_ad_categories", Fixtures.terms { $0.specialAdCategories = ["HOUSING"] }),
            ("audience.countries", Fixtures.terms { $0.audience.countries = ["DE"] }),
            ("audience.places", Fixtures.terms { $0.audience.places = [] }),
            ("audience.places", Fixtures.terms { $0.audience.places = ["Berlin"] }),
            ("audience.min_age", Fixtures.terms { $0.audience.minimumAge = 19 }),
            ("audience.genders", Fixtures.terms { $0.audience.genders = ["other"] }),
        ]
        for (field, terms) in cases {
            #expect(plugin.validate(terms).contains { $0.severity == .error && $0.field == field }, "\(field)")
        }
        #expect(plugin.validate(Fixtures.terms()).isEmpty)
    }

    @Test("an amount of any currency is written digit for digit")
    func amounts() throws {
        #expect(Currency.everyKnown.count > 150)
        for currency in Currency.everyKnown {
            for amount: Int64 in [1, 10, 99, 100, 2050, 1234, 9_007_199_254_740_993, .max] {
                let money = Money(minorUnits: amount, currency: currency)
                let sent = try #require(Decimal(string: money.decimal))
                let text = String(decoding: try TikTokCoding.json(["budget": sent]), as: UTF8.self)
                // As text again, without a double in between, it is the same amount.
                let digits = text.dropFirst(#"{"budget":"#.count).dropLast()
                #expect(!digits.contains("\"") && !digits.contains("e") && !digits.contains("E"))
                #expect(Money(String(digits), defaultCurrency: currency) == money)
            }
        }
    }

    @Test("the number that makes two requests one follows from the step and fits into 64 bits with a sign")
    func requestIDs() throws {
        #expect(BusinessRequestID.make("boost-1") == BusinessRequestID.make("boost-1"))
        let ids = (0..<1000).map { BusinessRequestID.make("boost-\($0)") }
        #expect(Set(ids).count == 1000 && ids.allSatisfy { Int64($0).map { $0 > 0 } == true })
    }

    @Test("a look gives state, spend of each day of the ad account that adds up, and paid results")
    func status() async throws {
        let (plugin, transport) = self.plugin(
            [
                Fixtures.campaign("ENABLE"), Fixtures.ad("AD_STATUS_DELIVERY_OK"),
                Fixtures.report(
                    "2026-11-21", "2026-11-22", byDay: true,
                    #"{"dimensions":{"campaign_id":"171","stat_time_day":"2026-11-21 00:00:00"},"metrics":{"spend":"12.34"}},{"dimensions":{"campaign_id":"171","stat_time_day":"2026-11-22 00:00:00"},"metrics":{"spend":"7.005"}},{"dimensions":{"campaign_id":"999","stat_time_day":"2026-11-22 00:00:00"},"metrics":{"spend":"500"}}"#
                ),
                Fixtures.report(
                    "2026-11-21", "2026-11-22", byDay: false,
                    #"{"dimensions":{"campaign_id":"171"},"metrics":{"clicks":"55","comments":"3","follows":"2","impressions":"4000","likes":"80","reach":"3100","shares":"1","video_play_actions":"3900"}}"#
                ),
            ], at: Fixtures.now.addingTimeInterval(86_400))
        let boost = try await plugin.boostStatus(Fixtures.started())
        #expect(boost.state == .running)
        #expect(boost.spendByDay.mapValues(\.minorUnits) == ["2026-11-21": 1234, "2026-11-22": 701])
        #expect(boost.spend == Money(minorUnits: 1935, currency: .eur))
        #expect(
            boost.results == [
                .clicks: 55, .comments: 3, .follows: 2, .views: 4000, .likes: 80, .reach: 3100, .shares: 1,
                .videoViews: 3900,
            ])
        #expect(transport.left.isEmpty)
    }

    @Test(
        "what TikTok says of campaign and ad becomes a state",
        arguments: [
            ("DISABLE", "AD_STATUS_DELIVERY_OK", "ENABLE", .paused),
            ("ENABLE", "AD_STATUS_DELIVERY_OK", "ENABLE", .running),
            ("ENABLE", "AD_STATUS_AUDIT", "ENABLE", .inReview), ("ENABLE", "AD_STATUS_REAUDIT", "ENABLE", .inReview),
            ("ENABLE", "AD_STATUS_AUDIT_DENY", "ENABLE", .rejected),
            ("ENABLE", "AD_STATUS_DISABLE", "DISABLE", .paused),
            ("ENABLE", "AD_STATUS_ADGROUP_DISABLE", "ENABLE", .paused),
            ("ENABLE", "AD_STATUS_BALANCE_EXCEED", "ENABLE", .paused),
        ] as [(String, String, String, RemoteBoost.State)])
    func states(campaign: String, ad: String, status: String, state: RemoteBoost.State) async throws {
        let none = ScriptedExchange(
            .get, "/open_api/v1.3/report/integrated/get/", Fixtures.ok(#"{"list":[],"page_info":{"total_page":0}}"#))
        let exchanges = [Fixtures.campaign(campaign), Fixtures.ad(ad, status), none]
        let later = Fixtures.now.addingTimeInterval(60)
        let boost = try await self.plugin(exchanges, at: later).0.boostStatus(Fixtures.started())
        #expect(boost.state == state && boost.spend == nil)
        let ended = try await self.plugin(exchanges, at: Fixtures.started().terms.endsAt).0.boostStatus(
            Fixtures.started())
        let isFinal = state == .rejected || campaign == "DISABLE"
        #expect(ended.state == (isFinal ? state : .completed))
    }

    @Test("a report by day covers no more than thirty days at once")
    func windows() throws {
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        let days = BusinessReport.days(
            from: Fixtures.now, to: Fixtures.now.addingTimeInterval(40 * 86_400), in: zone)
        #expect(days.count == 41 && days.first == "2026-11-21" && days.last == "2026-12-31")
        #expect(BusinessReport.longest == 30)
    }

    @Test("stopping is done when TikTok says that the campaign is disabled, and a stop that is not confirmed is none")
    func stop() async throws {
        let gone = ScriptedExchange(
            .post, "/open_api/v1.3/campaign/status/update/", .reply(Fixtures.error(40002, "deleted")))
        let off = Fixtures.turn("campaign", "171", "DISABLE")
        // What is not listed any more is deleted.
        let none = Fixtures.items("campaign", Fixtures.under)
        for exchanges in [
            [off, Fixtures.campaign("DISABLE")], [gone, Fixtures.campaign("DISABLE")], [gone, none],
        ] {
            try await self.plugin(exchanges).0.stopBoost(Fixtures.started())
        }
        for (exchanges, code) in [
            ([off, Fixtures.campaign("ENABLE")], .retryAfter), ([gone, Fixtures.campaign("ENABLE")], .permanent),
        ] as [([ScriptedExchange], PluginError.Code)] {
            let (plugin, _) = self.plugin(exchanges)
            let error = await PluginError.thrown { () async throws(PluginError) in
                try await plugin.stopBoost(Fixtures.started())
            }
            #expect(error?.code == code)
        }
    }

    @Test("an activation whose answer was lost is looked for at the campaign")
    func lost() async throws {
        let context = ScriptedEffectContext()
        var exchanges = Fixtures.exchanges
        exchanges[exchanges.count - 1].outcome = .lost
        let (plugin, _) = self.plugin(exchanges)
        let error = await PluginError.thrown { () async throws(PluginError) in
            _ = try await plugin.startBoost(Fixtures.request(), context)
        }
        #expect(error?.code == .ambiguousOutcome && context.unknown == [0])
        for (look, name) in [
            (Fixtures.campaign("ENABLE"), "found"), (Fixtures.campaign("DISABLE"), "absent"),
            (Fixtures.items("campaign", Fixtures.under), "inconclusive"),
        ] {
            let finding = try await self.plugin([look]).0.findBoost(Fixtures.request(), checkpoint: context.checkpoint)
            #expect("\(finding)".hasPrefix(name))
        }
        guard case .absent = try await self.plugin([]).0.findBoost(Fixtures.request(), checkpoint: nil) else {
            Issue.record("nothing was made")
            return
        }
    }

    @Test("the calls of a whole boost are written down for the checker")
    func recorded() async throws {
        let (starting, first) = self.plugin(Fixtures.exchanges)
        let context = ScriptedEffectContext()
        _ = try await starting.startBoost(Fixtures.request(), context)
        try first.record(as: "tiktok-boost-start")
        let row = #"{"dimensions":{"campaign_id":"171","stat_time_day":"2026-11-21"},"metrics":{"spend":"1"}}"#
        let (looking, second) = self.plugin(
            [
                Fixtures.campaign("ENABLE"), Fixtures.campaign("ENABLE"), Fixtures.ad("AD_STATUS_DELIVERY_OK"),
                Fixtures.report("2026-11-21", "2026-11-22", byDay: true, row),
                Fixtures.report("2026-11-21", "2026-11-22", byDay: false, ""),
                Fixtures.turn("campaign", "171", "DISABLE"), Fixtures.campaign("DISABLE"),
            ], at: Fixtures.now.addingTimeInterval(86_400))
        _ = try await looking.findBoost(Fixtures.request(), checkpoint: context.checkpoint)
        _ = try await looking.boostStatus(Fixtures.started())
        try await looking.stopBoost(Fixtures.started())
        #expect(first.left.isEmpty && second.left.isEmpty)
        try second.record(as: "tiktok-boost-looks")
    }
}

/// One row of the sheet's part about ads.
struct BusinessRefusal: Sendable, CustomTestStringConvertible {
    var code: Int
    /// For the step that lets money be spent.
    var kind: PluginError.Code
    var reading: PluginError.Code
    var scope: PluginError.Scope
    var pause: Duration?
    var firstPause: Duration?

    var testDescription: String { "\(self.code)" }

    init(
        _ code: Int, _ kind: PluginError.Code, reading: PluginError.Code? = nil,
        scope: PluginError.Scope = .account, pause: Duration? = nil, firstPause: Duration? = nil
    ) {
        self.firstPause = firstPause
        self.code = code
        self.kind = kind
        self.reading = reading ?? kind
        self.scope = scope
        self.pause = pause
    }

    static let all: [Self] =
        [40016, 40100, 40132, 40133].map { Self($0, .rateLimited, scope: .endpoint, firstPause: .seconds(10)) }
        + [40102, 40104, 40105, 40131].map { Self($0, .reauthorize) }
        + [40002, 40006, 40007, 40300, 40999].map { Self($0, .permanent) }
        + [50_000, 50_002, 51_000, 51_010, 51_999, 20_001].map {
            Self($0, .ambiguousOutcome, reading: .retryAfter)
        } + [
            Self(40001, .needsHuman), Self(40106, .needsHuman),
            Self(40101, .rateLimited, scope: .endpoint, pause: .seconds(3600)),
        ]
}

@Suite("What the refusals of TikTok's ads mean")
struct BusinessErrorTests {
    @Test("every documented code has its class, scope and pause, whatever the status", arguments: BusinessRefusal.all)
    func rows(row: BusinessRefusal) {
        for status in [200, 400] {
            for creates in [true, false] {
                let error = BusinessFailure(creates: creates, endpoint: "e", hidden: [Secret("biz-token")]).error(
                    TikTokBoostFixtures.error(row.code, "words biz-token", status: status))
                #expect(error.code == (creates ? row.kind : row.reading) && error.scope == row.scope)
                #expect(error.firstPause == row.firstPause)
                #expect(error.retryAfter == row.pause && error.message.contains("words <secret>"))
                #expect(error.endpoint == (row.scope == .endpoint ? "e" : nil) && error.requestID == "2026B")
                #expect(error.nextAction?.isEmpty == false)
            }
        }
    }
}
