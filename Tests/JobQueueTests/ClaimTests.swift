// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Claim", .postgresSchema)
struct ClaimTests {
    @Test("a job is claimed by one worker only, however many claim at once")
    func exclusive() async throws {
        let queue = try await QueueFixture()
        let jobs = (0..<300).map { index in queue.job(client: index.isMultiple(of: 3) ? queue.client : ClientID()) }
        try await queue.store.enqueue(jobs)
        let claimed = try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                let worker = try await queue.worker()
                group.addTask {
                    var mine: [ClaimedJob] = []
                    while true {
                        let more = try await queue.claim(worker, limit: 7)
                        if more.isEmpty { return mine }
                        mine += more
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(claimed.map(\.id)).count == claimed.count)
        #expect(Set(claimed.map(\.lease.number)).count == claimed.count)
        let rest = try await queue.claim(try await queue.worker(), limit: 1_000)
        #expect(claimed.count + rest.count == jobs.count)
        try await queue.expectSound()
    }

    @Test("a claim takes no more than was asked for")
    func limit() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue(
            (0..<20).map { _ in queue.job(client: ClientID()) } + (0..<20).map { _ in queue.job() })
        #expect(try await queue.claim(try await queue.worker(), limit: 13).count == 13)
        #expect(try await queue.store.list(JobFilter(states: [.leased])).count == 13)
    }

    @Test("within a lane the order is priority, then due time")
    func order() async throws {
        let queue = try await QueueFixture()
        let now = try await queue.world.now()
        var jobs = (0..<4).map { queue.job(dueAt: now.addingTimeInterval(Double(-$0) * 10)) }
        jobs[0].priority = 1
        for index in jobs.indices { jobs[index].account = jobs[0].account }
        try await queue.store.enqueue(jobs)
        let worker = try await queue.worker()
        var order: [JobID] = []
        for _ in jobs { order += try await queue.claim(worker, limit: 1).map(\.id) }
        #expect(try await queue.claim(worker, limit: 1).isEmpty)
        #expect(order == [jobs[0].id, jobs[3].id, jobs[2].id, jobs[1].id])
    }

    @Test("clients take turns: a lone job does not wait behind another client's backlog")
    func turns() async throws {
        let queue = try await QueueFixture()
        let (big, small, third) = (ClientID(), ClientID(), ClientID())
        try await queue.store.enqueue(
            (0..<100).map { _ in queue.job(client: big) } + [queue.job(client: small), queue.job(client: third)])
        let worker = try await queue.worker()
        let claimed = try await queue.claim(worker, limit: 6)
        #expect(claimed.contains { $0.client == small } && claimed.contains { $0.client == third })

        #expect(claimed.count { $0.client == big } == 4)
    }

    @Test("a worker claims only the kinds and providers that it can run")
    func abilities() async throws {
        let queue = try await QueueFixture()
        var elsewhere = queue.job()
        elsewhere.provider = "q"
        let (mine, other) = (queue.job(), queue.job("other"))
        try await queue.store.enqueue([mine, other, elsewhere])
        let claimed = try await queue.store.claim(
            ClaimRequest(
                queue: "work", limit: 10, worker: try await queue.worker(),
                abilities: [JobAbility(kind: "noop", provider: "p")]))
        #expect(claimed.map(\.id) == [mine.id])
    }

    @Test("what is paused is not claimed until it is resumed", arguments: ["queue", "client", "account"])
    func pauses(scope: String) async throws {
        let queue = try await QueueFixture()
        let job = queue.job()
        let other = queue.job(client: ClientID())
        try await queue.store.enqueue([job, other])
        let what: PauseScope =
            switch scope {
            case "queue": .queue("work")
            case "client": .client(queue.client)
            default: .account(queue.client, try #require(job.account))
            }
        try await queue.store.pause(what, by: "ann", reason: "holiday")
        #expect(try await queue.store.pauses().map(\.scope) == [what])
        let worker = try await queue.worker()
        let claimed = try await queue.claim(worker).map(\.id)
        #expect(claimed == (scope == "queue" ? [] : [other.id]))
        #expect(try await queue.store.resume(what))
        #expect(try await queue.claim(worker).map(\.id).contains(job.id))
    }

    @Test("a worker that is dead or unknown claims nothing")
    func deadWorker() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue([queue.job()])
        let worker = try await queue.worker()
        try await queue.store.deregister(worker)
        #expect(try await queue.claim(worker).isEmpty)
        #expect(try await queue.claim(WorkerID()).isEmpty)
    }

    @Test("promotion moves what is due, or nearly, and a claim still waits for the due time")
    func promotion() async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: nil, rate: 0)
        let now = try await queue.world.now()
        let jobs = [30.0, 3_600].map { queue.job(dueAt: now.addingTimeInterval($0)) }
        try await queue.store.enqueue(jobs)
        #expect(try await queue.store.promote().count == 0)
        let worker = try await queue.worker()

        // At sixty world seconds per real second, the first is due within a real second.
        try await queue.pool.execute(
            "UPDATE world SET world_epoch = \(now), real_epoch = statement_timestamp() + interval '1 hour', rate = 60")
        try await queue.pool.execute("UPDATE world SET world_epoch = \(now) + interval '60 hours'")
        #expect(try await queue.store.promote().count == 1)
        #expect(try await queue.state(of: jobs[0].id) == .ready)
        #expect(try await queue.state(of: jobs[1].id) == .scheduled)

        try await queue.world.set(epoch: now.addingTimeInterval(29), rate: 0)
        #expect(try await queue.claim(worker).isEmpty)
        try await queue.world.set(epoch: now.addingTimeInterval(31), rate: 0)
        #expect(try await queue.claim(worker).map(\.id) == [jobs[0].id])
        try await queue.expectSound()
    }

    @Test("the second step of promotion reads each client's own first jobs, not the flood of another")
    func promotionPlan() async throws {
        let queue = try await QueueFixture()
        let due = try Date(iso8601: "2026-06-01T08:00:00Z")
        try await queue.world.set(epoch: due.addingTimeInterval(-60), rate: 0)
        // Rows in the order of their times: what tempts the planner to read them in that order.
        let clients = [ClientID(), ClientID(), ClientID()]
        try await queue.store.enqueue(
            (0..<6_000).map { queue.job(client: clients[$0 % 3], dueAt: due.addingTimeInterval(Double($0))) })
        try await queue.pool.execute("ANALYZE job_scheduled")
        let clock: Statement = "WITH clock AS MATERIALIZED (SELECT world_now() AS now, 1.0::float8 AS rate) "
        let share = "EXPLAIN " + clock + JobStore.shares(20, limit: 2_000)
        let plan: [String] = try await queue.pool.withConnection { db in
            try await db.pipeline([JobStore.planOnIndexes, share])[1].map { row throws in try row.get(0) }
        }
        #expect(plan.contains { $0.contains("using job_scheduled_client on job_scheduled") })
        #expect(!plan.contains { $0.contains("job_scheduled_due") })
    }

    @Test("a walk over the lanes goes along their index, also where the table was empty when it was last analyzed")
    func scoutPlan() async throws {
        let queue = try await QueueFixture()
        // So many that the index of the lanes is a level higher than that of the jobs, which then looks cheaper.
        try await queue.store.enqueue((0..<20_000).map { _ in queue.job(client: ClientID()) })
        try await queue.pool.execute("DELETE FROM job_ready")
        try await queue.pool.execute("ANALYZE job_ready")
        let scout = "EXPLAIN " + JobStore.scout("work", after: Lane(client: .none, account: .none))
        let plan: [String] = try await queue.pool.withConnection { db in
            try await db.pipeline([JobStore.planOnIndexes, scout])[1].map { row throws in
                try row.get(0)
            }
        }
        #expect(plan.contains { $0.contains("using job_ready_lane on job_ready") })
        #expect(!plan.contains { $0.contains("Sort") })
    }

    @Test(
        "a claim and a promotion take their rows out by key, for tables that were always empty and that were emptied",
        arguments: [false, true])
    func movingPlans(emptied: Bool) async throws {
        let queue = try await QueueFixture()
        let worker = try await queue.worker()
        if emptied {
            let later = try await queue.world.now().addingTimeInterval(1_000)
            try await queue.store.enqueue(
                (0..<4_000).map { queue.job(client: ClientID(), dueAt: $0 % 2 == 0 ? nil : later) })
            try await queue.pool.execute("DELETE FROM job_ready")
            try await queue.pool.execute("DELETE FROM job_scheduled")
            try await queue.pool.execute("ANALYZE job_ready, job_scheduled")
        }
        let lanes = (0..<40).map { _ in LaneShare(lane: Lane(client: ClientID(), account: AccountID()), count: 1) }
        let claim = LaneClaim(
            queue: "work", worker: worker, abilities: [JobAbility(kind: "noop")], shares: lanes)
        let direct: [String] = try await queue.pool.withConnection { db in
            try await db.pipeline([JobStore.planOnIndexes, "EXPLAIN " + JobStore.claim(claim, yields: false)])[1]
                .column()
        }
        let removal = try #require(direct.firstIndex { $0.contains("Delete on job_ready") })
        let way = try #require(direct[removal...].first { $0.contains("on job_ready r") && $0.contains("Scan") })
        #expect(way.contains("Tid Scan"), "\(direct.joined(separator: "\n"))")
        let statements = [JobStore.claim(claim, yields: true), JobStore.promote(JobStore.earliest(100))]
        for (statement, table) in zip(statements, ["job_ready", "job_scheduled"]) {
            let explain = "EXPLAIN " + statement
            let plan: [String] = try await queue.pool.withConnection { db in
                try await db.pipeline([JobStore.planOnIndexes, explain])[1].map { row throws in try row.get(0) }
            }
            let walked = table == "job_ready" ? "using job_ready_lane" : "using job_scheduled_due"
            #expect(plan.contains { $0.contains(walked) })
            #expect(!plan.contains { $0.contains("using job_lease_pkey") }, "\(plan.joined(separator: "\n"))")
            let delete = try #require(plan.firstIndex { $0.contains("Delete on \(table)") })
            let scan = try #require(plan[delete...].firstIndex { $0.contains("on \(table) ") && $0.contains("using") })
            let text = plan[delete...].joined(separator: "\n")
            #expect(plan[scan].contains("using \(table)_pkey"), "\(text)")
            #expect(plan[scan + 1].contains("Index Cond: (job_id = ANY"), "\(text)")
        }
    }

    @Test("promoters that run at once move each job once")
    func promotersRace() async throws {
        let queue = try await QueueFixture()
        let soon = try await queue.world.now().addingTimeInterval(100)
        try await queue.store.enqueue((0..<500).map { _ in queue.job(dueAt: soon) })
        try await queue.world.set(epoch: soon.addingTimeInterval(1), rate: 1)
        let moved = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    var moved = 0
                    while true {
                        let count = try await queue.store.promote(limit: 50).count
                        if count == 0 { return moved }
                        moved += count
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        let rest = try await queue.store.promote(limit: 1_000).count
        #expect(moved + rest == 500)
        #expect(try await queue.store.list(JobFilter(states: [.ready], limit: 1_000)).count == 500)
        try await queue.expectSound()
    }
}
