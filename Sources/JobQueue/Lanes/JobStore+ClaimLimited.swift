// SPDX-License-Identifier: MIT

import Domain
import PQClient

extension JobStore {
    /// Takes jobs of lanes whose client, app or platform has a limit of running jobs.
    ///
    /// The limits' rows are locked in a statement of their own, so that the next one sees every slot that was taken
    /// before. The key of `lease_slot` is the limit; nothing is counted. Only lanes under such a limit are claimed so.
    /// A lane's platform is that of the first job that the worker can run; what is of another waits for the next claim.
    ///
    /// Whoever holds such a row is waited for shortly: a worker that was frozen between two statements delays nobody
    /// else. Then the lanes under its limit are `busy`, and the others give what they have.
    func claimUnderLimits(_ claim: LaneClaim) async throws -> LaneClaimAnswer {
        do {
            return try await self.claimUnderLimits(claim, skipsLocked: false)
        } catch let error as PQError where error.sqlState == .lockNotAvailable {
            return try await self.claimUnderLimits(claim, skipsLocked: true)
        }
    }

    private func claimUnderLimits(_ claim: LaneClaim, skipsLocked: Bool) async throws -> LaneClaimAnswer {
        try await self.pool.withTransaction(retrying: 3) { db in
            let rows = try await db.pipeline(
                [Self.limitPatience, Self.planOnIndexes, Self.lockLimits(claim, skipsLocked: skipsLocked)]
                    + (skipsLocked ? [Self.limits(claim)] : []))
            let limits = rows[2]
            // What is missing among the locked is in another's hands.
            let held = try skipsLocked ? Self.lanes(rows[3], butNot: limits) : []
            var room = ScopeRoom()
            var locked = claim
            locked.isUnderLock = true
            var scopes: Set<String> = []
            for row in limits { scopes.insert(try row.get("scope")) }
            var taken: [String: Set<Int32>] = [:]
            for row in try await db.query("SELECT scope, slot FROM lease_slot WHERE scope = ANY (\(scopes.sorted()))") {
                taken[try row.get("scope"), default: []].insert(try row.get("slot"))
            }
            for row in limits {
                let of = try LimitOfLane(row)
                room.add(of.lane, scope: of.scope, limit: try row.get("max_running"), taken: taken[of.scope] ?? [])
                locked.providers[of.lane] = try row.get("provider")
            }
            locked.shares = room.fit(claim.shares.filter { !held.contains($0.lane) })
            let claimed = try await db.pipeline([Self.planOnIndexes, Self.claim(locked, yields: true)])
            var answer = try Self.answer(claimed[1], to: locked)
            try await Self.fillSlots(of: answer.jobs, &room, on: &db)
            let asked = Set(locked.shares.map(\.lane))
            answer.answers += claim.shares.filter { !asked.contains($0.lane) }.map {
                let report =
                    held.contains($0.lane)
                    ? LaneReport(reason: .busy, wait: TurnBoard.longPark) : LaneReport(reason: .full, wait: nil)
                return LaneAnswer(share: $0, taken: 0, report: report)
            }
            return answer
        }
    }

    /// The times after which a claim under limits stops waiting for a rival, and the server takes its locks from it.
    private static let limitPatience: Statement = """
        SELECT set_config('lock_timeout', '250ms', true), set_config('idle_in_transaction_session_timeout', '5s', true)
        """

    private struct LimitOfLane: Hashable {
        var lane: Lane
        var scope: String

        init(_ row: Row) throws {
            self.lane = Lane(client: try row.get("client_id"), account: try row.get("account_id"))
            self.scope = try row.get("scope")
        }
    }

    /// The lanes that have a limit which is not among the locked ones.
    private static func lanes(_ limits: Rows, butNot locked: Rows) throws -> Set<Lane> {
        Set(try Set(limits.map(LimitOfLane.init)).subtracting(locked.map(LimitOfLane.init)).map(\.lane))
    }

    private static func lockLimits(_ claim: LaneClaim, skipsLocked: Bool) -> Statement {
        skipsLocked ? "\(Self.limits(claim)) FOR UPDATE OF m SKIP LOCKED" : "\(Self.limits(claim)) FOR UPDATE OF m"
    }

    /// The limits of lanes, in the order in which they are locked.
    private static func limits(_ claim: LaneClaim) -> Statement {
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
