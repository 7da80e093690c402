// SPDX-License-Identifier: MIT

import Domain
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// What a claim reads, by the pages that PostgreSQL counted: no time is measured.
///
/// The fewest pages of some rounds are taken: PostgreSQL counts those of its catalog too, which a connection reads anew when
/// tests beside this one have made many tables.
@Suite("Cost of a claim", .postgresSchema, .timeLimit(.minutes(10)))
struct ClaimCostTests {
    private static let ready = 10_000
    private static let jobs = 16
    private static let rounds = 6

    /// The pages that a claim of one job each of 16 lanes, and a page of the scout, touch with so many active clients.
    private func pages(clients count: Int, _ queue: QueueFixture) async throws -> (claim: Int, scout: Int) {
        try await queue.pool.execute("TRUNCATE job_ready, job_lease")
        let lanes = (0..<count).map { _ in Lane(client: ClientID(), account: AccountID()) }
        let jobs = (0..<Self.ready).map { number in
            let lane = lanes[number % count]
            return NewJob(client: lane.client, account: lane.account, queue: "work", kind: "noop", provider: "p")
        }
        for start in stride(from: 0, to: jobs.count, by: 1_000) {
            try await queue.store.enqueue(Array(jobs[start..<(start + 1_000)]))
        }
        let worker = try await queue.worker()
        var claim = Int.max
        var scout = Int.max
        for round in 0..<Self.rounds {
            let chosen = (0..<Self.jobs).map { lanes[($0 * Self.rounds + round) * (count / (Self.rounds * Self.jobs))] }
            let request = LaneClaim(
                queue: "work", worker: worker, abilities: [JobAbility(kind: "noop")],
                shares: chosen.map { LaneShare(lane: $0, count: 1) })
            claim = min(claim, try await Self.touched(JobStore.claim(request, yields: false), queue))
            let leased: Int64 = try await queue.pool.query("SELECT count(*) FROM job_lease").single()
            #expect(leased == Int64(Self.jobs * (round + 1)))
            let start = Lane(client: .none, account: .none)
            scout = min(scout, try await Self.touched(JobStore.scout("work", after: start), queue))
        }
        return (claim, scout)
    }

    /// The pages that a statement found in memory or read, as `EXPLAIN` counts them; the statement takes effect.
    private static func touched(_ statement: Statement, _ queue: QueueFixture) async throws -> Int {
        let plan: [String] = try await queue.pool.pipeline([
            JobStore.planOnIndexes, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + statement,
        ])[1].column()
        let total = try #require(plan.first { $0.contains("Buffers: shared") }, "\(plan)")
        let counts = total.matches(of: #/(?:hit|read)=(\d+)/#).compactMap { Int($0.1) }
        return counts.reduce(0, +)
    }

    /// What closes a lane, and what a claim says of it then.
    private enum Closing: String, CaseIterable {
        case accountGate, clientGate, platformGate, pause, slots

        var reason: LaneReport.Reason {
            switch self {
            case .accountGate, .clientGate, .platformGate: .closed
            case .pause: .paused
            case .slots: .full
            }
        }

        func close(_ lane: Lane, _ queue: QueueFixture) async throws {
            switch self {
            case .accountGate: try await Self.close(.account(lane.account), queue)
            case .clientGate: try await Self.close(.client(lane.client), queue)
            case .platformGate: try await Self.close(.provider("p"), queue)
            case .pause: try await queue.store.pause(.account(lane.client, lane.account), by: "ann")
            case .slots:
                try await queue.store.setConcurrency(.account(lane.client, lane.account), 1)
                let claim = try await ClaimCostTests.claim(lane, queue)
                #expect(try await queue.store.claim(claim).claimed.jobs.count == 1)
            }
        }

        private static func close(_ scope: LimitScope, _ queue: QueueFixture) async throws {
            try await queue.pool.withConnection { db in
                try await LimitStore.close(scope, for: .seconds(86_400), reason: "429", by: "p", on: &db)
            }
        }
    }

    private static func claim(_ lane: Lane, _ queue: QueueFixture) async throws -> LaneClaim {
        LaneClaim(
            queue: "work", worker: try await queue.worker(), abilities: [JobAbility(kind: "noop")],
            shares: [LaneShare(lane: lane, count: Self.jobs)])
    }

    @Test(
        "a closed lane costs one probe: with 10,000 jobs behind it as many pages as with 10",
        arguments: Closing.allCases)
    private func closed(closing: Closing) async throws {
        let queue = try await QueueFixture()
        var pages: [Int] = []
        // Both in one table, so that its indexes are as high for the one as for the other.
        let lanes = (0..<2).map { _ in Lane(client: ClientID(), account: AccountID()) }
        for (lane, count) in zip(lanes, [10, Self.ready]) {
            try await queue.flood(count, client: lane.client, accounts: [lane.account])
        }
        for lane in lanes { try await closing.close(lane, queue) }
        for lane in lanes {
            let claim = try await Self.claim(lane, queue)
            #expect(try await queue.store.claim(claim).claimed.answers.map(\.report?.reason) == [closing.reason])
            var fewest = Int.max
            for _ in 0..<Self.rounds {
                fewest = min(fewest, try await Self.touched(JobStore.claim(claim, yields: false), queue))
            }
            pages.append(fewest)
        }
        #expect(abs(pages[1] - pages[0]) <= 2, "\(pages[1]) pages, \(pages[0]) with few")
    }

    @Test("a claim among the lanes of 5,000 clients, and 5,000 limits of others, reads as many pages as among 100")
    func clients() async throws {
        let queue = try await QueueFixture()
        // A lane asks whether it is among them; how many others are costs nothing.
        let limits: Statement = "INSERT INTO running_limit SELECT 'client:' || gen_random_uuid(), 3"
        try await queue.pool.execute(limits)
        let few = try await self.pages(clients: 100, queue)
        try await queue.pool.execute("\(limits) FROM generate_series(1, 5000)")
        let many = try await self.pages(clients: 5_000, queue)
        #expect(few.claim > Self.jobs)
        #expect(many.claim * 10 <= few.claim * 13, "\(many.claim) pages, \(few.claim) with few")
        // A page of the scout is 256 lanes at most, however many there are.
        #expect(many.scout * 100 <= few.scout * LaneScout.pageSize * 13 / 10, "\(many.scout), \(few.scout) with few")
    }
}
