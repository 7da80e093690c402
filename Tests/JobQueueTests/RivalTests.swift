// SPDX-License-Identifier: MIT

import Domain
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Rivals at a lane", .postgresSchema)
struct RivalTests {
    @Test("a slot that a rival takes at the same moment is left to it, and the job takes another")
    func sameSlot() async throws {
        let queue = try await QueueFixture()
        var jobs = [queue.job(), queue.job()]
        jobs[1].account = jobs[0].account
        try await queue.store.enqueue(jobs)
        let lane = Lane(client: queue.client, account: try #require(jobs[0].account))
        let rival = try await Self.claim(of: lane, queue)
        let own = try await Self.claim(of: lane, queue)
        #expect(!queue.store.rivals.areNear)
        try await queue.pool.overlap({ db in
            let rows = try await db.pipeline([JobStore.planOnIndexes, JobStore.claim(rival, yields: false)])[1]
            #expect(rows.count == 1)
        }) {
            // It does not see the rival's lease yet, and wants the first slot too.
            let jobs = try await queue.store.claim(own).claimed.jobs
            #expect(jobs.count == 1)
        }
        #expect(queue.store.rivals.areNear)
        let slots: [Int32] = try await queue.pool.query("SELECT slot FROM job_lease ORDER BY slot").column()
        #expect(slots == [1, 2])
        #expect(try await queue.store.list(JobFilter(states: [.leased])).count == 2)
        try await queue.expectSound()
    }

    @Test("where an account has one slot, the claim that met a rival gives nothing, and its job stays ready")
    func onlySlot() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.queue("work"), 1)
        var jobs = [queue.job(), queue.job()]
        jobs[1].account = jobs[0].account
        try await queue.store.enqueue(jobs)
        let lane = Lane(client: queue.client, account: try #require(jobs[0].account))
        let rival = try await Self.claim(of: lane, queue)
        let own = try await Self.claim(of: lane, queue)
        try await queue.pool.overlap({ db in
            _ = try await db.pipeline([JobStore.planOnIndexes, JobStore.claim(rival, yields: false)])
        }) {
            let answers = try await queue.store.claim(own).claimed.answers
            #expect(answers.map { $0.report?.reason } == [.full])
        }
        #expect(try await queue.store.list(JobFilter(states: [.leased])).count == 1)
        #expect(try await queue.store.list(JobFilter(states: [.ready])).count == 1)
        try await queue.expectSound()
    }

    @Test(
        "after a meeting claims yield for a while, for twice as long when they meet again soon, and as at first when not"
    )
    func caution() {
        let rivals = ClaimRivals()
        func yielding() -> Int {
            var count = 0
            while rivals.areNear { count += 1 }
            return count
        }
        rivals.met()
        #expect(yielding() == ClaimRivals.caution)
        rivals.met()
        #expect(yielding() == 2 * ClaimRivals.caution)
        for _ in 0..<(2 * ClaimRivals.caution) { #expect(!rivals.areNear) }
        rivals.met()
        #expect(yielding() == ClaimRivals.caution)
        for _ in 0..<20 {
            rivals.met()
            #expect(yielding() <= ClaimRivals.greatestCaution)
        }
    }

    @Test("a beat counts also where the worker's leases cannot be read in time")
    func slowLeases() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let worker = job.lease.worker
        try await queue.pool.execute("UPDATE worker SET beat_at = '-infinity' WHERE worker_id = \(worker)")
        var configuration = TestDatabase.required.configuration
        configuration.statementTimeout = .seconds(2)
        let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        try await queue.pool.withTransaction { db in
            try await db.execute("LOCK TABLE job_lease IN ACCESS EXCLUSIVE MODE")
            let answer = try await JobStore(pool: pool).beat(worker, state: .active, running: 1)
            #expect(answer.isAlive && answer.leases == nil)
        }
        await pool.close()
        #expect(try await queue.store.beat(worker, state: .active, running: 1).leases == [job.lease.number])
        let beats: [Bool] = try await queue.pool.query("SELECT beat_at > '-infinity' FROM worker").column()
        #expect(beats == [true])
    }

    @Test("whoever stopped while it held the lock of a client's limit delays that client alone")
    func frozenAtLimit() async throws {
        let queue = try await QueueFixture()
        let (stopped, other) = (ClientID(), ClientID())
        let lanes = [stopped, other].map { Lane(client: $0, account: AccountID()) }
        for lane in lanes {
            try await queue.store.setConcurrency(.client(lane.client, nil), 5)
            try await queue.store.enqueue([
                NewJob(client: lane.client, account: lane.account, queue: "work", kind: "noop", provider: "p")
            ])
        }
        let worker = try await queue.worker()
        let claim = LaneClaim(
            queue: "work", worker: worker, abilities: [JobAbility(kind: "noop")],
            shares: lanes.map { LaneShare(lane: $0, count: 1) })
        try await queue.pool.withTransaction { db in
            try await db.execute("SELECT FROM running_limit WHERE scope = \("client:\(stopped)") FOR UPDATE")
            let answer = try await queue.store.claimUnderLimits(claim)
            #expect(answer.jobs.map(\.client) == [other])
            let held = answer.answers.filter { $0.share.lane.client == stopped }
            #expect(held.map(\.taken) == [0])
            #expect(held.map { $0.report?.reason } == [.busy])
        }
        #expect(try await queue.store.claimUnderLimits(claim).jobs.map(\.client) == [stopped])
        try await queue.expectSound()
    }

    @Test("a number of jobs at once is from 1 to 10,000", arguments: [Int.min, -1, 0, 10_001, 3_000_000_000, Int.max])
    func numbers(count: Int) async throws {
        #expect(throws: JobQueueError.self) { try JobStore.check(concurrency: count) }
        for good in [nil, 1, 10_000] { try JobStore.check(concurrency: good) }
    }

    private static func claim(of lane: Lane, _ queue: QueueFixture) async throws -> LaneClaim {
        LaneClaim(
            queue: "work", worker: try await queue.worker(), abilities: [JobAbility(kind: "noop")],
            shares: [LaneShare(lane: lane, count: 1)])
    }
}
