// SPDX-License-Identifier: MIT

import Domain
import Simulator
import Testing

@testable import App

struct PlanSimulationTests {
    @Test(
        "plans get better as posts come in, the same seed gives the same weeks, and a loss counts from when it stays low"
    )
    func plans() throws {
        var simulation = PlanSimulation(audiences: (0..<6).map { AudienceTruth.weights(seed: $0) })
        simulation.weeks = 10
        let losses = try simulation.losses()
        #expect(losses.count == 10 && losses.allSatisfy { (0..<1).contains($0) })
        #expect(losses.suffix(3).reduce(0, +) / 3 < losses[0] * 0.7)
        #expect(try simulation.losses() == losses)
        #expect(PlanSimulation.week(of: [0.5, 0.04, 0.2, 0.05, 0.01], within: 0.05) == 4)
        #expect(PlanSimulation.week(of: [0.01, 0.5], within: 0.05) == nil)
    }
}
