// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

extension ChaosTests {
    /// `posthorn bench publish` at small size.
    @Test("publishing is measured with what each post cost the database and what a worker held, as the help says")
    func publishes() async throws {
        let result = try await self.run(
            "bench", "publish", "--posts", "40", "--clients", "4", "--accounts", "2", "--workers", "1", "--slots", "8",
            "--delay", "200", "-o", "json")
        let said = try #require(
            try? JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
            "\(result.error.suffix(3_000))")
        #expect(try DeclaredKeys(["bench", "publish"]).keys == Set(said.keys))
        #expect(said["effects"] as? Int == 40)
        let cost = try #require(said["per_job"] as? [String: Any])
        for key in ["wal_bytes", "commits", "dead_rows"] {
            #expect(try #require(cost[key] as? Double) > 0, "\(key)")
        }
        let (rest, peak) = (said["memory_at_rest"] as? Int ?? 0, said["memory_peak"] as? Int ?? 0)
        #expect(rest > 0 && peak >= rest)
        #expect((1...4).contains(said["connections"] as? Int ?? 0))
        // A few more than the slots: who may send keeps a place in the line for one.
        #expect((1...24).contains(said["sending_peak"] as? Int ?? 0))
    }
}
