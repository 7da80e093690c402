// SPDX-License-Identifier: MIT

package import Testing

/// Gives each test of a suite a schema of its own, found as ``TestDatabase/current``.
package struct PostgresSchemaTrait: SuiteTrait, TestTrait, TestScoping {
    /// Every test gets its own schema, so tests run in parallel.
    package var isRecursive: Bool { true }

    /// Makes the schema around one test case.
    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        // The trait also surrounds the suite itself, which needs no schema.
        guard testCase != nil else { return try await function() }
        try await TestDatabase.with(prefix: "test") { database in
            try await TestDatabase.$current.withValue(database) { try await function() }
        }
    }
}

extension Trait where Self == PostgresSchemaTrait {
    /// Gives each test a schema of its own in the server of `POSTHORN_TEST_DATABASE_URL`.
    package static var postgresSchema: Self { PostgresSchemaTrait() }
}
