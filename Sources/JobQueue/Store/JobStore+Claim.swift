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

    /// Makes a request.
    package init(queue: QueueName, limit: Int, worker: WorkerID, abilities: [JobAbility]) {
        self.queue = queue
        self.limit = limit
        self.worker = worker
        self.abilities = abilities
    }
}

extension JobStore {
    /// Takes ready jobs under new leases, after a look at every lane of the queue.
    ///
    /// Clients take turns by weight, then the accounts of each; within a lane the order is priority, due time. What is
    /// paused, closed, not due yet or beyond the worker's abilities stays. A ``Worker`` keeps its turns from claim to
    /// claim instead and looks at few lanes at a time.
    package func claim(_ request: ClaimRequest) async throws -> [ClaimedJob] {
        var board = TurnBoard()
        var scout = LaneScout(interval: .seconds(3_600), isTold: false)
        let now = ContinuousClock.now
        while let after = scout.nextPage(now: now, isCalm: false) {
            let page = try await self.claim(nil, scout: (request.queue, after)).sighted
            scout.saw(page)
            board.join(page, now: now)
        }
        var claimed: [ClaimedJob] = []
        while claimed.count < request.limit, board.hasOpenLanes {
            let offer = board.next(limit: request.limit - claimed.count, now: now)
            let answer = try await self.claim(
                offer, of: request.queue, worker: request.worker, abilities: request.abilities)
            board.took(answer.answers, now: now)
            claimed += answer.jobs
        }
        return claimed
    }

    /// Claims an offer: plain lanes in one statement, those under limits in a transaction of their own.
    private func claim(
        _ offer: Offer, of queue: QueueName, worker: WorkerID, abilities: [JobAbility]
    ) async throws -> LaneClaimAnswer {
        var answer = LaneClaimAnswer()
        for shares in [offer.plain, offer.underLimits] where !shares.isEmpty {
            let claim = LaneClaim(queue: queue, worker: worker, abilities: abilities, shares: shares)
            let part =
                shares == offer.plain ? try await self.claim(claim).claimed : try await self.claimUnderLimits(claim)
            answer.jobs += part.jobs
            answer.answers += part.answers
        }
        return answer
    }

    /// The jobs that a worker holds by the database's account, among these lease numbers: claims whose answer was lost.
    package func leases(_ numbers: [Int64], of worker: WorkerID) async throws -> [ClaimedJob] {
        let rows = try await self.pool.query(
            """
            SELECT \(unescaped: JobSpec.columns), lease_no, worker_id, claimed_at, ctid AS place
            FROM job_lease
            WHERE era = \(LeaseEra.current) AND worker_id = \(worker) AND lease_no = ANY (\(numbers))
            """)
        return try rows.map { row throws in try ClaimedJob(row, place: try row.get("place")) }
    }
}

extension ClaimedJob {
    /// Reads a lease's row by the names of its columns.
    convenience init(_ row: Row, place: RowPlace? = nil) throws(PQError) {
        self.init(
            spec: try JobSpec(row), lease: Lease(number: try row.get("lease_no"), worker: try row.get("worker_id")),
            claimedAt: try row.get("claimed_at"), place: place)
    }
}
