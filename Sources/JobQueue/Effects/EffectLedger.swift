// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// The effects of all jobs, for people and for what looks after them; a running job uses ``EffectStore``.
package struct EffectLedger: Sendable {
    private let pool: ConnectionPool

    /// Reads and writes through the pool.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// The parts of an operation, in order.
    package func load(_ operation: OperationKey, client: ClientID) async throws -> [Effect] {
        try await self.pool.withConnection { db in try await Self.load(operation, client: client, on: &db) }
    }

    /// The parts of an operation, in order, as the caller's session sees them.
    package static func load(
        _ operation: OperationKey, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [Effect] {
        try Self.effects(await db.query(Self.parts(of: operation, client: client)))
    }

    /// The statement that reads the parts of an operation, in order, for a round trip together with others.
    package static func parts(of operation: OperationKey, client: ClientID) -> Statement {
        """
        SELECT \(unescaped: Effect.columns)
        FROM effect
        WHERE client_id = \(client) AND op_key = \(operation)
        ORDER BY part
        """
    }

    /// The statement that reads the parts of several operations, each with the operation's position from 1 on as `ordinal`.
    ///
    /// - Parameter operations: The operations, each with its client.
    /// - Returns: The statement, for ``effects(_:)``; the parts come in no order. For more than one operation it goes after
    ///   ``JobStore/planOnIndexes``.
    package static func parts(of operations: [(operation: OperationKey, client: ClientID)]) -> Statement {
        // The subquery keeps its place: a join might read the whole table where that was empty when the plan was made.
        """
        SELECT ordinal, part.*
        FROM unnest(\(operations.map(\.client)), \(operations.map(\.operation)))
             WITH ORDINALITY AS given (of_client, of_operation, ordinal)
        CROSS JOIN LATERAL (
            SELECT \(unescaped: Effect.columns)
            FROM effect
            WHERE client_id = of_client AND op_key = of_operation
            OFFSET 0
        ) AS part
        """
    }

    /// What ``parts(of:client:)`` has read, or ``parts(of:)`` of one operation; in the order of the parts.
    package static func effects(_ rows: some Sequence<Row>) throws -> [Effect] {
        try rows.map { row throws in try Effect(row) }.sorted { $0.part < $1.part }
    }

    /// The effects of a job, in order.
    package func effects(of job: JobID, client: ClientID) async throws -> [Effect] {
        let rows = try await self.pool.query(
            """
            SELECT \(unescaped: Effect.columns)
            FROM effect
            WHERE client_id = \(client) AND job_id = \(job)
            ORDER BY op_key, part
            """)
        return try rows.map { row throws in try Effect(row) }
    }

    /// Effects in a state, the one sent first at the top.
    ///
    /// - Parameters:
    ///   - state: What is known about them.
    ///   - client: Whose; nil is everybody's.
    ///   - limit: The most that are listed.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: The effects.
    package func list(_ state: EffectState, client: ClientID? = nil, limit: Int = 1_000) async throws -> [Effect] {
        var statement: Statement = "SELECT \(unescaped: Effect.columns) FROM effect WHERE state = \(state)"
        if let client { statement += " AND client_id = \(client)" }
        statement += " ORDER BY sent_at, prepared_at LIMIT \(Int32(clamping: limit))"
        return try await self.pool.query(statement).map { row throws in try Effect(row) }
    }

    /// How many effects there are in each state.
    package func counts() async throws -> [EffectState: Int] {
        let rows = try await self.pool.query("SELECT state, count(*) AS count FROM effect GROUP BY state")
        var counts: [EffectState: Int] = [:]
        for row in rows { counts[try row.get("state")] = Int(try row.get("count", as: Int64.self)) }
        return counts
    }

    /// The sends of an operation, the oldest first.
    package func sends(of operation: OperationKey, client: ClientID) async throws -> [EffectSend] {
        let rows = try await self.pool.query(
            """
            SELECT part, send_no, job_id, lease_no, worker_id, sent_at, sent_real, outcome, evidence,
                request_id
            FROM effect_send
            WHERE client_id = \(client) AND op_key = \(operation)
            ORDER BY part, send_no
            """)
        return try rows.map { row throws in
            EffectSend(
                part: Int(try row.get("part", as: Int32.self)), number: Int(try row.get("send_no", as: Int32.self)),
                job: try row.get("job_id"),
                lease: Lease(number: try row.get("lease_no"), worker: try row.get("worker_id")),
                sentAt: try row.get("sent_at"), sentReal: try row.get("sent_real"), outcome: try row.get("outcome"),
                evidence: try row.get("evidence"), requestID: try row.get("request_id"))
        }
    }

    /// What proves the confirmed sends of an account under other operations, since a moment in world time.
    package func evidence(
        client: ClientID, account: AccountID, since: Date, except operation: OperationKey
    ) async throws -> [JSONText] {
        try await self.pool.query(
            """
            SELECT evidence
            FROM effect_send
            WHERE client_id = \(client) AND account_id = \(account) AND sent_at >= \(since)
              AND outcome = 'confirmed' AND op_key <> \(operation) AND evidence IS NOT NULL
            """
        ).column()
    }

    /// Forgets what was found about pieces that may be sent, in the caller's transaction.
    package func forgetFindings(
        _ operation: OperationKey, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            UPDATE effect
            SET evidence = NULL, absent_reads = 0, last_read_at = NULL
            WHERE client_id = \(client) AND op_key = \(operation) AND state = 'prepared'
            """)
    }

    /// Settles an unknown effect by a person's word, in the caller's transaction.
    ///
    /// What waited for it goes on.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - part: Which visible piece.
    ///   - client: Who owns it.
    ///   - state: `confirmed`; `prepared` when it is known not to have taken effect and may be sent again; `rejected`
    ///     when it must not be.
    ///   - evidence: What proves it.
    ///   - person: Who says so.
    ///   - db: The transaction.
    /// - Throws: ``JobQueueError`` with code `notFound` or, when its outcome is not unknown, `conflict`.
    package func resolve(
        _ operation: OperationKey, part: Int, client: ClientID, as state: EffectState, evidence: JSONText,
        by person: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        precondition(state == .confirmed || state == .prepared || state == .rejected, "a person settles, nothing else")
        let changed = try await db.execute(
            """
            WITH settled AS (
                UPDATE effect
                SET state = \(state), evidence = \(evidence), resolved_at = world_now(), resolved_by = \(person),
                    absent_reads = 0,
                    last_read_at = NULL
                WHERE client_id = \(client) AND op_key = \(operation) AND part = \(Int32(part)) AND state = 'unknown'
                RETURNING client_id, op_key, part, send_no
            )
            UPDATE effect_send s
            SET outcome = \(state == .prepared ? "absent" : state.rawValue), evidence = \(evidence),
                settled_at = world_now()
            FROM settled e
            WHERE s.client_id = e.client_id AND s.op_key = e.op_key AND s.part = e.part AND s.send_no = e.send_no
            """)
        guard changed == 0 else {
            try await db.execute(EffectStore.rememberConfirmation(operation, part: part, client: client))
            try await db.execute(ReconcileJob.wake(operation, part: part, client: client))
            return
        }
        let effects = try await Self.load(operation, client: client, on: &db)
        guard let effect = effects.first(where: { $0.part == part }) else {
            throw JobQueueError(.notFound, "there is no part \(part) of operation \(operation) of that client")
        }
        throw JobQueueError(
            .conflict, "operation \(operation) needs no decision: part \(part) is \(effect.state.rawValue)")
    }
}
