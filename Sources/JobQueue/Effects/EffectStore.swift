// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import PQClient

/// The outside effects of one running job, bound to its lease.
///
/// The order is always the same: ``prepare(_:parts:)``, which a fence for a new effect does itself,
/// ``save(checkpoint:version:operation:)`` before each step that must not be repeated,
/// ``fence(_:)``, one send, and then exactly one of ``confirm(_:part:send:evidence:)``,
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
    let groups: EffectGroups

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
            pool: pool, job: job, gate: gate, sendWindow: sendWindow, crash: crash, groups: EffectGroups(largest: 1))
    }

    /// Binds them, and shares the transactions of what is written about effects with the worker's other runs.
    init(
        pool: ConnectionPool, job: ClaimedJob, gate: SendGate, sendWindow: Duration, crash: CrashPlan,
        groups: EffectGroups
    ) {
        self.pool = pool
        self.job = job
        self.gate = gate
        self.sendWindow = sendWindow
        self.crash = crash
        self.groups = groups
    }

    /// Makes sure that the parts exist, and answers all parts of the operation in order.
    ///
    /// What was rejected is prepared anew: a rejection proves that nothing took effect.
    @discardableResult
    package func prepare(_ operation: OperationKey, parts: [Int] = [0]) async throws -> [Effect] {
        let answers = try await self.groups.writing.pipeline(
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
    /// Sends of a worker that begin at the same moment share a transaction; each is granted or refused by itself.
    ///
    /// - Parameter request: What is to be sent, and on what conditions.
    /// - Returns: nil when the effect is not to be sent: the lease is lost, the job was asked to cancel, the worker may
    ///   not send any more, or
    ///   the effect is not `prepared`. Load it to see why.
    /// - Throws: ``LimitRefusal`` when a limit or a gate does not allow it, ``SubjectChanged`` when the condition does not hold,
    ///   what the request's own condition throws, ``PQError`` when the database does not answer or refuses. Nothing was fenced then.
    package func fence(_ request: FenceRequest) async throws -> FenceGrant? {
        self.crash.reached(.beforeFence)
        let start = ContinuousClock.now
        let lease = self.job.lease.number
        guard self.gate.enter(lease) else { return nil }
        let call = FenceCall(request: request, job: self.job)
        var grant: FenceGrant?
        do {
            grant = try await self.pass(call)
        } catch let error as PQError where error.outcomeUnknown {
            grant = try await self.lookAfterLostAnswer(call, since: start)
        } catch {
            self.gate.leave(lease)
            throw error
        }
        guard grant != nil else {
            self.gate.leave(lease)
            return nil
        }
        self.crash.reached(.afterFence)
        return grant
    }

    /// Passes the fence for a call that nothing limits.
    package func fence(
        _ operation: OperationKey, part: Int = 0, endpoint: String = "", also: FenceRequest.Also? = nil
    ) async throws -> FenceGrant? {
        try await self.fence(FenceRequest(operation, part: part, endpoint: endpoint, also: also))
    }

    private func pass(_ call: FenceCall) async throws -> FenceGrant? {
        let answer = try await self.groups.fences.write(call) { [pool = self.pool] calls in
            try await FenceRound.pass(calls, on: pool)
        }
        switch answer {
        case .notOurs: return nil
        case .refused(let error): throw error
        case .granted(let send, let since, let debit):
            let end = since + self.sendWindow
            return self.grant(call, send: send, notAfter: debit.notAfter.map { min($0, end) } ?? end, debit)
        }
    }

    private func grant(
        _ call: FenceCall, send: Int32, notAfter: ContinuousClock.Instant, _ debit: LimitGrant
    ) -> FenceGrant {
        FenceGrant(
            part: call.request.part, sendNumber: Int(send), leaseNumber: self.job.lease.number, notAfter: notAfter,
            debit: debit)
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
    /// Asks until it answers or the task is cancelled. What was debited is not known any more, so the send may take no longer
    /// than the strictest limit allows.
    private func lookAfterLostAnswer(
        _ call: FenceCall, since: ContinuousClock.Instant
    ) async throws -> FenceGrant? {
        let request = call.request
        while true {
            do throws(PQError) {
                let send: Int32? = try await self.pool.query(
                    """
                    SELECT s.send_no
                    FROM effect_send s
                    JOIN effect e ON e.client_id = s.client_id AND e.op_key = s.op_key AND e.part = s.part
                        AND e.send_no = s.send_no
                    WHERE s.client_id = \(self.job.client) AND s.op_key = \(request.operation)
                        AND s.part = \(Int32(request.part)) AND s.token = \(call.token)
                      AND e.state = 'sending' AND e.lease_no = \(self.job.lease.number)
                    """
                ).first?.get("send_no")
                let window = request.call == nil ? self.sendWindow : min(self.sendWindow, SendAllowance.shortestPermit)
                return send.map { self.grant(call, send: $0, notAfter: since + window, LimitGrant()) }
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
