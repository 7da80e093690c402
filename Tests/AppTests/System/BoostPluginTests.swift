// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
import FacebookPlugin
import Foundation
import InstagramPlugin
import NIOCore
import NIOHTTP1
import PluginHost
import PluginKit
import PluginTestKit
import TestSupport
import Testing
import TikTokPlugin
import XPlugin

@testable import App

@Suite("Boosts of every platform, against the simulator", .postgresSchema)
struct BoostPluginTests {
    /// What differs between the platforms.
    private struct Scene: Sendable {
        var access: AccountAccess
        var terms: BoostTerms
        /// The call that makes the campaign, whose first answer is lost.
        var campaigns: String
        /// What a day may cost at most, in cents.
        var mostOfDay: Int64
    }

    private static let advertiser = "7000000000000000001"
    private static let media = "17841400000000001"
    private static let personal = TokenSet(accessToken: Secret("u1"), extra: ["token_type": Secret("user")])
    private static let signed = TokenSet(
        accessToken: Secret("x-1"),
        extra: [
            "oauth1_consumer_key": Secret("ck-ads"), "oauth1_consumer_secret": Secret("cs-ads"),
            "oauth1_token": Secret("1001-ads"), "oauth1_token_secret": Secret("ts-ads"),
        ])

    /// Accounts with posts from before, and ad accounts that may promote them.
    private static func open(_ agency: SimulatedAgency) async throws {
        func account(_ platform: String, _ id: String, _ token: String, page: String? = nil) -> SimulatorAdmin.Account {
            SimulatorAdmin.Account(
                platform: platform, externalID: id, handle: "acme", name: "Acme", accessToken: token, followers: 5000,
                timeZone: "Europe/Berlin", page: page, history: 2)
        }
        try await agency.admin.add(
            app:
                #"[{"platform":"x","client_id":"app","client_secret":"s","consumer_key":"ck-ads","consumer_secret":"cs-ads"}]"#
        )
        try await agency.admin.add(accounts: [
            account("facebook", "101", "EAApage1"), account("instagram", Self.media, "EAAinsta1", page: "101"),
            account("x", "1001", "x-1"), account("tiktok", "open1", "tt-1"),
        ])
        try await agency.admin.add(
            people:
                #"[{"external_id":"900","name":"Ann","pages":["101"],"access_token":"u1","ad_accounts":[{"id":"555","currency":"EUR"}]}]"#
        )
        var request = HTTPClientRequest(url: "\(agency.origin)/_admin/ad_accounts")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(
            ByteBuffer(
                string: """
                    [{"platform":"facebook","id":"555","currency":"EUR","time_zone":"Europe/Berlin","people":["900"]},
                     {"platform":"x","id":"18ce54d4x5t","currency":"EUR","time_zone":"Europe/Berlin","users":["1001"],
                      "tokens":[{"access_token":"1001-ads","secret":"ts-ads","consumer_key":"ck-ads","user":"1001"}]},
                     {"platform":"tiktok","id":"\(Self.advertiser)","currency":"EUR","time_zone":"Europe/Berlin",
                      "identities":["open1"],"tokens":[{"access_token":"b1"}]}]
                    """))
        let reply = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        #expect(reply.status == .ok || reply.status == .created, "\(reply.status)")
    }

    private static func scene(
        _ account: String, _ tokens: TokenSet, _ adAccount: String, _ objective: String, _ campaigns: String,
        places: [String] = [], mostOfDay: Int64 = 2000
    ) -> Scene {
        let now = Date.now
        return Scene(
            access: AccountAccess(account: AccountID(), externalID: account, tokens: tokens),
            terms: BoostTerms(
                objective: objective,
                audience: Audience(
                    minimumAge: 25, maximumAge: places.isEmpty ? 49 : 54, countries: places.isEmpty ? ["US"] : [],
                    places: places),
                budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .daily, startsAt: now,
                endsAt: now.addingTimeInterval(5 * 86_400),
                adAccount: AdAccountReference(externalID: adAccount, currency: .eur, timeZone: "Europe/Berlin")),
            campaigns: campaigns, mostOfDay: mostOfDay)
    }

    /// Starts with the answer of the first step lost, lets days pass, looks, stops and looks again.
    private static func live<Plugin: CompiledPlugin & Boosting & HistoryListing>(
        _ type: Plugin.Type, _ scene: Scene
    ) async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            func plugin(later: TimeInterval = 0) -> Plugin {
                Plugin(
                    context: PluginContext(
                        http: host.transport(for: Plugin.manifest),
                        clock: WorldClock { Date.now.addingTimeInterval(later) }))
            }
            let since = Date.now.addingTimeInterval(-30 * 86_400)
            let history = try await plugin().history(HistoryRequest(access: scene.access, since: since, limit: 10))
            let post = try #require(history.posts.first)
            let request = BoostRequest(
                access: scene.access, post: post.remote, format: post.format, terms: scene.terms, operation: "boost-1")
            let context = ScriptedEffectContext()
            try await agency.admin.add(
                faults:
                    #"{"match":{"method":"POST","endpoint":"\#(scene.campaigns)","times":1},"action":{"reset":{"when":"after"}}}"#
            )
            await #expect { try await plugin().startBoost(request, context) } throws: { error in
                (error as? PluginError)?.code == .retryAfter
            }
            let started = try await plugin().startBoost(request, context)
            let boost = StartedBoost(
                id: started.id, access: scene.access, terms: request.terms, operation: "boost-1")
            let first = try await plugin().boostStatus(boost)
            #expect([.inReview, .running].contains(first.state), "\(first.state)")
            guard case .found(let found) = try await plugin().findBoost(request, checkpoint: context.checkpoint) else {
                Issue.record("it was switched on, and was not found")
                return
            }
            #expect(found.id == started.id)

            let days: TimeInterval = 2 * 86_400
            try await agency.advance(days)
            let running = try await plugin(later: days).boostStatus(boost)
            #expect(running.state == .running, "\(running)")
            let spent = try #require(running.spend)
            #expect(spent.minorUnits > 0 && running.spendByDay.count >= 2)
            #expect(running.spendByDay.values.reduce(0) { $0 + $1.minorUnits } == spent.minorUnits)
            #expect(running.spendByDay.values.allSatisfy { $0.minorUnits <= scene.mostOfDay }, "\(running.spendByDay)")
            #expect((running.results[.views] ?? 0) > 0, "\(running.results)")

            try await plugin(later: days).stopBoost(boost)
            try await plugin(later: days).stopBoost(boost)
            let stopped = try await plugin(later: days).boostStatus(boost)
            try await agency.advance(86_400)
            let later = try await plugin(later: days + 86_400).boostStatus(boost)
            // What is switched off can be switched on again by whoever has the ad account: it is paused there.
            #expect(stopped.state == .paused && later.state == .paused && later.spend == stopped.spend)
            let summary = try await agency.admin.ledgerSummary()
            #expect(summary.duplicates == 0 && summary.effects > 0, "\(summary)")
            try await host.shutdown()
        }
    }

    @Test(
        "on Facebook a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing"
    )
    func facebook() async throws {
        try await Self.live(
            FacebookPlugin.self,
            Self.scene("101", Self.personal, "555", "engagement", "*/act_555/campaigns", mostOfDay: 3500))
    }

    @Test(
        "on Instagram a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing"
    )
    func instagram() async throws {
        try await Self.live(
            InstagramPlugin.self,
            Self.scene(Self.media, Self.personal, "555", "engagement", "*/act_555/campaigns", mostOfDay: 3500))
    }

    @Test("on X a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing")
    func x() async throws {
        try await Self.live(
            XPlugin.self, Self.scene("1001", Self.signed, "18ce54d4x5t", "engagement", "*/campaigns"))
    }

    @Test(
        "on TikTok a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing"
    )
    func tiktok() async throws {
        let tokens = TokenSet(accessToken: Secret("tt-1"), extra: ["business_token": Secret("b1")])
        try await Self.live(
            TikTokPlugin.self,
            Self.scene("open1", tokens, Self.advertiser, "video_views", "*/campaign/create/", places: ["6252001"]))
    }
}
