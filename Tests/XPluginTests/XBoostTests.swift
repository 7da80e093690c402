// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Boosts on X")
struct XBoostTests {
    private typealias Fixtures = XBoostFixtures

    private func plugin(_ exchanges: [ScriptedExchange], at now: Date = XFixtures.now) -> (XPlugin, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        return (XPlugin(context: PluginContext(http: transport, clock: WorldClock { now })), transport)
    }

    @Test("the plugin keeps the contract when it boosts")
    func conformance() async {
        let failures = await PluginConformance.run(XPlugin.self, Fixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("everything is made paused and signed, and the campaign alone goes through the fence")
    func start() async throws {
        let (plugin, transport) = self.plugin(Fixtures.exchanges)
        let boost = try await plugin.startBoost(Fixtures.request(), ScriptedEffectContext())
        #expect(boost == RemoteBoost(id: "c1", state: .inReview))
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
        #expect(transport.calls.last?.path == "/12/accounts/18ce54d4x5t/campaigns/c1")
        #expect(transport.calls.last?.permit != nil)
        for call in transport.calls {
            let header = call.call.request.headerFields[.authorization] ?? ""
            #expect(call.host == "ads-api.x.com" && header.hasPrefix("OAuth ") && header.contains("HMAC-SHA1"))
            #expect(!call.name.contains("secret") && !header.contains("cs-boost") && !header.contains("ts-boost"))
        }
    }

    @Test("what an earlier try made without hearing of it is found again: by name, by value, by post")
    func found() async throws {
        let duplicate = ScriptedExchange(
            .post, "\(Fixtures.base)/promoted_tweets", .reply(Fixtures.error(400, "DUPLICATE_TWEET")))
        let (plugin, transport) = self.plugin([
            Fixtures.list(
                "campaigns", ["q": "boost-1"], #"{"id":"c0","name":"boost-10"},{"id":"c1","name":"boost-1"}"#),
            Fixtures.list(
                "line_items", ["campaign_ids": "c1"],
                #"{"id":"l0","name":"other"},{"id":"l1","name":"boost-1 line item"}"#),
            Fixtures.country,
            Fixtures.list(
                "targeting_criteria", ["line_item_ids": "l1"],
                #"{"targeting_type":"LOCATION","targeting_value":"fdcd221ac44fa326","operator_type":"EQ"}"#),
            Fixtures.list("promoted_tweets", ["line_item_ids": "l1"]), duplicate,
            Fixtures.promoted("ACCEPTED"), Fixtures.put("line_items/l1", "ACTIVE"),
            Fixtures.put("campaigns/c1", "ACTIVE", isVisible: true),
        ])
        let terms = Fixtures.terms { $0.audience = Audience(countries: ["DE"]) }
        let boost = try await plugin.startBoost(Fixtures.request(terms), ScriptedEffectContext())
        #expect(boost.id == "c1" && transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("after the campaign is on, a late try switches nothing on again")
    func late() async throws {
        let context = ScriptedEffectContext()
        _ = try await self.plugin(Fixtures.exchanges).0.startBoost(Fixtures.request(), context)
        let (plugin, transport) = self.plugin([])
        #expect(try await plugin.startBoost(Fixtures.request(), context).id == "c1" && transport.calls.isEmpty)
    }

    @Test(
        "a grant without OAuth 1.0a, and an ad account that cannot pay or promote, stop the start before anything is made"
    )
    func refused() async {
        var bare = Fixtures.request()
        bare.access.tokens.extra = [:]
        let (first, _) = self.plugin([])
        let missing = await PluginError.thrown { () async throws(PluginError) in
            _ = try await first.startBoost(bare, ScriptedEffectContext())
        }
        #expect(missing?.code == .permanent && missing?.nextAction?.contains("account authorize") == true)
        let none = Fixtures.list("campaigns", ["q": "boost-1"])
        let cases: [([ScriptedExchange], PluginError.Code)] = [
            (
                [
                    none, Fixtures.account,
                    Fixtures.list("funding_instruments", [:], #"{"id":"f0","able_to_fund":false}"#),
                ], .needsHuman
            ),
            (
                [
                    none, Fixtures.account,
                    Fixtures.list("funding_instruments", [:], #"{"id":"f0","able_to_fund":true,"currency":"USD"}"#),
                ],
                .permanent
            ),
            (
                [
                    none, Fixtures.account, Fixtures.funding,
                    Fixtures.list("promotable_users", [:], #"{"id":"u","user_id":"5"}"#),
                ],
                .permanent
            ),
        ]
        let elsewhere = ScriptedExchange(
            .get, Fixtures.base, .json(200, #"{"data":{"timezone":"America/Los_Angeles"}}"#))
        for (exchanges, code) in cases + [([none, elsewhere], .permanent)] {
            let (plugin, transport) = self.plugin(exchanges)
            let error = await PluginError.thrown { () async throws(PluginError) in
                _ = try await plugin.startBoost(Fixtures.request(), ScriptedEffectContext())
            }
            #expect(error?.code == code && error?.nextAction != nil)
            #expect(transport.calls.allSatisfy { $0.method == .get })
        }
    }

    @Test("what X cannot say is refused before it is asked, with the field")
    func refusals() {
        let (plugin, _) = self.plugin([])
        let cases: [(String, BoostTerms)] = [
            ("objective", Fixtures.terms { $0.objective = "followers" }),
            ("ad_account", Fixtures.terms { $0.adAccount = nil }),
            ("ad_account", Fixtures.terms { $0.adAccount?.timeZone = "Mars/Olympus" }),
            ("end", Fixtures.terms { $0.endsAt = $0.startsAt }),
            ("call_to_action", Fixtures.terms { $0.callToAction = CallToAction(name: "SHOP_NOW") }),
            ("special_ad_categories", Fixtures.terms { $0.specialAdCategories = ["HOUSING"] }),
            ("audience.min_age", Fixtures.terms { $0.audience.maximumAge = 48 }),
            ("audience.genders", Fixtures.terms { $0.audience.genders = ["other"] }),
            ("budget", Fixtures.terms { $0.budget = Money(minorUnits: .max, currency: .eur) }),
        ]
        for (field, terms) in cases {
            #expect(plugin.validate(terms).contains { $0.severity == .error && $0.field == field }, "\(field)")
        }
        #expect(plugin.validate(Fixtures.terms()).isEmpty)
    }

    @Test(
        "a range of ages is one of X's own or none",
        arguments: [
            (nil, nil, "AGE_OVER_13"), (18, nil, "AGE_OVER_18"), (21, 34, "AGE_21_TO_34"), (nil, 54, "AGE_13_TO_54"),
            (19, nil, nil), (18, 35, nil), (50, 60, nil), (40, 30, nil),
        ] as [(Int?, Int?, String?)])
    func ages(least: Int?, most: Int?, bucket: String?) {
        #expect(XTargeting.bucket(Audience(minimumAge: least, maximumAge: most)) == bucket)
    }

    @Test("an amount of any currency is written exactly in millionths")
    func micros() throws {
        #expect(Currency.everyKnown.count > 150)
        for currency in Currency.everyKnown {
            for amount: Int64 in [1, 99, 100, 1234, 500, 9_007_199_254, 123_456_789] {
                let money = Money(minorUnits: amount, currency: currency)
                let micros = try #require(money.micros)
                #expect(Decimal(micros) == (try #require(Decimal(string: money.decimal))) * 1_000_000)
                #expect(Money(roundingUpMicros: micros, currency: currency) == money)
            }
            // What does not fit is refused.
            let most = Money(minorUnits: .max, currency: currency)
            #expect(most.micros == nil)
            let terms = Fixtures.terms {
                $0.budget = most
                $0.adAccount?.currency = currency
            }
            #expect(self.plugin([]).0.validate(terms).contains { $0.field == "budget" })
        }
    }

    @Test("a look gives state, spend of each day of the ad account that adds up, and paid results")
    func status() async throws {
        let (plugin, transport) = self.plugin(
            [
                Fixtures.campaign("ACTIVE"), Fixtures.lineItems(), Fixtures.promoted("ACCEPTED"),
                Fixtures.stats(
                    "2026-11-20T23:00:00Z", "2026-11-23T23:00:00Z",
                    #"{"impressions":[100,200,null],"engagements":[5,6,null],"likes":null,"retweets":[1,0,0],"replies":[2,2,0],"url_clicks":[3,4,0],"video_total_views":null,"billed_charge_local_micro":[12340000,7000001,0]}"#
                ),
            ], at: Fixtures.now.addingTimeInterval(2 * 86_400))
        let boost = try await plugin.boostStatus(Fixtures.started())
        #expect(boost.state == .running)
        #expect(boost.spendByDay.mapValues(\.minorUnits) == ["2026-11-21": 1234, "2026-11-22": 701, "2026-11-23": 0])
        #expect(boost.spend == Money(minorUnits: 1935, currency: .eur))
        #expect(boost.results == [.views: 300, .engagements: 11, .shares: 1, .comments: 4, .clicks: 7])
        #expect(transport.left.isEmpty)
    }

    @Test("what is less than a cent is rounded up once for the whole, not once a day")
    func rounding() {
        var charges = XCharges()
        for day in 1...7 { charges.micros["2026-11-0\(day)"] = day < 7 ? 2_857_143 : 2_857_142 }
        var boost = RemoteBoost(id: "c1", state: .running)
        charges.add(to: &boost, currency: .eur)
        #expect(boost.spend == Money(minorUnits: 2_000, currency: .eur))
        #expect(boost.spendByDay.values.reduce(0) { $0 + $1.minorUnits } == 2_000)
        #expect(boost.spendByDay.values.allSatisfy { (285...286).contains($0.minorUnits) })
    }

    @Test(
        "what X says of campaign, line item and post becomes a state",
        arguments: [
            ("PAUSED", "ACTIVE", "ACCEPTED", 0, .paused), ("ACTIVE", "ACTIVE", "ACCEPTED", 0, .running),
            ("ACTIVE", "ACTIVE", "UNDER_REVIEW", 0, .inReview), ("ACTIVE", "ACTIVE", "REJECTED", 0, .rejected),
            ("ACTIVE", "PAUSED", "ACCEPTED", 0, .paused), ("ACTIVE", "ACTIVE", "ACCEPTED", 259_200, .completed),
        ] as [(String, String, String, TimeInterval, RemoteBoost.State)])
    func states(
        campaign: String, lineItem: String, approval: String, later: TimeInterval, state: RemoteBoost.State
    ) async throws {
        let none = ScriptedExchange(.get, "/12/stats/accounts/18ce54d4x5t", .json(200, #"{"data":[]}"#))
        let (plugin, _) = self.plugin(
            [Fixtures.campaign(campaign), Fixtures.lineItems(lineItem), Fixtures.promoted(approval), none],
            at: Fixtures.now.addingTimeInterval(later))
        let boost = try await plugin.boostStatus(Fixtures.started())
        #expect(boost.state == state && boost.spend == nil && (boost.remark != nil) == (state == .rejected))
    }

    @Test(
        "questions for numbers begin and end at the ad account's midnights and cover no more than seven times 24 hours")
    func windows() throws {
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        let start = try Date("2026-10-20T12:00:00Z", strategy: .iso8601)
        let windows = XStatsWindow.covering(from: start, to: start.addingTimeInterval(20 * 86_400), in: zone)
        #expect(windows.map(\.days.count) == [6, 7, 7, 1])
        #expect(windows.allSatisfy { $0.end.timeIntervalSince($0.start) <= XStatsWindow.longest })
        #expect(windows.first?.start == (try Date("2026-10-19T22:00:00Z", strategy: .iso8601)))
        // Clocks go back on the 25th: that day has 25 hours.
        #expect(windows.first?.days.last == "2026-10-25" && windows.last?.days == ["2026-11-09"])
        #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.end == $1.start })
        #expect(XStatsWindow.covering(from: start, to: start, in: zone).count == 1)
    }

    @Test("stopping is done when X says that the campaign is not active, and a stop that is not confirmed is none")
    func stop() async throws {
        let gone = ScriptedExchange(
            .put, "\(Fixtures.base)/campaigns/c1", .reply(Fixtures.error(404, "NOT_FOUND")))
        let pause = Fixtures.put("campaigns/c1", "PAUSED")
        for exchanges in [[pause, Fixtures.campaign("PAUSED")], [gone, Fixtures.campaign("ACTIVE", isDeleted: true)]] {
            try await self.plugin(exchanges).0.stopBoost(Fixtures.started())
        }
        for (exchanges, code) in [
            ([pause, Fixtures.campaign("ACTIVE")], .retryAfter), ([gone, Fixtures.campaign("ACTIVE")], .permanent),
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
        for (status, isThere) in [("ACTIVE", true), ("PAUSED", false)] {
            let (looking, _) = self.plugin([Fixtures.campaign(status)])
            let finding = try await looking.findBoost(Fixtures.request(), checkpoint: context.checkpoint)
            if case .found(let post) = finding { #expect(isThere && post.id == "c1") } else { #expect(!isThere) }
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
        try first.record(as: "x-boost-start")
        let stats = Fixtures.stats("2026-11-20T23:00:00Z", "2026-11-22T23:00:00Z", "{}")
        let (looking, second) = self.plugin(
            [
                Fixtures.campaign("ACTIVE"), Fixtures.campaign("ACTIVE"), Fixtures.lineItems(),
                Fixtures.promoted("ACCEPTED"), stats, Fixtures.put("campaigns/c1", "PAUSED"),
                Fixtures.campaign("PAUSED"),
            ], at: Fixtures.now.addingTimeInterval(86_400))
        _ = try await looking.findBoost(Fixtures.request(), checkpoint: context.checkpoint)
        _ = try await looking.boostStatus(Fixtures.started())
        try await looking.stopBoost(Fixtures.started())
        #expect(first.left.isEmpty && second.left.isEmpty)
        try second.record(as: "x-boost-looks")
    }
}

/// One row of the sheet's part about ads.
struct XAdsRow: Sendable, CustomTestStringConvertible {
    var status: Int
    var code: String
    /// For the step that lets money be spent.
    var kind: PluginError.Code
    var reading: PluginError.Code
    var scope: PluginError.Scope = .account
    var headers: [String: String] = [:]
    var pause: ClosedRange<Duration>?

    var testDescription: String { "\(self.status) \(self.code)" }

    init(
        _ status: Int, _ code: String, _ kind: PluginError.Code, reading: PluginError.Code? = nil,
        scope: PluginError.Scope = .account, _ headers: [String: String] = [:], pause: ClosedRange<Duration>? = nil
    ) {
        self.status = status
        self.code = code
        self.kind = kind
        self.reading = reading ?? kind
        self.scope = scope
        self.headers = headers
        self.pause = pause
    }

    static let all: [Self] = [
        Self(401, "UNAUTHORIZED_ACCESS", .reauthorize), Self(401, "OTHER", .reauthorize),
        Self(403, "UNAUTHORIZED_CLIENT_APPLICATION", .needsHuman, scope: .app), Self(403, "OTHER", .permanent),
        Self(400, "INVALID_PARAMETER", .permanent), Self(400, "MISSING_PARAMETER", .permanent),
        Self(404, "NOT_FOUND", .permanent), Self(400, "DUPLICATE_TWEET", .duplicate),
        Self(
            429, "TOO_MANY_REQUESTS", .rateLimited, scope: .endpoint,
            ["x-account-rate-limit-reset": "\(Int(XFixtures.now.timeIntervalSince1970) + 90)"],
            pause: .seconds(90) ... .seconds(92)), Self(429, "TOO_MANY_REQUESTS", .rateLimited, scope: .endpoint),
        Self(423, "LOCK_ACQUISITION_TIMEOUT", .retryAfter),
        Self(
            503, "SERVICE_UNAVAILABLE", .ambiguousOutcome, reading: .retryAfter, ["retry-after": "120"],
            pause: .seconds(120) ... .seconds(121)),
        Self(
            503, "SERVICE_UNAVAILABLE", .ambiguousOutcome, reading: .retryAfter, ["retry-after": "1e30"],
            pause: .longestSaid ... .longestSaid),
        Self(
            429, "TOO_MANY_REQUESTS", .rateLimited, scope: .endpoint, ["x-account-rate-limit-reset": "1e30"],
            pause: .longestSaid ... .longestSaid),
        Self(
            429, "TOO_MANY_REQUESTS", .rateLimited, scope: .endpoint, ["x-account-rate-limit-reset": "-1e30"]),
        Self(503, "OVER_CAPACITY", .ambiguousOutcome, reading: .retryAfter),
        Self(500, "INTERNAL_ERROR", .ambiguousOutcome, reading: .retryAfter), Self(418, "OTHER", .permanent),
        Self(302, "", .ambiguousOutcome, reading: .retryAfter),
    ]
}

@Suite("What the refusals of X's ads mean")
struct XAdsErrorTests {
    @Test("every documented row has its class, scope and pause", arguments: XAdsRow.all)
    func rows(row: XAdsRow) {
        let reply = XBoostFixtures.error(row.status, row.code, "words tk-55cc66", row.headers)
        for creates in [true, false] {
            let error = XAdsFailure(
                creates: creates, endpoint: "e", hidden: [Secret("tk-55cc66")], now: XFixtures.now
            ).error(reply)
            #expect(error.code == (creates ? row.kind : row.reading) && error.scope == row.scope)
            #expect(error.endpoint == (row.scope == .endpoint ? "e" : nil) && error.message.contains("words <secret>"))
            if let pause = row.pause { #expect(error.retryAfter.map(pause.contains) == true) }
            #expect(row.pause != nil || error.retryAfter == nil)
            #expect(error.nextAction?.isEmpty == false)
        }
    }

    @Test(
        "what an answer of the Ads API says is left is read with every answer, in the endpoint's window",
        arguments: [(XAdsEndpoint.write, 60), (XAdsEndpoint.read, 60), (XAdsEndpoint.stats, 900), ("GET /2/x", 900)])
    func usage(endpoint: String, window: Int) {
        let headers = [
            "x-account-rate-limit-limit": "450", "x-account-rate-limit-remaining": "7",
            "x-account-rate-limit-reset": "1800000000",
        ]
        let rest = RateUsage(
            scope: .endpoint, window: .seconds(window), calls: 450, rest: 7,
            resetsAt: Date(timeIntervalSince1970: 1_800_000_000))
        #expect(XPlugin.usage(.json(200, "{}", headers), endpoint: endpoint) == [rest])
        // Of two limits of one bucket the one with less left counts.
        let user = ["x-rate-limit-limit": "2000", "x-rate-limit-remaining": "90", "x-rate-limit-reset": "1800000000"]
        let both = headers.merging(user) { first, _ in first }
        #expect(XPlugin.usage(.json(200, "{}", both), endpoint: endpoint) == [rest])
    }

    @Test("every row has a sentence and a next action, and what is to be done belongs to one class")
    func actions() {
        var classes: [String: Set<XAdsErrorRule.Effect>] = [:]
        for rule in XAdsErrorRule.table {
            #expect(!rule.meaning.isEmpty && rule.nextAction?.isEmpty == false, "\(rule.meaning)")
            classes[rule.nextAction ?? "", default: []].insert(rule.effect)
        }
        let usual = PluginError.Code.retryAfter.usualNextAction
        for (action, effects) in classes where action != usual { #expect(effects.count == 1, "\(action)") }
    }
}
