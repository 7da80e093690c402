// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PQClient

extension EffectStore {
    /// Records that a send took effect.
    ///
    /// It wins over everything but a later send, whoever holds the lease now.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - part: Which visible piece.
    ///   - send: The number of the send that is confirmed.
    ///   - evidence: The remote identity.
    ///   - requestID: The outside system's identity of the request.
    /// - Returns: The effect as it is now.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    @discardableResult
    package func confirm(
        _ operation: OperationKey, part: Int = 0, send: Int, evidence: JSONText, requestID: String? = nil
    ) async throws -> Effect {
        self.crash.reached(.afterSend)
        let effect = try await self.settle(
            operation, part: part, send: send, outcome: "confirmed", evidence: evidence, requestID: requestID,
            change: """
                SET state = 'confirmed', evidence = \(evidence), resolved_at = world_now(),
                    resolved_by = \(self.job.lease.worker.description)
                """,
            condition: """
                e.send_no >= \(Int32(send)) AND (e.state IN ('unknown', 'prepared', 'rejected') OR (e.state = 'sending'
                    AND e.send_no = \(Int32(send))))
                """)
        self.crash.reached(.afterConfirm)
        return effect
    }

    /// Records that a send was refused and took no effect.
    @discardableResult
    package func reject(
        _ operation: OperationKey, part: Int = 0, send: Int, evidence: JSONText, requestID: String? = nil
    ) async throws -> Effect {
        self.crash.reached(.afterSend)
        return try await self.settle(
            operation, part: part, send: send, outcome: "rejected", evidence: evidence, requestID: requestID,
            change: """
                SET state = 'rejected', evidence = \(evidence), resolved_at = world_now(),
                    resolved_by = \(self.job.lease.worker.description)
                """,
            condition: "e.send_no = \(Int32(send)) AND e.state IN ('sending', 'unknown')")
    }

    /// Records that not one byte of a send left, or that it was refused in a way that allows another try: the effect
    /// may be sent again.
    @discardableResult
    package func notSent(
        _ operation: OperationKey, part: Int = 0, send: Int, evidence: JSONText = "{}", requestID: String? = nil
    ) async throws -> Effect {
        try await self.settle(
            operation, part: part, send: send, outcome: "not-sent", evidence: evidence, requestID: requestID,
            change: "SET state = 'prepared'",
            condition: "e.send_no = \(Int32(send)) AND e.state IN ('sending', 'unknown')")
    }

    /// Records that nobody knows whether a send took effect.
    ///
    /// For a job whose recovery is ``Recovery/reconcile`` this makes the job that looks for it.
    @discardableResult
    package func markUnknown(
        _ operation: OperationKey, part: Int = 0, send: Int, evidence: JSONText = "{}", requestID: String? = nil
    ) async throws -> Effect {
        self.crash.reached(.afterSend)
        return try await self.settle(
            operation, part: part, send: send, outcome: "unknown", evidence: evidence, requestID: requestID,
            change: "SET state = 'unknown', evidence = \(evidence), \(ReconcileJob.identity)",
            condition: "e.send_no = \(Int32(send)) AND e.state = 'sending'")
    }

    /// Records that the other side was read and does not have the effect.
    ///
    /// The second such read, far enough from the first, proves that the send took no effect; the effect may then be
    /// sent again.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - part: Which visible piece.
    ///   - send: The number of the send that was looked for.
    ///   - minimumDistance: The world time between two reads that count, and between the last moment at which the send
    ///     can take effect and the first of them: the delay of the other side's lists.
    ///   - requestLimit: How long after the fence the request can still take effect, in real time.
    ///   - readAt: When the read began, in world time; nil when it cannot have begun earlier than this call. A read
    ///     that was written down late is no second one.
    ///   - also: Written in the same transaction when absence is proven.
    /// - Returns: The effect as it is now: `prepared` when absence is proven, else `unknown`.
    /// - Throws: ``JobQueueError`` with code `leaseLost` when the job is no longer ours.
    package func recordAbsentRead(
        _ operation: OperationKey, part: Int = 0, send: Int, minimumDistance: Duration,
        requestLimit: Duration = .zero, readAt: Date? = nil,
        also: (@Sendable (inout Transaction) async throws -> Void)? = nil
    ) async throws -> Effect {
        self.crash.reached(.afterLook)
        let effect = try await self.writeAbsentRead(
            operation, part: part, send: send, minimumDistance: minimumDistance, requestLimit: requestLimit,
            readAt: readAt, also: also)
        self.crash.reached(.afterAbsentRead)
        return effect
    }

    private func writeAbsentRead(
        _ operation: OperationKey, part: Int, send: Int, minimumDistance: Duration, requestLimit: Duration,
        readAt: Date?,
        also: (@Sendable (inout Transaction) async throws -> Void)?
    ) async throws -> Effect {
        try await self.pool.withTransaction(retrying: 3) { db in
            let isOurs = try await !db.query(
                """
                SELECT lease_no
                FROM job_lease
                WHERE client_id = \(self.job.client) AND job_id = \(self.job.id) AND lease_no = \(self.job.lease.number)
                FOR SHARE
                """
            ).isEmpty
            guard isOurs else {
                throw JobQueueError(
                    .leaseLost, "job \(self.job.id) was taken from this worker; stop here", job: self.job.id)
            }
            try await db.execute(
                """
                WITH read AS (
                    UPDATE effect e
                    SET absent_reads = e.absent_reads + 1, last_read_at = world_now(),
                        state = CASE WHEN e.absent_reads >= 1 THEN 'prepared' ELSE e.state END,
                        min_lease_no = greatest(e.min_lease_no, \(self.job.lease.number))
                    WHERE e.client_id = \(self.job.client) AND e.op_key = \(operation) AND e.part = \(Int32(part))
                      AND e.state = 'unknown' AND e.send_no = \(Int32(send))
                      AND coalesce(e.last_read_at, e.sent_at
                              + make_interval(secs => \(requestLimit.seconds) * (SELECT rate FROM world)))
                          + make_interval(secs => \(minimumDistance.seconds)) <= coalesce(\(readAt), world_now())
                    RETURNING e.client_id, e.op_key, e.part, e.send_no, e.state
                )
                UPDATE effect_send s
                SET outcome = 'absent', settled_at = world_now()
                FROM read
                WHERE read.state = 'prepared' AND s.client_id = read.client_id AND s.op_key = read.op_key
                    AND s.part = read.part
                  AND s.send_no = read.send_no
                """)
            try await db.execute(Self.rememberConfirmation(operation, part: part, client: self.job.client))
            let effects = try await EffectLedger.load(operation, client: self.job.client, on: &db)
            let effect = try self.effect(operation, part: part, of: effects)
            if effect.state == .prepared { try await also?(&db) }
            if effect.state != .unknown {
                try await db.execute(ReconcileJob.wake(operation, part: part, client: self.job.client))
            }
            return effect
        }
    }

    /// Writes what was learned about one send, and changes the effect when the condition holds.
    ///
    /// What was learned must not be lost, so this waits for a database that is away, and goes on when the job is
    /// cancelled.
    private func settle(
        _ operation: OperationKey, part: Int, send: Int, outcome: String, evidence: JSONText, requestID: String?,
        change: Statement, condition: Statement
    ) async throws -> Effect {
        defer { self.gate.leave(self.job.lease.number) }
        let patience = ContinuousClock.now + Self.patience
        // Awaited right here; a task of its own, because cancelling the job must not eat the evidence.
        return try await Task {
            while true {
                do {
                    return try await self.write(
                        operation, part: part, send: send, outcome: outcome, evidence: evidence, requestID: requestID,
                        change: change, condition: condition)
                } catch let error as PQError where error.isTransient && ContinuousClock.now < patience {
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
        }.value
    }

    /// How long a database that is away is waited for.
    private static let patience = Duration.seconds(300)

    private func write(
        _ operation: OperationKey, part: Int, send: Int, outcome: String, evidence: JSONText, requestID: String?,
        change: Statement, condition: Statement
    ) async throws -> Effect {
        if outcome == "confirmed" {
            let told = ConfirmedSend(
                job: self.job, operation: operation, part: part, send: send, evidence: evidence, requestID: requestID)
            let effect = try await self.groups.confirmations.write(told) { [pool = self.pool] all in
                try await ConfirmedSend.write(all, on: pool)
            }
            if let effect { return effect }
        }
        // The effect's row first, as in the fence and the rescue, and in a statement of its own: two sends that are settled at
        // once must see each other.
        var statements: [Statement] = [
            """
            SELECT part
            FROM effect
            WHERE client_id = \(self.job.client) AND op_key = \(operation) AND part = \(Int32(part))
            FOR UPDATE
            """,
            """
            WITH written AS (
                UPDATE effect e
                \(change)
                WHERE e.client_id = \(self.job.client) AND e.op_key = \(operation) AND e.part = \(Int32(part))
                    AND \(condition)
                \(ReconcileJob.returning), e.state
            ),
            unsettled AS (
                SELECT client_id, op_key, part, job_id, account_id, provider, reconcile_job
                FROM written
                WHERE state = 'unknown'
            )
            \(ReconcileJob.insert(from: "unsettled"))
            """,
            """
            UPDATE effect_send
            SET outcome = \(outcome), evidence = \(evidence), settled_at = world_now(),
                request_id = coalesce(\(requestID?.storable), request_id)
            WHERE client_id = \(self.job.client) AND op_key = \(operation) AND part = \(Int32(part))
                AND send_no = \(Int32(send))
              AND outcome IS DISTINCT FROM 'confirmed'
              -- Late doubt does not undo what was proven since.
              AND (\(outcome) <> 'unknown' OR outcome IS NULL OR outcome = 'unknown')
            """,
        ]
        if outcome != "confirmed" {
            statements.append(Self.rememberConfirmation(operation, part: part, client: self.job.client))
        }
        statements += [
            ReconcileJob.wake(operation, part: part, client: self.job.client),
            EffectLedger.parts(of: operation, client: self.job.client),
        ]
        let answers = try await self.groups.writing.pipeline(statements, on: self.pool)
        return try self.effect(operation, part: part, of: try EffectLedger.effects(answers[statements.count - 1]))
    }

    /// Takes over the confirmation of an earlier send, which came while a later one was under way, as soon as that has
    /// ended without one: what is known to have taken effect is not sent again.
    static func rememberConfirmation(_ operation: OperationKey, part: Int, client: ClientID) -> Statement {
        """
        UPDATE effect e
        SET state = 'confirmed', evidence = s.evidence, resolved_at = world_now(), resolved_by = s.worker_id::text
        FROM effect_send s
        WHERE e.client_id = \(client) AND e.op_key = \(operation) AND e.part = \(Int32(part))
          AND e.state IN ('prepared', 'rejected', 'unknown')
          AND s.client_id = e.client_id AND s.op_key = e.op_key AND s.part = e.part AND s.outcome = 'confirmed'
        """
    }

    private func effect(_ operation: OperationKey, part: Int, of effects: [Effect]) throws -> Effect {
        guard let effect = effects.first(where: { $0.part == part }) else {
            throw JobQueueError(.notFound, "part \(part) of operation \(operation) was not prepared", job: self.job.id)
        }
        return effect
    }
}
