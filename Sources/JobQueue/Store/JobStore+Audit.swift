// SPDX-License-Identifier: MIT

import Domain
import PQClient

/// What the checker found: nothing, if the queue keeps its promises.
package struct AuditReport: Sendable, Hashable {
    /// A rule that does not hold, and an example.
    package struct Violation: Sendable, Hashable, CustomStringConvertible {
        /// The rule.
        package var rule: String
        /// How often it does not hold.
        package var count: Int
        /// Where, for example.
        package var example: String

        /// The rule, the count and the example.
        package var description: String { "\(self.rule): \(self.count), for example \(self.example)" }
    }

    /// The rules that do not hold.
    package var violations: [Violation]
    /// How many jobs are live or have ended.
    package var jobs: Int
    /// What the history shows of each number of jobs at once under which something ran.
    package var running: [RunningCheck]
}

extension JobStore {
    /// Reads everything and proves, from one snapshot, that each job is in exactly one place, had one lease at a time, no
    /// lease ended twice, every end carries the lease it ran under, nothing was sent without a lease, and at no time more
    /// jobs ran at once than was allowed.
    ///
    /// It reads whole tables: for tests and doubts, not for every day. After a number of jobs at once was lowered, the
    /// rules about what runs now hold as soon as what ran before has ended; the history is checked as ``RunningCheck`` says.
    package func audit() async throws -> AuditReport {
        try await self.pool.withTransaction(isolation: .repeatableRead) { db in
            var violations: [AuditReport.Violation] = []
            for (rule, findings) in Self.rules {
                let rows = try await db.query(
                    "SELECT count(*) AS count, min(example) AS example FROM (\(findings)) AS finding")
                guard let row = rows.first else { continue }
                let count: Int64 = try row.get("count")
                guard count > 0 else { continue }
                violations.append(
                    .init(rule: rule, count: Int(count), example: try row.get("example", as: String?.self) ?? ""))
            }
            let running = try await Self.runningChecks(on: &db)
            let findings = try await Self.leaseFindings(on: &db) + running.compactMap(\.finding)
            violations += AuditReport.Violation.summarising(findings)
            let jobs: Int64 = try await db.query(
                """
                SELECT count(*)
                FROM (SELECT job_id FROM (\(Self.live)) AS l UNION SELECT job_id FROM attempt WHERE final) AS j
                """
            ).single()
            return AuditReport(violations: violations, jobs: Int(jobs), running: running)
        }
    }

    private static let live: Statement = """
        SELECT client_id, job_id, generation, 'scheduled' AS place FROM job_scheduled
        UNION ALL SELECT client_id, job_id, generation, 'ready' FROM job_ready
        UNION ALL SELECT client_id, job_id, generation, 'leased' FROM job_lease
        UNION ALL SELECT client_id, job_id, generation, 'held' FROM job_hold
        """

    /// The rules that a statement alone can check: each with the rows that break it.
    static let rules: [(rule: String, findings: Statement)] = [
        (
            "a live job is in one place",
            "SELECT job_id::text AS example FROM (\(live)) AS l GROUP BY client_id, job_id HAVING count(*) > 1"
        ),
        (
            "a job that ended is not live, unless it was brought back since",
            """
            SELECT l.job_id::text AS example
            FROM (\(live)) AS l
            WHERE EXISTS (
                SELECT FROM attempt a
                WHERE a.client_id = l.client_id AND a.job_id = l.job_id AND a.final AND a.generation >= l.generation)
            """
        ),
        (
            "a job ends once, unless it was brought back",
            """
            SELECT job_id::text AS example
            FROM attempt
            WHERE final
            GROUP BY client_id, job_id, generation
            HAVING count(*) > 1
            """
        ),
        (
            "a job that ran or has a key is live or has ended",
            """
            SELECT seen.job_id::text AS example
            FROM (SELECT client_id, job_id FROM attempt UNION SELECT client_id, job_id FROM job_key) AS seen
            WHERE NOT EXISTS (SELECT FROM (\(live)) AS l WHERE l.client_id = seen.client_id AND l.job_id = seen.job_id)
              AND NOT EXISTS (SELECT FROM attempt a WHERE a.client_id = seen.client_id AND a.job_id = seen.job_id
                  AND a.final)
            """
        ),
        (
            "a lease ends once",
            """
            SELECT lease_no::text AS example
            FROM attempt
            WHERE lease_no IS NOT NULL AND outcome <> 'stale'
            GROUP BY lease_no
            HAVING count(*) > 1
            """
        ),
        (
            "a lease that ended is not held",
            """
            SELECT l.lease_no::text AS example
            FROM job_lease l
            WHERE EXISTS (
                SELECT FROM attempt a
                WHERE a.client_id = l.client_id AND a.job_id = l.job_id AND a.lease_no = l.lease_no
                    AND a.outcome <> 'stale')
            """
        ),
        (
            "ready work is in the present era, where claims look",
            "SELECT job_id::text AS example FROM job_ready WHERE era <> \(ReadyEra.current)"
        ),
        (
            "leases are in the present era, so that the key of their slots is the limit",
            "SELECT lease_no::text AS example FROM job_lease WHERE era <> \(LeaseEra.current)"
        ),
        (
            "a slot of an account is one lease's",
            """
            SELECT min(lease_no)::text AS example
            FROM job_lease
            WHERE slot IS NOT NULL
            GROUP BY client_id, account_id, queue, slot
            HAVING count(*) > 1
            """
        ),
        (
            "a lease number is given once",
            "SELECT lease_no::text AS example FROM job_lease GROUP BY lease_no HAVING count(*) > 1"
        ),
        (
            "a lease number belongs to one job",
            """
            SELECT lease_no::text AS example
            FROM (SELECT lease_no, job_id FROM job_lease
                  UNION SELECT lease_no, job_id FROM attempt WHERE lease_no IS NOT NULL) AS given
            GROUP BY lease_no
            HAVING count(*) > 1
            """
        ),
        (
            "no more jobs of an account run in a queue than it has slots",
            """
            SELECT l.account_id::text AS example
            FROM job_lease l
            LEFT JOIN lane_policy p ON p.client_id = l.client_id AND p.account_id = l.account_id
            LEFT JOIN queue_policy q ON q.queue = l.queue
            WHERE l.account_id <> \(AccountID.none)
            GROUP BY l.client_id, l.account_id, l.queue, p.slots, q.account_slots
            HAVING count(*) > coalesce(p.slots, q.account_slots, \(JobStore.accountSlots))
                OR count(*) > count(DISTINCT l.slot)
            """
        ),
        (
            "no more jobs run within a limit of a client or app than it allows",
            """
            SELECT s.scope AS example
            FROM lease_slot s
            JOIN running_limit m ON m.scope = s.scope
            GROUP BY s.scope, m.max_running
            HAVING count(*) > m.max_running
            """
        ),
        (
            "a job that runs for a client or on a platform with a limit holds one of its slots",
            """
            SELECT l.lease_no::text AS example
            FROM job_lease l
            JOIN running_limit m
              ON m.scope = ANY (ARRAY['client:' || l.client_id, 'client:' || l.client_id || '/' || l.queue,
                                      'provider:' || l.provider, 'provider:' || l.provider || '/' || l.queue])
            WHERE NOT EXISTS (SELECT FROM lease_slot s WHERE s.scope = m.scope AND s.lease_no = l.lease_no)
            """
        ),
        (
            "a slot within a limit belongs to a lease",
            """
            SELECT s.scope AS example
            FROM lease_slot s
            WHERE NOT EXISTS (SELECT FROM job_lease l WHERE l.lease_no = s.lease_no)
            """
        ),
        (
            "a job that succeeded, or failed, ran under a lease",
            """
            SELECT job_id::text AS example
            FROM attempt
            WHERE outcome IN ('succeeded', 'failed', 'retry', 'deferred', 'released', 'crashed', 'held')
                AND lease_no IS NULL
            """
        ),
        (
            "what is being sent has its lease",
            """
            SELECT e.op_key AS example
            FROM effect e
            WHERE e.state = 'sending'
              AND NOT EXISTS (
                  SELECT FROM job_lease l
                  WHERE l.client_id = e.client_id AND l.job_id = e.job_id AND l.lease_no = e.lease_no)
            """
        ),
        (
            "a send leaves while its job's lease is held, by the worker that holds it",
            """
            SELECT s.op_key AS example
            FROM effect_send s
            WHERE NOT EXISTS (
                SELECT FROM job_lease l
                WHERE l.client_id = s.client_id AND l.job_id = s.job_id AND l.lease_no = s.lease_no
                    AND l.worker_id = s.worker_id AND l.claimed_real <= s.sent_real)
              AND NOT EXISTS (
                SELECT FROM attempt a
                WHERE a.client_id = s.client_id AND a.job_id = s.job_id AND a.lease_no = s.lease_no
                    AND a.worker_id = s.worker_id AND a.outcome <> 'stale'
                    AND s.sent_real BETWEEN a.started_real AND a.recorded_at)
            """
        ),
        (
            "a send follows a proof that the one before it took no effect",
            """
            SELECT s.op_key AS example
            FROM effect_send s
            JOIN effect_send earlier
              ON earlier.client_id = s.client_id AND earlier.op_key = s.op_key AND earlier.part = s.part
                  AND earlier.send_no = s.send_no - 1
            WHERE earlier.outcome IS NULL OR earlier.outcome NOT IN ('absent', 'not-sent', 'rejected')
            """
        ),
        (
            "an effect is confirmed by one send",
            """
            SELECT op_key AS example
            FROM effect_send
            WHERE outcome = 'confirmed'
            GROUP BY client_id, op_key, part
            HAVING count(*) > 1
            """
        ),
    ]
}
