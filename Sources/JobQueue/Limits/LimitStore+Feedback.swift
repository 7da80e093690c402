// SPDX-License-Identifier: MIT

import Foundation
package import PQClient

extension LimitStore {
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
            SELECT \(scope.description), \(endpoint), now + make_interval(secs => \(pause.pauseSeconds)),
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
            SELECT \(scope.gate(queue)), now + make_interval(secs => \(pause.pauseSeconds)), \(reason.storable), \(source), now
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
