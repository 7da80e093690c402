// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import FacebookPlugin

@Suite("Boosts on Facebook")
struct FacebookBoostTests {
    private typealias Fixtures = FacebookBoostFixtures

    private func start(
        _ exchanges: [ScriptedExchange], _ request: BoostRequest = FacebookBoostFixtures.request(),
        _ context: ScriptedEffectContext = ScriptedEffectContext()
    ) async -> (Result<RemoteBoost, PluginError>, ScriptedTransport) {
        let (plugin, transport) = FacebookFixtures.plugin(exchanges)
        do {
            return (.success(try await plugin.startBoost(request, context)), transport)
        } catch {
            return (.failure(error), transport)
        }
    }

    private func error(_ result: Result<RemoteBoost, PluginError>) -> PluginError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test("the plugin keeps the contract when it boosts")
    func conformance() async {
        let failures = await PluginConformance.run(FacebookPlugin.self, Fixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test(
        "everything is made paused, and the campaign is switched on last and alone through the fence; it is the boost")
    func start() async throws {
        let (result, transport) = await self.start(Fixtures.exchanges)
        #expect(try result.get() == RemoteBoost(id: "120", state: .inReview))
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
        let makes = transport.calls.filter { $0.method == .post && $0.path.hasPrefix("/v25.0/act_77/") }
        #expect(makes.filter { !$0.path.hasSuffix("adcreatives") }.allSatisfy { $0.form["status"] == "PAUSED" })
        #expect(transport.calls.last?.path == "/v25.0/120" && transport.calls.last?.permit != nil)
        #expect(transport.calls.last?.call.request.headerFields[.authorization] == "Bearer EAAuser-77ab02f3cc")
    }

    @Test("what an earlier try made without hearing of it is found by its name and not made again")
    func found() async throws {
        let other = #"{"id":"99","name":"boost-10"}"#
        let (result, transport) = await self.start([
            Fixtures.account(), Fixtures.eligible(),
            Fixtures.listed("act_77/campaigns", #"\#(other),{"id":"120","name":"boost-1"}"#),
            Fixtures.listed("120/adsets", #"{"id":"121","name":"boost-1 ad set"}"#),
            Fixtures.listed("120/ads", #"{"id":"123","name":"boost-1 ad"}"#), Fixtures.on("121"), Fixtures.on("123"),
            Fixtures.on("120", isVisible: true),
        ])
        #expect(try result.get().id == "120")
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("a lifetime budget, a reach and no special category are said so; an end stands with every budget")
    func lifetime() async throws {
        let terms = Fixtures.terms {
            $0.objective = "reach"
            $0.budgetKind = .lifetime
            $0.specialAdCategories = []
            $0.callToAction = nil
            $0.audience = Audience(countries: ["CH"])
            $0.startsAt = Fixtures.now.addingTimeInterval(-600)
        }
        var exchanges = Fixtures.exchanges
        for place in [3, 5, 7] { exchanges[place].accepts = { _ in true } }
        let (result, transport) = await self.start(exchanges, Fixtures.request(terms))
        _ = try result.get()
        let forms = transport.calls.filter { $0.method == .post }.map(\.form)
        #expect(forms[0]["special_ad_categories"] == "[]" && forms[0]["special_ad_category_country"] == nil)
        #expect(forms[0]["objective"] == "OUTCOME_AWARENESS" && forms[1]["optimization_goal"] == "REACH")
        #expect(forms[1]["lifetime_budget"] == "2000" && forms[1]["daily_budget"] == nil)
        #expect(forms[1]["destination_type"] == nil && forms[1]["end_time"] == "2026-11-24T10:00:00Z")
        #expect(forms[1]["start_time"] == "2026-11-21T10:00:00Z")
        #expect(forms[2] == ["name": "boost-1 creative", "object_story_id": Fixtures.promoted])
    }

    @Test("after the campaign is on, a late try switches nothing on again")
    func late() async throws {
        let context = ScriptedEffectContext()
        let (first, _) = await self.start(Fixtures.exchanges, Fixtures.request(), context)
        _ = try first.get()
        let (second, transport) = await self.start([], Fixtures.request(), context)
        #expect(try second.get().id == "120")
        #expect(transport.calls.isEmpty)
    }

    @Test(
        "an ad account or a post that cannot be boosted stops the start before anything is made",
        arguments: [
            (#"{"currency":"USD","account_status":1,"min_daily_budget":100}"#, nil, .permanent),
            (#"{"currency":"EUR","account_status":2,"min_daily_budget":100}"#, nil, .needsHuman),
            (#"{"currency":"EUR","account_status":1,"min_daily_budget":2001}"#, nil, .permanent),
            (nil, #"{"is_eligible_for_promotion":false,"is_published":true}"#, .permanent),
            (nil, #"{"is_eligible_for_promotion":true,"is_published":false}"#, .permanent),
        ] as [(String?, String?, PluginError.Code)])
    func refused(account: String?, post: String?, code: PluginError.Code) async {
        let exchanges = [
            account.map { Fixtures.account($0) } ?? Fixtures.account(),
            post.map { Fixtures.eligible($0) } ?? Fixtures.eligible(),
        ]
        let (result, transport) = await self.start(exchanges)
        #expect(self.error(result)?.code == code && self.error(result)?.nextAction != nil)
        #expect(transport.calls.allSatisfy { $0.method == .get })
    }

    @Test("a Page's own token boosts nothing, and terms that Meta refuses are not sent")
    func beforehand() async {
        var request = Fixtures.request()
        request.access = FacebookFixtures.access
        let (token, first) = await self.start([], request)
        #expect(self.error(token)?.code == .permanent && first.calls.isEmpty)
        let (terms, second) = await self.start([], Fixtures.request(Fixtures.terms { $0.audience.countries = [] }))
        #expect(self.error(terms)?.field == "audience.countries" && second.calls.isEmpty)
    }

    @Test("a look gives state, spend of each day that adds up, and paid results")
    func status() async throws {
        let (plugin, transport) = FacebookFixtures.plugin(
            [Fixtures.campaign("ACTIVE"), Fixtures.ads(Fixtures.running)] + Fixtures.days + [Fixtures.total])
        let boost = try await plugin.boostStatus(Fixtures.started())
        #expect(boost.state == .running && boost.id == "120" && boost.remark == nil)
        // Less than a cent counts as a whole one: spend is never booked too low.
        #expect(boost.spendByDay.mapValues(\.minorUnits) == ["2026-11-21": 1234, "2026-11-22": 701])
        #expect(boost.spend == Money(minorUnits: 1935, currency: .eur))
        #expect(
            boost.results == [.views: 4000, .reach: 3100, .clicks: 55, .engagements: 210, .videoViews: 90])
        #expect(transport.left.isEmpty)
    }

    @Test(
        "a campaign that can be switched on again is paused, an archived one is stopped, a rejected ad says why, and one that never delivered has no spend",
        arguments: [
            ("PAUSED", FacebookBoostFixtures.running, .paused, nil),
            ("ARCHIVED", FacebookBoostFixtures.running, .stopped, nil), ("ACTIVE", "", .paused, nil),
            (
                "ACTIVE",
                #"{"id":"123","name":"boost-1 ad","effective_status":"DISAPPROVED","configured_status":"ACTIVE","ad_review_feedback":{"global":{"PERSONAL_HEALTH":"It claims to heal."}}}"#,
                .rejected, "It claims to heal."
            ),
        ] as [(String, String, RemoteBoost.State, String?)])
    func states(campaign: String, ad: String, state: RemoteBoost.State, remark: String?) async throws {
        let none = ScriptedExchange(.get, "/v25.0/120/insights", .json(200, #"{"data":[]}"#))
        let (plugin, _) = FacebookFixtures.plugin([Fixtures.campaign(campaign), Fixtures.ads(ad), none])
        let boost = try await plugin.boostStatus(Fixtures.started())
        #expect(boost.state == state && boost.remark == remark && boost.spend == nil && boost.results.isEmpty)
    }

    @Test("stopping is done when Meta says that the campaign is not active, whatever the answer to the stop was")
    func stop() async throws {
        let gone = ScriptedExchange(
            .post, "/v25.0/120", .reply(FacebookFixtures.error(100, 1_487_056, "archived")))
        for exchanges in [[Fixtures.stop, Fixtures.campaign("PAUSED")], [gone, Fixtures.campaign("ARCHIVED")]] {
            let (plugin, transport) = FacebookFixtures.plugin(exchanges)
            try await plugin.stopBoost(Fixtures.started())
            #expect(transport.left.isEmpty)
        }
    }

    @Test("a stop that is not confirmed is none")
    func unconfirmed() async throws {
        let gone = ScriptedExchange(.post, "/v25.0/120", .reply(FacebookFixtures.error(100, nil, "no")))
        let lost = ScriptedExchange(.post, "/v25.0/120", .lost)
        for (exchanges, code) in [
            ([Fixtures.stop, Fixtures.campaign("ACTIVE")], .retryAfter),
            ([gone, Fixtures.campaign("ACTIVE")], .permanent),
            ([lost], .retryAfter),
        ] as [([ScriptedExchange], PluginError.Code)] {
            let (plugin, _) = FacebookFixtures.plugin(exchanges)
            await #expect { try await plugin.stopBoost(Fixtures.started()) } throws: { error in
                (error as? PluginError)?.code == code
            }
        }
    }

    @Test("an activation whose answer was lost is looked for at the campaign, and repeated only when it is paused")
    func lost() async throws {
        let context = ScriptedEffectContext()
        var exchanges = Fixtures.exchanges
        exchanges[exchanges.count - 1].outcome = .lost
        let (result, _) = await self.start(exchanges, Fixtures.request(), context)
        #expect(self.error(result)?.code == .ambiguousOutcome && context.unknown == [0])
        for (status, isThere) in [("ACTIVE", true), ("PAUSED", false), ("DELETED", true)] {
            let (plugin, _) = FacebookFixtures.plugin([Fixtures.campaign(status)])
            switch try await plugin.findBoost(Fixtures.request(), checkpoint: context.checkpoint) {
            case .found(let post): #expect(isThere && post.id == "120")
            case .absent: #expect(!isThere)
            case .inconclusive(let why), .undecidable(let why): Issue.record("\(why)")
            }
        }
        let (plugin, transport) = FacebookFixtures.plugin([])
        guard case .absent = try await plugin.findBoost(Fixtures.request(), checkpoint: nil) else {
            Issue.record("nothing was made")
            return
        }
        #expect(transport.calls.isEmpty)
    }

    @Test("the calls of a whole boost are written down for the checker")
    func recorded() async throws {
        let looks = [Fixtures.campaign("ACTIVE"), Fixtures.ads(Fixtures.running)] + Fixtures.days + [Fixtures.total]
        let (plugin, transport) = FacebookFixtures.plugin(
            Fixtures.exchanges + [Fixtures.campaign("ACTIVE")] + looks + [Fixtures.stop, Fixtures.campaign("PAUSED")])
        let context = ScriptedEffectContext()
        _ = try await plugin.startBoost(Fixtures.request(), context)
        _ = try await plugin.findBoost(Fixtures.request(), checkpoint: context.checkpoint)
        _ = try await plugin.boostStatus(Fixtures.started())
        try await plugin.stopBoost(Fixtures.started())
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
        try transport.record(as: "facebook-boost")
    }
}
