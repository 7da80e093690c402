// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PQClient

/// The outside effects of one running job, bound to its lease.
///
/// The order is always the same: ``prepare(_:parts:)``, ``save(checkpoint:version:operation:)`` before each step that
/// must not be repeated,
/// ``fence(_:part:endpoint:also:)``, one send, and then exactly one of ``confirm(_:part:send:evidence:)``,
/// ``reject(_:part:send:evidence:)``,
/// ``notSent(_:part:send:evidence:)``, ``markUnknown(_:part:send:evidence:)``. What was learned is written even when
/// the lease was lost.
package struct EffectStore: Sendable {
    let pool: ConnectionPool
    /// The job and its lease.
    package let job: ClaimedJob
    let gate: SendGate
    /// From the fence to the first byte.
    let sendWindow: Duration
    let crash: CrashPlan
    let writing: CallGroup<[Statement], [Rows]>

    /// Binds the effects of a job to the lease it was claimed under.
    ///
    /// - Parameters:
    ///   - pool: Where the effects are.
    ///   - job: The job and its lease.
    ///   - gate: Knows whether the worker may still send.
    ///   - sendWindow: The longest time from the fence to the first byte.
    ///   - crash: Where the process is to die, in chaos tests.
    package init(
        pool: ConnectionPool, job: ClaimedJob, gate: SendGate = SendGate(), sendWindow: Duration = .seconds(2),
        crash: CrashPlan = .none
    ) {
        self.init(
            pool: pool, job: job, gate: gate, sendWindow: sendWindow, crash: crash, writing: CallGroup(largest: 1))
    }

    /// Binds them, and shares the transactions of what is written about effects with the worker's other runs.
    init(
        pool: ConnectionPool, job: ClaimedJob, gate: SendGate, sendWindow: Duration, crash: CrashPlan,
        writing: CallGroup<[Statement], [Rows]>
    ) {
        self.pool = pool
        self.job = job
        self.gate = gate
        self.sendWindow = sendWindow
        self.crash = crash
        self.writing = writing
    }

    /// Makes sure that the parts exist, and answers all parts of the operation in order.
    ///
    /// What was rejected is prepared anew: a rejection proves that nothing took effect.
    @discardableResult
    package func prepare(_ operation: OperationKey, parts: [Int] = [0]) async throws -> [Effect] {
        let answers = try await self.writing.pipeline(
            [
                """
                INSERT INTO effect (
                    client_id, op_key, part, job_id, kind, account_id, provider, state, prepared_at, recovery
                )
                SELECT \(self.job.client), \(operation), part, \(self.job.id), \(self.job.kind),
                    \(self.job.account ?? AccountID.none),
                       \(self.job.provider), 'prepared', (SELECT world_now()), \(self.job.spec.recovery)
                FROM unnest(\(parts.sorted().map { Int32($0) })) AS part
                ON CONFLICT (client_id, op_key, part) DO UPDATE
                SET job_id = excluded.job_id, state = 'prepared'
                WHERE effect.state = 'rejected' OR (effect.state = 'prepared' AND effect.job_id <> excluded.job_id)
                """,
                EffectLedger.parts(of: operation, client: self.job.client),
            ], on: self.pool)
        return try EffectLedger.effects(answers[1])
    }

    /// The parts of an operation, in order.
    package func load(_ operation: OperationKey) async throws -> [Effect] {
        try await EffectLedger(pool: self.pool).load(operation, client: self.job.client)
    }

    /// Saves what must not be lost before the next step, with the operation's first part.
    ///
    /// - Throws: ``JobQueueError`` with code `leaseLost` when the job is no longer ours, `notFound` when nothing was
    ///   prepared.
    package func save(checkpoint: Data, version: Int, operation: OperationKey) async throws {
        self.crash.reached(.beforeCheckpoint)
        let rows = try await self.pool.query(
            """
            WITH mine AS MATERIALIZED (\(self.lease))
            UPDATE effect e
            SET checkpoint = \(checkpoint), checkpoint_version = \(Int32(clamping: version))
            FROM mine
            WHERE e.client_id = \(self.job.client) AND e.op_key = \(operation) AND e.part = 0
            RETURNING e.part
            """)
        if rows.isEmpty { try await self.explain(operation) }
        self.crash.reached(.afterCheckpoint)
    }

    /// Passes the fence: when this returns a grant, the send is on record as *sending* and nobody else can send.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - part: Which visible piece.
    ///   - endpoint: Where the call goes, by the name that limits know it by.
    ///   - also: More that must be true or written in the same transaction: limits, budgets. It throws to refuse;
    ///     then nothing was fenced.
    /// - Returns: nil when the effect is not to be sent: the lease is lost, the job was asked to cancel, the worker may
    ///   not send any more, or
    ///   the effect is not `prepared`. Load it to see why.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func fence(
        _ operation: OperationKey, part: Int = 0, endpoint: String = "",
        also: (@Sendable (inout Transaction) async throws -> Void)? = nil
    ) async throws -> FenceGrant? {
        self.crash.reached(.beforeFence)
        let start = ContinuousClock.now
        guard self.gate.enter(self.job.lease.number) else { return nil }
        let token = UUID()
        var number: Int32?
        do {
            number = try await self.passFence(operation, part: part, endpoint: endpoint, token: token, also: also)
        } catch let error as PQError where error.outcomeUnknown {
            number = try await self.lookAfterLostAnswer(operation, part: part, token: token)
        } catch {
            self.gate.leave(self.job.lease.number)
            throw error
        }
        guard let number else {
            self.gate.leave(self.job.lease.number)
            return nil
        }
        self.crash.reached(.afterFence)
        return FenceGrant(
            part: part, sendNumber: Int(number), leaseNumber: self.job.lease.number, notAfter: start + self.sendWindow)
    }

    private func passFence(
        _ operation: OperationKey, part: Int, endpoint: String, token: UUID,
        also: (@Sendable (inout Transaction) async throws -> Void)?
    ) async throws -> Int32? {
        let statement = self.fence(operation, part: part, endpoint: endpoint, token: token)
        guard let also else { return try await self.pool.query(statement).first?.get("send_no") }
        return try await self.pool.withTransaction(retrying: 3) { db in
            guard let number: Int32 = try await db.query(statement).first?.get("send_no") else { return nil }
            try await also(&db)
            return number
        }
    }

    /// The lease is locked first, so that rescue, cancel and fence are in an order; then the effect changes only from
    /// `prepared`, and never for the job that looks.
    private func fence(_ operation: OperationKey, part: Int, endpoint: String, token: UUID) -> Statement {
        """
        WITH mine AS MATERIALIZED (\(self.lease)),
        sending AS (
            UPDATE effect e
            SET state = 'sending', send_no = e.send_no + 1, lease_no = mine.lease_no, job_id = \(self.job.id),
                sent_at = world_now(),
                evidence = NULL, resolved_at = NULL, resolved_by = NULL, absent_reads = 0, last_read_at = NULL,
                reconcile_job = NULL
            FROM mine
            WHERE e.client_id = \(self.job.client) AND e.op_key = \(operation) AND e.part = \(Int32(part))
              AND e.state = 'prepared' AND e.min_lease_no <= mine.lease_no
              AND e.reconcile_job IS DISTINCT FROM \(self.job.id)
            RETURNING e.client_id, e.op_key, e.part, e.send_no, e.job_id, e.account_id, e.provider, e.lease_no,
                e.sent_at
        )
        INSERT INTO effect_send (
            client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no, worker_id,
            sent_at, sent_real, endpoint
        )
        SELECT client_id, op_key, part, send_no, \(token), job_id, account_id, provider, lease_no,
            \(self.job.lease.worker), sent_at,
               clock_timestamp(), \(endpoint)
        FROM sending
        RETURNING send_no
        """
    }

    /// Our lease, not asked to cancel; locked against rescue and cancel until the statement's transaction ends.
    private var lease: Statement {
        """
        SELECT l.lease_no
        FROM job_lease l
        WHERE l.client_id = \(self.job.client) AND l.job_id = \(self.job.id) AND l.lease_no = \(self.job.lease.number)
          AND l.cancel_reason IS NULL
        FOR SHARE
        """
    }

    /// The answer to the fence's commit was lost: only what the database shows counts.
    ///
    /// Asks until it answers or the task is cancelled.
    private func lookAfterLostAnswer(_ operation: OperationKey, part: Int, token: UUID) async throws -> Int32? {
        while true {
            do throws(PQError) {
                return try await self.pool.query(
                    """
                    SELECT s.send_no
                    FROM effect_send s
                    JOIN effect e ON e.client_id = s.client_id AND e.op_key = s.op_key AND e.part = s.part
                        AND e.send_no = s.send_no
                    WHERE s.client_id = \(self.job.client) AND s.op_key = \(operation) AND s.part = \(Int32(part))
                        AND s.token = \(token)
                      AND e.state = 'sending' AND e.lease_no = \(self.job.lease.number)
                    """
                ).first?.get("send_no")
            } catch {
                guard error.isTransient, !Task.isCancelled else {
                    self.gate.leave(self.job.lease.number)
                    throw error
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func explain(_ operation: OperationKey) async throws {
        let isOurs = try await !self.pool.query(
            """
            SELECT lease_no
            FROM job_lease
            WHERE client_id = \(self.job.client) AND job_id = \(self.job.id) AND lease_no = \(self.job.lease.number)
              AND cancel_reason IS NULL
            """
        ).isEmpty
        guard isOurs else {
            throw JobQueueError(
                .leaseLost, "job \(self.job.id) was taken from this worker or is to be cancelled; stop here",
                job: self.job.id)
        }
        throw JobQueueError(.notFound, "operation \(operation) was not prepared", job: self.job.id)
    }
}
