// SPDX-License-Identifier: MIT

import Domain
import PQClient

/// How many jobs go before one, as far as turns tell: clients by weight, then the accounts of each, one job of an account a turn.
///
/// It is about as many, as if the workers were one that takes one job a turn, everybody who waits might start and nothing more came: whose
/// turn it is each worker knows alone, and one with many free slots takes a few jobs a turn (``TurnBoard/quantum(of:)``).
struct TurnPosition: Sendable, Hashable {
    /// An account with ready work.
    struct Waiting: Sendable, Hashable {
        var lane: Lane
        var weight: Int
        /// How many jobs it has ready, counted to ``most``.
        var count: Int
    }

    /// So many accounts are looked at.
    static let mostLanes = 1_000
    /// So many jobs of each are counted.
    static let most = 200

    /// Of other accounts of its client; nil when there is too much to count.
    var ofClient: Int?
    /// Of other clients; nil when there is too much to count.
    var ofOthers: Int?

    /// Counts.
    ///
    /// - Parameters:
    ///   - lane: The job's own.
    ///   - ahead: How many jobs of its own lane come before it.
    ///   - waiting: The lanes with ready work, its own included.
    ///   - isWhole: Whether these are all.
    init(of lane: Lane, ahead: Int, among waiting: [Waiting], isWhole: Bool) {
        guard isWhole else { return }
        let rounds = ahead + 1
        var (own, weight) = (0, 1)
        for other in waiting where other.lane.client == lane.client {
            weight = other.weight
            guard other.lane != lane else { continue }
            guard rounds <= Self.most || other.count < Self.most else { return }
            own += min(other.count, rounds)
        }
        self.ofClient = own
        let turns = (ahead + own + weight) / weight
        var others = 0
        for (_, lanes) in Dictionary(grouping: waiting.filter { $0.lane.client != lane.client }, by: \.lane.client) {
            let share = turns * (lanes.first?.weight ?? 1)
            let count = lanes.reduce(0) { $0 + $1.count }
            // What was not counted to its end may be more.
            guard share <= count || lanes.allSatisfy({ $0.count < Self.most }) else { return }
            others += min(count, share)
        }
        self.ofOthers = others
    }
}

extension JobStore {
    /// Where a ready job stands: a bounded look along the lanes, and a count of what comes before it in its own, which takes as long as that is.
    func turn(of spec: JobSpec) async throws -> JobExplanation.Turn {
        let lane = Lane(client: spec.client, account: spec.account ?? .none)
        let ahead: Statement = """
            SELECT count(*)
            FROM job_ready r
            WHERE r.era = \(ReadyEra.current) AND r.queue = \(spec.queue) AND r.client_id = \(lane.client)
              AND r.account_id = \(lane.account)
              AND (r.priority, r.due_at, r.job_id) < (\(spec.priority), \(spec.dueAt), \(spec.id))
            """
        let answers = try await self.pool.withConnection { db in
            try await db.pipeline([Self.planOnIndexes, ahead, Self.waiting(in: spec.queue)])
        }
        let count: Int64 = try answers[1].single()
        let waiting = try answers[2].map { row throws in
            TurnPosition.Waiting(
                lane: Lane(client: try row.get("client_id"), account: try row.get("account_id")),
                weight: Int(try row.get("weight", as: Int32.self)),
                count: Int(try row.get("waiting", as: Int64.self)))
        }
        let isWhole = waiting.count <= TurnPosition.mostLanes
        let position = TurnPosition(of: lane, ahead: Int(count), among: waiting, isWhole: isWhole)
        return JobExplanation.Turn(
            ahead: Int(count), aheadOfClient: position.ofClient, aheadOfOthers: position.ofOthers,
            lanes: isWhole ? waiting.count : nil, clients: isWhole ? Set(waiting.map(\.lane.client)).count : nil)
    }

    /// The lanes of a queue that have ready work, one more than are looked at; one probe a lane, and a bounded count.
    private static func waiting(in queue: QueueName) -> Statement {
        """
        \(Self.laneWalk(queue, after: Lane(client: .none, account: .none), lanes: TurnPosition.mostLanes + 1))
        SELECT walk.client_id, walk.account_id, coalesce(p.weight, 1) AS weight,
               (SELECT count(*) FROM (
                    SELECT
                    FROM job_ready r
                    WHERE r.era = \(ReadyEra.current) AND r.queue = \(queue) AND r.client_id = walk.client_id
                      AND r.account_id = walk.account_id
                    LIMIT \(Int32(TurnPosition.most))) AS counted) AS waiting
        FROM walk
        LEFT JOIN client_policy p ON p.client_id = walk.client_id
        WHERE walk.steps > 0
        """
    }
}
