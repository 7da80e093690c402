// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Lanes", .postgresSchema, .timeLimit(.minutes(10)))
struct LaneTests {
    private func job(_ queue: QueueFixture, _ client: ClientID, _ account: AccountID?) -> NewJob {
        var job = queue.job(client: client)
        job.account = account
        return job
    }

    @Test("accounts of a client take turns")
    func accounts() async throws {
        let queue = try await QueueFixture()
        let (big, small) = (AccountID(), AccountID())
        try await queue.store.enqueue(
            (0..<20).map { _ in self.job(queue, queue.client, big) } + [self.job(queue, queue.client, small)])
        let claimed = try await queue.claim(try await queue.worker(), limit: 2)
        #expect(Set(claimed.map(\.account)) == [big, small])
    }

    @Test(
        "10,000 jobs of one client leave the lone one of another its turn: the first claim has it", arguments: [1, 100])
    func flood(accounts: Int) async throws {
        let queue = try await QueueFixture()
        try await queue.flood(10_000, accounts: (0..<accounts).map { _ in AccountID() })
        let lone = queue.job(client: ClientID())
        try await queue.store.enqueue([lone])
        let claimed = try await queue.claim(try await queue.worker(), limit: 2)
        #expect(claimed.count == 2 && claimed.contains { $0.id == lone.id })
    }

    @Test("a worker of two slots runs the lone job of a client while it runs its first of 10,000 of another")
    func floodedWorker() async throws {
        let queue = try await QueueFixture()
        try await queue.flood(10_000, accounts: [AccountID()])
        let lone = queue.job(client: ClientID())
        try await queue.store.enqueue([lone])
        let ran = EventLog()
        // The flood's runs end when the lone one has: it must have one of the slots from the beginning.
        let handler = ClosureHandler(kind: "noop") { job, _ in
            if job.id == lone.id { ran.add("lone") } else { await ran.wait(for: "lone") }
            return .succeeded
        }
        var configuration = QueueFixture.configuration
        configuration.slots = ["work": 2]
        try await queue.withWorker(configuration, handlers: [handler]) { _, _ in await ran.wait(for: "lone") }
        try await queue.expectSound()
    }

    @Test("a client of weight 3 gets three times as much as one of weight 1")
    func weights() async throws {
        let queue = try await QueueFixture()
        let (heavy, light) = (ClientID(), ClientID())
        try await queue.pool.withTransaction { db in try await queue.store.setWeight(3, of: heavy, on: &db) }
        try await queue.store.enqueue(
            [heavy, light].flatMap { client in (0..<40).map { _ in queue.job(client: client) } })
        let claimed = try await queue.claim(try await queue.worker(), limit: 40)
        #expect(claimed.count { $0.client == heavy } == 30)
    }

    @Test(
        "a closed gate keeps its work back until its time, and nobody else's",
        arguments: ["account", "client", "app", "provider", "provider/queue", "client/other queue"])
    func gates(scope: String) async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: nil, rate: 0)
        let (account, app) = (AccountID(), AppID())
        let mine = self.job(queue, queue.client, account)
        var other = queue.job(client: ClientID())
        other.provider = "other"
        try await queue.store.enqueue([mine, other])
        try await queue.pool.withTransaction { db in
            try await queue.store.setApp(app, of: queue.client, account, on: &db)
        }
        let key =
            switch scope {
            case "account": "account:\(account)"
            case "client": "client:\(queue.client)"
            case "app": "app:\(app)"
            case "provider": "provider:p"
            case "provider/queue": "provider:p/work"
            default: "client:\(queue.client)/elsewhere"
            }
        try await queue.pool.execute(
            """
            INSERT INTO lane_gate (scope, blocked_until, reason, closed_at)
            VALUES (\(key), world_now() + interval '60 seconds', 'rate-limited', world_now())
            """)
        let worker = try await queue.worker()
        let isClosed = scope != "client/other queue"
        #expect(Set(try await queue.claim(worker).map(\.id)) == (isClosed ? [other.id] : [mine.id, other.id]))
        let now = try await queue.world.now()
        try await queue.world.set(epoch: now.addingTimeInterval(61), rate: 0)
        #expect(try await queue.claim(worker).map(\.id) == (isClosed ? [mine.id] : []))
    }

    @Test("a lane says why it gives nothing, and for how long")
    func reasons() async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: nil, rate: 1)
        let accounts = (0..<6).map { _ in AccountID() }
        let lanes = accounts.map { Lane(client: queue.client, account: $0) }
        try await queue.store.enqueue(accounts.prefix(4).map { self.job(queue, queue.client, $0) })
        try await queue.pool.execute(
            """
            UPDATE job_ready SET due_at = world_now() + interval '1 hour' WHERE account_id = \(accounts[0])
            """)
        try await queue.pool.execute("UPDATE job_ready SET kind = 'unknown' WHERE account_id = \(accounts[1])")
        try await queue.store.pause(.account(queue.client, accounts[2]), by: "ann")
        try await queue.pool.execute(
            """
            INSERT INTO lane_gate (scope, blocked_until, reason, closed_at)
            VALUES (\("account:\(accounts[3])"), world_now() + interval '60 seconds', 'rate-limited', world_now())
            """)
        try await queue.store.setConcurrency(.account(queue.client, accounts[4]), 1)
        let worker = try await queue.worker()
        try await queue.store.enqueue((0..<2).map { _ in self.job(queue, queue.client, accounts[4]) })
        let claim = LaneClaim(
            queue: "work", worker: worker, abilities: [JobAbility(kind: "noop")],
            shares: lanes.map { LaneShare(lane: $0, count: 1) })
        let first = try await queue.store.claim(claim).claimed
        #expect(first.answers.map(\.taken) == [0, 0, 0, 0, 1, 0])
        let second = try await queue.store.claim(claim).claimed.answers.map(\.report)
        #expect(second.map { $0?.reason } == [.waiting, .busy, .paused, .closed, .full, .empty])
        let (due, gate) = (try #require(second[0]?.wait), try #require(second[3]?.wait))
        #expect(due > .seconds(3_000) && due <= .seconds(3_600) && gate > .seconds(30) && gate <= .seconds(60))
    }

    @Test("no account runs more jobs at once than it has slots, however many claim at once")
    func slots() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.queue("work"), 2)
        let accounts = (0..<3).map { _ in AccountID() }
        try await queue.store.enqueue(
            accounts.flatMap { account in
                (0..<40).map { _ in self.job(queue, queue.client, account) }
            })
        try await self.claimAtOnce(queue, total: 120) {
            try await queue.pool.query(
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM job_lease GROUP BY account_id) AS running"
            ).single() <= Int64(2)
        }
    }

    @Test(
        "no client, no app and no platform runs more jobs at once than its limit allows",
        arguments: ["client", "app", "client in a queue", "platform", "platform in a queue"])
    func limits(scope: String) async throws {
        let queue = try await QueueFixture()
        let app = AppID()
        let accounts = (0..<10).map { _ in AccountID() }
        switch scope {
        case "client": try await queue.store.setConcurrency(.client(queue.client, nil), 3)
        case "app": try await queue.store.setConcurrency(.app(app, nil), 3)
        case "platform": try await queue.store.setConcurrency(.provider("p", nil), 3)
        case "platform in a queue": try await queue.store.setConcurrency(.provider("p", "work"), 3)
        default: try await queue.store.setConcurrency(.client(queue.client, "work"), 3)
        }
        for account in accounts {
            try await queue.pool.withTransaction { db in
                try await queue.store.setApp(app, of: queue.client, account, on: &db)
            }
        }
        try await queue.store.enqueue(
            accounts.flatMap { account in
                (0..<10).map { _ in self.job(queue, queue.client, account) }
            })
        try await self.claimAtOnce(queue, total: 100) {
            try await queue.pool.query("SELECT count(*) FROM job_lease").single() <= Int64(3)
        }
        #expect(try await queue.pool.query("SELECT count(*) FROM lease_slot").single() == Int64(0))
    }

    @Test("a platform's limit counts its own jobs alone, also in lanes that mix platforms, and leaves those of others")
    func mixedProviders() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.provider("p", nil), 2)
        let lanes: [AccountID?] = [nil, AccountID(), AccountID()]
        let jobs = lanes.flatMap { account in
            (0..<12).map { number in
                var job = self.job(queue, queue.client, account)
                job.provider = number.isMultiple(of: 2) ? "q" : "p"
                return job
            }
        }
        try await queue.store.enqueue(jobs)
        try await self.claimAtOnce(queue, total: jobs.count) {
            let count: Int64 = try await queue.pool.query("SELECT count(*) FROM job_lease WHERE provider = 'p'")
                .single()
            return count <= 2
        }
        #expect(try await queue.pool.query("SELECT count(*) FROM lease_slot").single() == Int64(0))
    }

    @Test("work of a limited platform that a worker cannot run does not keep what it can behind it")
    func providerBehind() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.provider("p", nil), 1)
        let account = AccountID()
        var (first, second) = (self.job(queue, queue.client, account), self.job(queue, queue.client, account))
        first.kind = "rare"
        first.provider = "q"
        second.priority += 1
        try await queue.store.enqueue([first, second])
        #expect(try await queue.claim(try await queue.worker()).map(\.id) == [second.id])
        try await queue.expectSound()
    }

    @Test("a platform's limit counts what runs already")
    func providerSetLate() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue((0..<4).map { _ in queue.job() })
        let worker = try await queue.worker()
        let running = try await queue.claim(worker, limit: 2)
        try await queue.store.setConcurrency(.provider("p", nil), 2)
        #expect(try await queue.claim(worker).isEmpty)
        try await queue.store.finish(running.map { Finish($0, .succeeded) })
        #expect(try await queue.claim(worker).count == 2)
        try await queue.store.setConcurrency(.provider("p", nil), nil)
        #expect(try await queue.pool.query("SELECT count(*) FROM lease_slot").single() == Int64(0))
    }

    /// Eight workers claim and finish until everything has run; the rule holds whenever somebody looks.
    private func claimAtOnce(_ queue: QueueFixture, total: Int, _ rule: @escaping @Sendable () async throws -> Bool)
        async throws
    {
        let done = EventLog()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                let worker = try await queue.worker()
                group.addTask {
                    while done.count("ended") < total {
                        try Task.checkCancellation()
                        let jobs = try await queue.claim(worker, limit: 5)
                        #expect(try await rule())
                        try await queue.store.finish(jobs.map { Finish($0, .succeeded) })
                        for _ in jobs { done.add("ended") }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(done.count("ended") == total)
        try await queue.expectSound()
    }

    @Test("a limit that is set while jobs run counts them, and taking it away frees everything")
    func limitSetLate() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue((0..<6).map { _ in queue.job() })
        let worker = try await queue.worker()
        let running = try await queue.claim(worker, limit: 2)
        try await queue.store.setConcurrency(.client(queue.client, nil), 3)
        #expect(try await queue.claim(worker).count == 1)
        try await queue.expectSound()
        try await queue.store.finish(running.map { Finish($0, .succeeded) })
        #expect(try await queue.claim(worker).count == 2)
        try await queue.store.setConcurrency(.client(queue.client, nil), nil)
        #expect(try await queue.claim(worker).count == 1)
        try await queue.expectSound()
    }

    @Test("a dead worker's slots are free again")
    func rescuedSlots() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.client(queue.client, nil), 1)
        try await queue.store.enqueue((0..<2).map { _ in queue.job() })
        let worker = try await queue.worker()
        #expect(try await queue.claim(worker).count == 1)
        try await queue.kill(worker)
        _ = try await queue.store.rescue()
        #expect(try await queue.claim(try await queue.worker()).count == 1)
        try await queue.expectSound()
    }

    @Test("a slot of a run that ended while its limit was set is free again after the next rescue")
    func strandedSlot() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue([queue.job()])
        let worker = try await queue.worker()
        let ended = try #require(try await queue.claim(worker).first)
        try await queue.store.finish([Finish(ended, .succeeded)])
        try await queue.store.setConcurrency(.client(queue.client, nil), 1)
        try await queue.pool.execute(
            """
            INSERT INTO lease_slot (scope, slot, client_id, job_id, lease_no)
            VALUES (\("client:\(queue.client)"), 1, \(queue.client), \(ended.id), \(ended.lease.number))
            """)
        _ = try await queue.store.rescue()
        try await queue.store.enqueue([queue.job()])
        #expect(try await queue.claim(worker).count == 1)
        try await queue.expectSound()
    }

    @Test("work of no account has as many slots as are asked for")
    func noAccount() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue((0..<30).map { _ in self.job(queue, queue.client, nil) })
        #expect(try await queue.claim(try await queue.worker(), limit: 30).count == 30)
        try await queue.expectSound()
    }

    @Test("a flood of one client that falls due does not stand before a lone job of another")
    func promotionIsFair() async throws {
        let queue = try await QueueFixture()
        let due = try await queue.world.now().addingTimeInterval(100)
        try await queue.store.enqueue((0..<1_000).map { _ in queue.job(dueAt: due) })
        let lone = queue.job(client: ClientID(), dueAt: due.addingTimeInterval(0.5))
        try await queue.store.enqueue([lone])
        try await queue.world.set(epoch: due.addingTimeInterval(1), rate: 1)
        let promotion = try await queue.store.promote(limit: 100)
        #expect(!promotion.isComplete && promotion.count < 200)
        #expect(try await queue.state(of: lone.id, client: lone.client) == .ready)
        #expect(promotion.lanes["work"]?.contains { $0.lane.client == lone.client } == true)
    }

    @Test("an idle worker that never polls starts what it is told of")
    func told() async throws {
        let queue = try await QueueFixture()
        var configuration = QueueFixture.configuration
        configuration.poll = .seconds(3_600)
        configuration.promote = .seconds(3_600)
        configuration.maintain = .seconds(3_600)
        configuration.listens = true
        configuration.listenAddress = try TestDatabase.required.direct
        let ran = EventLog()
        let handler = ClosureHandler(kind: "noop") { _, _ in
            ran.add("ran")
            return .succeeded
        }
        try await queue.withWorker(configuration, handlers: [handler]) { _, log in
            await log.wait(for: "listening")
            try await queue.store.enqueue([queue.job()])
            await ran.wait(for: "ran")
            // The throttle may hold this one's notification back; the worker looks once more for that.
            try await queue.store.enqueue((0..<5).map { _ in queue.job(client: ClientID()) })
            await ran.wait(for: "ran", count: 6)
        }
        try await queue.expectSound()
    }

    @Test("a worker keeps to a client's limit and still runs everything")
    func workerUnderLimit() async throws {
        let queue = try await QueueFixture()
        try await queue.store.setConcurrency(.client(queue.client, nil), 1)
        try await queue.store.enqueue((0..<6).map { _ in queue.job() } + [queue.job(client: ClientID())])
        let running = Mutex(0)
        let most = Mutex(0)
        let limited = queue.client
        let handler = ClosureHandler(kind: "noop") { job, _ in
            guard job.client == limited else { return .succeeded }
            let now = running.withLock { running in
                running += 1
                return running
            }
            most.withLock { $0 = max($0, now) }
            await Task.yield()
            running.withLock { $0 -= 1 }
            return .succeeded
        }
        try await queue.withWorker(handlers: [handler]) { _, log in
            await log.wait(for: "succeeded applied", count: 7)
        }
        #expect(most.withLock { $0 } == 1)
        try await queue.expectSound()
    }
}
