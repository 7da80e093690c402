// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Readings of limits", .postgresSchema)
struct ObserveTests {
    private static let start = Date(timeIntervalSince1970: 1_772_524_800)

    private static func queue() async throws -> QueueFixture {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: Self.start, rate: 0)
        return queue
    }

    /// A reading of news: the window's calls, what is left of them, and the seconds until the reset.
    private static func reading(
        _ scope: LimitScope, _ calls: Int?, rest: Int, reset: Double, endpoint: String = "post"
    ) -> LimitReading {
        LimitReading(
            key: LimitKey(scope: scope, endpoint: endpoint, window: .seconds(900)), calls: calls, rest: rest,
            reset: Self.start.addingTimeInterval(reset))
    }

    private static func rows(_ queue: QueueFixture, _ scope: LimitScope) async throws -> [String] {
        try await queue.pool.query(
            """
            SELECT concat_ws(' ', endpoint, window_ms, counts, usual_calls, platform_calls, operator_calls, slices, used,
                             seen_rest, seen_reset, seen_at)
            FROM rate_bucket WHERE scope = \(scope.description) ORDER BY endpoint
            """
        ).column()
    }

    @Test("readings that are taken over together come to what they come to one after another")
    func together() async throws {
        let queue = try await Self.queue()
        let limits = LimitStore(pool: queue.pool)
        let (alone, shared) = (LimitScope.account(AccountID()), LimitScope.account(AccountID()))
        func readings(_ scope: LimitScope) -> [LimitReading] {
            [
                // The same limit thrice: another number of calls, less left, more left.
                Self.reading(scope, 100, rest: 80, reset: 600), Self.reading(scope, 120, rest: 70, reset: 700),
                Self.reading(scope, nil, rest: 90, reset: 800),
                // Known before, with a person's word; not known before and without a number; a number that is none.
                Self.reading(scope, 30, rest: 4, reset: 300, endpoint: "set"),
                Self.reading(scope, nil, rest: 4, reset: 300, endpoint: "unknown"),
                Self.reading(scope, 0, rest: 4, reset: 300, endpoint: "zero"),
            ]
        }
        for scope in [alone, shared] {
            let key = LimitKey(scope: scope, endpoint: "set", window: .seconds(900))
            try await limits.set(key, calls: 10, reason: "careful", by: "me")
        }
        for reading in readings(alone) {
            try await queue.pool.withTransaction { db in
                try await LimitStore.take([reading], isShared: false, on: &db)
            }
        }
        try await queue.pool.withTransaction { db in
            try await LimitStore.take(readings(shared), isShared: true, on: &db)
        }
        let rows = try await Self.rows(queue, shared)
        #expect(try await Self.rows(queue, alone) == rows)
        #expect(rows.count == 2 && rows[0].hasPrefix("post 900000 calls 120 {") && rows[1].contains("calls 30 10 {"))
        // 120 calls, of which the strictest word left 70; then 90 took nothing back.
        #expect(
            try await limits.limits(of: [shared], clients: [:]).filter { $0.key.endpoint == "post" }.map(\.used) == [50]
        )
        #expect(
            try await limits.limits(of: [shared], clients: [:]).filter { $0.key.endpoint == "set" }.map(\.used) == [6])
    }

    @Test("calls that hear of limits at the same moment are all heard, whichever order they name them in")
    func race() async throws {
        let queue = try await Self.queue()
        let limits = LimitStore(pool: queue.pool)
        let other = LimitStore(pool: queue.pool)
        let scopes = (0..<6).map { _ in LimitScope.account(AccountID()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<20 {
                let readings = scopes.map { Self.reading($0, 100, rest: 90 - round, reset: 600) }
                let store = round.isMultiple(of: 2) ? limits : other
                group.addTask { try await store.observe(readings.shuffled(), after: LimitGrant()) }
            }
            try await group.waitForAll()
        }
        for scope in scopes {
            #expect(try await limits.limits(of: [scope], clients: [:]).map(\.used) == [29])
            #expect(try await limits.limits(of: [scope], clients: [:]).map(\.calls) == [100])
        }
    }

    @Test("they take six statements at most, however many they are", arguments: [1, 2, 12])
    func statements(count: Int) async throws {
        let queue = try await Self.queue()
        var configuration = try TestDatabase.required.direct
        configuration.maximumConnections = 1
        let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        let readings = (0..<count).map { _ in Self.reading(.account(AccountID()), 100, rest: 50, reset: 600) }
        let executed: Statement = "SELECT sum(generic_plans + custom_plans)::bigint FROM pg_prepared_statements"
        let before: Int64 = try await pool.query(executed).single()
        try await LimitStore(pool: pool).observe(readings, after: LimitGrant())
        let after: Int64 = try await pool.query(executed).single()
        // What is new, the lock, the clock, the outcome; for several a setting of the plan.
        #expect(after - before - 1 == (count == 1 ? 5 : 6))
        #expect(
            try await queue.pool.query("SELECT count(*) FROM rate_bucket WHERE seen_rest = 50").single() == Int64(count)
        )
    }

    @Test("a limit is found by its whole key, whatever the table held when the plan was made", arguments: [0, 5_000])
    func plan(count: Int) async throws {
        let queue = try await Self.queue()
        try await queue.pool.execute(
            """
            INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, platform_calls)
            SELECT 'account:' || gen_random_uuid(), 'post', 900000, 'calls', 100 FROM generate_series(1, \(Int64(count)))
            """)
        try await queue.pool.execute("ANALYZE rate_bucket")
        let keys = (0..<8).map { _ in Self.reading(.account(AccountID()), 1, rest: 1, reset: 1).key }
        try await LimitStore(pool: queue.pool).set(keys[0], calls: 1, reason: "known", by: "me")
        let row = try #require(try await queue.pool.query(LimitStore.locked([keys[0]])).first)
        var observed = ObservedLimit(try LimitRow(row))
        observed.reading = Self.reading(.account(AccountID()), 1, rest: 1, reset: 1)
        for statement in [LimitStore.locked(keys), LimitStore.save([observed, observed], at: Self.start)] {
            let plan: [String] = try await queue.pool.withConnection { db in
                try await db.pipeline([JobStore.planOnIndexes, "EXPLAIN " + statement])[1].column()
            }
            let text = plan.joined(separator: "\n")
            #expect(text.contains("using rate_bucket_pkey") && !text.contains("Seq Scan"), "\(text)")
            let condition = try #require(plan.first { $0.contains("Index Cond") })
            for column in ["scope", "endpoint", "window_ms", "counts"] {
                #expect(condition.contains(column), "\(text)")
            }
        }
    }
}
