// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import TestSupport
import Testing

@testable import App

@Suite("posthorn doctor", .postgresSchema)
struct DoctorCommandTests {
    /// Gives the account a grant whose renewal fails since so many minutes; since none when it works.
    private static func grant(
        _ world: CommandWorld, for capability: String, failing minutes: Double? = nil, _ words: String? = nil,
        isRefused: Bool = false
    ) async throws {
        let grant = UUID()
        try await world.database.pool.withTransaction { db in
            try await db.execute(
                """
                INSERT INTO access_grant (grant_id, platform, key_id, sealed, renewal, expires_at, renewal_failed_at, renewal_failure,
                                          renewal_refused)
                SELECT \(grant), 'x', '1', 'x', 'refresh-token', now + interval '90 days',
                       now - make_interval(mins => 1) * \(minutes)::double precision, \(words), \(isRefused)
                FROM world_now() AS now
                """)
            try await db.execute(
                """
                INSERT INTO account_grant (client_id, account_id, capability, grant_id)
                SELECT client_id, account_id, \(capability), \(grant) FROM account
                """)
        }
    }

    private static func tokens(_ world: CommandWorld) async throws -> (state: String?, finding: String, remedy: String?)
    {
        try await Self.finding("tokens", world)
    }

    private static func finding(
        _ check: String, _ world: CommandWorld
    ) async throws -> (state: String?, finding: String, remedy: String?) {
        let answer = try await world.answer(["doctor", "-o", "json"])
        let findings = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.data.utf8)) as? [[String: Any]], "\(answer.messages)")
        let found = try #require(findings.first { $0["check"] as? String == check }, "\(answer.data)")
        return (found["state"] as? String, try #require(found["finding"] as? String), found["remedy"] as? String)
    }

    @Test(
        "a renewal that fails for an hour, or is refused, is told with the words of the oldest failure and what helps")
    func renewals() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        try await Self.grant(world, for: "publish", failing: 50, "a bad day")
        let early = try await Self.tokens(world)
        #expect(early.state == "ok", "\(early)")

        try await Self.grant(world, for: "metrics", failing: 1, "no app here; add one", isRefused: true)
        let refused = try await Self.tokens(world)
        #expect(refused.state == "warning")
        #expect(
            refused.finding == "renewing the tokens of 1 of 2 grants fails: no app here; add one", "\(refused.finding)")
        #expect(refused.remedy?.contains("posthorn account list --ends-within 14d") == true)
        #expect(refused.remedy?.contains("posthorn account reconnect") == true)

        try await world.database.pool.execute(
            "UPDATE access_grant SET renewal_failed_at = world_now() - interval '70 minutes' WHERE NOT renewal_refused")
        #expect(
            try await Self.tokens(world).finding == "renewing the tokens of 2 of 2 grants fails: a bad day")
        // One that nothing uses concerns nobody, and what is dead comes first.
        try await world.database.pool.execute("DELETE FROM account_grant WHERE capability = 'metrics'")
        #expect(
            try await Self.tokens(world).finding == "renewing the tokens of 1 of 1 grants fails: a bad day")
        try await world.database.pool.execute("UPDATE access_grant SET state = 'needs-reconnect'")
        #expect(try await Self.tokens(world).state == "failed")
    }

    @Test("a large table of which a fifth is dead is told, also one that only grows and is cleaned by retention")
    func deadRows() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(try await Self.finding("tables", world).state == "ok")
        // One transaction, so that behind a pooler too it is the session which wrote that is asked for its counts.
        try await world.database.pool.withTransaction { db in
            try await db.execute("ALTER TABLE job_key SET (autovacuum_enabled = false)")
            try await db.execute(
                """
                INSERT INTO job_key (client_id, scope, key_hash, job_id, expires_at, made_real)
                SELECT gen_random_uuid(), CASE WHEN n <= 30000 THEN 'old' ELSE 'new' END, int8send(n), gen_random_uuid(), now(), now()
                FROM generate_series(1, 120000) AS n
                """)
            try await db.execute("DELETE FROM job_key WHERE scope = 'old'")
            // The server counts what a session did when that becomes idle, or is asked to.
            try await db.execute("SELECT pg_stat_force_next_flush()")
        }
        let tables = try await Self.finding("tables", world)
        #expect(tables.state == "warning")
        #expect(tables.finding == "job_key holds 30000 dead rows beside 90000 live ones")
    }
}
