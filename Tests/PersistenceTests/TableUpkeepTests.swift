// SPDX-License-Identifier: MIT

import PQClient
import TestSupport
import Testing

@testable import Persistence

@Suite("Upkeep of tables", .postgresSchema)
struct TableUpkeepTests {
    /// What a person writes, or a process once in a while: a few rows a day, for which the server's own settings do.
    private static let seldom: Set<String> = [
        "account_ad_account", "ad_account", "app", "app_resume", "boost_rule", "brand", "budget_cap", "client",
        "client_key",
        "client_policy", "concurrency_change", "connect_link", "holiday", "lane_policy", "lease_era", "limit_change",
        "platform_identity",
        "posting_quiet", "posting_slots", "queue_control", "queue_policy", "ready_era", "release_limit",
        "running_limit",
        "schema_migration", "schema_requirement", "timing_curve", "world",
    ]

    @Test("every table that is written for jobs or posts, each partition too, says when it is vacuumed")
    func everyTable() async throws {
        let tables = try await AgencyTables()
        try await SamplePartitions.make(tables.pool)
        let rows = try await tables.pool.query(
            """
            SELECT relname::text AS name, coalesce(array_to_string(reloptions, ', '), '') AS settings
            FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            ORDER BY relname
            """)
        var found: Set<String> = []
        for row in rows {
            let name: String = try row.get("name")
            let settings: String = try row.get("settings")
            found.insert(name)
            #expect(
                settings.contains("autovacuum_vacuum_") || Self.seldom.contains(name),
                "\(name): give it one of TableUpkeep, or name it here when few rows a day are written to it")
        }
        #expect(found.count { $0.hasPrefix("attempt_2") } > 0 && found.count { $0.hasPrefix("sample_2") } > 0)
        #expect(Self.seldom.subtracting(found).isEmpty, "these are no tables any more")
    }

    @Test(
        "what grows and is changed is vacuumed long before a fifth of it is dead, and soon after new rows",
        arguments: ["effect", "effect_send", "job_key", "target", "publication", "schedule_slot"])
    func changed(table: String) async throws {
        let tables = try await AgencyTables()
        let rows = try await tables.pool.query(
            """
            SELECT option_name::text AS name, option_value::double precision AS value
            FROM pg_class, pg_options_to_table(reloptions)
            WHERE relnamespace = current_schema()::regnamespace AND relname = \(table)
            """)
        var settings: [String: Double] = [:]
        for row in rows { settings[try row.get("name")] = try row.get("value", as: Double.self) }
        #expect(settings["autovacuum_vacuum_scale_factor"].map { $0 <= 0.02 } == true)
        #expect(settings["autovacuum_vacuum_insert_scale_factor"].map { $0 <= 0.1 } == true)
        #expect(settings["autovacuum_analyze_scale_factor"].map { $0 <= 0.02 } == true)
    }
}
