// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import App

extension ChaosTests {
    /// `posthorn bench boosts` at small size.
    @Test(
        "on every platform, while workers die and answers are lost, no cap is passed, no campaign is made twice or left running, and every cent is booked"
    )
    func boosts() async throws {
        struct Verdict: Decodable {
            struct Amount: Decodable { var minor_units: Int64 }
            var boosts: Int
            var campaigns: [String: Int]
            var second: Int
            var left_running: Int
            var unfinished: Int
            var refused: Int
            var different: Int
            var above_cap: Amount
            var booked: Amount
            var reported: Amount
            var kills: Int
            var killed_at: [String: Int]
            var kept: Bool
        }
        let result = try await self.run(
            "bench", "boosts", "-o", "json", "--boosts", "40", "--clients", "5", "--days", "4", "--kill-every", "4")
        let said = result.error
        let verdict = try #require(
            try? JSONDecoder().decode(Verdict.self, from: Data(result.output.utf8)), "\(said.suffix(3_000))")
        #expect(verdict.kept, "\(said.suffix(3_000))")
        #expect(verdict.second == 0 && verdict.left_running == 0 && verdict.unfinished == 0 && verdict.different == 0)
        #expect(verdict.above_cap.minor_units == 0)
        #expect(verdict.booked.minor_units == verdict.reported.minor_units && verdict.booked.minor_units > 0)
        // The caps hold less than all of them may cost, and some died, by chance and at their step.
        #expect(verdict.refused > 0 && verdict.kills > 0 && !verdict.killed_at.isEmpty)
        #expect(verdict.campaigns.keys.sorted() == ["facebook", "mock", "tiktok", "x"])
    }
}
