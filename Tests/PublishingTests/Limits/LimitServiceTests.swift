// SPDX-License-Identifier: MIT

import JobQueue
import PQClient
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct LimitServiceTests {
    @Test("jobs at once are set for an account, a client, an app or a platform, and it is on record who did")
    func running() async throws {
        let fixture = try await ServiceFixture()
        let limits = LimitService(pool: fixture.pool, registry: fixture.registry)
        let account = try await limits.subject(LimitSubjectWords(account: "acme/second"))
        let client = try await limits.subject(LimitSubjectWords(client: "acme"))
        for subject in [account, client] {
            _ = try await limits.apply(.running(2), to: subject, reason: "slowly", actor: "cli:ada")
        }
        #expect(try await fixture.text("SELECT slots::text FROM lane_policy WHERE slots IS NOT NULL") == "2")
        #expect(try await fixture.text("SELECT max_running::text FROM running_limit") == "2")
        _ = try await limits.apply(.running(nil), to: client, reason: "as before", actor: "cli:ada")
        #expect(try await fixture.count("running_limit") == 0)
        let said = try await fixture.text(
            """
            SELECT string_agg(concat_ws(' ', split_part(scope, ':', 1), endpoint, calls, actor, reason), '; '
                              ORDER BY change_id)
            FROM limit_change
            """)
        #expect(
            said
                == "account running 2 cli:ada slowly; client running 2 cli:ada slowly; client running cli:ada as before"
        )
        let error = await #expect(throws: ServiceError.self) {
            _ = try await limits.apply(.running(0), to: account, reason: "", actor: "cli:ada")
        }
        #expect(error?.code == .invalid)
        // A platform whose app is in the environment has no other name.
        let platform = try await limits.subject(LimitSubjectWords(provider: "strict"))
        _ = try await limits.apply(.running(2), to: platform, reason: "one app", actor: "cli:ada")
        #expect(
            try await fixture.text("SELECT concat_ws(' ', scope, max_running) FROM running_limit")
                == "provider:strict 2")
    }
}
