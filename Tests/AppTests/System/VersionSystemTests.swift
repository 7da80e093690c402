// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

/// The built program on a database that a newer release has migrated.
@Suite("versions side by side", .postgresSchema, .timeLimit(.minutes(10)))
struct VersionSystemTests {
    /// What a newer release leaves in the list of migrations.
    private func migrateFurther() async throws {
        try await TestDatabase.required.pool.execute(
            """
            INSERT INTO schema_migration (component, number, name, checksum)
            SELECT component, max(number) + 1, 'of the next release', '0000000000000000'
            FROM schema_migration
            GROUP BY component
            """)
    }

    @Test("an older program works on a newer database that has only been added to, until something is taken away")
    func older() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            try await self.migrateFurther()
            try await TestDatabase.required.pool.execute("ALTER TABLE job_lease ADD COLUMN of_next_release text")
            _ = try await agency.publishNow("Hello", on: "mock")
            let work = try await agency.work()
            #expect(work.code == 0, "\(work.messages)")
            #expect(try await agency.ledger().count == 1)
            let doctor = try await agency.answer(["doctor", "-o", "json"])
            #expect(doctor.data.contains("newer than this program, and fits"))

            // A worker that runs when something is taken away ends by itself, and none starts any more.
            let error = await #expect(throws: CommandError.self) {
                try await agency.withWorker("old") { process in
                    try await agency.until {
                        try await agency.count(
                            "SELECT count(*) FROM worker WHERE pid = \(process) AND state = 'active'") == 1
                    }
                    try await TestDatabase.required.pool.execute(
                        """
                        INSERT INTO schema_requirement (component, least)
                        SELECT component, max(number) FROM schema_migration WHERE component = 'agency' GROUP BY component
                        """)
                    // The worker's end ends this.
                    try await agency.until { false }
                }
            }
            #expect(error?.what == "old ended with code 73")
            let refused = try await agency.work()
            #expect(refused.code == 73)
            #expect(
                refused.messages.contains("needs a newer Posthorn")
                    && refused.messages.contains("run the newer release"))
            // An older program does not touch a newer schema.
            #expect(try await agency.answer(["migrate", "up"]).code != 0)
            try await agency.expectSound()
        }
    }
}
