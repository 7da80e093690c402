// SPDX-License-Identifier: MIT

package import Foundation
package import PQClient

/// What an outside system says of one of its limits.
package struct LimitReading: Sendable, Hashable {
    /// Which limit.
    package var key: LimitKey
    /// How many calls its window has, when it says.
    package var calls: Int?
    /// How many are left.
    package var rest: Int
    /// When it begins to count anew, in world time.
    package var reset: Date

    /// Makes a reading.
    package init(key: LimitKey, calls: Int?, rest: Int, reset: Date) {
        self.key = key
        self.calls = calls
        self.rest = rest
        self.reset = reset
    }
}

extension LimitStore {
    /// Takes over what an outside system says where it is stricter than what we count, or names another limit.
    ///
    /// - Parameters:
    ///   - readings: What it says.
    ///   - grant: What we counted when the call was debited: where it says no less, nothing is written.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func observe(_ readings: [LimitReading], after grant: LimitGrant) async throws {
        for reading in readings.sorted(by: { $0.key < $1.key }) where Self.isNews(reading, grant) {
            try await self.pool.withTransaction(retrying: 3) { db in try await Self.write(reading, on: &db) }
        }
    }

    /// Whether an outside system allows less than we do, or has another limit than we hold it to.
    private static func isNews(_ reading: LimitReading, _ grant: LimitGrant) -> Bool {
        guard let rest = grant.rest[reading.key] else { return reading.calls != nil }
        return reading.rest < rest
            || (reading.calls.map { $0 != grant.calls[reading.key] && !grant.isSet.contains(reading.key) } ?? false)
    }

    private static func write(_ reading: LimitReading, on db: inout Transaction) async throws {
        let key = reading.key
        if let calls = reading.calls, calls > 0 {
            try await db.execute(
                """
                INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, platform_calls)
                VALUES (\(key.scope.description), \(key.endpoint), \(key.window.milliseconds), \(key.counts),
                        \(Int32(clamping: calls)))
                ON CONFLICT (scope, endpoint, window_ms, counts) DO UPDATE SET platform_calls = excluded.platform_calls
                WHERE rate_bucket.platform_calls IS DISTINCT FROM excluded.platform_calls
                """)
        }
        let rows = try await db.query(
            "SELECT \(unescaped: LimitRow.columns) FROM rate_bucket WHERE \(key.condition) FOR UPDATE")
        guard let row = try rows.first.map(LimitRow.init), row.calls > 0,
            let clock = try await db.query(Self.clock).first.map({ row throws in try LimitClock(row) })
        else { return }
        let allowance = SendAllowance(window: key.window, rate: clock.rate)
        var window = TokenWindow(
            calls: row.calls, window: key.window, allowance: allowance.world, slices: row.slices)
        window.lower(to: reading.rest, until: reading.reset, at: clock.now)
        _ = try await db.pipeline([
            Self.save(window, key),
            """
            UPDATE rate_bucket
            SET seen_rest = \(Int32(clamping: reading.rest)), seen_reset = \(reading.reset), seen_at = \(clock.now)
            WHERE \(key.condition)
            """,
        ])
    }

    /// Closes an endpoint for everybody in a scope; never for a shorter time than it is closed for already.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - scope: For whom.
    ///   - pause: How long, in world time.
    ///   - reason: Why, for a person.
    ///   - source: Who said so.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func closeEndpoint(
        _ endpoint: String, of scope: LimitScope, for pause: Duration, reason: String, by source: String
    ) async throws {
        try await self.pool.execute(
            """
            INSERT INTO endpoint_gate (scope, endpoint, blocked_until, reason, closed_by, closed_at)
            SELECT \(scope.description), \(endpoint), now + make_interval(secs => \(pause.seconds)),
                   \(reason.storable), \(source), now
            FROM world_now() AS now
            ON CONFLICT (scope, endpoint) DO UPDATE
            SET blocked_until = excluded.blocked_until, reason = excluded.reason, closed_by = excluded.closed_by,
                closed_at = excluded.closed_at, refusals = \(Self.refusalsAfterQuiet("endpoint_gate"))
            WHERE endpoint_gate.blocked_until < excluded.blocked_until
            """)
    }

    /// The refusals that a gate has counted for ``BackOff``: none after it stood open for the longest pause.
    private static func refusalsAfterQuiet(_ gate: Statement) -> Statement {
        """
        CASE WHEN \(gate).blocked_until + make_interval(secs => \(BackOff(first: .zero).longest.seconds)) < excluded.closed_at
             THEN 0 ELSE \(gate).refusals END
        """
    }

    /// Closes a scope for all work or for that of one queue, so that a claim passes it by at the price of one probe;
    /// never for a shorter time than it is closed for already.
    ///
    /// - Parameters:
    ///   - scope: What is closed.
    ///   - queue: Whose work; nil is every queue's.
    ///   - pause: How long, in world time.
    ///   - reason: Why, for a person.
    ///   - source: Who said so.
    ///   - db: The session or transaction.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func close(
        _ scope: LimitScope, queue: QueueName? = nil, for pause: Duration, reason: String, by source: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            INSERT INTO lane_gate (scope, blocked_until, reason, closed_by, closed_at)
            SELECT \(scope.gate(queue)), now + make_interval(secs => \(pause.seconds)), \(reason.storable), \(source), now
            FROM world_now() AS now
            ON CONFLICT (scope) DO UPDATE
            SET blocked_until = excluded.blocked_until, reason = excluded.reason, closed_by = excluded.closed_by,
                closed_at = excluded.closed_at, refusals = \(Self.refusalsAfterQuiet("lane_gate"))
            WHERE lane_gate.blocked_until < excluded.blocked_until
            """)
    }

    /// Opens everything of a scope that is closed, endpoints and queues too.
    ///
    /// - Returns: How many gates were closed.
    package func reopen(_ scope: LimitScope, by actor: String, reason: String?) async throws -> Int {
        try await self.pool.withTransaction(retrying: 3) { db in
            let lanes = try await db.execute(
                """
                DELETE FROM lane_gate
                WHERE (scope = \(scope.description) OR starts_with(scope, \(scope.description + "/")))
                """)
            let endpoints = try await db.execute("DELETE FROM endpoint_gate WHERE scope = \(scope.description)")
            if lanes + endpoints > 0 {
                try await db.execute(
                    """
                    INSERT INTO limit_change (actor, scope, endpoint, reason)
                    VALUES (\(actor), \(scope.description), 'gates', \(reason))
                    """)
            }
            return lanes + endpoints
        }
    }
}
