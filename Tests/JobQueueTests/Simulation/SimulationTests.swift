// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import JobQueue

/// A rule that is left out, and the promises of which one is then seen to be broken.
struct BrokenVariant: Sendable, CustomTestStringConvertible {
    var left: LeftOut
    var name: String
    var breaks: Set<Promise>
    /// Where it hurts.
    var weather = Simulation.Weather.mixed
    var testDescription: String { self.name }
}

@Suite("Simulation")
struct SimulationTests {
    /// How many seeds are run; more by the environment, for a long night.
    static let seeds = ProcessInfo.processInfo.environment["POSTHORN_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300

    @Test("whatever dies, freezes, is lost or late, and in whatever order: the queue keeps its promises")
    func sound() {
        var seen: Set<String> = []
        for seed in 1...Self.seeds {
            var simulation = Simulation(seed: seed, in: Self.weather(seed))
            if let broken = simulation.run() {
                Issue.record("seed \(seed): \(broken)\n\(Self.replay(seed))")
                return
            }
            seen.formUnion(simulation.database.endings.values.map(\.outcome))
            seen.formUnion(simulation.database.held.values.map(\.reason))
            seen.formUnion(simulation.database.sends.values.joined().compactMap(\.outcome))
        }
        // It proves something only where it has been.
        #expect(
            seen.isSuperset(of: [
                "succeeded", "retry", "failed", "deferred", "released", "crashed", "held", "unknown-outcome",
                "confirmed", "rejected", "not-sent", "absent",
            ]))
    }

    @Test("clients take turns by weight, and a flood delays nobody for more than its turn", arguments: 1...60)
    func turns(seed: UInt64) {
        var simulation = TurnSimulation(seed: seed)
        #expect(simulation.run(steps: 250)?.description == nil)
    }

    @Test("the same seed is the same run")
    func replayable() {
        for seed: UInt64 in 1...3 { #expect(Self.replay(seed) == Self.replay(seed)) }
    }

    @Test(
        "a rule that is left out is missed",
        arguments: [
            BrokenVariant(left: .leaseOfCompletion, name: "completion without the lease", breaks: [.currentLease]),
            BrokenVariant(left: .leaseOfFence, name: "fence without the lease", breaks: [.leasedSend]),
            BrokenVariant(left: .sendsInRescue, name: "rescue that ignores sends", breaks: [.leasedSend]),
            BrokenVariant(left: .secondRead, name: "absent after one read", breaks: [.oneEffect]),
            BrokenVariant(
                left: .timeOfRequest, name: "looks before the request's deadline", breaks: [.oneEffect], weather: .slow),
            BrokenVariant(left: .debitInFence, name: "debit after the send", breaks: [.limit]),
            BrokenVariant(left: .slotKeys, name: "count, then claim", breaks: [.freeSlots]),
            BrokenVariant(left: .clockOfDatabase, name: "leases by the worker's clock", breaks: [.livingWorker, .end]),
            BrokenVariant(left: .deficitCarry, name: "turns without a carried deficit", breaks: [.turns]),
            BrokenVariant(
                left: .fenceToken, name: "a send after a fence without an answer",
                breaks: [.oneEffect, .leasedSend, .onRecord]),
        ])
    func missed(variant: BrokenVariant) {
        for seed: UInt64 in 1...400 {
            guard let broken = Self.run(seed, variant) else { continue }
            #expect(variant.breaks.contains(broken.promise), "seed \(seed): \(broken)")
            return
        }
        Issue.record("no seed misses the rule")
    }

    private static func weather(_ seed: UInt64) -> Simulation.Weather {
        Simulation.Weather.all[Int(seed % UInt64(Simulation.Weather.all.count))]
    }

    private static func run(_ seed: UInt64, _ variant: BrokenVariant) -> BrokenPromise? {
        if variant.left == .deficitCarry {
            var simulation = TurnSimulation(seed: seed, leaving: variant.left)
            return simulation.run(steps: 250)
        }
        var simulation = Simulation(seed: seed, in: variant.weather, leaving: variant.left)
        return simulation.run()
    }

    /// The same run again, told step by step.
    private static func replay(_ seed: UInt64) -> String {
        var simulation = Simulation(seed: seed, in: Self.weather(seed), isTraced: true)
        _ = simulation.run()
        return simulation.trace?.joined(separator: "\n") ?? ""
    }
}
