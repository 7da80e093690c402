// SPDX-License-Identifier: MIT

import FacebookPlugin
import Foundation
import InstagramPlugin
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
    /// Starts with the answer of the first step lost, lets days pass, looks, stops and looks again.
    private static func live<Plugin: CompiledPlugin & Boosting & HistoryListing>(
        _ type: Plugin.Type, _ scene: BoostScene
    ) async throws {
        try await SimulatedAgency.with { agency in
            try await BoostScene.open(agency)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            func plugin(later: TimeInterval = 0) -> Plugin {
                Plugin(
                    context: PluginContext(
                        http: host.transport(for: Plugin.manifest),
                        clock: WorldClock { Date.now.addingTimeInterval(later) }))
            }
            let request = try await scene.request("boost-1", of: plugin())
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
    func facebook() async throws { try await Self.live(FacebookPlugin.self, .facebook) }

    @Test(
        "on Instagram a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing"
    )
    func instagram() async throws { try await Self.live(InstagramPlugin.self, .instagram) }

    @Test("on X a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing")
    func x() async throws { try await Self.live(XPlugin.self, .x) }

    @Test(
        "on TikTok a lost answer makes no second campaign, a day costs no more than it may, and what is stopped nothing"
    )
    func tiktok() async throws { try await Self.live(TikTokPlugin.self, .tiktok) }
}
