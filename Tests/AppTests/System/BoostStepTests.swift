// SPDX-License-Identifier: MIT

import FacebookPlugin
import Foundation
import InstagramPlugin
import PluginHost
import PluginKit
import PluginTestKit
import Simulator
import TestSupport
import Testing
import TikTokPlugin
import XPlugin

@testable import App

@Suite("Boosts whose process dies at one call after another, against the simulator", .postgresSchema)
struct BoostStepTests {
    private struct Campaign: Decodable {
        var level: String
        var name: String
        var delivering: Bool
    }

    /// The campaigns of a boost that the platform has.
    private static func campaigns(_ operation: String, _ agency: SimulatedAgency) async throws -> [Campaign] {
        struct Answer: Decodable { var objects: [Campaign] }
        return try JSONDecoder().decode(Answer.self, from: try await agency.admin.ads()).objects
            .filter { $0.level == "campaign" && $0.name.contains(operation) }
    }

    /// Starts boosts whose process dies at the first, the second, … call of the start, until one lives to its end.
    ///
    /// Each is then taken up by another process. The last one is stopped the same way.
    private static func dieAtEveryCall<Plugin: CompiledPlugin & Boosting & HistoryListing>(
        _ type: Plugin.Type, _ scene: BoostScene, hasEffect: Bool
    ) async throws {
        var simulator = SimulatorConfiguration()
        simulator.rateScale = 1_000
        try await SimulatedAgency.with(simulator: simulator) { agency in
            try await BoostScene.open(agency)
            let host = PlatformHTTPClient(PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin)))
            let transport = host.transport(for: Plugin.manifest)
            let plugin = Plugin(context: PluginContext(http: transport))
            var calls = 0
            var last: StartedBoost?
            while last == nil {
                let operation = "step-\(calls)-\(hasEffect)"
                let request = try await scene.request(operation, of: plugin)
                let dying = DyingTransport(transport, after: calls, hasEffect: hasEffect)
                let context = ScriptedEffectContext(operation: operation)
                var started: RemoteBoost?
                do {
                    started = try await Plugin(context: PluginContext(http: dying)).startBoost(request, context)
                } catch {
                    try #require(dying.hasDied, "call \(calls): \(error)")
                    let made = try await Self.campaigns(operation, agency)
                    // What delivers has passed the fence.
                    #expect(made.allSatisfy { !$0.delivering } || context.unknown == [0], "call \(calls)")
                }
                let hasDied = dying.hasDied
                if started == nil, !context.unknown.isEmpty,
                    case .found(let found) = try await plugin.findBoost(request, checkpoint: context.checkpoint)
                {
                    started = RemoteBoost(id: found.id, state: .running)
                }
                if started == nil {
                    let next = ScriptedEffectContext(
                        operation: operation, checkpoint: context.checkpoint, confirmed: context.confirmed)
                    started = try await plugin.startBoost(request, next)
                }
                let boost = StartedBoost(
                    id: try #require(started).id, access: scene.access, terms: request.terms, operation: operation)
                let made = try await Self.campaigns(operation, agency)
                #expect(made.count == 1, "call \(calls): \(made)")
                let state = try await plugin.boostStatus(boost).state
                #expect([.inReview, .running].contains(state), "call \(calls): \(state)")
                if !hasDied { last = boost }
                calls += 1
            }
            // A campaign, what belongs to it, and its activation.
            #expect(calls > 3)
            try await Self.dieAtEveryCall(ofStopping: try #require(last), Plugin.self, transport, hasEffect, agency)
            try await host.shutdown()
        }
    }

    private static func dieAtEveryCall<Plugin: CompiledPlugin & Boosting>(
        ofStopping boost: StartedBoost, _ type: Plugin.Type, _ transport: any HTTPTransport, _ hasEffect: Bool,
        _ agency: SimulatedAgency
    ) async throws {
        let plugin = Plugin(context: PluginContext(http: transport))
        var calls = 0
        while true {
            let dying = DyingTransport(transport, after: calls, hasEffect: hasEffect)
            try? await Plugin(context: PluginContext(http: dying)).stopBoost(boost)
            guard dying.hasDied else { break }
            calls += 1
        }
        #expect(calls > 0)
        let made = try await Self.campaigns(boost.operation, agency)
        #expect(made.count == 1 && !made[0].delivering, "\(made)")
        #expect(try await plugin.boostStatus(boost).state == .paused)
    }

    @Test(
        "on Facebook there is one campaign, which is stopped, at whichever call its process died",
        arguments: [false, true])
    func facebook(hasEffect: Bool) async throws {
        try await Self.dieAtEveryCall(FacebookPlugin.self, .facebook, hasEffect: hasEffect)
    }

    @Test(
        "on Instagram there is one campaign, which is stopped, at whichever call its process died",
        arguments: [false, true])
    func instagram(hasEffect: Bool) async throws {
        try await Self.dieAtEveryCall(InstagramPlugin.self, .instagram, hasEffect: hasEffect)
    }

    @Test("on X there is one campaign, which is stopped, at whichever call its process died", arguments: [false, true])
    func x(hasEffect: Bool) async throws {
        try await Self.dieAtEveryCall(XPlugin.self, .x, hasEffect: hasEffect)
    }

    @Test(
        "on TikTok there is one campaign, which is stopped, at whichever call its process died",
        arguments: [false, true])
    func tiktok(hasEffect: Bool) async throws {
        try await Self.dieAtEveryCall(TikTokPlugin.self, .tiktok, hasEffect: hasEffect)
    }
}
