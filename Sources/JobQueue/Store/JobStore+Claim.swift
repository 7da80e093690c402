// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient

/// A kind of job that a worker can run with a provider.
package struct JobAbility: Sendable, Hashable {
    /// What the job does.
    package var kind: JobKind
    /// The outside system; nil is every one.
    package var provider: String?

    /// Makes an ability.
    package init(kind: JobKind, provider: String? = nil) {
        self.kind = kind
        self.provider = provider
    }

    /// The form that the claim compares: `kind/provider`, `kind/*`.
    var text: String { "\(self.kind)/\(self.provider ?? "*")" }
}

/// A request for work.
package struct ClaimRequest: Sendable {
    /// Whose slots.
    package var queue: QueueName
    /// How many at most: never more than there are free slots.
    package var limit: Int
    /// Who asks; it must be registered and active.
    package var worker: WorkerID
    /// What it can run.
    package var abilities: [JobAbility]
    /// The client that had the last turn; the one after it has the first.
    package var after: ClientID

    /// Makes a request.
    package init(queue: QueueName, limit: Int, worker: WorkerID, abilities: [JobAbility], after: ClientID? = nil) {
        self.queue = queue
        self.limit = limit
        self.worker = worker
        self.abilities = abilities
        self.after = after ?? .none
    }
}

extension JobStore {
    /// Takes ready jobs under new leases, in one round trip.
    ///
    /// Clients take turns, beginning after ``ClaimRequest/after``; within a client the order is priority, due time.
    /// What is paused, not due yet
    /// or beyond the worker's abilities stays.
    package func claim(_ request: ClaimRequest) async throws -> [ClaimedJob] {
        guard request.limit > 0 else { return [] }
        return try await self.pool.withConnection { db in try await Self.claim(request, on: &db) }
    }

    static func claim(_ request: ClaimRequest, on db: inout some SQLSession & ~Copyable) async throws -> [ClaimedJob] {
        let rows = try await db.pipeline([Self.planOnIndexes, Self.claim(request)])[1]
        return try rows.map { row throws in try ClaimedJob(row) }
    }

    /// The jobs that a worker holds by the database's account, among these lease numbers: claims whose answer was lost.
    package func leases(_ numbers: [Int64], of worker: WorkerID) async throws -> [ClaimedJob] {
        let rows = try await self.pool.query(
            """
            SELECT \(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at
            FROM job_lease
            WHERE worker_id = \(worker) AND lease_no = ANY (\(numbers))
            """)
        return try rows.map { row throws in try ClaimedJob(row) }
    }

    /// The most clients that one claim looks at, paused ones included.
    private static let longestWalk: Int32 = 20_000

    /// A walk over the clients that have ready work, one index probe each, until as many as there are free slots are found that are not paused;
    /// then, for each, its first jobs.
    private static func claim(_ request: ClaimRequest) -> Statement {
        let limit = Int32(clamping: request.limit)
        return """
            WITH RECURSIVE turn AS (
                SELECT \(request.after) AS client_id, false AS wrapped, 0 AS position, 0 AS steps, false AS is_open
                UNION ALL
                SELECT step.client_id, step.wrapped, turn.position + step.is_open::integer, turn.steps + 1, step.is_open
                FROM turn
                CROSS JOIN LATERAL (
                    SELECT next.*,
                           NOT EXISTS (
                               SELECT FROM queue_control c
                               WHERE c.client_id IN (next.client_id, \(ClientID.none)) AND c.account_id = \(AccountID.none)
                                 AND c.queue IN ('', \(request.queue))) AS is_open
                    FROM (
                    (SELECT r.client_id, turn.wrapped
                     FROM job_ready r
                     WHERE r.queue = \(request.queue) AND r.client_id > turn.client_id
                     ORDER BY r.client_id
                     LIMIT 1)
                    UNION ALL
                    (SELECT r.client_id, true
                     FROM job_ready r
                     WHERE r.queue = \(request.queue) AND NOT turn.wrapped
                     ORDER BY r.client_id
                     LIMIT 1)
                    LIMIT 1) AS next
                ) AS step
                WHERE turn.position < \(limit) AND turn.steps < \(Self.longestWalk) AND NOT (step.wrapped AND step.client_id > \(request.after))
            ),
            clock AS MATERIALIZED (SELECT world_now() AS now),
            open AS MATERIALIZED (
                SELECT turn.client_id, turn.position
                FROM turn
                WHERE turn.is_open
                  AND EXISTS (SELECT FROM worker w WHERE w.worker_id = \(request.worker) AND w.state = 'active')
            ),
            share AS MATERIALIZED (
                SELECT greatest(1, (\(limit) + count(*) - 1) / greatest(1, count(*))) AS quantum
                FROM open
            ),
            picked AS MATERIALIZED (
                SELECT job.*
                FROM open
                CROSS JOIN LATERAL (
                    SELECT r.*
                    FROM job_ready r
                    WHERE r.queue = \(request.queue)
                      AND r.client_id = open.client_id
                      AND r.due_at <= (SELECT now FROM clock)
                      AND (r.kind || '/' || r.provider = ANY (\(request.abilities.map(\.text)))
                           OR r.kind || '/*' = ANY (\(request.abilities.map(\.text))))
                      AND NOT r.account_id = ANY (ARRAY(
                          SELECT c.account_id
                          FROM queue_control c
                          WHERE c.account_id <> \(AccountID.none) AND c.queue IN ('', \(request.queue))))
                    ORDER BY r.priority, r.due_at, r.job_id
                    LIMIT (SELECT quantum FROM share)
                    FOR UPDATE SKIP LOCKED
                ) AS job
                LIMIT \(limit)
            ),
            gone AS (
                DELETE FROM job_ready r
                USING picked p
                WHERE r.client_id = p.client_id AND r.job_id = p.job_id
            )
            INSERT INTO job_lease (\(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at)
            SELECT \(unescaped: JobSpec.columns), nextval('job_lease_no'), \(request.worker), (SELECT now FROM clock)
            FROM picked
            RETURNING \(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at
            """
    }
}

extension ClaimedJob {
    init(_ row: Row) throws(PQError) {
        self.init(
            spec: try JobSpec(row), lease: Lease(number: try row.get("lease_no"), worker: try row.get("worker_id")),
            claimedAt: try row.get("claimed_at"))
    }
}
