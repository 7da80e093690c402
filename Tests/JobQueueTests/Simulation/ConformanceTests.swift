// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import JobQueue

/// What ties the simulation to the product: its database model does what the statements do.
@Suite("Conformance of the model", .postgresSchema)
struct ConformanceTests {
    @Test("PostgreSQL and the model answer the same and hold the same after every operation", arguments: 1...6)
    func same(seed: UInt64) async throws {
        var run = try await ConformanceRun(seed: seed)
        let (trace, isSame) = try await run.run(steps: 100)
        #expect(isSame, "seed \(seed):\n\(trace.joined(separator: "\n"))")
    }

    @Test(
        "a model that leaves a rule out is told from PostgreSQL",
        arguments: [LeftOut.leaseOfCompletion, .leaseOfFence, .sendsInRescue, .secondRead, .debitInFence])
    func different(left: LeftOut) async throws {
        var run = try await ConformanceRun(seed: 1, leaving: left)
        #expect(try await run.run(steps: 400).isSame == false)
    }
}
