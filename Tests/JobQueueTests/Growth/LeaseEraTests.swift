// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Eras of leases", .postgresSchema)
struct LeaseEraTests {
    private func era(_ queue: QueueFixture) async throws -> Int64 {
        try await queue.pool.query("SELECT era FROM lease_era").single()
    }

    @Test("leases go along into a new era: beats know them, their slots are taken, and they end however runs end")
    func goesAlong() async throws {
        let queue = try await QueueFixture()
        let jobs = (0..<6).map { _ in queue.job() }
        try await queue.store.enqueue(jobs)
        let worker = try await queue.worker()
        let claimed = try await queue.claim(worker)
        try #require(claimed.count == 6)
        #expect(try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil))
        #expect(try await self.era(queue) == 2)
        try await queue.expectSound()
        let beat = try await queue.store.beat(worker, state: .active, running: 6)
        #expect(beat.leases == Set(claimed.map(\.lease.number)))
        let places: [RowPlace] = try await queue.pool.query("SELECT ctid FROM job_lease").column()
        #expect(Set(places).isDisjoint(with: claimed.compactMap(\.place)))

        let failure = JobFailure(code: "c", message: "m")
        let ends = [
            Finish(claimed[0], .succeeded), Finish(claimed[1], .released), Finish(claimed[2], .failed(failure)),
        ]
        #expect(try await queue.store.finish(ends) == [.applied, .applied, .applied])
        #expect(try await queue.store.finish(Finish(claimed[3], .succeeded), record: { _ in }) == .applied)
        _ = try await queue.store.cancel(claimed[4].id, client: queue.client, reason: "no")
        #expect(try await queue.store.finish([Finish(claimed[4], .succeeded)]) == [.applied])
        try await queue.kill(worker)
        #expect(try await queue.store.rescue().rescued == 1)
        #expect(try await queue.outcomes(of: claimed[5].id) == ["crashed"])
        try await queue.expectSound()
    }

    @Test("no era begins while a claim is under way, or a run holds its lease; those leases go along with the next")
    func waits() async throws {
        let queue = try await QueueFixture()
        let held = try await queue.claimedJob()
        let job = queue.job()
        try await queue.store.enqueue([job])
        let claim = try await Self.claim(of: job, queue)
        try await queue.pool.withTransaction { db in
            let rows = try await db.pipeline([JobStore.planOnIndexes, JobStore.claim(claim, yields: false)])[1]
            try #require(rows.count == 1)
            #expect(try await !LeaseEra.begin(queue.pool, shortest: .zero, claims: nil))
        }
        try await queue.pool.withTransaction { db in
            let isOurs = try await held.holdsLease(on: &db)
            let hasBegun = try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil)
            #expect(isOurs && !hasBegun)
        }
        #expect(try await self.era(queue) == 1)
        #expect(try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil))
        let eras: [Int64] = try await queue.pool.query("SELECT era FROM job_lease").column()
        #expect(eras == [2, 2])
        try await queue.expectSound()
    }

    @Test(
        "a claim that begins while the leases move waits, sees the slots that are taken, and takes its own in the new era"
    )
    func claimWaits() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.queue("work"), 2)
        var jobs = (0..<3).map { _ in queue.job() }
        for index in jobs.indices { jobs[index].account = jobs[0].account }
        try await queue.store.enqueue(jobs)
        // One connection, whose plans are made before.
        let own = ConnectionPool(configuration: TestDatabase.required.configuration, logger: Logger(label: "test"))
        let store = JobStore(pool: own)
        let claim = try await Self.claim(of: jobs[0], queue)
        #expect(try await store.claim(claim).claimed.jobs.count == 1)
        for (reason, yields) in [(LaneReport.Reason?.none, false), (.full, true)] {
            if yields { store.rivals.met() }
            try await queue.pool.overlap({ db in
                let hasBegun = try await LeaseEra.era.move(.zero, on: &db)
                #expect(hasBegun)
            }) {
                let answers = try await store.claim(claim).claimed.answers
                #expect(answers.map { $0.report?.reason } == [reason])
            }
            try await queue.expectSound()
        }
        await own.close()
        let slots: [Int32] = try await queue.pool.query("SELECT slot FROM job_lease WHERE era = 3 ORDER BY slot")
            .column()
        #expect(slots == [1, 2])
    }

    @Test("leases have a new era also while much work is ready, but none that has just begun is left")
    func backlog() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue((0..<2_001).map { _ in queue.job(client: ClientID()) })
        #expect(try await !ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
        #expect(try await !LeaseEra.begin(queue.pool, shortest: .seconds(3_600), claims: nil))
        #expect(try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil))
        #expect(try await self.era(queue) == 2)
    }

    @Test("an era goes on in which fewer jobs were claimed than a new one would take along, or too few to matter")
    func idle() async throws {
        let queue = try await QueueFixture()
        let worker = try await queue.worker()
        func begins(_ claims: Int64) async throws -> [Bool] {
            [
                try await ReadyEra.begin(queue.pool, shortest: .zero, claims: claims),
                try await LeaseEra.begin(queue.pool, shortest: .zero, claims: claims),
            ]
        }
        #expect(try await begins(10) == [false, false])
        try await queue.store.enqueue((0..<100).map { _ in queue.job() })
        #expect(try await queue.claim(worker, limit: 20).count == 20)
        // Eighty wait, twenty run.
        #expect(try await begins(30) == [false, false])
        #expect(try await begins(10) == [false, true])
        #expect(try await begins(10) == [false, false])
        let rest = try await queue.claim(worker, limit: 70)
        try await queue.store.finish(rest.map { Finish($0, .succeeded) })
        #expect(try await begins(10) == [true, true])
        #expect(try await begins(10) == [false, false])
        try await queue.expectSound()
    }

    @Test("while a snapshot is held, a claim costs after many ended leases what it cost before, once an era has begun")
    func bounded() async throws {
        let queue = try await QueueFixture()
        var jobs = (0..<480).map { _ in queue.job() }
        for index in jobs.indices { jobs[index].account = jobs[0].account }
        try await queue.store.enqueue(jobs)
        let worker = try await queue.worker()
        let claim = try await Self.claim(of: jobs[0], queue)
        try await queue.pool.withTransaction(isolation: .repeatableRead) { snapshot in
            _ = try await snapshot.query("SELECT FROM world")
            let first = try await Self.buffers(of: claim, queue)
            for _ in 0..<100 {
                let claimed = try await queue.claim(worker, limit: 3)
                try #require(claimed.count == 3)
                try await queue.store.finish(claimed.map { Finish($0, .succeeded) })
            }
            // Of the ready work nothing dead is passed.
            #expect(try await ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
            let late = try await Self.buffers(of: claim, queue)
            #expect(try await ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
            #expect(try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil))
            let afterwards = try await Self.buffers(of: claim, queue)
            #expect(afterwards < first + 20 && late > first + 50, "\(first), \(late), \(afterwards)")
        }
        try await queue.expectSound()
    }

    @Test("the slots of accounts are exact while eras of leases begin, and no run is lost or done twice")
    func race() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.queue("work"), 2)
        let accounts = (0..<3).map { _ in AccountID() }
        let jobs = (0..<120).map { index in
            var job = queue.job()
            job.account = accounts[index % 3]
            return job
        }
        try await queue.store.enqueue(jobs)
        let workers = [try await queue.worker(), try await queue.worker(), try await queue.worker()]
        let ended = try await withThrowingTaskGroup(of: [JobID].self) { group in
            group.addTask {
                for _ in 0..<40 {
                    _ = try await LeaseEra.begin(queue.pool, shortest: .zero, claims: nil)
                    try await queue.expectSound()
                }
                return []
            }
            for worker in workers {
                group.addTask {
                    var ended: [JobID] = []
                    while try await queue.store.list(JobFilter(states: [.ready, .leased], limit: 1)).count > 0 {
                        for job in try await queue.claim(worker, limit: 4)
                        where try await queue.store.finish([Finish(job, .succeeded)]) == [.applied] {
                            ended.append(job.id)
                        }
                    }
                    return ended
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ended.count == jobs.count)
        #expect(Set(ended) == Set(jobs.map(\.id)))
        #expect(try await self.era(queue) > 1)
        try await queue.expectSound()
    }

    /// A claim of one job of a job's lane.
    private static func claim(of job: NewJob, _ queue: QueueFixture) async throws -> LaneClaim {
        let lane = Lane(client: job.client, account: try #require(job.account))
        return LaneClaim(
            queue: "work", worker: try await queue.worker(), abilities: [JobAbility(kind: "noop")],
            shares: [LaneShare(lane: lane, count: 1)])
    }

    /// How many pages a claim touches; it takes its job.
    ///
    /// PostgreSQL counts the pages of its catalogs too, which a session reads at its first claim, and anew when tests beside this one have made
    /// many tables: the fewest pages of some claims are taken, all but the last of which are taken back.
    private static func buffers(of claim: LaneClaim, _ queue: QueueFixture) async throws -> Int {
        let explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + JobStore.claim(claim, yields: false)
        return try await queue.pool.withConnection { db in
            var fewest = Int.max
            for end in ["ROLLBACK", "ROLLBACK", "ROLLBACK", "ROLLBACK", "COMMIT"] as [Statement] {
                try await db.execute("BEGIN")
                let plan: [String] = try await db.pipeline([JobStore.planOnIndexes, explain])[1].column()
                try await db.execute(end)
                // The first line of this kind is of the whole statement.
                let line = try #require(plan.first { $0.contains("Buffers: shared") })
                fewest = min(fewest, line.matches(of: /(?:hit|read)=(\d+)/).reduce(0) { $0 + (Int($1.output.1) ?? 0) })
            }
            return fewest
        }
    }
}
