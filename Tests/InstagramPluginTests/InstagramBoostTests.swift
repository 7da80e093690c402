// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import InstagramPlugin

@Suite("Boosts on Instagram")
struct InstagramBoostTests {
    private static let media = "18112743619917095"
    private static let terms = BoostTerms(
        objective: "traffic", audience: Audience(countries: ["CH"]),
        budget: Money(minorUnits: 9000, currency: .eur), budgetKind: .lifetime, startsAt: InstagramFixtures.now,
        endsAt: InstagramFixtures.now.addingTimeInterval(259_200),
        callToAction: CallToAction(name: "LEARN_MORE", link: "https://a.de"),
        adAccount: AdAccountReference(externalID: "act_77", currency: .eur, timeZone: "Europe/Berlin"))
    private static let request = BoostRequest(
        access: InstagramFixtures.access, post: RemotePost(id: media), terms: terms, operation: "boost-1")

    private static func eligible(_ info: String = #"{"eligible_to_boost":true}"#) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/v25.0/\(media)", .json(200, #"{"boost_eligibility_info":\#(info),"id":"\#(media)"}"#)
        ) { $0.query == ["fields": "boost_eligibility_info"] }
    }
    private static func made(_ edge: String, _ id: String, _ form: [String: String]? = nil) -> ScriptedExchange {
        ScriptedExchange(.post, "/v25.0/act_77/\(edge)", .json(200, #"{"id":"\#(id)"}"#)) { call in
            form.map { $0 == call.form } ?? true
        }
    }
    private static func empty(_ path: String) -> ScriptedExchange {
        ScriptedExchange(.get, "/v25.0/\(path)", .json(200, #"{"data":[]}"#))
    }
    private static func on(_ id: String, isVisible: Bool = false) -> ScriptedExchange {
        ScriptedExchange(
            .post, "/v25.0/\(id)", .json(200, #"{"success":true}"#), isVisible: isVisible, isRepeatable: !isVisible
        ) { $0.form == ["status": "ACTIVE"] }
    }
    private static let account = ScriptedExchange(
        .get, "/v25.0/act_77", .json(200, #"{"currency":"EUR","account_status":1,"min_daily_budget":"100"}"#))
    private static let pages = [
        ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(200, #"{"data":[{"id":"5"}],"paging":{"cursors":{"after":"c"},"next":"https://x"}}"#)
        ) { $0.query == ["fields": "id,instagram_business_account{id}", "limit": "100"] },
        ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(
                200,
                #"{"data":[{"id":"6","instagram_business_account":{"id":"1"}},{"id":"7","instagram_business_account":{"id":"\#(InstagramFixtures.account)"}}]}"#
            )
        ) { $0.query["after"] == "c" },
    ]
    private static let exchanges =
        [account, eligible()] + pages + [
            empty("act_77/campaigns"), made("campaigns", "120"), empty("120/adsets"), made("adsets", "121"),
            empty("120/ads"),
            made(
                "adcreatives", "122",
                [
                    "name": "boost-1 creative", "source_instagram_media_id": media,
                    "call_to_action": #"{"type":"LEARN_MORE","value":{"link":"https://a.de"}}"#,
                ]), made("ads", "123"), on("121"), on("123"), on("120", isVisible: true),
        ]

    @Test("the plugin keeps the contract when it boosts")
    func conformance() async {
        let failures = await PluginConformance.run(
            InstagramPlugin.self,
            ConformanceFixtures(
                access: InstagramFixtures.access, now: InstagramFixtures.now, publishes: [],
                boosts: [BoostFixture("media", Self.request, Self.exchanges)],
                answers: Self.answers))
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    /// As for publishing, without the refusal of a container.
    private static let answers: PlatformAnswers = {
        var answers = InstagramFixtures.answers
        answers.failures.removeLast()
        return answers
    }()

    @Test("the media alone is what the creative shows, and the linked Page what is promoted")
    func start() async throws {
        let (plugin, transport) = InstagramFixtures.plugin(Self.exchanges)
        let boost = try await plugin.startBoost(Self.request, ScriptedEffectContext())
        #expect(boost == RemoteBoost(id: "120", state: .inReview) && transport.left.isEmpty)
        let adSet = try #require(transport.calls.first { $0.path.hasSuffix("/adsets") && $0.method == .post }).form
        #expect(adSet["promoted_object"] == #"{"page_id":"7"}"# && adSet["optimization_goal"] == "LINK_CLICKS")
        #expect(adSet["lifetime_budget"] == "9000" && adSet["dsa_payor"] == nil)
        try transport.record(as: "instagram-boost")
    }

    @Test("what Instagram says about a media that cannot be boosted is shown, and nothing is made")
    func ineligible() async {
        let (plugin, transport) = InstagramFixtures.plugin([
            Self.account,
            Self.eligible(#"{"eligible_to_boost":false,"boost_ineligible_reason":"It has licensed music."}"#),
        ])
        await #expect { try await plugin.startBoost(Self.request, ScriptedEffectContext()) } throws: { error in
            let error = error as? PluginError
            return error?.code == .permanent && error?.message.contains("It has licensed music.") == true
        }
        #expect(transport.calls.allSatisfy { $0.method == .get })
    }

    @Test("Instagram's own login and a Page's token boost nothing, and say what to do")
    func login() async {
        var own = Self.request
        own.access = InstagramFixtures.own
        let (plugin, transport) = InstagramFixtures.plugin([])
        await #expect { try await plugin.startBoost(own, ScriptedEffectContext()) } throws: { error in
            (error as? PluginError)?.code == .permanent && (error as? PluginError)?.nextAction != nil
        }
        #expect(transport.calls.isEmpty)
        let (other, _) = InstagramFixtures.plugin([
            Self.account, Self.eligible(),
            ScriptedExchange(.get, "/v25.0/me/accounts", .reply(InstagramFixtures.error(100, nil, "no accounts"))),
        ])
        await #expect { try await other.startBoost(Self.request, ScriptedEffectContext()) } throws: { error in
            (error as? PluginError)?.nextAction?.contains("system user") == true
        }
    }
}
