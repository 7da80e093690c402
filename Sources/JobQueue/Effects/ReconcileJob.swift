// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PQClient

extension QueueName {
    /// Slots for looking whether something took effect: never behind what is sent, and never in its slots.
    package static let reconcile: Self = "reconcile"
}

extension JobKind {
    /// Looks whether a send took effect, until that is settled.
    package static let reconcile: Self = "reconcile"
}

/// Words for which the queue itself holds jobs.
package enum HoldReason {
    /// Nobody knows whether what the job sent took effect.
    package static let unknownOutcome = "unknown-outcome"
    /// Workers died with the job again and again.
    package static let poison = "poison"
}

/// What a reconcile job looks for.
package struct ReconcileTask: Codable, Sendable, Hashable {
    /// The operation.
    package var operation: OperationKey
    /// Which visible piece of it.
    package var part: Int

    /// Reads a reconcile job's parameters.
    package init(_ payload: JSONText) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(payload.text.utf8))
    }
}

/// The statements around the job that looks for an unknown send.
///
/// One is made by the statement that makes the send unknown, so there is one for each unknown send and never none. The
/// job that sent waits, held, and is made ready by the transaction that settles the send.
enum ReconcileJob {
    /// What an effect that becomes unknown gets besides its state.
    static let identity: Statement = "reconcile_job = CASE WHEN e.recovery = 'reconcile' THEN new_job_id() END"

    /// What an update that makes effects unknown returns for ``insert(from:)``.
    static let returning: Statement = """
        RETURNING e.client_id, e.op_key, e.part, e.send_no, e.job_id, e.account_id, e.provider, e.reconcile_job
        """

    /// Makes the jobs for effects that have just become unknown, due at once: the handler knows how long the other
    /// side's lists lag.
    static func insert(from unsettled: StaticString) -> Statement {
        """
        INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
        SELECT client_id, reconcile_job, \(QueueName.reconcile), \(JobKind.reconcile), provider, account_id, job_id,
               jsonb_build_object('operation', op_key, 'part', part), 100, world_now(), 0, 0, 0, 2147483647, 'requeue', 1,
               NULL, world_now(), \(ReadyEra.current)
        FROM \(unescaped: unsettled)
        WHERE reconcile_job IS NOT NULL
        """
    }

    /// Lets those go on that waited for an effect that is settled now: the job that sent, unless another piece of it is
    /// still unknown, and the job that looks, so that it ends.
    static func wake(_ operation: OperationKey, part: Int, client: ClientID) -> Statement {
        """
        WITH settled AS (
            SELECT e.client_id, e.job_id, e.reconcile_job,
                   NOT EXISTS (
                       SELECT FROM effect o
                       WHERE o.client_id IS NOT DISTINCT FROM e.client_id AND o.job_id = e.job_id AND o.state = 'unknown') AS is_whole
            FROM effect e
            WHERE e.client_id = \(client) AND e.op_key = \(operation) AND e.part = \(Int32(part))
              AND e.state <> 'unknown' AND e.reconcile_job IS NOT NULL
        ),
        gone AS (
            DELETE FROM job_hold h
            USING settled s
            WHERE h.client_id = s.client_id AND h.job_id IN (s.job_id, s.reconcile_job)
              AND h.reason = \(HoldReason.unknownOutcome) AND (s.is_whole OR h.job_id = s.reconcile_job)
            RETURNING h.*
        )
        INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
        SELECT \(unescaped: JobSpec.columns), \(ReadyEra.current)
        FROM gone
        """
    }

    /// Whether the job of `row` sent something under its last lease whose outcome is not known.
    static func isUnsettled(_ row: StaticString) -> Statement {
        """
        (\(unescaped: row).recovery = 'reconcile' AND EXISTS (
            SELECT FROM effect u
            WHERE u.client_id IS NOT DISTINCT FROM \(unescaped: row).client_id AND u.job_id = \(unescaped: row).job_id
              AND (u.state = 'unknown' OR (u.state = 'sending' AND u.lease_no = \(unescaped: row).lease_no))))
        """
    }

    /// Makes a job for every unknown effect whose job was called off, or failed.
    static let replaceLost: Statement = """
        WITH unsettled AS (
            UPDATE effect e
            SET \(ReconcileJob.identity)
            WHERE e.state = 'unknown' AND e.recovery = 'reconcile'
              AND NOT EXISTS (
                  SELECT FROM job_ready j WHERE j.client_id = e.client_id AND j.job_id = e.reconcile_job)
              AND NOT EXISTS (
                  SELECT FROM job_scheduled j WHERE j.client_id = e.client_id AND j.job_id = e.reconcile_job)
              AND NOT EXISTS (
                  SELECT FROM job_lease j WHERE j.client_id = e.client_id AND j.job_id = e.reconcile_job)
              AND NOT EXISTS (
                  SELECT FROM job_hold j WHERE j.client_id = e.client_id AND j.job_id = e.reconcile_job)
            \(ReconcileJob.returning)
        )
        \(ReconcileJob.insert(from: "unsettled"))
        """

    /// Lets jobs go on that were put to wait for an outcome at the very moment in which it became known.
    static let wakeForgotten: Statement = """
        WITH gone AS (
            DELETE FROM job_hold h
            WHERE h.reason = 'unknown-outcome' AND h.recovery = 'reconcile'
              AND NOT EXISTS (
                  SELECT FROM effect e
                  WHERE e.client_id IS NOT DISTINCT FROM h.client_id AND e.job_id = h.job_id AND e.state IN ('unknown', 'sending'))
            RETURNING h.*
        )
        INSERT INTO job_ready (\(unescaped: JobSpec.columns), era)
        SELECT \(unescaped: JobSpec.columns), \(ReadyEra.current)
        FROM gone
        """
}
