// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// Every rule that the audit checks by a statement of its own, against a row that breaks it.
@Suite("Rules of the audit", .postgresSchema)
struct AuditRuleTests {
    @Test(
        "a row that breaks a rule is told by that rule, and by no other that does not mean it",
        arguments: AuditPlant.all)
    func planted(plant: AuditPlant) async throws {
        let scene = try await AuditScene()
        #expect(try await scene.broken().isEmpty)
        for statement in plant.statements(scene) { try await scene.queue.pool.execute(statement) }
        #expect(try await scene.broken() == plant.also.union([plant.rule]))
    }

    @Test("every rule has a row that breaks it, and every row a rule that there is")
    func complete() {
        #expect(Set(AuditPlant.all.map(\.rule)) == Set(JobStore.rules.map(\.rule)))
        #expect(Set(JobStore.rules.map(\.rule)).count == JobStore.rules.count)
    }
}
