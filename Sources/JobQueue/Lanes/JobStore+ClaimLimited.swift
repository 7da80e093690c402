// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Takes jobs of lanes whose client, app or platform has a limit of running jobs.
    ///
    /// The limits' rows are locked in a statement of their own, so that the next one sees every slot that was taken
    /// before. The key of `lease_slot` is the limit; nothing is counted. Only lanes under such a limit pay for it.
    /// A lane's platform is that of the first job that the worker can run; what is of another waits for the next claim.
    func claimUnderLimits(_ claim: LaneClaim) async throws -> LaneClaimAnswer {
        try await self.pool.withTransaction(retrying: 3) { db in
            var room = ScopeRoom()
            var locked = claim
            locked.isUnderLock = true
            let limits = try await db.pipeline([Self.planOnIndexes, Self.lockLimits(claim)])[1]
            var scopes: Set<String> = []
            for row in limits { scopes.insert(try row.get("scope")) }
            var taken: [String: Set<Int32>] = [:]
            for row in try await db.query("SELECT scope, slot FROM lease_slot WHERE scope = ANY (\(scopes.sorted()))") {
                taken[try row.get("scope"), default: []].insert(try row.get("slot"))
            }
            for row in limits {
                let scope: String = try row.get("scope")
                let lane = Lane(client: try row.get("client_id"), account: try row.get("account_id"))
                room.add(lane, scope: scope, limit: try row.get("max_running"), taken: taken[scope] ?? [])
                locked.providers[lane] = try row.get("provider")
            }
            locked.shares = room.fit(claim.shares)
            let rows = try await db.pipeline([Self.planOnIndexes, Self.claim(locked, yields: true)])
            var answer = try Self.answer(rows[1], to: locked)
            try await Self.fillSlots(of: answer.jobs, &room, on: &db)
            let asked = Set(locked.shares.map(\.lane))
            answer.answers += claim.shares.filter { !asked.contains($0.lane) }.map {
                LaneAnswer(share: $0, taken: 0, report: LaneReport(reason: .full, wait: nil))
            }
            return answer
        }
    }

    private static func lockLimits(_ claim: LaneClaim) -> Statement {
        """
        SELECT given.client_id, given.account_id, m.scope, m.max_running, head.provider
        FROM unnest(\(claim.shares.map(\.lane.client)), \(claim.shares.map(\.lane.account))) AS given (client_id, account_id)
        LEFT JOIN lane_policy p ON p.client_id = given.client_id AND p.account_id = given.account_id
        LEFT JOIN LATERAL (
            SELECT r.provider
            FROM job_ready r
            WHERE \(Self.limitsProviders) AND r.era = \(ReadyEra.current) AND r.queue = \(claim.queue)
              AND r.client_id = given.client_id AND r.account_id = given.account_id AND \(Self.canRun(claim))
            ORDER BY r.priority, r.due_at, r.job_id
            LIMIT 1
        ) AS head ON true
        JOIN running_limit m
          ON m.scope = ANY (ARRAY['client:' || given.client_id, 'client:' || given.client_id || '/' || \(claim.queue),
                                  'app:' || p.app_id, 'app:' || p.app_id || '/' || \(claim.queue),
                                  'provider:' || head.provider, 'provider:' || head.provider || '/' || \(claim.queue)])
        ORDER BY m.scope, given.client_id, given.account_id
        FOR UPDATE OF m
        """
    }

    private static func fillSlots(of jobs: [ClaimedJob], _ room: inout ScopeRoom, on db: inout Transaction) async throws
    {
        var slots: [(scope: String, slot: Int32, job: ClaimedJob)] = []
        for job in jobs {
            slots += room.take(Lane(client: job.client, account: job.account ?? .none)).map { ($0.scope, $0.slot, job) }
        }
        guard !slots.isEmpty else { return }
        try await db.execute(
            """
            INSERT INTO lease_slot (scope, slot, client_id, job_id, lease_no)
            SELECT *
            FROM unnest(\(slots.map(\.scope)), \(slots.map(\.slot)), \(slots.map(\.job.client)), \(slots.map(\.job.id)),
                        \(slots.map(\.job.lease.number)))
            """)
    }
}
