// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

extension ChaosTests {
    /// `posthorn bench metrics` at small size.
    @Test("every publication is read at every age on every platform, and the used share of each limit is printed")
    func metrics() async throws {
        struct Verdict: Decodable {
            struct Limit: Decodable {
                var platform: String
                var scope: String
                var most: Int
                var limit: Int
                var share: Double
                var refused: Int
            }
            var readings: Int
            var lost: Int
            var refused: Int
            var calls: Int
            var limits: [Limit]
            var kept: Bool
        }
        let result = try await self.run(
            "bench", "metrics", "--accounts", "8", "--posts", "5", "--days", "3", "--step", "720", "-o", "json")
        let said = result.error
        let verdict = try #require(
            try? JSONDecoder().decode(Verdict.self, from: Data(result.output.utf8)), "\(said.suffix(3_000))")
        #expect(verdict.kept && verdict.lost == 0 && verdict.refused == 0, "\(said.suffix(3_000))")
        #expect(verdict.readings == 8 * 5 * 7 && verdict.calls > 0)
        #expect(Set(verdict.limits.map(\.platform)) == ["facebook", "instagram", "tiktok", "x"])
        #expect(verdict.limits.allSatisfy { $0.most > 0 && $0.most <= $0.limit && $0.share <= 100 && $0.refused == 0 })
    }
}
