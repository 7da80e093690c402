// SPDX-License-Identifier: MIT

package import PQClient

/// How long work waits after refusals that name no time: each that follows another doubles the pause.
package struct BackOff: Sendable, Hashable {
    /// The first pause, in world time.
    package var first: Duration
    /// The longest pause.
    package var longest: Duration
    /// A refusal that comes later than this after the gate has opened begins anew; so does one after a longer quiet time than the last pause.
    package var quiet: Duration

    /// Makes a rule.
    package init(first: Duration, longest: Duration = .seconds(3_600), quiet: Duration = .seconds(300)) {
        self.first = first
        self.longest = max(first, longest)
        self.quiet = quiet
    }
}

extension LimitStore {
    /// Closes a scope, or one endpoint of it, for longer each time that refusals follow each other.
    ///
    /// Refusals that arrive while it is closed belong to the one that closed it. Once it has been open, unrefused, for as long as the last
    /// pause and at least for ``BackOff/quiet``, the next one is a first one again.
    ///
    /// - Parameters:
    ///   - scope: What is closed.
    ///   - endpoint: The endpoint; nil is all work.
    ///   - backOff: How long.
    ///   - reason: Why, for a person.
    ///   - source: Who said so.
    ///   - db: The session or transaction.
    /// - Returns: How long it is closed from now on, in world time.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func close(
        _ scope: LimitScope, endpoint: String?, after backOff: BackOff, reason: String, by source: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> Duration {
        let table: Statement = endpoint == nil ? "lane_gate" : "endpoint_gate"
        let key: Statement = endpoint == nil ? "scope" : "scope, endpoint"
        let keys: Statement =
            endpoint.map { endpoint -> Statement in "\(scope.description), \(endpoint)" } ?? "\(scope.description)"
        let (first, longest, quiet) = (backOff.first.seconds, backOff.longest.seconds, backOff.quiet.seconds)
        // The last pause is the doubled first one, whatever else has closed the gate meanwhile.
        let last: Statement = """
            least(\(longest)::double precision,
                  \(first)::double precision * power(2, least(gate.refusals, 30) - 1))
            """
        let row = try await db.query(
            """
            INSERT INTO \(table) AS gate (\(key), blocked_until, reason, closed_by, closed_at, refusals)
            SELECT \(keys), now + make_interval(secs => \(first)), \(reason.storable), \(source), now, 1
            FROM world_now() AS now
            ON CONFLICT (\(key)) DO UPDATE
            SET (blocked_until, refusals, reason, closed_by, closed_at) = (
                SELECT greatest(gate.blocked_until,
                                excluded.closed_at + make_interval(
                                    secs => least(\(longest)::double precision,
                                                  \(first)::double precision * power(2, least(n, 30) - 1)))),
                       n, excluded.reason, excluded.closed_by, excluded.closed_at
                FROM (SELECT CASE WHEN gate.refusals > 0 AND gate.blocked_until > excluded.closed_at THEN gate.refusals
                                  WHEN gate.refusals > 0
                                       AND excluded.closed_at < gate.blocked_until
                                           + make_interval(secs => greatest(\(quiet)::double precision, \(last)))
                                      THEN gate.refusals + 1
                                  ELSE 1 END AS n) AS counted)
            RETURNING extract(epoch FROM blocked_until - world_now())::double precision AS pause
            """
        ).first
        let pause: Double = try row?.get("pause") ?? first
        return .milliseconds(Int64((max(0, pause) * 1_000).rounded(.up)))
    }
}
